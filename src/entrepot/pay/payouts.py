"""Payouts: what merchants are owed is set aside, sent by a task, and then gone from the ledger too.

A payout takes all that is due in one currency, and one is under way at a time: so each statement begins where the one
before ended, and its lines sum to its payout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot import ledger
from entrepot.identity import Notice, Scope, find_platform, notify, require_organisation
from entrepot.kernel import NotFound, Prepared, Snapshot, Tx, derive_id, format_money, prepare

from . import accounts, notices, rows, tables
from .events import PayoutFailed, PayoutPaid
from .processors import Receipt
from .types import OnTheWay, Payout

PAYOUT_TASK = "pay.payout"
REFUSED = "The payment processor refused to send it"
LISTED_MAX = 500
_ABOVE_ALL = "pyo_" + "Z" * 26


class PayoutTask(msgspec.Struct, frozen=True):
    """The payout to be sent."""

    payout_id: str


def list_payouts(snapshot: Snapshot, scope: Scope, *, after: str | None = None, most: int = 50) -> list[Payout]:
    """Payouts of the caller's organisation, newest first, from below `after`; an operator sees everybody's."""
    page = {"after": after or _ABOVE_ALL, "most": min(most, LISTED_MAX)}
    if scope.is_operator:
        return snapshot.all(_all_payouts, **page)
    return snapshot.all(_payouts_of, merchant_id=require_organisation(scope), **page)


def get_payout(snapshot: Snapshot, scope: Scope, payout_id: str) -> Payout:
    """A payout of the caller's organisation; NotFound for another's."""
    merchant_id = None if scope.is_operator else require_organisation(scope)
    payout = snapshot.one(_payout, id=payout_id)
    if payout is None or merchant_id not in (None, payout.merchant_id):
        raise NotFound("There is no such payout")
    return payout


def read_payout(snapshot: Snapshot, payout_id: str) -> Payout:
    """A payout, whoever asks; NotFound when there is none."""
    return get_payout(snapshot, Scope.system(), payout_id)


def lock_payout(tx: Tx, payout_id: str) -> Payout:
    """The same, kept from others until the commit."""
    payout = tx.one(_payout_locked, id=payout_id)
    if payout is None:
        raise NotFound("There is no such payout")
    return payout


def money_on_the_way(snapshot: Snapshot, scope: Scope) -> list[OnTheWay]:
    """Where the caller's organisation's money is, a line for each currency, by its code."""
    merchant_id = require_organisation(scope)
    legs = snapshot.all(rows.open_legs, merchant_id=merchant_id)
    currencies = sorted({leg.currency for leg in legs} | set(snapshot.all(_currencies_of, merchant_id=merchant_id)))
    escrows = {leg: accounts.escrow(leg.seller_order_id, leg.currency).id for leg in legs}
    payables = {currency: accounts.payable(merchant_id, currency) for currency in currencies}
    reserves = {currency: accounts.reserve(merchant_id, currency) for currency in currencies}
    owed = {currency: accounts.receivable(merchant_id, currency) for currency in currencies}
    places = [*payables.values(), *reserves.values(), *owed.values()]
    found = ledger.balances_of(snapshot, [accounts.escrow(leg.seller_order_id, leg.currency) for leg in legs] + places)
    lines = []
    for currency, payable in payables.items():
        due = found[payable.id]
        escrow_minor = sum(found[account].available for leg, account in escrows.items() if leg.currency == currency)
        kept, owes = found[reserves[currency].id].available, -found[owed[currency].id].balance
        lines.append(OnTheWay(currency, escrow_minor, due.available, due.pending_debits, kept, owes))
    return lines


def payouts_plan(payouts: Sequence[Payout]) -> ledger.Plan:
    """What is due to each merchant, set aside."""
    return ledger.Plan(
        tuple(
            ledger.Hold(
                payout_hold_id(payout.id), accounts.payable(payout.merchant_id, payout.currency),
                accounts.bank(payout.currency), payout.amount_minor, accounts.PAYOUT, payout.id,
            )
            for payout in payouts
        )
    )  # fmt: skip


def report_payout(tx: Tx, receipt: Receipt) -> None:
    """Record what the processor says of a payout: sent, refused for good, or come back after it was sent."""
    if receipt.state == "done":
        record_payout(tx, receipt.key, receipt.processor_ref)
    elif receipt.state == "failed":
        record_failed_payout(tx, receipt.key, receipt.reason or REFUSED)


def record_payout(tx: Tx, payout_id: str, processor_ref: str) -> None:
    """Record that a payout was sent, once: what was set aside leaves, and the fact is announced."""
    if tx.run(_pay, id_=payout_id, processor_ref_=processor_ref, now_=tx.now) == 0:
        return
    payout = read_payout(tx, payout_id)
    capture = ledger.Capture(
        derive_id("trf", payout.id, accounts.PAYOUT), payout_hold_id(payout.id), payout.amount_minor, accounts.PAYOUT,
        payout.id, final=True,
    )  # fmt: skip
    ledger.post(tx, ledger.Plan.of(capture))
    params = {"amount": _amount(payout), "account": tx.value(_masked, id=payout.account_id) or payout.processor}
    notify(tx, Notice(payout.merchant_id, notices.PAYOUT_SENT, params, link=f"/merchant/statements/{payout.id}"))
    tx.announce(PayoutPaid(payout.id, payout.merchant_id))


def record_failed_payout(tx: Tx, payout_id: str, reason: str) -> None:
    """Record that a payout was refused for good, or came back: the money is due to the merchant again, once.

    Nothing more is sent to this merchant in this currency until somebody acts (`resume_payouts`, another account), so
    that a closed account is not tried every day.
    """
    payout = lock_payout(tx, payout_id)
    if payout.state not in ("requested", "paid"):
        return
    returned = payout.state == "paid"
    tx.run(_fail, id_=payout.id, state_="returned" if returned else "failed", reason_=reason[:500], now_=tx.now)
    tx.run(_pause, merchant_id_=payout.merchant_id, currency_=payout.currency, reason_=reason[:500])
    ledger.post(tx, _come_back(payout) if returned else _never_left(payout))
    if not returned:  # the next statement begins where this one began
        previous = tx.value(previous_payout, id=payout.id)
        tx.run(set_last, merchant_id_=payout.merchant_id, currency_=payout.currency, last_payout_id_=previous)
    _tell_of_failure(tx, payout, reason[:500].rstrip("."))
    tx.announce(PayoutFailed(payout.id, payout.merchant_id, reason))


def resume_payouts(tx: Tx, scope: Scope, merchant_id: str, currency: str) -> None:
    """Have a merchant paid out again after a payout was refused. For the operator, and for the merchant."""
    if not scope.is_operator and require_organisation(scope) != merchant_id:
        raise NotFound("There is no such merchant")
    tx.run(_pause, merchant_id_=merchant_id, currency_=currency, reason_=None)


def _tell_of_failure(tx: Tx, payout: Payout, reason: str) -> None:
    """To the merchant, whose account it is, and to the operator, who may have to talk to them."""
    params = {"amount": _amount(payout), "reason": reason}
    notify(tx, Notice(payout.merchant_id, notices.PAYOUT_FAILED, params, link="/merchant/money"))
    platform = find_platform(tx)
    if platform is not None:
        params |= {"payout": payout.id, "merchant": payout.merchant_id}
        notify(tx, Notice(platform.id, notices.PAYOUT_FAILED_OPERATOR, params, link="/operator/payouts"))


def _amount(payout: Payout) -> str:
    return format_money(payout.amount_minor, payout.currency)


def _never_left(payout: Payout) -> ledger.Plan:
    held = payout_hold_id(payout.id)
    return ledger.Plan.of(ledger.Void(derive_id("trf", held, accounts.VOID), held, accounts.PAYOUT, payout.id))


def _come_back(payout: Payout) -> ledger.Plan:
    bank, payable = accounts.bank(payout.currency), accounts.payable(payout.merchant_id, payout.currency)
    name = derive_id("trf", payout.id, accounts.PAYOUT_RETURNED)
    return ledger.Plan.of(ledger.Move(name, bank, payable, payout.amount_minor, accounts.PAYOUT_RETURNED, payout.id))


def payout_hold_id(payout_id: str) -> str:
    """The hold of a payout, with which its statement ends."""
    return derive_id("hld", payout_id)


_o, _e = tables.payouts.c, tables.payees.c
PAYOUT_COLUMNS = (
    _o.id, _o.merchant_id, _o.currency, _o.amount_minor, _o.state, _o.processor_ref, _o.created_at, _o.paid_at,
    _o.reason, _o.account_id, _o.ended_at, _o.processor,
)  # fmt: skip
_by_id = select(*PAYOUT_COLUMNS).where(_o.id == bindparam("id"))
_payout: Prepared[Payout] = prepare(_by_id, Payout)
_payout_locked: Prepared[Payout] = prepare(_by_id.with_for_update(), Payout)
_below = select(*PAYOUT_COLUMNS).where(_o.id < bindparam("after")).order_by(_o.id.desc()).limit(bindparam("most"))
_all_payouts: Prepared[Payout] = prepare(_below, Payout)
_payouts_of: Prepared[Payout] = prepare(_below.where(_o.merchant_id == bindparam("merchant_id")), Payout)
set_last: Prepared[Any] = prepare(
    update(tables.payees)
    .where(_e.merchant_id == bindparam("merchant_id_"), _e.currency == bindparam("currency_"))
    .values(last_payout_id=bindparam("last_payout_id_"))
)
_masked: Prepared[Any] = prepare(
    select(tables.payout_accounts.c.masked).where(tables.payout_accounts.c.id == bindparam("id"))
)
previous_payout: Prepared[Any] = prepare(select(_o.previous_id).where(_o.id == bindparam("id")))
_currencies_of: Prepared[str] = prepare(select(_e.currency).where(_e.merchant_id == bindparam("merchant_id")), str)
_pay: Prepared[Any] = prepare(
    update(tables.payouts)
    .where(_o.id == bindparam("id_"), _o.state == "requested")
    .values(state="paid", processor_ref=bindparam("processor_ref_"), paid_at=bindparam("now_"))
)
_fail: Prepared[Any] = prepare(
    update(tables.payouts)
    .where(_o.id == bindparam("id_"))
    .values(state=bindparam("state_"), reason=bindparam("reason_"), ended_at=bindparam("now_"))
)
_pause: Prepared[Any] = prepare(
    update(tables.payees)
    .where(_e.merchant_id == bindparam("merchant_id_"), _e.currency == bindparam("currency_"))
    .values(paused_reason=bindparam("reason_"))
)
