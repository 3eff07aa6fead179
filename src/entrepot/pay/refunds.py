"""Refunds: money set aside where it lies now, given back by a task, and then gone from the ledger too.

A refund that the processor does not answer is asked for again under the same key until it is done: money owed to a
buyer is never forgotten, at worst its task is stuck before the operator's eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, derive_id, in_set, prepare

from . import accounts, rows, tables
from .events import RefundPaid
from .types import Payment, Refund, RefundRow

REFUND_TASK = "pay.refund"
REASON_LENGTH_MAX = 2_000
LATE_REASON = "The order had ended when the money came"


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
    """What was given back of a leg, or is on its way, in minor units."""
    return int(snapshot.value(_refunded, payment_id=payment_id, seller_order_id=seller_order_id) or 0)


def refund_plan(tx: Tx, refund: Refund) -> tuple[str, ledger.Plan]:
    """Begin to give money of a leg back to whoever paid; returns the refund's id and the plan that the caller posts.

    Takes it from escrow. Conflict when the payment brought no money, when more would be given back than the leg
    brought, or when its escrow was settled.
    """
    payment = rows.lock_payment(tx, refund.payment_id)
    leg = tx.one(rows.leg_of, payment_id=payment.id, seller_order_id=refund.seller_order_id)
    if leg is None:
        raise NotFound("This payment has no such seller order")
    if payment.state != "captured":
        raise Conflict("This order is not paid, so there is nothing to give back")
    if leg.closed_at is not None:
        raise Conflict("This order's money has left escrow: it was shared out, or given back whole")
    refunded_minor = refunded_of(tx, payment.id, leg.seller_order_id)
    check_refund(refund, leg.amount_minor, refunded_minor)
    row = _record(tx, payment, leg.seller_order_id, refund.amount_minor, refund.reason)
    if refunded_minor + refund.amount_minor == leg.amount_minor:
        tx.run(rows.close_leg, payment_id_=payment.id, seller_order_id_=leg.seller_order_id, now_=tx.now)
    source = accounts.escrow(leg.seller_order_id, payment.currency)
    return row.id, ledger.Plan.of(_hold(row, payment, source))


def check_refund(refund: Refund, captured_minor: int, refunded_minor: int) -> None:
    """Refuse to give back nothing, or more than is left of what was paid."""
    if refund.amount_minor <= 0:
        raise Invalid("Say how much to give back: more than zero")
    if len(refund.reason) > REASON_LENGTH_MAX or "\0" in refund.reason:
        raise Invalid(f"Write a reason of at most {REASON_LENGTH_MAX} characters")
    if refunded_minor + refund.amount_minor > captured_minor:
        raise Conflict("This would give back more than was paid")


def return_late_money(tx: Tx, payment: Payment) -> ledger.Plan:
    """What to post when money came too late: kept apart, and its whole refund begun."""
    row = _record(tx, payment, None, payment.amount_minor, LATE_REASON)
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


def _hold(refund: RefundRow, payment: Payment, source: ledger.Account) -> ledger.Hold:
    target = accounts.processor(payment.processor, payment.currency)
    ref = refund.seller_order_id or payment.id
    return ledger.Hold(refund_hold_id(refund.id), source, target, refund.amount_minor, accounts.REFUND, ref)


def _record(tx: Tx, payment: Payment, seller_order_id: str | None, amount_minor: int, reason: str) -> RefundRow:
    row = RefundRow(
        tx.new_id("rfd"), payment.id, seller_order_id, payment.currency, amount_minor, reason, "requested", None,
        tx.now, None,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(row))
    tx.enqueue(REFUND_TASK, RefundTask(row.id), key=row.id)
    return row


_r = tables.refunds.c
_COLUMNS = (
    _r.id, _r.payment_id, _r.seller_order_id, _r.currency, _r.amount_minor, _r.reason, _r.state, _r.processor_ref,
    _r.created_at, _r.paid_at,
)  # fmt: skip
_refund: Prepared[RefundRow] = prepare(select(*_COLUMNS).where(_r.id == bindparam("id")), RefundRow)
_refunds_of: Prepared[RefundRow] = prepare(
    select(*_COLUMNS).where(in_set(_r.payment_id, "payment_ids")).order_by(_r.id), RefundRow
)
_refunded: Prepared[Any] = prepare(
    select(func.sum(_r.amount_minor).label("amount_minor")).where(
        _r.payment_id == bindparam("payment_id"), _r.seller_order_id == bindparam("seller_order_id")
    )
)
_insert: Prepared[Any] = prepare(
    insert(tables.refunds).values({column.name: bindparam(column.name) for column in tables.refunds.columns})
)
_pay: Prepared[Any] = prepare(
    update(tables.refunds)
    .where(_r.id == bindparam("id_"), _r.state == "requested")
    .values(state="paid", processor_ref=bindparam("processor_ref_"), paid_at=bindparam("now_"))
)
