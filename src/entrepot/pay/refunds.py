"""Refunds: money set aside where it lies now, given back by a task, and then gone from the ledger too.

Before the settlement all of it lies in the escrow of the seller order. Afterwards everybody who got a part gives theirs
back into that escrow first: the merchant out of what is due, then out of the reserve, and owes the rest; commission,
carrier and tax out of their accounts. From escrow it goes the same way in both cases: gift cards and the platform's
subsidy at once, the rest on hold until the processor has paid it.

A refund that the processor does not answer is asked for again under the same key until it is done: money owed to a
buyer is never forgotten, at worst its task is stuck before the operator's eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, derive_id, in_set, prepare

from . import accounts, rows, tables
from .captures import brought, release_first
from .events import RefundPaid
from .types import Payment, Refund, RefundRow, RefundSources

REFUND_TASK = "pay.refund"
REASON_LENGTH_MAX = 2_000
LATE_REASON = "The order had ended when the money came"


class Parts(NamedTuple):
    """Who got, or gives up, how much."""

    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int
    prepaid_minor: int


PARTS = Parts._fields
NOTHING = Parts(0, 0, 0, 0, 0)


class RefundTask(msgspec.Struct, frozen=True):
    """The refund to be paid."""

    refund_id: str


def list_refunds(snapshot: Snapshot, payment_ids: Sequence[str]) -> dict[str, list[RefundRow]]:
    """The refunds of payments, oldest first; for rooms that have checked whose the payments are."""
    found: dict[str, list[RefundRow]] = {payment_id: [] for payment_id in payment_ids}
    for refund in snapshot.all(_refunds_of, payment_ids=list(payment_ids)):
        found[refund.payment_id].append(refund)
    return found


def read_refund(snapshot: Snapshot, refund_id: str) -> RefundRow:
    """A refund; NotFound when there is none."""
    refund = snapshot.one(_refund, id=refund_id)
    if refund is None:
        raise NotFound("There is no such refund")
    return refund


def refunded_of(snapshot: Snapshot, payment_id: str, seller_order_id: str) -> int:
    """What has left a seller order by refunds, subsidies included, or is on its way, in minor units."""
    return int(snapshot.value(_refunded, payment_id=payment_id, seller_order_id=seller_order_id) or 0)


def refund_plan(tx: Tx, refund: Refund, coming_minor: int = 0) -> tuple[str, ledger.Plan]:
    """Begin to give money of a seller order back to whoever paid; returns the refund's id and the plan to be posted.

    Takes it from escrow; after the settlement from whoever got it. `coming_minor` is what an earlier part of the same
    plan gives the merchant back (a dispute's freeze that ends). Conflict when the payment brought no money, or when
    more would be given back than the payment brought, by the processor, by gift cards or as a subsidy.
    """
    payment = rows.lock_payment(tx, refund.payment_id)
    leg = tx.one(rows.leg_of, payment_id=payment.id, seller_order_id=refund.seller_order_id)
    if leg is None:
        raise NotFound("This payment has no such seller order")
    if payment.state not in ("authorised", "captured"):
        raise Conflict("This order is not paid, so there is nothing to give back")
    refund, released_minor, plan = release_first(tx, payment, leg, refund)
    leg = brought(tx, rows.read_payment(tx, payment.id), rows.read_again(tx, leg))
    before = given_back(tx, payment.id, leg.seller_order_id)
    check_refund(refund, leg, before, released_minor)
    settled = tx.one(settlement_of, seller_order_id=leg.seller_order_id)
    if settled is not None:
        check_parts(refund, settled, tx.one(_taken_back, seller_order_id=leg.seller_order_id))
    sources = _find_sources(tx, leg, refund.seller_minor, coming_minor) if settled is not None else None
    row = _record(tx, payment, refund, leg.seller_order_id, sources, released_minor)
    is_whole = refunded_of(tx, payment.id, leg.seller_order_id) == leg.escrow_minor
    if payment.state == "captured" and settled is None and is_whole:
        tx.run(rows.close_leg, payment_id_=payment.id, seller_order_id_=leg.seller_order_id, now_=tx.now)
    plan += _gather(row, leg, sources) if sources else ledger.Plan()
    plan += _give_at_once(tx, row, leg, before.gift_minor)
    if row.state == "paid":
        tx.announce(RefundPaid(row.id, payment.id, payment.ref, row.seller_order_id))
    return row.id, plan + _by_processor(row, payment, leg)


def refund_sources(snapshot: Snapshot, seller_order_id: str, seller_minor: int, coming_minor: int = 0) -> RefundSources:
    """Where a merchant's part of a refund would come from now: what is shown before somebody decides."""
    leg = snapshot.one(rows.captured_leg, seller_order_id=seller_order_id)
    if leg is None or snapshot.one(settlement_of, seller_order_id=seller_order_id) is None:
        return RefundSources(escrow_minor=seller_minor)
    return _sources(snapshot, leg, seller_minor, coming_minor)


def left_to_refund(snapshot: Snapshot, payment_id: str, seller_order_id: str) -> Brought:
    """What could still be given back of a seller order, by what had brought it; nothing when nothing came."""
    leg = snapshot.one(rows.captured_leg, seller_order_id=seller_order_id)
    if leg is None or leg.payment_id != payment_id:
        return Brought()
    before = given_back(snapshot, payment_id, seller_order_id)
    return Brought(
        leg.amount_minor - before.amount_minor,
        leg.gift_minor - before.gift_minor,
        leg.subsidy_minor - before.subsidy_minor,
    )


class Brought(msgspec.Struct, frozen=True):
    """An amount of a leg by what brought it: the processor, gift cards, the platform's subsidy."""

    amount_minor: int = 0
    gift_minor: int = 0
    subsidy_minor: int = 0


def given_back(snapshot: Snapshot, payment_id: str, seller_order_id: str) -> Brought:
    """What was given back of a seller order, or is on its way."""
    row = snapshot.one(_given_back, payment_id=payment_id, seller_order_id=seller_order_id)
    return Brought(*(int(each or 0) for each in row)) if row is not None else Brought()


def kept_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, Parts]:
    """What everybody has of these seller orders: what the settlement gave them, less what was taken back after it.

    Those that are not settled are left out.
    """
    back = {row[0]: row[1:] for row in snapshot.all(_taken_back_of, ids=list(seller_order_ids))}
    return {
        row[0]: Parts(
            *(
                int(given) - int(taken)
                for given, taken in zip(row[1:], back.get(row[0], (0,) * len(PARTS)), strict=True)
            )
        )
        for row in snapshot.all(_settled_of, ids=list(seller_order_ids))
    }


def check_refund(refund: Refund, leg: rows.Leg, before: Brought, released_minor: int = 0) -> None:
    """Refuse to give back nothing, or more of anything than is left of what was brought.

    `released_minor` more of it need not go back: it was only set aside, and is let go.
    """
    amounts = (refund.amount_minor, refund.gift_minor, refund.subsidy_minor)
    if any(amount < 0 for amount in amounts) or not (any(amounts) or released_minor):
        raise Invalid("Say how much to give back: more than zero")
    if len(refund.reason) > REASON_LENGTH_MAX or "\0" in refund.reason:
        raise Invalid(f"Write a reason of at most {REASON_LENGTH_MAX} characters")
    if (
        before.amount_minor + refund.amount_minor > leg.amount_minor
        or before.gift_minor + refund.gift_minor > leg.gift_minor
        or before.subsidy_minor + refund.subsidy_minor > leg.subsidy_minor
    ):
        raise Conflict("This would give back more than was paid")
    if refund.parts_minor != refund.gross_minor + released_minor:
        raise Invalid("Say who gives it up: the parts must sum to what goes back")


def check_parts(refund: Refund, settled: Parts, before: Parts | None) -> None:
    """Refuse to take more from anybody than the settlement gave them, less what was taken back before."""
    for name in PARTS:
        given, taken = getattr(settled, name), getattr(before, name) if before is not None else 0
        if getattr(refund, name) + taken > given:
            raise Conflict("This would take more back than was shared out")


def return_late_money(tx: Tx, payment: Payment) -> ledger.Plan:
    """What to post when money came too late: kept apart, and its whole refund begun."""
    whole = Refund(payment.id, "", payment.amount_minor, LATE_REASON)
    row = _record(tx, payment, whole, None, None)
    apart = accounts.unapplied(payment.id, payment.currency)
    source = accounts.processor(payment.processor, payment.currency)
    arrival = derive_id("trf", payment.id, accounts.LATE)
    return ledger.Plan.of(
        ledger.Move(arrival, source, apart, payment.amount_minor, accounts.LATE, payment.id),
        _hold(row, payment, apart),
    )


def record_refund(tx: Tx, refund_id: str, processor_ref: str) -> None:
    """Record that a refund was paid, once: what was set aside leaves, and the fact is announced."""
    if tx.run(_pay, id_=refund_id, processor_ref_=processor_ref, now_=tx.now) == 0:
        return
    refund = read_refund(tx, refund_id)
    payment = rows.read_payment(tx, refund.payment_id)
    ref = refund.seller_order_id or refund.payment_id
    capture = ledger.Capture(
        derive_id("trf", refund.id, accounts.REFUND), refund_hold_id(refund.id), refund.amount_minor, accounts.REFUND,
        ref, final=True,
    )  # fmt: skip
    ledger.post(tx, ledger.Plan.of(capture))
    tx.announce(RefundPaid(refund.id, payment.id, payment.ref, refund.seller_order_id))


def refund_hold_id(refund_id: str) -> str:
    """The hold of a refund."""
    return derive_id("hld", refund_id)


def _find_sources(tx: Tx, leg: rows.Leg, seller_minor: int, coming_minor: int) -> RefundSources:
    """The same with the merchant's accounts kept from payouts, settlements and other refunds until the commit."""
    tx.run(rows.keep_payee, merchant_id=leg.merchant_id, currency=leg.currency)
    return _sources(tx, leg, seller_minor, coming_minor)


def _sources(snapshot: Snapshot, leg: rows.Leg, seller_minor: int, coming_minor: int = 0) -> RefundSources:
    payable = accounts.payable(leg.merchant_id, leg.currency)
    reserve = accounts.reserve(leg.merchant_id, leg.currency)
    found = ledger.balances_of(snapshot, [payable, reserve])
    from_payable = min(seller_minor, max(found[payable.id].available, 0) + coming_minor)
    from_reserve = min(seller_minor - from_payable, max(found[reserve.id].available, 0))
    return RefundSources(0, from_payable, from_reserve, seller_minor - from_payable - from_reserve)


def _gather(row: RefundRow, leg: rows.Leg, sources: RefundSources) -> ledger.Plan:
    """Everybody's part of what was settled, back into the escrow that it came from."""
    merchant, currency = leg.merchant_id, leg.currency
    target = accounts.escrow(leg.seller_order_id, currency)
    parts = (
        (accounts.REFUND_SELLER, accounts.payable(merchant, currency), sources.payable_minor),
        (accounts.REFUND_RESERVE, accounts.reserve(merchant, currency), sources.reserve_minor),
        (accounts.REFUND_OWED, accounts.receivable(merchant, currency), sources.receivable_minor),
        (accounts.REFUND_COMMISSION, accounts.commission(currency), row.commission_minor),
        (accounts.REFUND_CARRIER, accounts.carrier_payable(currency), row.carrier_minor),
        (accounts.REFUND_TAX, accounts.tax_payable(currency), row.tax_minor),
        (accounts.REFUND_PREPAID, accounts.prepaid(merchant, currency), row.prepaid_minor),
    )
    return ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", row.id, code), source, target, amount_minor, code, leg.seller_order_id)
            for code, source, amount_minor in parts
            if amount_minor
        )
    )


def _give_at_once(tx: Tx, row: RefundRow, leg: rows.Leg, gift_before: int) -> ledger.Plan:
    """What needs no processor: gift cards are filled again, the platform has its subsidy back."""
    source = accounts.escrow(leg.seller_order_id, leg.currency)
    parts = [(accounts.REFUND_SUBSIDY, accounts.subsidy(leg.currency), row.subsidy_minor)]
    used = tx.all(rows.gifts_of, payment_id=leg.payment_id) if row.gift_minor else []
    mine = [(use.card_id, use.amount_minor) for use in used if use.seller_order_id == leg.seller_order_id]
    for card_id, amount_minor in cards_to_fill(mine, gift_before, row.gift_minor):
        parts.append((accounts.REFUND_GIFT, accounts.gift_card(card_id, leg.currency), amount_minor))
    return ledger.Plan(
        tuple(
            ledger.Move(
                derive_id("trf", row.id, code, target.owner), source, target, amount_minor, code, leg.seller_order_id
            )
            for code, target, amount_minor in parts
            if amount_minor
        )
    )


def cards_to_fill(used: Sequence[tuple[str, int]], before: int, now: int) -> list[tuple[str, int]]:
    """Which gift cards get how much back, one after another, each up to what it paid; `before` was given back already.

    >>> cards_to_fill([("a", 5), ("b", 7)], 3, 6)
    [('a', 2), ('b', 4)]
    """
    found, start = [], 0
    for card_id, paid in used:
        amount = min(start + paid, before + now) - max(start, before)
        if amount > 0:
            found.append((card_id, amount))
        start += paid
    assert before + now <= start
    return found


def _by_processor(row: RefundRow, payment: Payment, leg: rows.Leg) -> ledger.Plan:
    """The processor's part: set aside until it has been paid; gone already when the buyer's bank has taken it."""
    source = accounts.escrow(leg.seller_order_id, payment.currency)
    if not row.amount_minor:
        return ledger.Plan()
    if not row.charged_back:
        return ledger.Plan.of(_hold(row, payment, source))
    # The processor took it when the chargeback was opened; here somebody bears it.
    target, code = accounts.chargebacks(payment.currency), accounts.CHARGEBACK
    move_id = derive_id("trf", row.id, code)
    return ledger.Plan.of(ledger.Move(move_id, source, target, row.amount_minor, code, leg.seller_order_id))


def _hold(refund: RefundRow, payment: Payment, source: ledger.Account) -> ledger.Hold:
    target = accounts.processor(payment.processor, payment.currency)
    ref = refund.seller_order_id or payment.id
    return ledger.Hold(refund_hold_id(refund.id), source, target, refund.amount_minor, accounts.REFUND, ref)


def _record(
    tx: Tx,
    payment: Payment,
    refund: Refund,
    seller_order_id: str | None,
    sources: RefundSources | None,
    released_minor: int = 0,
) -> RefundRow:
    """Store a refund and have the processor pay its part; what is not its to pay is paid already."""
    at_once = refund.amount_minor == 0 or refund.charged_back is not None
    taken = sources or RefundSources()
    row = RefundRow(
        tx.new_id("rfd"), payment.id, seller_order_id, payment.currency, refund.amount_minor, refund.gift_minor,
        refund.subsidy_minor, released_minor, refund.seller_minor, refund.commission_minor, refund.carrier_minor,
        refund.tax_minor, refund.prepaid_minor, int(sources is not None), taken.payable_minor, taken.reserve_minor,
        taken.receivable_minor,
        int(refund.charged_back is not None), refund.reason,
        "paid" if at_once else "requested", refund.charged_back, tx.now, tx.now if at_once else None,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(row))
    if not at_once:
        tx.enqueue(REFUND_TASK, RefundTask(row.id), key=row.id)
    return row


_r = tables.refunds.c
_COLUMNS = tuple(_r[name] for name in RefundRow.__struct_fields__)
_refund: Prepared[RefundRow] = prepare(select(*_COLUMNS).where(_r.id == bindparam("id")), RefundRow)
_refunds_of: Prepared[RefundRow] = prepare(
    select(*_COLUMNS).where(in_set(_r.payment_id, "payment_ids")).order_by(_r.id), RefundRow
)
_of_leg = (_r.payment_id == bindparam("payment_id"), _r.seller_order_id == bindparam("seller_order_id"))
_refunded: Prepared[Any] = prepare(
    select(func.sum(_r.amount_minor + _r.gift_minor + _r.subsidy_minor).label("gross_minor")).where(*_of_leg)
)
_given_back: Prepared[Any] = prepare(
    select(
        func.sum(_r.amount_minor).label("amount"),
        func.sum(_r.gift_minor).label("gift"),
        func.sum(_r.subsidy_minor).label("subsidy"),
    ).where(*_of_leg)
)
_s = tables.settlements.c
settlement_of: Prepared[Parts] = prepare(
    select(*(_s[name] for name in PARTS)).where(_s.seller_order_id == bindparam("seller_order_id")), Parts
)
_taken_back: Prepared[Parts] = prepare(
    select(*(func.coalesce(func.sum(_r[name]), 0).label(name) for name in PARTS)).where(
        _r.seller_order_id == bindparam("seller_order_id"), _r.settled == 1
    ),
    lambda *parts: Parts(*map(int, parts)),
)
_settled_of: Prepared[Any] = prepare(
    select(_s.seller_order_id, *(_s[name] for name in PARTS)).where(in_set(_s.seller_order_id, "ids"))
)
_taken_back_of: Prepared[Any] = prepare(
    select(_r.seller_order_id, *(func.sum(_r[name]).label(name) for name in PARTS))
    .where(in_set(_r.seller_order_id, "ids"), _r.settled == 1)
    .group_by(_r.seller_order_id)
)
_insert: Prepared[Any] = prepare(
    insert(tables.refunds).values({column.name: bindparam(column.name) for column in tables.refunds.columns})
)
_pay: Prepared[Any] = prepare(
    update(tables.refunds)
    .where(_r.id == bindparam("id_"), _r.state == "requested")
    .values(state="paid", processor_ref=bindparam("processor_ref_"), paid_at=bindparam("now_"))
)
