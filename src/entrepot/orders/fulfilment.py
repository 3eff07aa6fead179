"""After the payment: a merchant ships, the parcel arrives, the buyer or time confirms, and escrow is shared out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

from entrepot import catalog, deliver, ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, Conflict, NotFound, Prepared, Snapshot, Tx, prepare

from . import tables
from .access import is_owner, is_seller
from .events import SellerOrderCompleted, SellerOrderDelivered, SellerOrderShipped
from .records import find_order, lines_of_seller, lock_seller, move
from .types import Order, SellerOrder, SellerOrderStatus, Shipment, Standing

CONFIRMED_BY_TIME = "time"
"""Who completed an order that nobody confirmed."""

_ABSENT = "There is no such order"


def ship(tx: Tx, scope: Scope, seller_order_id: str, shipment: Shipment) -> Standing:
    """The merchant hands the goods over: the stock that was set aside leaves, and a parcel is booked.

    For the merchant and the operator; NotFound for others. Conflict unless it is paid and not sent yet.
    """
    seller = lock_seller(tx, seller_order_id)
    if not (is_seller(scope, seller.merchant_id) or scope.is_operator):
        raise NotFound(_ABSENT)
    if seller.status != SellerOrderStatus.PAID:
        raise Conflict(_WHY_NOT_SHIP[SellerOrderStatus(seller.status)])
    order = _order_of(tx, seller)
    parcel = deliver.book(
        tx,
        deliver.Booking(
            ref=seller.id,
            organisation=seller.merchant_id,
            carrier=shipment.carrier,
            tracking_no=shipment.tracking_no,
            quote_id=seller.quote_id,
            address=order.address,
        ),
    )
    ledger.post(tx, catalog.ship_stock(tx, [line.id for line in lines_of_seller(tx, seller)]))
    move(tx, seller, SellerOrderStatus.SHIPPED, _to_shipped, now_=tx.now)
    tx.announce(SellerOrderShipped(seller.id, seller.order_id, parcel.id))
    return Standing(seller.id, seller.order_id, SellerOrderStatus.SHIPPED, parcel_id=parcel.id)


def deliver_seller_order(tx: Tx, seller_order_id: str, delivered_at: int) -> None:
    """The parcel is at the door. From now on the buyer has the agreed days to say that something is wrong.

    They are counted from when we heard of it: a scan that comes late, or is dated back, must not shorten them.
    A seller order that is not on its way stays as it is.
    """
    seller = lock_seller(tx, seller_order_id)
    if seller.status != SellerOrderStatus.SHIPPED:
        return
    confirm_by = tx.now + seller.confirm_days * DAY
    delivered_at = min(delivered_at, tx.now)
    move(tx, seller, SellerOrderStatus.DELIVERED, _to_delivered, delivered_at_=delivered_at, confirm_by_=confirm_by)
    tx.announce(SellerOrderDelivered(seller.id, seller.order_id, delivered_at, confirm_by))


def confirm_receipt(tx: Tx, scope: Scope, seller_order_id: str) -> Standing:
    """The buyer has the goods: the sale is complete, and escrow is shared out to the unit.

    For the buyer; NotFound for others. Conflict unless it is on its way or delivered. Confirming again changes nothing.
    """
    seller = lock_seller(tx, seller_order_id)
    if not is_owner(scope, _order_of(tx, seller).owner):
        raise NotFound(_ABSENT)
    if seller.status == SellerOrderStatus.COMPLETED:
        return Standing(seller.id, seller.order_id, SellerOrderStatus.COMPLETED)
    if seller.status not in (SellerOrderStatus.SHIPPED, SellerOrderStatus.DELIVERED):
        raise Conflict(_WHY_NOT_CONFIRM[SellerOrderStatus(seller.status)])
    return _complete(tx, seller, scope.actor)


def complete_if_due(tx: Tx, seller_order_id: str) -> None:
    """Complete what was delivered and not objected to in time; anything else stays as it is."""
    seller = lock_seller(tx, seller_order_id)
    if seller.status == SellerOrderStatus.DELIVERED and seller.confirm_by is not None and seller.confirm_by <= tx.now:
        _complete(tx, seller, CONFIRMED_BY_TIME)


def list_due(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Seller orders whose days to object are over, by id, behind `after`."""
    return [row.id for row in snapshot.all(_due, now=snapshot.now, after=after, most=most)]


def _complete(tx: Tx, seller: SellerOrder, by: str) -> Standing:
    legs = pay.SettlementLegs(
        seller_order_id=seller.id,
        merchant_id=seller.merchant_id,
        currency=seller.currency,
        seller_minor=seller.seller_minor,
        commission_minor=seller.commission_minor,
        carrier_minor=seller.carrier_minor,
        tax_minor=seller.tax_minor,
    )
    assert legs.total_minor == seller.total_minor
    ledger.post(tx, pay.settle(tx, legs))
    move(tx, seller, SellerOrderStatus.COMPLETED, _to_completed, now_=tx.now, by_=by)
    tx.announce(
        SellerOrderCompleted(seller.id, seller.order_id, seller.merchant_id, seller.currency, seller.seller_minor)
    )
    return Standing(seller.id, seller.order_id, SellerOrderStatus.COMPLETED)


def _order_of(snapshot: Snapshot, seller: SellerOrder) -> Order:
    order = find_order(snapshot, seller.order_id)
    assert order is not None
    return order


_WHY_NOT_SHIP = {
    SellerOrderStatus.AWAITING_PAYMENT: "This order is not paid yet: send nothing before it is",
    SellerOrderStatus.SHIPPED: "This order was sent already",
    SellerOrderStatus.DELIVERED: "This order was sent and delivered already",
    SellerOrderStatus.COMPLETED: "This order is complete already",
    SellerOrderStatus.CANCELLED: "This order was cancelled: send nothing",
}
_WHY_NOT_CONFIRM = {
    SellerOrderStatus.AWAITING_PAYMENT: "This order is not paid yet, so there is nothing to confirm",
    SellerOrderStatus.PAID: "This order was not sent yet: confirm it once you have it",
    SellerOrderStatus.CANCELLED: "This order was cancelled, so there is nothing to confirm",
}

_s = tables.seller_orders.c
_still = update(tables.seller_orders).where(_s.id == bindparam("id_"), _s.status == bindparam("was_"))
_to_shipped: Prepared[Any] = prepare(_still.values(status=bindparam("status_"), shipped_at=bindparam("now_")))
_to_delivered: Prepared[Any] = prepare(
    _still.values(
        status=bindparam("status_"), delivered_at=bindparam("delivered_at_"), confirm_by=bindparam("confirm_by_")
    )
)
_to_completed: Prepared[Any] = prepare(
    _still.values(status=bindparam("status_"), completed_at=bindparam("now_"), completed_by=bindparam("by_"))
)
_due: Prepared[Any] = prepare(
    select(_s.id)
    .where(
        _s.status == SellerOrderStatus.DELIVERED.value, _s.confirm_by <= bindparam("now"), _s.id > bindparam("after")
    )
    .order_by(_s.id)
    .limit(bindparam("most"))
)
