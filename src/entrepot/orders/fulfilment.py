"""After the payment: a merchant ships, the parcel arrives, the buyer or time confirms, and escrow is shared out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, exists, select, update

from entrepot import catalog, deliver, ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, prepare

from . import tables
from .access import ABSENT, is_owner, is_seller
from .events import ParcelSent, SellerOrderCompleted
from .records import find_order, lines_of_seller, lock_seller, move
from .refunds import read_shares
from .sending import advance, chosen_pieces, mark_parcel_delivered, record_parcel, take_back_arrival
from .shares import left_of
from .types import Order, SellerOrder, SellerOrderStatus, Shipment, Standing

CONFIRMED_BY_TIME = "time"
"""Who completed an order that nobody confirmed."""


def ship(tx: Tx, scope: Scope, seller_order_id: str, shipment: Shipment) -> Standing:
    """The merchant hands goods over, all that is left or some of it: their stock leaves, and a parcel is booked.

    For the merchant and the operator; NotFound for others. Conflict unless it is paid and those pieces are not sent
    yet. What was only authorised by the buyer is captured for these pieces, and for the delivery with the first.
    """
    seller = lock_seller(tx, seller_order_id)
    if not (is_seller(scope, seller.merchant_id) or scope.is_operator):
        raise NotFound(ABSENT)
    if seller.status != SellerOrderStatus.PAID:
        raise Conflict(_WHY_NOT_SHIP[SellerOrderStatus(seller.status)])
    lines = lines_of_seller(tx, seller)
    pieces = chosen_pieces(lines, shipment.pieces)
    parcel = deliver.book(
        tx,
        deliver.Booking(
            ref=seller.id,
            organisation=seller.merchant_id,
            carrier=shipment.carrier,
            tracking_no=shipment.tracking_no,
            quote_id=seller.quote_id,
            address=_order_of(tx, seller).address,
        ),
    )
    leaving = [catalog.Pieces(line.id, pieces[line.id], line.left) for line in lines if line.id in pieces]
    ledger.post(tx, catalog.send_pieces(tx, leaving, parcel.id))
    record_parcel(tx, seller, parcel.id, pieces)
    left = sum(line.left for line in lines) - sum(pieces.values())
    tx.announce(ParcelSent(seller.id, seller.order_id, parcel.id, sum(pieces.values()), left))
    seller = advance(tx, seller)
    return Standing(seller.id, seller.order_id, SellerOrderStatus(seller.status), parcel_id=parcel.id)


def deliver_parcel(tx: Tx, seller_order_id: str, parcel_id: str, delivered_at: int) -> None:
    """A parcel is at the door. With the last one the buyer's days to say that something is wrong begin.

    A parcel that is not of this seller order, or came before, changes nothing.
    """
    seller = lock_seller(tx, seller_order_id)
    mark_parcel_delivered(tx, parcel_id, min(delivered_at, tx.now))
    advance(tx, seller)


def undeliver_parcel(tx: Tx, seller_order_id: str, parcel_id: str) -> None:
    """A parcel is not at the door after all: a correction of its carrier takes its arrival back."""
    take_back_arrival(tx, lock_seller(tx, seller_order_id), parcel_id)


def confirm_receipt(tx: Tx, scope: Scope, seller_order_id: str) -> Standing:
    """The buyer has the goods: the sale is complete, and escrow is shared out to the unit.

    For the buyer; NotFound for others. Conflict unless it is on its way or delivered. Confirming again changes nothing.
    """
    seller = lock_seller(tx, seller_order_id)
    if not is_owner(scope, _order_of(tx, seller).owner):
        raise NotFound(ABSENT)
    if seller.status == SellerOrderStatus.COMPLETED:
        return Standing(seller.id, seller.order_id, SellerOrderStatus.COMPLETED)
    if seller.status not in (SellerOrderStatus.SHIPPED, SellerOrderStatus.DELIVERED):
        raise Conflict(_WHY_NOT_CONFIRM[SellerOrderStatus(seller.status)])
    if seller.dispute_id is not None:
        raise Conflict("Something about this order is disputed: withdraw that first, if all is well now")
    if tx.value(open_return_of, seller_order_id=seller.id) is not None:
        raise Conflict("You want to send something of this order back: withdraw that first, if all is well now")
    return complete(tx, seller, scope.actor)


def complete_if_due(tx: Tx, seller_order_id: str) -> None:
    """Complete what was delivered and not objected to in time; anything else stays as it is.

    Never while a dispute keeps the money, nor while something is on its way back.
    """
    seller = lock_seller(tx, seller_order_id)
    if seller.status != SellerOrderStatus.DELIVERED or seller.confirm_by is None or seller.confirm_by > tx.now:
        return
    if seller.dispute_id is None and tx.value(open_return_of, seller_order_id=seller.id) is None:
        complete(tx, seller, CONFIRMED_BY_TIME)


def list_due(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Seller orders whose days to object are over, by id, behind `after`."""
    return [row.id for row in snapshot.all(_due, now=snapshot.now, after=after, most=most)]


def complete(tx: Tx, seller: SellerOrder, by: str) -> Standing:
    """Share out what is left of a locked seller order's escrow; called by the verb that has decided it is due."""
    left = left_of(read_shares(tx, seller))
    legs = pay.SettlementLegs(
        seller_order_id=seller.id,
        merchant_id=seller.merchant_id,
        currency=seller.currency,
        seller_minor=left.seller_minor,
        commission_minor=left.commission_minor,
        carrier_minor=left.carrier_minor,
        tax_minor=left.tax_minor,
    )
    ledger.post(tx, pay.settle(tx, legs))
    move(tx, seller, SellerOrderStatus.COMPLETED, _to_completed, now_=tx.now, by_=by)
    tx.announce(
        SellerOrderCompleted(seller.id, seller.order_id, seller.merchant_id, seller.currency, left.seller_minor)
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

_s, _r = tables.seller_orders.c, tables.returns.c
open_return_of: Prepared[Any] = prepare(
    select(_r.id).where(_r.seller_order_id == bindparam("seller_order_id"), _r.closed_at.is_(None)).limit(1)
)
_still = update(tables.seller_orders).where(_s.id == bindparam("id_"), _s.status == bindparam("was_"))
_to_completed: Prepared[Any] = prepare(
    _still.values(status=bindparam("status_"), completed_at=bindparam("now_"), completed_by=bindparam("by_"))
)
_due: Prepared[Any] = prepare(
    select(_s.id)
    .where(
        _s.status == SellerOrderStatus.DELIVERED.value,
        _s.confirm_by <= bindparam("now"),
        _s.dispute_id.is_(None),
        ~exists().where(_r.seller_order_id == _s.id, _r.closed_at.is_(None)),
        _s.id > bindparam("after"),
    )
    .order_by(_s.id)
    .limit(bindparam("most"))
)
