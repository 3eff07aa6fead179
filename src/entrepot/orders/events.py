"""What happens to orders, as facts for other rooms and for the reactions of this one."""

from __future__ import annotations

from entrepot.kernel import Event


class OrderPlaced(Event, frozen=True):
    """A buyer committed to an order; stock and money are held, the payment is being asked for."""

    order_id: str
    seller_order_ids: tuple[str, ...]


class OrderPaid(Event, frozen=True):
    """The whole order is paid; the money lies in escrow and the merchants may ship."""

    order_id: str
    seller_order_ids: tuple[str, ...]


class OrderPaymentFailed(Event, frozen=True):
    """The payment was declined; stock is free again and the cart is open again with its lines."""

    order_id: str
    reason: str


class OrderExpired(Event, frozen=True):
    """Nobody paid in time; stock is free again and the cart is open again with its lines."""

    order_id: str


class SellerOrderShipped(Event, frozen=True):
    """A merchant handed the goods to a carrier; their stock has left."""

    seller_order_id: str
    order_id: str
    parcel_id: str


class SellerOrderDelivered(Event, frozen=True):
    """The parcel reached the door; unless the buyer says otherwise, the sale completes at `confirm_by`."""

    seller_order_id: str
    order_id: str
    delivered_at: int
    confirm_by: int


class SellerOrderCompleted(Event, frozen=True):
    """The buyer has what was bought; escrow was split to the unit."""

    seller_order_id: str
    order_id: str
    merchant_id: str
    currency: str
    seller_minor: int


class SellerOrderCancelled(Event, frozen=True):
    """A merchant's part of an order will not be sent; stock is free again, and the money goes back if it had come."""

    seller_order_id: str
    order_id: str
    by: str
    reason: str


class ParcelSent(Event, frozen=True):
    """A merchant handed some of the goods to a carrier: so many pieces, with this parcel; others may follow."""

    seller_order_id: str
    order_id: str
    parcel_id: str
    pieces: int
    left: int


class LinesCancelled(Event, frozen=True):
    """Some pieces of a seller order will not be sent; their stock is free again, and their money goes back."""

    seller_order_id: str
    order_id: str
    by: str
    reason: str
    pieces: int
    refunded_minor: int


class RefundMade(Event, frozen=True):
    """Money of a seller order goes back to the buyer."""

    refund_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    currency: str
    paid_minor: int
    cause: str
    reason: str


class ReturnAsked(Event, frozen=True):
    """A buyer wants to send goods back; the merchant answers by `answer_by`, or it is accepted."""

    return_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    reason: str
    answer_by: int


class ReturnMoved(Event, frozen=True):
    """A return has come into this status: accepted, declined, sent, arrived, closed."""

    return_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    status: str
    by: str


class DisputeOpened(Event, frozen=True):
    """A buyer, or a buyer's bank, says that something is wrong; the money stays where it is until it is decided."""

    dispute_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    kind: str
    answer_by: int
    by: str


class EvidenceGiven(Event, frozen=True):
    """One side of a dispute has said or shown something."""

    dispute_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    party: str


class DisputeDecided(Event, frozen=True):
    """A dispute is over; `refunded_minor` goes back to the buyer."""

    dispute_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    currency: str
    outcome: str
    refunded_minor: int
