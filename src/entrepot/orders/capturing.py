"""Money that a buyer has only set aside: the order counts as paid, and each parcel that leaves takes its part.

Cash on delivery is the same with another moment: the carrier has the money once everything is at the door.
"""

from __future__ import annotations

from entrepot import pay
from entrepot.identity import Scope
from entrepot.kernel import Tx

from .events import ParcelSent, SellerOrderDelivered
from .records import find_order, find_seller, lines_of_seller

AT_THE_DOOR = "manual"
"""The processor whose money is taken at the door."""


def capture_sent(tx: Tx, event: ParcelSent) -> None:
    """A parcel leaves: what its goods cost is taken, with the first the delivery too, with the last the rest."""
    payment = _authorised(tx, event.order_id)
    if payment is None or payment.processor == AT_THE_DOOR:
        return
    if event.left == 0:
        pay.capture_share(tx, payment.id, event.seller_order_id, 1, 1)
        return
    seller = find_seller(tx, event.seller_order_id)
    lines = lines_of_seller(tx, seller)
    delivery = max(seller.total_minor - sum(line.total_minor for line in lines), 0)
    sent = sum(line.total_minor * line.sent // line.quantity for line in lines)
    kept = sum(line.total_minor * (line.quantity - line.cancelled) // line.quantity for line in lines)
    pay.capture_share(tx, payment.id, seller.id, delivery + sent, delivery + kept or 1)


def capture_delivered(tx: Tx, event: SellerOrderDelivered) -> None:
    """Everything is at the door, where the buyer has paid the carrier."""
    payment = _authorised(tx, event.order_id)
    if payment is not None and payment.processor == AT_THE_DOOR:
        pay.capture_share(tx, payment.id, event.seller_order_id, 1, 1)


def _authorised(tx: Tx, order_id: str) -> pay.Payment | None:
    order = find_order(tx, order_id)
    if order is None or not order.payment_id:
        return None
    payment = pay.get_payment(tx, Scope.system(), order.payment_id)
    return payment if payment.state == "authorised" else None
