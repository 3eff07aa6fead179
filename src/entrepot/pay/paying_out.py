"""Who is paid now: every merchant to whom enough is due, whose day it is, and whose account may be used.

A payout takes all that is due in one currency, and one is under way at a time: so each statement begins where the one
before ended, and its lines sum to its payout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, tuple_, update

from entrepot import ledger
from entrepot.identity import Scope, require_operator, require_organisation
from entrepot.kernel import DAY, Conflict, Prepared, Snapshot, Tx, in_set, prepare

from . import accounts, tables
from .bank import PayoutAccount, accounts_of
from .payouts import PAYOUT_TASK, PayoutTask, payouts_plan, set_last
from .processors import Processor
from .terms import PayoutTerms, last_due, next_due, terms_of
from .types import Payout, Settings

Wait = Literal["under_way", "paused", "no_account", "cooling_down", "below_minimum", "not_due"]
"""Why a merchant is not paid now."""


class Payee(msgspec.Struct, frozen=True):
    """A merchant and a currency that something was settled in, and the payout that came last."""

    merchant_id: str
    currency: str
    last_payout_id: str | None
    paused_reason: str | None
    considered_at: int | None

    @property
    def key(self) -> tuple[str, str]:
        """The merchant and the currency."""
        return self.merchant_id, self.currency

    @property
    def payable(self) -> ledger.Account:
        """What we owe this merchant in this currency."""
        return accounts.payable(self.merchant_id, self.currency)


class WaitingPayee(msgspec.Struct, frozen=True):
    """A merchant to whom something is due, and why it is not being sent; `next_at` is the next payday."""

    merchant_id: str
    currency: str
    due_minor: int
    wait: Wait
    reason: str | None
    account: PayoutAccount | None
    terms: PayoutTerms
    next_at: int | None


class WaitingPage(msgspec.Struct, frozen=True):
    """Some of those who wait, and where the next page begins; empty when there is none."""

    waiting: list[WaitingPayee]
    next: str


def list_waiting(
    snapshot: Snapshot, scope: Scope, default: PayoutTerms | None = None, after: str = "", *,
    needs_account: bool = False, most: int = 100,
) -> WaitingPage:  # fmt: skip
    """To whom something is due that is not under way; for the operator. So many payees are looked at for a page.

    Those for whom somebody has to act come before the first page; on a page the largest stands first.
    """
    require_operator(scope)
    merchant_id, _, currency = after.partition(".")
    found = snapshot.all(_payees_page, merchant_id=merchant_id, currency=currency, most=most + 1)
    payees = ([] if after else snapshot.all(_paused, most=most)) + found[:most]
    waiting = _waiting(snapshot, payees, default, needs_account)
    waiting.sort(key=lambda each: (each.wait != "paused", -each.due_minor))
    last = found[most - 1] if len(found) > most else None
    return WaitingPage(waiting, f"{last.merchant_id}.{last.currency}" if last else "")


def waiting_of(
    snapshot: Snapshot, scope: Scope, default: PayoutTerms | None = None, *, needs_account: bool = False
) -> list[WaitingPayee]:
    """What is due to the caller's organisation in each currency, and when it is sent."""
    payees = snapshot.all(_payees_of, merchant_id=require_organisation(scope))
    return _waiting(snapshot, payees, default, needs_account)


def request_payouts(
    tx: Tx,
    scope: Scope,
    payout_min_minor: int = Settings().payout_min_minor,
    processor: str = "sandbox",
    *,
    needs_account: bool = False,
) -> list[Payout]:
    """Begin to pay every merchant to whom at least the minimum is due, whatever their day; posts the holds.

    For the operator. Left out is who is being paid, whose last payout was refused, and whose account may not be used
    yet. What is due is read while settlements wait, so that none falls between two statements.
    """
    require_operator(scope)
    payees = tx.all(_payees_locked)
    return _begin(tx, payees, processor, needs_account, lambda payee: payout_min_minor)


def request_scheduled(tx: Tx, payout_min_minor: int, processor: Processor | None) -> list[Payout]:
    """The same for whose payday has come since they were last considered, each from their own minimum on."""
    payees = tx.all(_payees_locked)
    default = PayoutTerms(minimum_minor=payout_min_minor)
    terms = terms_of(tx, sorted({payee.merchant_id for payee in payees}), default)
    due = [payee for payee in payees if is_payday(terms[payee.merchant_id], payee.considered_at, tx.now)]
    tx.run_many(
        _consider, [{"merchant_id_": each.merchant_id, "currency_": each.currency, "now_": tx.now} for each in due]
    )
    if processor is None:
        return []
    return _begin(
        tx, due, processor.name, processor.abilities.needs_account, lambda payee: terms[payee.merchant_id].minimum_minor
    )


def request_own_payout(
    tx: Tx, scope: Scope, processor: str, payout_min_minor: int, *, needs_account: bool = False
) -> list[Payout]:
    """Begin to pay the caller's organisation what is due to it now, in each currency.

    Conflict when nothing can be sent: too little is due, or its account may not be used yet.
    """
    merchant_id = require_organisation(scope)
    payees = tx.all(_payees_of_locked, merchant_id=merchant_id)
    terms = terms_of(tx, [merchant_id], PayoutTerms(minimum_minor=payout_min_minor))[merchant_id]
    payouts = _begin(tx, payees, processor, needs_account, lambda payee: terms.minimum_minor)
    if not payouts:
        raise Conflict("Nothing can be sent now: too little is due, a payout is under way, or the account has to wait")
    return payouts


def is_payday(terms: PayoutTerms, considered_at: int | None, now: int) -> bool:
    """Whether a payday has begun that nobody has looked at. A merchant who is new waits for a day that is theirs."""
    begun = last_due(terms, now)
    if begun is None:
        return False
    return begun > now - DAY if considered_at is None else considered_at < begun


def _begin(
    tx: Tx, payees: Sequence[Payee], processor: str, needs_account: bool, minimum: Callable[[Payee], int]
) -> list[Payout]:
    busy = {tuple(row) for row in tx.all(_under_way)}
    used = accounts_of(tx, sorted({payee.merchant_id for payee in payees}))
    free = [
        payee for payee in payees
        if payee.key not in busy and _obstacle(payee, used.get(payee.key), needs_account, tx.now) is None
    ]  # fmt: skip
    due = ledger.balances_of(tx, [payee.payable for payee in free])
    begun = [
        (payee, _new_payout(tx, payee, amount_minor, processor, used.get(payee.key)))
        for payee in free
        if (amount_minor := due[payee.payable.id].available) >= minimum(payee)
    ]
    payouts = [payout for _, payout in begun]
    tx.run_many(_insert, [_row(payee, payout) for payee, payout in begun])
    tx.run_many(set_last, [_last(payout) for payout in payouts])
    ledger.post(tx, payouts_plan(payouts))
    for payout in payouts:
        tx.enqueue(PAYOUT_TASK, PayoutTask(payout.id), key=payout.id)
    return payouts


def _obstacle(payee: Payee, account: PayoutAccount | None, needs_account: bool, now: int) -> Wait | None:
    if payee.paused_reason is not None:
        return "paused"
    if account is None:
        return "no_account" if needs_account else None
    return "cooling_down" if account.usable_from > now else None


def _waiting(
    snapshot: Snapshot, payees: Sequence[Payee], default: PayoutTerms | None, needs_account: bool
) -> list[WaitingPayee]:
    merchants = sorted({payee.merchant_id for payee in payees})
    terms, used = terms_of(snapshot, merchants, default), accounts_of(snapshot, merchants)
    busy = {tuple(row) for row in snapshot.all(_under_way_of, merchants=merchants)}
    due = ledger.balances_of(snapshot, [payee.payable for payee in payees])
    found = []
    for payee in payees:
        amount_minor, mine = due[payee.payable.id].available, terms[payee.merchant_id]
        wait = _wait(payee, used, busy, needs_account, amount_minor, mine, snapshot.now)
        if amount_minor > 0 and (wait != "under_way"):
            account = used.get(payee.key)
            found.append(
                WaitingPayee(
                    payee.merchant_id, payee.currency, amount_minor, wait, payee.paused_reason, account, mine,
                    next_due(mine, snapshot.now),
                )
            )  # fmt: skip
    return found


def _wait(
    payee: Payee, used: Mapping[tuple[str, str], PayoutAccount], busy: set[Any], needs_account: bool,
    amount_minor: int, terms: PayoutTerms, now: int,
) -> Wait:  # fmt: skip
    if payee.key in busy:
        return "under_way"
    obstacle = _obstacle(payee, used.get(payee.key), needs_account, now)
    return obstacle or ("below_minimum" if amount_minor < terms.minimum_minor else "not_due")


def _new_payout(tx: Tx, payee: Payee, amount_minor: int, processor: str, account: PayoutAccount | None) -> Payout:
    return Payout(
        tx.new_id("pyo"), payee.merchant_id, payee.currency, amount_minor, "requested", None, tx.now, None,
        account_id=account.id if account else None, processor=processor,
    )  # fmt: skip


def _row(payee: Payee, payout: Payout) -> dict[str, object]:
    return {**msgspec.structs.asdict(payout), "previous_id": payee.last_payout_id}


def _last(payout: Payout) -> dict[str, object]:
    return {"merchant_id_": payout.merchant_id, "currency_": payout.currency, "last_payout_id_": payout.id}


_o, _e = tables.payouts.c, tables.payees.c
_under_way: Prepared[Any] = prepare(select(_o.merchant_id, _o.currency).where(_o.state == "requested"))
_under_way_of: Prepared[Any] = prepare(
    select(_o.merchant_id, _o.currency).where(_o.state == "requested", in_set(_o.merchant_id, "merchants"))
)
_every = select(_e.merchant_id, _e.currency, _e.last_payout_id, _e.paused_reason, _e.considered_at).order_by(
    _e.merchant_id, _e.currency
)
_payees_page: Prepared[Payee] = prepare(
    _every.where(
        _e.paused_reason.is_(None),
        tuple_(_e.merchant_id, _e.currency) > tuple_(bindparam("merchant_id"), bindparam("currency")),
    ).limit(bindparam("most")),
    Payee,
)
_paused: Prepared[Payee] = prepare(_every.where(_e.paused_reason.is_not(None)).limit(bindparam("most")), Payee)
_of_one = _every.where(_e.merchant_id == bindparam("merchant_id"))
_payees_of: Prepared[Payee] = prepare(_of_one, Payee)
_payees_of_locked: Prepared[Payee] = prepare(_of_one.with_for_update(), Payee)
_payees_locked: Prepared[Payee] = prepare(_every.with_for_update(), Payee)
_consider: Prepared[Any] = prepare(
    update(tables.payees)
    .where(_e.merchant_id == bindparam("merchant_id_"), _e.currency == bindparam("currency_"))
    .values(considered_at=bindparam("now_"))
)
_insert: Prepared[Any] = prepare(
    insert(tables.payouts).values({column.name: bindparam(column.name) for column in tables.payouts.columns})
)
