"""Undoing a part of an order before it is sent: stock goes back on sale, money goes back to whoever paid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from entrepot import catalog, ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Tx, prepare

from . import tables
from .access import is_owner, is_seller
from .events import SellerOrderCancelled
from .records import end_order, find_seller, list_lines, lock_order, lock_sellers, move
from .types import REASON_LENGTH_MAX, Order, OrderStatus, SellerOrder, SellerOrderStatus, Standing

BUYER, MERCHANT, OPERATOR, SYSTEM = "buyer", "merchant", "operator", "system"
CANCELLABLE = (SellerOrderStatus.AWAITING_PAYMENT, SellerOrderStatus.PAID)
ABSENT = "There is no such order"


def cancel(tx: Tx, scope: Scope, seller_order_id: str, reason: str) -> Standing:
    """Cancel a merchant's part before it is sent; the other parts of the order go on.

    For the buyer, the merchant and the operator; NotFound for others. Stock is free again at once. What was paid is
    refunded whole; while a payment is still under way, its share goes back as soon as it has come. Conflict once sent.
    Cancelling again changes nothing.
    """
    reason = _checked(reason)
    order = lock_order(tx, find_seller(tx, seller_order_id).order_id)
    sellers = lock_sellers(tx, order.id)
    seller = next(each for each in sellers if each.id == seller_order_id)
    by = _party(scope, order, seller)
    if seller.status == SellerOrderStatus.CANCELLED:
        return Standing(seller.id, order.id, SellerOrderStatus.CANCELLED, refund_id=seller.refund_id)
    if seller.status not in CANCELLABLE:
        raise Conflict("This order was sent already: it can no longer be cancelled")
    return _cancel(tx, order, sellers, [seller], by, reason)[0]


def cancel_order(tx: Tx, scope: Scope, order_id: str, reason: str) -> tuple[Standing, ...]:
    """Cancel every part of an order that was not sent yet, at once; for the buyer and the operator.

    NotFound for others. Conflict when nothing is left to cancel.
    """
    reason = _checked(reason)
    order = lock_order(tx, order_id)
    if not (is_owner(scope, order.owner) or scope.is_operator):
        raise NotFound(ABSENT)
    sellers = lock_sellers(tx, order.id)
    chosen = [seller for seller in sellers if seller.status in CANCELLABLE]
    if not chosen:
        raise Conflict("Everything in this order was sent or cancelled already")
    return tuple(_cancel(tx, order, sellers, chosen, _party(scope, order, chosen[0]), reason))


def _cancel(
    tx: Tx, order: Order, sellers: list[SellerOrder], chosen: list[SellerOrder], by: str, reason: str
) -> list[Standing]:
    ids = {seller.id for seller in chosen}
    lines = [line for line in list_lines(tx, [order.id]) if line.seller_order_id in ids]
    refunds, money = _give_back(tx, order, sellers, chosen, reason)
    ledger.post(tx, catalog.release_stock(tx, [line.id for line in lines]) + money)
    for seller in chosen:
        cancel_row(tx, seller, by, reason, refunds.get(seller.id))
        tx.announce(SellerOrderCancelled(seller.id, order.id, by, reason))
    catalog.announce_stock(tx, [line.offer_id for line in lines])
    return [
        Standing(seller.id, order.id, SellerOrderStatus.CANCELLED, refund_id=refunds.get(seller.id))
        for seller in chosen
    ]


def cancel_row(tx: Tx, seller: SellerOrder, by: str, reason: str, refund_id: str | None = None) -> None:
    """Store that it was cancelled."""
    values = {"now_": tx.now, "by_": by, "reason_": reason, "refund_id_": refund_id}
    move(tx, seller, SellerOrderStatus.CANCELLED, _to_cancelled, **values)


def refund_cancelled(tx: Tx, order: Order, sellers: list[SellerOrder]) -> ledger.Plan:
    """Money came for parts that had been cancelled meanwhile: what to post so that it goes back."""
    plan = ledger.Plan()
    for seller in sellers:
        if seller.status == SellerOrderStatus.CANCELLED and seller.refund_id is None and seller.total_minor:
            refund_id, money = _refund(tx, order, seller, seller.cancel_reason or "")
            tx.run(_set_refund, id_=seller.id, refund_id_=refund_id)
            plan += money
    return plan


def mark_refund_paid(tx: Tx, refund_id: str, seller_order_id: str) -> None:
    """The buyer has the money back."""
    tx.run(_refunded, id_=seller_order_id, refund_id_=refund_id, now_=tx.now)


def _give_back(
    tx: Tx, order: Order, sellers: list[SellerOrder], chosen: list[SellerOrder], reason: str
) -> tuple[dict[str, str], ledger.Plan]:
    """The refunds by seller order, and what to post for the money; nothing yet while it is on its way."""
    refunds: dict[str, str] = {}
    plan = ledger.Plan()
    for seller in chosen:
        if seller.status == SellerOrderStatus.PAID and seller.total_minor:
            refunds[seller.id], money = _refund(tx, order, seller, reason)
            plan += money
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


def _refund(tx: Tx, order: Order, seller: SellerOrder, reason: str) -> tuple[str, ledger.Plan]:
    return pay.refund_plan(tx, pay.Refund(order.payment_id, seller.id, seller.total_minor, reason))


def _party(scope: Scope, order: Order, seller: SellerOrder) -> str:
    if is_owner(scope, order.owner):
        return BUYER
    if is_seller(scope, seller.merchant_id):
        return MERCHANT
    if scope.is_operator:
        return OPERATOR
    raise NotFound(ABSENT)


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("Say why it is cancelled: the other side will read it", fields={"reason": "say why"})
    if len(reason) > REASON_LENGTH_MAX:
        raise Invalid(f"Use at most {REASON_LENGTH_MAX} characters", fields={"reason": "too long"})
    return reason


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
