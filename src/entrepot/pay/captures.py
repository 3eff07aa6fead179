"""Parts of an authorised payment: each is asked of the processor when a parcel leaves, and taken into escrow once.

What is set aside at the processor is a hold on the ledger too. A captured part leaves the hold for the seller order's
escrow; what is not needed is released, at the processor and on the ledger. A processor that can take only once is asked
to take the whole with the first part: the escrow keeps what is not shipped yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, derive_id, in_set, prepare

from . import accounts, rows, tables
from .events import CaptureFailed, PartCaptured
from .processors import Receipt
from .sources import Source, capture_plan, hold_id, sources_of
from .types import Payment, Refund

CAPTURE_TASK = "pay.capture"
VOID_TASK = "pay.void"


class CaptureTask(msgspec.Struct, frozen=True):
    """The part to be captured."""

    capture_id: str


class VoidTask(msgspec.Struct, frozen=True):
    """The payment of which nothing more is to be taken."""

    payment_id: str


class Capture(msgspec.Struct, frozen=True):
    """A part of an authorised payment; with `final` the rest of its seller order is released."""

    id: str
    payment_id: str
    seller_order_id: str
    currency: str
    amount_minor: int
    final: int
    state: Literal["requested", "done", "failed"]
    processor_ref: str | None
    reason: str | None
    created_at: int
    done_at: int | None


def capture_part(
    tx: Tx, payment_id: str, seller_order_id: str, amount_minor: int, *, final: bool = False
) -> str | None:
    """Have a part of a seller order's money taken, after the commit; with `final` the rest of it is released.

    Returns the capture's id; None when the payment is captured already, so that there is nothing left to take. Conflict
    when it is not authorised, or more would be taken than was set aside. Its money is in escrow when `PartCaptured` is
    announced.
    """
    if amount_minor <= 0:
        raise Invalid("Say how much to take: more than zero")
    payment = rows.lock_payment(tx, payment_id)
    leg = _live_leg(tx, payment, seller_order_id)
    asked = asked_of(tx, payment.id, seller_order_id)
    if asked + amount_minor > leg.amount_minor:
        raise Conflict("This would take more than the buyer has set aside for this order")
    if payment.state == "captured":
        return None
    row = Capture(
        tx.new_id("cap"), payment.id, seller_order_id, payment.currency, amount_minor,
        int(final or asked + amount_minor == leg.amount_minor), "requested", None, None, tx.now, None,
    )  # fmt: skip
    tx.send(_insert, **msgspec.structs.asdict(row))
    tx.enqueue(CAPTURE_TASK, CaptureTask(row.id), key=row.id)
    return row.id


def capture_share(tx: Tx, payment_id: str, seller_order_id: str, part: int, of: int) -> str | None:
    """Have so much taken that, with what was asked for before, `part` of `of` of what is set aside is; all with `of`.

    Returns the capture's id; None when nothing is to be taken: it was asked for before, or is captured.
    """
    payment = rows.lock_payment(tx, payment_id)
    if payment.state != "authorised":
        return None
    leg = _live_leg(tx, payment, seller_order_id)
    missing = leg.amount_minor * part // of - asked_of(tx, payment_id, seller_order_id)
    return capture_part(tx, payment_id, seller_order_id, missing) if missing > 0 else None


def release_first(tx: Tx, payment: Payment, leg: rows.Leg, refund: Refund) -> tuple[Refund, int, ledger.Plan]:
    """What of a refund need not go back, for it was never taken: what is left to refund, what is let go, and the plan.

    A part that was not begun is let go whole, with its gift cards and subsidy. One of which the processor has nothing
    came whole when the rest was set aside.
    """
    if payment.state != "authorised" or not leg.amount_minor:
        return refund, 0, ledger.Plan()
    asked = asked_of(tx, payment.id, leg.seller_order_id)
    of_others = refund.gift_minor + refund.subsidy_minor
    if not asked and of_others:
        if (refund.amount_minor, of_others) != (leg.amount_minor, leg.gift_minor + leg.subsidy_minor):
            raise Conflict("Nothing of this order is taken yet: cancel the whole of it, or wait until it is sent")
        rest = msgspec.structs.replace(refund, amount_minor=0, gift_minor=0, subsidy_minor=0)
        return rest, refund.gross_minor, release_part(tx, payment.id, leg.seller_order_id)
    released = min(refund.amount_minor, leg.amount_minor - asked)
    rest = msgspec.structs.replace(refund, amount_minor=refund.amount_minor - released)
    plan = release_part(tx, payment.id, leg.seller_order_id, released) if released else ledger.Plan()
    return rest, released, plan


def release_part(tx: Tx, payment_id: str, seller_order_id: str, amount_minor: int | None = None) -> ledger.Plan:
    """Let go of a part of what was set aside for a seller order and not asked for; of all of it without an amount.

    The caller posts the plan. Nothing happens to a payment that is captured. Conflict when less is left than that.
    """
    payment = rows.lock_payment(tx, payment_id)
    if payment.state != "authorised":
        return ledger.Plan()
    leg = _live_leg(tx, payment, seller_order_id)
    asked = asked_of(tx, payment.id, seller_order_id)
    left_minor = leg.amount_minor - asked
    amount_minor = left_minor if amount_minor is None else amount_minor
    if not 0 <= amount_minor <= left_minor:
        raise Conflict("This would let go of more than is still set aside")
    _add_released(tx, leg, amount_minor)
    if amount_minor < left_minor or tx.value(_waiting, payment_id=payment_id, seller_order_id=seller_order_id):
        return ledger.Plan()  # the last part that is taken lets the rest go
    return _close(tx, payment, leg, asked)


def read_capture(snapshot: Snapshot, capture_id: str) -> Capture:
    """A capture; NotFound when there is none."""
    capture = snapshot.one(_capture, id=capture_id)
    if capture is None:
        raise NotFound("There is no such capture")
    return capture


def asked_of(snapshot: Snapshot, payment_id: str, seller_order_id: str) -> int:
    """What was, or is being, taken for a seller order of an authorised payment, in minor units."""
    return int(snapshot.value(_asked, payment_id=payment_id, seller_order_id=seller_order_id) or 0)


def brought(snapshot: Snapshot, payment: Payment, leg: rows.Leg) -> rows.Leg:
    """The leg with what it has truly brought: all of a captured payment, what was taken of an authorised one."""
    if payment.state == "captured":
        return leg
    taken = 0
    if payment.state == "authorised":
        taken = int(snapshot.value(_done, payment_id=payment.id, seller_order_id=leg.seller_order_id) or 0)
    came = taken or not (leg.amount_minor or leg.closed_at)
    others = (leg.gift_minor, leg.subsidy_minor) if came else (0, 0)
    return msgspec.structs.replace(leg, amount_minor=taken, gift_minor=others[0], subsidy_minor=others[1])


def set_aside_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, int]:
    """What is set aside for these and not in escrow yet, in minor units, of those whose payment is authorised.

    Gift cards and the platform's subsidy come with the first part of the processor's.
    """
    return {
        row.seller_order_id: row.amount_minor - int(row.taken)
        + (row.gift_minor + row.subsidy_minor if row.amount_minor and not row.taken else 0)
        for row in snapshot.all(_set_aside, ids=list(seller_order_ids))
    }  # fmt: skip


def report_capture(tx: Tx, receipt: Receipt) -> None:
    """Record what became of a part, once: done, it is in escrow; failed, the operator is told and it may be asked anew.

    Conflict when the processor speaks of another amount."""
    payment = rows.lock_payment(tx, read_capture(tx, receipt.key).payment_id)
    row = read_capture(tx, receipt.key)
    if (receipt.amount_minor, receipt.currency) != (row.amount_minor, row.currency):
        raise Conflict(f"The processor reports {receipt.amount_minor} {receipt.currency} for the capture {row.id}")
    if row.state != "requested" or receipt.state == "pending":
        return
    tx.send(_end, id_=row.id, state_=receipt.state, processor_ref_=receipt.processor_ref, reason_=receipt.reason,
           now_=tx.now)  # fmt: skip
    if receipt.state == "failed":
        tx.announce(CaptureFailed(row.id, payment.id, row.seller_order_id, receipt.reason or "Refused"))
        return
    ledger.post(tx, _taken_plan(tx, payment, row))
    tx.announce(PartCaptured(row.id, payment.id, row.seller_order_id))


def report_whole(tx: Tx, receipt: Receipt) -> None:
    """Record that everything that was set aside for a payment was taken at once, however many parts were asked for."""
    payment = rows.lock_payment(tx, receipt.key)
    waiting = tx.all(_asked_parts, payment_id=payment.id)
    if payment.state != "authorised" or receipt.state == "pending":
        return
    if receipt.state == "failed":
        tx.send(_end_all, payment_id_=payment.id, state_="failed", reason_=receipt.reason, now_=tx.now)
        for part in waiting:
            tx.announce(CaptureFailed(part.id, payment.id, part.seller_order_id, receipt.reason or "Refused"))
        return
    if (receipt.amount_minor, receipt.currency) != (whole_of(tx, payment.id), payment.currency):
        raise Conflict(f"The processor reports {receipt.amount_minor} {receipt.currency} for the payment {payment.id}")
    plan = ledger.Plan()
    for leg in tx.all(rows.legs_of, payment_id=payment.id):
        if leg.amount_minor:
            part = hold_id(payment.id, leg.seller_order_id)
            plan += ledger.Plan.of(
                ledger.Capture(
                    derive_id("trf", part, accounts.CAPTURE), part, leg.amount_minor, accounts.CAPTURE,
                    leg.seller_order_id, final=True,
                )
            ) + capture_plan(_others(tx, payment, leg.seller_order_id))  # fmt: skip
    ledger.post(tx, plan)
    tx.send(_end_all, payment_id_=payment.id, state_="done", reason_=None, now_=tx.now)
    tx.send(_finish, id_=payment.id, now_=tx.now)
    for part in waiting:
        tx.announce(PartCaptured(part.id, payment.id, part.seller_order_id))


def whole_of(snapshot: Snapshot, payment_id: str) -> int:
    """What is set aside at the processor for all seller orders of a payment together, less what was let go."""
    return sum(leg.amount_minor for leg in snapshot.all(rows.legs_of, payment_id=payment_id))


def _taken_plan(tx: Tx, payment: Payment, row: Capture) -> ledger.Plan:
    """The part into escrow, with the first one gift cards and subsidy too; with the last one the rest is let go."""
    leg = _live_leg(tx, payment, row.seller_order_id)
    mine = {"payment_id": payment.id, "seller_order_id": row.seller_order_id}
    part = ledger.Capture(
        derive_id("trf", row.id, accounts.CAPTURE), hold_id(payment.id, row.seller_order_id), row.amount_minor,
        accounts.CAPTURE, row.seller_order_id,
    )  # fmt: skip
    taken = int(tx.value(_done, **mine) or 0)
    plan = ledger.Plan.of(part)
    if taken == row.amount_minor:
        plan += capture_plan(_others(tx, payment, row.seller_order_id))
    if taken == leg.amount_minor or (tx.value(_final, **mine) and not tx.value(_waiting, **mine)):
        _add_released(tx, leg, leg.amount_minor - taken)
        plan += _close(tx, payment, leg, taken)
    return plan


def _close(tx: Tx, payment: Payment, leg: rows.Leg, taken: int) -> ledger.Plan:
    """Nothing more is taken for a leg. After the last leg the payment is captured, and the processor is told."""
    plan = ledger.Plan()
    held = ledger.find_hold(tx, hold_id(payment.id, leg.seller_order_id))
    if held is not None and held.amount > taken:
        plan += _void(held.id, leg.seller_order_id)
    if not taken:
        for other in _others(tx, payment, leg.seller_order_id):
            plan += _void(other.hold_id, leg.seller_order_id)
        tx.send(rows.close_leg, payment_id_=payment.id, seller_order_id_=leg.seller_order_id, now_=tx.now)
    if not tx.value(_legs_open, payment_id=payment.id):
        tx.send(_finish, id_=payment.id, now_=tx.now)
        tx.enqueue(VOID_TASK, VoidTask(payment.id), key=payment.id)
    return plan


def _add_released(tx: Tx, leg: rows.Leg, amount_minor: int) -> None:
    if amount_minor:
        mine = {"payment_id_": leg.payment_id, "seller_order_id_": leg.seller_order_id}
        tx.send(_set_released, **mine, released_=amount_minor)


def _void(held: str, seller_order_id: str) -> ledger.Plan:
    return ledger.Plan.of(ledger.Void(derive_id("trf", held, accounts.VOID), held, accounts.VOID, seller_order_id))


def _others(tx: Tx, payment: Payment, seller_order_id: str) -> list[Source]:
    """The holds on gift cards and the subsidy of a leg."""
    leg = tx.one(rows.leg_of, payment_id=payment.id, seller_order_id=seller_order_id)
    gifts = [each for each in tx.all(rows.gifts_of, payment_id=payment.id) if each.seller_order_id == seller_order_id]
    sources = sources_of(payment, [leg] if leg else [], gifts)
    return [each for each in sources if each.hold_id != hold_id(payment.id, seller_order_id)]


def _live_leg(tx: Tx, payment: Payment, seller_order_id: str) -> rows.Leg:
    if payment.state not in ("authorised", "captured"):
        raise Conflict("The buyer's money is not set aside, so it cannot be taken")
    leg = tx.one(rows.leg_of, payment_id=payment.id, seller_order_id=seller_order_id)
    if leg is None:
        raise NotFound("This payment has no such seller order")
    return leg


_c, _l, _p = tables.captures.c, tables.legs.c, tables.payments.c
_capture: Prepared[Capture] = prepare(select(*_c).where(_c.id == bindparam("id")), Capture)
_mine = (_c.payment_id == bindparam("payment_id"), _c.seller_order_id == bindparam("seller_order_id"))
_sum = select(func.sum(_c.amount_minor).label("amount_minor")).where(*_mine)
_asked: Prepared[Any] = prepare(_sum.where(_c.state != "failed"))
_done: Prepared[Any] = prepare(_sum.where(_c.state == "done"))
_waiting: Prepared[Any] = prepare(select(_c.id).where(*_mine, _c.state == "requested").limit(1))
_final: Prepared[Any] = prepare(select(_c.id).where(*_mine, _c.final == 1, _c.state != "failed").limit(1))
_asked_parts: Prepared[Any] = prepare(
    select(_c.id, _c.seller_order_id)
    .where(_c.payment_id == bindparam("payment_id"), _c.state == "requested")
    .order_by(_c.id)
)
_end_all: Prepared[Any] = prepare(
    update(tables.captures)
    .where(_c.payment_id == bindparam("payment_id_"), _c.state == "requested")
    .values(state=bindparam("state_"), reason=bindparam("reason_"), done_at=bindparam("now_"))
)
_insert: Prepared[Any] = prepare(
    insert(tables.captures).values({column.name: bindparam(column.name) for column in tables.captures.columns})
)
_end: Prepared[Any] = prepare(
    update(tables.captures)
    .where(_c.id == bindparam("id_"), _c.state == "requested")
    .values(
        state=bindparam("state_"), processor_ref=bindparam("processor_ref_"), reason=bindparam("reason_"),
        done_at=bindparam("now_"),
    )
)  # fmt: skip
_set_released: Prepared[Any] = prepare(
    update(tables.legs)
    .where(_l.payment_id == bindparam("payment_id_"), _l.seller_order_id == bindparam("seller_order_id_"))
    .values(released_minor=_l.released_minor + bindparam("released_"))
)
_taken = (
    select(func.coalesce(func.sum(_c.amount_minor), 0))
    .where(_c.payment_id == _l.payment_id, _c.seller_order_id == _l.seller_order_id, _c.state == "done")
    .scalar_subquery()
)
_set_aside: Prepared[Any] = prepare(
    select(
        _l.seller_order_id, (_l.amount_minor - _l.released_minor).label("amount_minor"), _l.gift_minor,
        _l.subsidy_minor, _taken.label("taken"),
    )
    .join_from(tables.legs, tables.payments, _l.payment_id == _p.id)
    .where(in_set(_l.seller_order_id, "ids"), _p.state == "authorised", _l.closed_at.is_(None))
)  # fmt: skip
_legs_open: Prepared[Any] = prepare(
    select(_l.seller_order_id)
    .where(_l.payment_id == bindparam("payment_id"), _l.amount_minor - _l.released_minor > _taken)
    .limit(1)
)
_finish: Prepared[Any] = prepare(
    update(tables.payments)
    .where(_p.id == bindparam("id_"), _p.state == "authorised")
    .values(state="captured", finished_at=bindparam("now_"))
)
