"""Merchants' payout accounts: checked when they are given, shown masked, kept sealed.

A changed account is the thief's first wish. So who changes it proves anew who they are (at the door), everybody of the
organisation is told, and for some days nothing is sent at all: time to say that it was not them.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.identity import Notice, Scope, audit, notify, require_operator, require_organisation, require_person
from entrepot.kernel import DAY, Conflict, Invalid, Prepared, Snapshot, Tx, Unavailable, decimals_of, in_set, prepare

from . import notices, rows, tables
from .bank_numbers import AccountKind, check_number, mask
from .events import PayoutAccountChanged
from .sealing import Sealer
from .types import Settings

HOLDER_LENGTH_MAX = 120


class NewAccount(msgspec.Struct, frozen=True):
    """Where a merchant wants to be paid in one currency."""

    currency: str
    kind: AccountKind
    holder: str
    number: str


class PayoutAccount(msgspec.Struct, frozen=True):
    """Where a merchant is paid in one currency; nothing is sent there before `usable_from` (microseconds)."""

    id: str
    merchant_id: str
    currency: str
    kind: AccountKind
    holder: str
    masked: str
    usable_from: int
    created_at: int


def list_accounts(snapshot: Snapshot, scope: Scope) -> list[PayoutAccount]:
    """The payout accounts of the caller's organisation, by currency."""
    return snapshot.all(_accounts_of, merchant_ids=[require_organisation(scope)])


def accounts_of(snapshot: Snapshot, merchant_ids: list[str]) -> dict[tuple[str, str], PayoutAccount]:
    """The accounts that merchants are paid to now, by merchant and currency."""
    found = snapshot.all(_accounts_of, merchant_ids=merchant_ids)
    return {(account.merchant_id, account.currency): account for account in found}


def change_account(
    tx: Tx, scope: Scope, new: NewAccount, sealer: Sealer, cooldown_days: int = Settings().payout_cooldown_days
) -> PayoutAccount:
    """Have the caller's organisation paid to another account; everybody of it is told.

    The first account of a currency is used at once, another one after the cool-down. The same account again changes
    nothing. The door has asked for the password before.
    """
    merchant_id, person = require_organisation(scope), require_person(scope)
    number, holder = check_account(new)
    tx.run(rows.keep_payee, merchant_id=merchant_id, currency=new.currency)
    before = tx.one(_locked, merchant_id=merchant_id, currency=new.currency)
    if before is not None and _is_same(before, new.kind, holder, number, sealer):
        return _shown(before)
    made = PayoutAccount(
        tx.new_id("pya"), merchant_id, new.currency, new.kind, holder, mask(number),
        tx.now + cooldown_days * DAY if before is not None else tx.now, tx.now,
    )  # fmt: skip
    tx.run(_replace, merchant_id_=merchant_id, currency_=new.currency, now_=tx.now)
    row = {**msgspec.structs.asdict(made), "sealed": sealer.seal(number, made.id), "created_by": person}
    tx.run(_insert, **row, replaced_at=None)
    tx.run(_resume, merchant_id_=merchant_id, currency_=new.currency)
    audit(tx, scope, "pay.change_payout_account", made.id, {"currency": new.currency, "account": made.masked})
    params = {"account": made.masked, "currency": new.currency, "days": str(cooldown_days if before else 0)}
    kind = notices.ACCOUNT_CHANGED if before else notices.ACCOUNT_SET
    notify(tx, Notice(merchant_id, kind, params, link="/merchant/money"))
    tx.announce(PayoutAccountChanged(made.id, merchant_id, person, made.usable_from))
    return made


def check_account(new: NewAccount) -> tuple[str, str]:
    """The number and the holder as they are kept; Invalid, naming the field, for what cannot be."""
    decimals_of(new.currency)
    holder = " ".join(new.holder.split())
    if not 2 <= len(holder) <= HOLDER_LENGTH_MAX or not holder.isprintable():
        sentence = f"Write the account holder's name, as the bank knows it: 2 to {HOLDER_LENGTH_MAX} characters"
        raise Invalid(sentence, fields={"holder": sentence})
    return check_number(new.kind, new.number), holder


def payout_address(snapshot: Snapshot, account_id: str | None, sealer: Sealer | None) -> tuple[str, str]:
    """The holder and the number that a payout goes to; empty where it goes to the processor's own account of theirs."""
    if account_id is None:
        return "", ""
    row = snapshot.one(_account, id=account_id)
    if row is None or sealer is None:
        raise Unavailable("The account of this payout cannot be read: the home's key is needed")
    return row.holder, sealer.open(row.sealed, account_id)


def end_cooldown(tx: Tx, scope: Scope, account_id: str) -> None:
    """Have an account used at once; for the operator, who has spoken with its merchant. Conflict when replaced."""
    require_operator(scope)
    if tx.run(_use_now, id_=account_id, now_=tx.now) == 0:
        raise Conflict("This account was replaced meanwhile")
    audit(tx, scope, "pay.end_cooldown", account_id)


def _is_same(before: Any, kind: AccountKind, holder: str, number: str, sealer: Sealer) -> bool:
    return (before.kind, before.holder, sealer.open(before.sealed, before.id)) == (kind, holder, number)


def _shown(row: Any) -> PayoutAccount:
    return PayoutAccount(*(getattr(row, name) for name in PayoutAccount.__struct_fields__))


_a, _e = tables.payout_accounts.c, tables.payees.c
_SHOWN = tuple(_a[name] for name in PayoutAccount.__struct_fields__)
_account: Prepared[Any] = prepare(select(_a.holder, _a.sealed).where(_a.id == bindparam("id")))
_accounts_of: Prepared[PayoutAccount] = prepare(
    select(*_SHOWN).where(in_set(_a.merchant_id, "merchant_ids"), _a.replaced_at.is_(None)).order_by(_a.currency),
    PayoutAccount,
)
_locked: Prepared[Any] = prepare(
    select(*_SHOWN, _a.sealed)
    .where(_a.merchant_id == bindparam("merchant_id"), _a.currency == bindparam("currency"), _a.replaced_at.is_(None))
    .with_for_update()
)
_insert: Prepared[Any] = prepare(
    insert(tables.payout_accounts).values({each.name: bindparam(each.name) for each in tables.payout_accounts.columns})
)
_replace: Prepared[Any] = prepare(
    update(tables.payout_accounts)
    .where(_a.merchant_id == bindparam("merchant_id_"), _a.currency == bindparam("currency_"), _a.replaced_at.is_(None))
    .values(replaced_at=bindparam("now_"))
)
_use_now: Prepared[Any] = prepare(
    update(tables.payout_accounts)
    .where(_a.id == bindparam("id_"), _a.replaced_at.is_(None))
    .values(usable_from=bindparam("now_"))
)
_resume: Prepared[Any] = prepare(
    update(tables.payees)
    .where(_e.merchant_id == bindparam("merchant_id_"), _e.currency == bindparam("currency_"))
    .values(paused_reason=None)
)
