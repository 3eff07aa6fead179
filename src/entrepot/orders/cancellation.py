"""Undoing a part of an order before it is sent: stock goes back on sale, money goes back to whoever paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, update

from entrepot import catalog, deliver, ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, Conflict, NotFound, Prepared, Snapshot, Tx, prepare

from . import tables
from .access import ABSENT, SYSTEM, is_owner, party_of
from .claims import Cause
from .events import LinesCancelled, SellerOrderCancelled
from .promotions import uses
from .records import end_order, find_seller, list_lines, lock_order, lock_sellers, move
from .refunds import checked_reason, give_back, read_shares
from .sending import advance, chosen_pieces, record_cancelled
from .shares import sum_of_legs, take_pieces, take_rest
from .types import Line, Order, OrderStatus, SellerOrder, SellerOrderStatus, Standing

NOT_SENT_IN_TIME = "The merchant did not send it in time"
CANCELLABLE = (SellerOrderStatus.AWAITING_PAYMENT, SellerOrderStatus.PAID)


def cancel(
    tx: Tx, scope: Scope, seller_order_id: str, reason: str, pieces: Mapping[str, int] | None = None
) -> Standing:
    """Cancel what a merchant has not sent yet of an order, all of it or so many pieces of lines.

    For the buyer, the merchant and the operator; NotFound for others. Stock is free again at once. What was paid for it
    is refunded, with the delivery when nothing is sent at all; while a payment is still under way, only the whole can
    be cancelled, and its share goes back as soon as it has come. Conflict once sent. Cancelling the whole again changes
    nothing.
    """
    reason = checked_reason(reason, "Say why it is cancelled: the other side will read it")
    order = lock_order(tx, find_seller(tx, seller_order_id).order_id)
    sellers = lock_sellers(tx, order.id)
    seller = next(each for each in sellers if each.id == seller_order_id)
    by = party_of(scope, order.owner, seller.merchant_id)
    if seller.status == SellerOrderStatus.CANCELLED:
        return Standing(seller.id, order.id, SellerOrderStatus.CANCELLED, refund_id=seller.refund_id)
    if seller.status not in CANCELLABLE:
        raise Conflict("This order was sent already: it can no longer be cancelled")
    if seller.dispute_id is not None:
        raise Conflict("This order is disputed: its money stays where it is until that is decided")
    lines = [line for line in list_lines(tx, [order.id]) if line.seller_order_id == seller.id]
    chosen = chosen_pieces(lines, pieces)
    if sum(chosen.values()) < sum(line.quantity - line.cancelled for line in lines):
        return _cancel_some(tx, order, seller, lines, chosen, by, reason)
    return _cancel(tx, order, sellers, [seller], by, reason)[0]


def cancel_unsent(tx: Tx, seller_order_id: str) -> None:
    """Cancel what a merchant has not sent in the agreed days; anything else stays as it is."""
    seller = find_seller(tx, seller_order_id)
    if seller.status != SellerOrderStatus.PAID or seller.paid_at is None or seller.dispute_id is not None:
        return
    if seller.paid_at + seller.send_days * DAY <= tx.now:
        cancel(tx, Scope.system(), seller_order_id, NOT_SENT_IN_TIME)


def list_unsent(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Seller orders whose days to be sent are over, by id, behind `after`."""
    return [row.id for row in snapshot.all(_unsent, now=snapshot.now, after=after, most=most)]


def cancel_order(tx: Tx, scope: Scope, order_id: str, reason: str) -> tuple[Standing, ...]:
    """Cancel every part of an order that was not sent yet, at once; for the buyer and the operator.

    NotFound for others. Conflict when nothing is left to cancel.
    """
    reason = checked_reason(reason, "Say why it is cancelled: the other side will read it")
    order = lock_order(tx, order_id)
    if not (is_owner(scope, order.owner) or scope.is_operator):
        raise NotFound(ABSENT)
    sellers = lock_sellers(tx, order.id)
    partly = {line.seller_order_id for line in list_lines(tx, [order.id]) if line.sent}
    chosen = [
        seller
        for seller in sellers
        if seller.status in CANCELLABLE and seller.id not in partly and seller.dispute_id is None
    ]
    if not chosen:
        raise Conflict("Everything in this order was sent or cancelled already")
    return tuple(_cancel(tx, order, sellers, chosen, party_of(scope, order.owner, chosen[0].merchant_id), reason))


def _cancel(
    tx: Tx, order: Order, sellers: list[SellerOrder], chosen: list[SellerOrder], by: str, reason: str
) -> list[Standing]:
    ids = {seller.id for seller in chosen}
    lines = [line for line in list_lines(tx, [order.id]) if line.seller_order_id in ids]
    refunds, money = _give_back(tx, order, sellers, chosen, by, reason)
    if all(each.id in ids or each.status == SellerOrderStatus.CANCELLED for each in sellers):
        uses.give_back(tx, order.id)
    shelves = deliver.release_places(tx, sorted(ids))
    ledger.post(tx, catalog.release_stock(tx, [line.id for line in lines]) + shelves + money)
    record_cancelled(tx, {line.id: line.left for line in lines if line.left})
    for seller in chosen:
        cancel_row(tx, seller, by, reason, refunds.get(seller.id))
        tx.announce(SellerOrderCancelled(seller.id, order.id, by, reason))
    catalog.announce_stock(tx, [line.offer_id for line in lines])
    return [
        Standing(seller.id, order.id, SellerOrderStatus.CANCELLED, refund_id=refunds.get(seller.id))
        for seller in chosen
    ]


def _cancel_some(
    tx: Tx, order: Order, seller: SellerOrder, lines: list[Line], pieces: dict[str, int], by: str, reason: str
) -> Standing:
    """Some pieces of a paid seller order will not be sent; the others go on."""
    if seller.status != SellerOrderStatus.PAID:
        raise Conflict("This order is not paid yet: cancel all of it, or wait for the payment")
    shares = read_shares(tx, seller)
    taken = [take_pieces(shares[line_id], number) for line_id, number in pieces.items()]
    refund_id, money = give_back(tx, order, seller, taken, Cause.CANCELLED, by, reason)
    freed = [catalog.Pieces(line.id, pieces[line.id], line.left) for line in lines if line.id in pieces]
    ledger.post(tx, catalog.free_pieces(tx, freed, refund_id or tx.new_id("rfd")) + money)
    record_cancelled(tx, pieces)
    back_minor = sum_of_legs(taken).paid_minor
    tx.announce(LinesCancelled(seller.id, order.id, by, reason, sum(pieces.values()), back_minor))
    catalog.announce_stock(tx, [line.offer_id for line in lines if line.id in pieces])
    seller = advance(tx, seller)
    return Standing(seller.id, order.id, SellerOrderStatus(seller.status), refund_id=refund_id)


def cancel_row(tx: Tx, seller: SellerOrder, by: str, reason: str, refund_id: str | None = None) -> None:
    """Store that it was cancelled."""
    values = {"now_": tx.now, "by_": by, "reason_": reason, "refund_id_": refund_id}
    move(tx, seller, SellerOrderStatus.CANCELLED, _to_cancelled, **values)


def refund_cancelled(tx: Tx, order: Order, sellers: list[SellerOrder]) -> ledger.Plan:
    """Money came for parts that had been cancelled meanwhile: what to post so that it goes back."""
    plan = ledger.Plan()
    for seller in sellers:
        if seller.status == SellerOrderStatus.CANCELLED and seller.refund_id is None and seller.escrow_minor:
            refund_id, money = _refund(tx, order, seller, seller.cancelled_by or SYSTEM, seller.cancel_reason or "")
            tx.send(_set_refund, id_=seller.id, refund_id_=refund_id)
            plan += money
    return plan


def mark_cancelled_refunded(tx: Tx, refund_id: str, seller_order_id: str) -> None:
    """The buyer has the money of what was cancelled back."""
    tx.send(_refunded, id_=seller_order_id, refund_id_=refund_id, now_=tx.now)


def _give_back(
    tx: Tx, order: Order, sellers: list[SellerOrder], chosen: list[SellerOrder], by: str, reason: str
) -> tuple[dict[str, str], ledger.Plan]:
    """The refunds by seller order, and what to post for the money; nothing yet while it is on its way."""
    refunds: dict[str, str] = {}
    plan = ledger.Plan()
    for seller in chosen:
        if seller.status == SellerOrderStatus.PAID and seller.escrow_minor:
            refund_id, money = _refund(tx, order, seller, by, reason)
            plan += money
            if refund_id is not None:
                refunds[seller.id] = refund_id
    if order.status == OrderStatus.AWAITING_PAYMENT:
        ids = {seller.id for seller in chosen}
        if all(each.status == SellerOrderStatus.CANCELLED for each in sellers if each.id not in ids):
            plan += _abandon(tx, order)
    return refunds, plan


def _abandon(tx: Tx, order: Order) -> ledger.Plan:
    """Nothing is left to pay for. When the money came just now, the reaction to that fact sends it back."""
    try:
        plan = pay.abandon_payment(tx, order.payment_id)
    except Conflict:
        return ledger.Plan()
    end_order(tx, order, OrderStatus.CANCELLED)
    return plan


def _refund(tx: Tx, order: Order, seller: SellerOrder, by: str, reason: str) -> tuple[str | None, ledger.Plan]:
    """Everything that is left of it goes back, the delivery too."""
    taken = [take_rest(share) for share in read_shares(tx, seller).values()]
    taken = [each for each in taken if each.pieces or each.legs.total_minor]
    return give_back(tx, order, seller, taken, Cause.CANCELLED, by, reason)


_s = tables.seller_orders.c
_to_cancelled: Prepared[Any] = prepare(
    update(tables.seller_orders)
    .where(_s.id == bindparam("id_"), _s.status == bindparam("was_"))
    .values(
        status=bindparam("status_"),
        cancelled_at=bindparam("now_"),
        cancelled_by=bindparam("by_"),
        cancel_reason=bindparam("reason_"),
        refund_id=bindparam("refund_id_"),
    )
)
_set_refund: Prepared[Any] = prepare(
    update(tables.seller_orders).where(_s.id == bindparam("id_")).values(refund_id=bindparam("refund_id_"))
)
_refunded: Prepared[Any] = prepare(
    update(tables.seller_orders)
    .where(_s.id == bindparam("id_"), _s.refund_id == bindparam("refund_id_"), _s.refunded_at.is_(None))
    .values(refunded_at=bindparam("now_"))
)
_unsent: Prepared[Any] = prepare(
    select(_s.id)
    .where(
        _s.status == SellerOrderStatus.PAID.value,
        _s.paid_at + _s.send_days * DAY <= bindparam("now"),
        _s.dispute_id.is_(None),
        _s.id > bindparam("after"),
    )
    .order_by(_s.id)
    .limit(bindparam("most"))
)
