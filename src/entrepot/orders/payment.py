"""What a payment's outcome, or its absence, makes of an order. Each is decided under the order's lock, once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from entrepot import catalog, deliver, ledger, pay
from entrepot.kernel import Conflict, Prepared, Snapshot, Tx, prepare

from . import tables
from .access import SYSTEM
from .cancellation import cancel_row, refund_cancelled
from .carts import reopen_cart
from .events import OrderExpired, OrderPaid, OrderPaymentFailed
from .promotions import uses
from .records import end_order, list_lines, lock_order, lock_sellers, pay_order
from .sending import record_cancelled
from .types import Order, OrderStatus, SellerOrderStatus

NOT_PAID_IN_TIME = "Not paid in time"


def order_paid(tx: Tx, order_id: str, payment_id: str) -> None:
    """The money is in escrow, or set aside at the processor: merchants may ship.

    The share of parts that were cancelled meanwhile goes back, or is let go.
    """
    order = lock_order(tx, order_id)
    if order.status != OrderStatus.AWAITING_PAYMENT or order.payment_id != payment_id:
        return
    sellers = lock_sellers(tx, order.id)
    ledger.post(tx, refund_cancelled(tx, order, sellers))
    pay_order(tx, order)
    paid = tuple(seller.id for seller in sellers if seller.status == SellerOrderStatus.AWAITING_PAYMENT)
    tx.announce(OrderPaid(order.id, paid))


def order_declined(tx: Tx, order_id: str, payment_id: str, reason: str) -> None:
    """No money came: stock is free again, and the cart is open again with its lines, so that it may be placed anew."""
    order = lock_order(tx, order_id)
    if order.status != OrderStatus.AWAITING_PAYMENT or order.payment_id != payment_id:
        return
    _undo(tx, order, ledger.Plan(), reason)
    end_order(tx, order, OrderStatus.PAYMENT_FAILED, reason)
    tx.announce(OrderPaymentFailed(order.id, reason))


def expire_if_due(tx: Tx, order_id: str) -> None:
    """Give an order up that nobody paid in time; one that was paid meanwhile, or is not due, stays as it is."""
    order = lock_order(tx, order_id)
    if order.status != OrderStatus.AWAITING_PAYMENT or order.pay_by > tx.now:
        return
    try:
        money = pay.abandon_payment(tx, order.payment_id)
    except Conflict:
        return  # The money came first: the reaction to that fact is on its way.
    _undo(tx, order, money, NOT_PAID_IN_TIME)
    end_order(tx, order, OrderStatus.EXPIRED)
    tx.announce(OrderExpired(order.id))


def list_unpaid(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Orders whose time to pay is over, by id, behind `after`."""
    return [row.id for row in snapshot.all(_unpaid, now=snapshot.now, after=after, most=most)]


def _undo(tx: Tx, order: Order, money: ledger.Plan, reason: str) -> None:
    """Release the stock of every part that still waits, cancel those parts, and open the cart again."""
    waiting = [seller for seller in lock_sellers(tx, order.id) if seller.status == SellerOrderStatus.AWAITING_PAYMENT]
    ids = {seller.id for seller in waiting}
    lines = [line for line in list_lines(tx, [order.id]) if line.seller_order_id in ids]
    reopen_cart(tx, order.cart_id)
    uses.give_back(tx, order.id)
    shelves = deliver.release_places(tx, sorted(ids))
    ledger.post(tx, catalog.release_stock(tx, [line.id for line in lines]) + shelves + money)
    record_cancelled(tx, {line.id: line.left for line in lines if line.left})
    for seller in waiting:
        cancel_row(tx, seller, SYSTEM, reason)
    catalog.announce_stock(tx, [line.offer_id for line in lines])


_o = tables.orders.c
_unpaid: Prepared[Any] = prepare(
    select(_o.id)
    .where(_o.status == OrderStatus.AWAITING_PAYMENT.value, _o.pay_by <= bindparam("now"), _o.id > bindparam("after"))
    .order_by(_o.id)
    .limit(bindparam("most"))
)
