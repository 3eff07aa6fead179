"""What orders do when something happens elsewhere, and which rooms' facts they wait for."""

from __future__ import annotations

from entrepot import catalog, pay
from entrepot.deliver import ParcelArrived, ParcelDelivered, ParcelLost, ParcelNotDelivered, ParcelReturned
from entrepot.kernel import Reactions, Secret, Tx

from .access import is_person
from .cancellation import mark_cancelled_refunded
from .capturing import capture_delivered, capture_sent
from .chargebacks import close_chargeback, open_chargeback
from .claim_notices import ClaimNotices
from .disputes import open_for_lost
from .events import (
    DisputeDecided,
    DisputeOpened,
    EvidenceGiven,
    LinesCancelled,
    OrderExpired,
    OrderPaid,
    OrderPaymentFailed,
    ParcelSent,
    RefundMade,
    ReturnAsked,
    ReturnMoved,
    SellerOrderCancelled,
    SellerOrderCompleted,
    SellerOrderDelivered,
    SellerOrderShipped,
)
from .fulfilment import deliver_parcel, undeliver_parcel
from .invoices import issue_credit_note, issue_invoice
from .notices import Notices
from .payment import order_declined, order_paid
from .records import find_order, find_seller, lines_of_seller
from .refunds import mark_refund_paid
from .returns import arrive_return


def mark_paid(tx: Tx, event: pay.PaymentCaptured | pay.PaymentAuthorised) -> None:
    """The money of an order has come, or is set aside."""
    if _is_order(event.ref):
        order_paid(tx, event.ref, event.payment_id)


def mark_declined(tx: Tx, event: pay.PaymentDeclined) -> None:
    """The money of an order will not come."""
    if _is_order(event.ref):
        order_declined(tx, event.ref, event.payment_id, event.reason)


def mark_delivered(tx: Tx, event: ParcelDelivered) -> None:
    """A parcel is where it was sent to: a buyer's goods, or what a merchant gets back."""
    if event.ref.startswith("ret_"):
        arrive_return(tx, event.ref, event.delivered_at)
    else:
        deliver_parcel(tx, event.ref, event.parcel_id, event.delivered_at)


def mark_not_delivered(tx: Tx, event: ParcelNotDelivered) -> None:
    """A parcel is not at the door after all. A return that has arrived stays so: the merchant looks at it, or not."""
    if not event.ref.startswith("ret_"):
        undeliver_parcel(tx, event.ref, event.parcel_id)


def mark_lost(tx: Tx, event: ParcelLost) -> None:
    """A buyer's goods are lost."""
    if not event.ref.startswith("ret_"):
        open_for_lost(tx, event.ref, "The carrier says that the parcel is lost")


def mark_sent_back(tx: Tx, event: ParcelReturned) -> None:
    """A buyer's goods are back with the merchant, and nobody had them."""
    if not event.ref.startswith("ret_"):
        open_for_lost(tx, event.ref, "The parcel went back to its sender")


def mark_refunded(tx: Tx, event: pay.RefundPaid) -> None:
    """A buyer has the money back. Money that had come too late belongs to no seller order any more."""
    if event.seller_order_id is not None:
        mark_refund_paid(tx, event.refund_id)
        mark_cancelled_refunded(tx, event.refund_id, event.seller_order_id)


def dispute_chargeback(tx: Tx, event: pay.ChargebackOpened) -> None:
    """A buyer's bank has taken money back: it is disputed until the bank has decided."""
    if _is_order(event.ref):
        open_chargeback(tx, event.ref, event.chargeback_id)


class Chargebacks:
    """What a bank's decision costs, by the operator's settings."""

    def __init__(self, settings: pay.Settings) -> None:
        self._settings = settings

    def decided(self, tx: Tx, event: pay.ChargebackClosed) -> None:
        """The bank has decided."""
        fee_minor = pay.chargeback_fee(self._settings, pay.get_chargeback(tx, event.chargeback_id))
        close_chargeback(tx, event.chargeback_id, fee_minor)


def grant_reviews(tx: Tx, event: SellerOrderCompleted) -> None:
    """Who has bought and received something may say what it is like. Guests have no name to sign with."""
    seller = find_seller(tx, event.seller_order_id)
    order = find_order(tx, seller.order_id)
    if order is not None and is_person(order.owner):
        for product_id in dict.fromkeys(line.product_id for line in lines_of_seller(tx, seller)):
            catalog.grant_review(tx, order.owner, product_id, seller.id)


def _is_order(ref: str) -> bool:
    """Not everything that is paid is an order: compute is bought too."""
    return ref.startswith("ord_")


def reactions(key: Secret, settings: pay.Settings | None = None) -> Reactions:
    """Every reaction of this room. `key` is the home's own: it signs the links in letters to guests; `settings` say
    what a chargeback costs."""
    notices = Notices(key)
    claims = ClaimNotices(notices)
    return {
        pay.PaymentCaptured: (mark_paid,),
        pay.PaymentAuthorised: (mark_paid,),
        pay.PaymentDeclined: (mark_declined,),
        pay.RefundPaid: (mark_refunded,),
        pay.ChargebackOpened: (dispute_chargeback,),
        pay.ChargebackClosed: (Chargebacks(settings or pay.Settings()).decided,),
        ParcelArrived: (notices.to_collect,),
        ParcelDelivered: (mark_delivered,),
        ParcelNotDelivered: (mark_not_delivered,),
        ParcelLost: (mark_lost,),
        ParcelReturned: (mark_sent_back,),
        OrderPaid: (notices.order_paid,),
        OrderPaymentFailed: (notices.payment_failed,),
        OrderExpired: (notices.order_expired,),
        SellerOrderShipped: (issue_invoice, notices.shipped),
        SellerOrderDelivered: (capture_delivered, notices.delivered),
        SellerOrderCompleted: (grant_reviews, notices.completed),
        SellerOrderCancelled: (notices.cancelled,),
        ParcelSent: (capture_sent, claims.parcel_sent),
        LinesCancelled: (claims.lines_cancelled,),
        RefundMade: (issue_credit_note, claims.refund_made),
        ReturnAsked: (claims.return_asked,),
        ReturnMoved: (claims.return_moved,),
        DisputeOpened: (claims.dispute_opened,),
        EvidenceGiven: (claims.evidence_given,),
        DisputeDecided: (claims.dispute_decided,),
    }
