"""What people tell of money that people moved: the operator's word, where no processor and no file has one.

Only for what goes through `manual`: what a processor did is the processor's to tell.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, literal_column, select, union_all

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Conflict, Invalid, Prepared, Snapshot, Tx, prepare

from . import rows, tables
from .payments import record_outcome
from .payouts import lock_payout, read_payout, record_failed_payout, record_payout
from .refunds import read_refund, record_refund
from .types import Outcome, Payment

MANUAL = "manual"
REFERENCE_LENGTH_MAX = 140


class Waiting(msgspec.Struct, frozen=True):
    """Something that people have to do or to look for; `ref` is the order, the payment or the merchant."""

    kind: str
    id: str
    ref: str
    currency: str
    amount_minor: int
    created_at: int
    reference: str | None


def list_by_hand(snapshot: Snapshot, scope: Scope, most: int = 200) -> list[Waiting]:
    """Transfers that buyers owe, refunds and payouts that are to be sent by hand, the oldest first."""
    require_operator(scope)
    return snapshot.all(_waiting, most=most)


def mark_received(tx: Tx, scope: Scope, payment_id: str, amount_minor: int) -> Payment:
    """Say that a buyer's transfer has come. Conflict, with what to do, when it is not what the order asks for."""
    require_operator(scope)
    payment = rows.lock_payment(tx, payment_id)
    _check_manual(payment.processor)
    if amount_minor < payment.amount_minor:
        raise Conflict("Too little has come: wait for the rest, or send it back and cancel the order")
    if amount_minor > payment.amount_minor:
        raise Conflict("Too much has come: mark the order's amount as received, and send the rest back")
    audit(tx, scope, "pay.mark_received", payment_id, {"amount_minor": amount_minor})
    return record_outcome(tx, payment_id, Outcome("captured", payment.processor_ref))


def mark_refund_sent(tx: Tx, scope: Scope, refund_id: str, reference: str) -> None:
    """Say that a refund was sent, under the bank's reference."""
    require_operator(scope)
    _check_manual(rows.read_payment(tx, read_refund(tx, refund_id).payment_id).processor)
    record_refund(tx, refund_id, _reference(reference))
    audit(tx, scope, "pay.mark_refund_sent", refund_id, {"reference": reference})


def mark_payout_sent(tx: Tx, scope: Scope, payout_id: str, reference: str) -> None:
    """Say that a payout was sent, under the bank's reference. Conflict when it was said to have failed before."""
    require_operator(scope)
    payout = lock_payout(tx, payout_id)
    _check_manual(payout.processor)
    if payout.state in ("failed", "returned"):
        raise Conflict("This payout was marked as failed, and its money is due again: it goes out with the next payout")
    record_payout(tx, payout_id, _reference(reference))
    audit(tx, scope, "pay.mark_payout_sent", payout_id, {"reference": reference})


def mark_payout_failed(tx: Tx, scope: Scope, payout_id: str, reason: str) -> None:
    """Say that a payout could not be sent, or came back: it is due to the merchant again."""
    require_operator(scope)
    _check_manual(read_payout(tx, payout_id).processor)
    if len(reason.strip()) < 3:
        raise Invalid("Say why it could not be sent", fields={"reason": "Say why"})
    record_failed_payout(tx, payout_id, reason.strip())
    audit(tx, scope, "pay.mark_payout_failed", payout_id, {"reason": reason.strip()[:500]})


def _check_manual(processor: str) -> None:
    if processor != MANUAL:
        raise Conflict(f"{processor} tells this itself: it is not for people to say")


def _reference(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > REFERENCE_LENGTH_MAX or not text.isprintable():
        raise Invalid("Write the bank's reference of the transfer", fields={"reference": "Write the bank's reference"})
    return text


_p, _r, _o, _a = tables.payments.c, tables.refunds.c, tables.payouts.c, tables.actions.c
_nothing: Any = literal_column("NULL")
_every = union_all(
    select(
        literal_column("'payment'").label("kind"), _p.id, _p.ref.label("ref"), _p.currency, _p.amount_minor,
        _p.created_at, _a.reference.label("reference"),
    )
    .join_from(tables.payments, tables.actions, _a.payment_id == _p.id)
    .where(_p.processor == MANUAL, _p.state == "requested"),
    select(
        literal_column("'refund'"), _r.id, _r.payment_id, _r.currency, _r.amount_minor, _r.created_at, _nothing
    )
    .join_from(tables.refunds, tables.payments, _r.payment_id == _p.id)
    .where(_p.processor == MANUAL, _r.state == "requested"),
    select(
        literal_column("'payout'"), _o.id, _o.merchant_id, _o.currency, _o.amount_minor, _o.created_at, _nothing
    ).where(_o.processor == MANUAL, _o.state == "requested"),
).subquery()  # fmt: skip
_waiting: Prepared[Waiting] = prepare(
    select(*_every.c).order_by(_every.c.created_at, _every.c.id).limit(bindparam("most")), Waiting
)
