"""What merchants' and the operator's programs are told: which event becomes which message, and what is in it.

The types of the messages and the names of their fields are stable: fields may be added, none is renamed or taken away.
A merchant is told of its own; the operator's organisation of disputes, refunds and payouts of everybody.
"""

from __future__ import annotations

import msgspec

from entrepot import orders, pay
from entrepot.identity import Scope, find_platform, publish
from entrepot.kernel import Reactions, Tx

SYSTEM = Scope.system()


class OrderMessage(msgspec.Struct, frozen=True):
    """`order.paid`, `.shipped`, `.delivered`, `.completed`, `.cancelled`, `.pieces_cancelled`."""

    seller_order_id: str
    order_id: str
    merchant_id: str
    status: str
    currency: str
    total_minor: int
    refunded_minor: int


class ParcelMessage(msgspec.Struct, frozen=True):
    """`parcel.sent`: so many pieces left with this parcel, and so many are left to send."""

    seller_order_id: str
    order_id: str
    parcel_id: str
    pieces: int
    left: int


class RefundMessage(msgspec.Struct, frozen=True):
    """`refund.made`: money is on its way back to the buyer."""

    refund_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    currency: str
    paid_minor: int
    cause: str
    reason: str


class ReturnMessage(msgspec.Struct, frozen=True):
    """`return.asked`, `return.changed`."""

    return_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    status: str
    reason: str


class DisputeMessage(msgspec.Struct, frozen=True):
    """`dispute.opened`, `dispute.evidence`, `dispute.decided`."""

    dispute_id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    kind: str
    status: str
    outcome: str | None
    currency: str
    asked_minor: int


class PayoutMessage(msgspec.Struct, frozen=True):
    """`payout.paid`, `payout.failed`."""

    payout_id: str
    merchant_id: str
    currency: str
    amount_minor: int
    reason: str | None = None


TYPES: dict[str, type[msgspec.Struct]] = {
    "order.paid": OrderMessage,
    "order.shipped": OrderMessage,
    "order.delivered": OrderMessage,
    "order.completed": OrderMessage,
    "order.cancelled": OrderMessage,
    "order.pieces_cancelled": OrderMessage,
    "parcel.sent": ParcelMessage,
    "refund.made": RefundMessage,
    "return.asked": ReturnMessage,
    "return.changed": ReturnMessage,
    "dispute.opened": DisputeMessage,
    "dispute.evidence": DisputeMessage,
    "dispute.decided": DisputeMessage,
    "payout.paid": PayoutMessage,
    "payout.failed": PayoutMessage,
}
"""Every type of message, and the shape of its data."""


def tell_paid(tx: Tx, event: orders.OrderPaid) -> None:
    """Each merchant of an order that is paid."""
    for seller_order_id in event.seller_order_ids:
        _tell_order(tx, "order.paid", seller_order_id)


def tell_parcel(tx: Tx, event: orders.ParcelSent) -> None:
    """A parcel left."""
    seller = orders.get_seller_order(tx, SYSTEM, event.seller_order_id)
    message = ParcelMessage(event.seller_order_id, event.order_id, event.parcel_id, event.pieces, event.left)
    publish(tx, seller.merchant_id, "parcel.sent", message)


def tell_refund(tx: Tx, event: orders.RefundMade) -> None:
    """Money goes back."""
    message = RefundMessage(
        event.refund_id, event.seller_order_id, event.order_id, event.merchant_id, event.currency, event.paid_minor,
        event.cause, event.reason,
    )  # fmt: skip
    _to_both(tx, event.merchant_id, "refund.made", message)


def tell_return_asked(tx: Tx, event: orders.ReturnAsked) -> None:
    """A buyer wants to send something back."""
    _tell_return(tx, "return.asked", event.return_id)


def tell_return(tx: Tx, event: orders.ReturnMoved) -> None:
    """A return has come further."""
    _tell_return(tx, "return.changed", event.return_id)


def tell_disputed(tx: Tx, event: orders.DisputeOpened) -> None:
    """Something is disputed."""
    _tell_dispute(tx, "dispute.opened", event.dispute_id)


def tell_evidence(tx: Tx, event: orders.EvidenceGiven) -> None:
    """Somebody said something in a dispute."""
    _tell_dispute(tx, "dispute.evidence", event.dispute_id)


def tell_decided(tx: Tx, event: orders.DisputeDecided) -> None:
    """A dispute is over."""
    _tell_dispute(tx, "dispute.decided", event.dispute_id)


def tell_payout(tx: Tx, event: pay.PayoutPaid) -> None:
    """A merchant was paid."""
    _tell_payout(tx, "payout.paid", event.payout_id, None)


def tell_payout_failed(tx: Tx, event: pay.PayoutFailed) -> None:
    """A payout was refused, or came back."""
    _tell_payout(tx, "payout.failed", event.payout_id, event.reason)


def reactions() -> Reactions:
    """What is told of which event."""
    return {
        orders.OrderPaid: (tell_paid,),
        orders.SellerOrderShipped: (tell_shipped,),
        orders.SellerOrderDelivered: (tell_delivered,),
        orders.SellerOrderCompleted: (tell_completed,),
        orders.SellerOrderCancelled: (tell_cancelled,),
        orders.LinesCancelled: (tell_pieces_cancelled,),
        orders.ParcelSent: (tell_parcel,),
        orders.RefundMade: (tell_refund,),
        orders.ReturnAsked: (tell_return_asked,),
        orders.ReturnMoved: (tell_return,),
        orders.DisputeOpened: (tell_disputed,),
        orders.EvidenceGiven: (tell_evidence,),
        orders.DisputeDecided: (tell_decided,),
        pay.PayoutPaid: (tell_payout,),
        pay.PayoutFailed: (tell_payout_failed,),
    }


def tell_shipped(tx: Tx, event: orders.SellerOrderShipped) -> None:
    """The last piece left."""
    _tell_order(tx, "order.shipped", event.seller_order_id)


def tell_delivered(tx: Tx, event: orders.SellerOrderDelivered) -> None:
    """The last parcel is there."""
    _tell_order(tx, "order.delivered", event.seller_order_id)


def tell_completed(tx: Tx, event: orders.SellerOrderCompleted) -> None:
    """The money is the merchant's."""
    _tell_order(tx, "order.completed", event.seller_order_id)


def tell_cancelled(tx: Tx, event: orders.SellerOrderCancelled) -> None:
    """Nothing of it will be sent; who never was told of it is not told now."""
    if orders.get_seller_order(tx, SYSTEM, event.seller_order_id).paid_at is not None:
        _tell_order(tx, "order.cancelled", event.seller_order_id)


def tell_pieces_cancelled(tx: Tx, event: orders.LinesCancelled) -> None:
    """Some of it will not be sent."""
    _tell_order(tx, "order.pieces_cancelled", event.seller_order_id)


def _tell_order(tx: Tx, kind: str, seller_order_id: str) -> None:
    seller = orders.get_seller_order(tx, SYSTEM, seller_order_id)
    message = OrderMessage(
        seller.id, seller.order_id, seller.merchant_id, seller.status, seller.currency, seller.total_minor,
        seller.refunded_minor,
    )  # fmt: skip
    publish(tx, seller.merchant_id, kind, message)


def _tell_return(tx: Tx, kind: str, return_id: str) -> None:
    row = orders.get_return(tx, SYSTEM, return_id)
    message = ReturnMessage(row.id, row.seller_order_id, row.order_id, row.merchant_id, row.status, row.reason)
    publish(tx, row.merchant_id, kind, message)


def _tell_dispute(tx: Tx, kind: str, dispute_id: str) -> None:
    row = orders.get_dispute(tx, SYSTEM, dispute_id)
    message = DisputeMessage(
        row.id, row.seller_order_id, row.order_id, row.merchant_id, row.kind, row.status, row.outcome, row.currency,
        row.asked_minor,
    )  # fmt: skip
    _to_both(tx, row.merchant_id, kind, message)


def _tell_payout(tx: Tx, kind: str, payout_id: str, reason: str | None) -> None:
    payout = pay.get_payout(tx, SYSTEM, payout_id)
    message = PayoutMessage(payout.id, payout.merchant_id, payout.currency, payout.amount_minor, reason)
    _to_both(tx, payout.merchant_id, kind, message)


def _to_both(tx: Tx, merchant_id: str, kind: str, message: msgspec.Struct) -> None:
    publish(tx, merchant_id, kind, message)
    platform = find_platform(tx)
    if platform is not None and platform.id != merchant_id:
        publish(tx, platform.id, kind, message)
