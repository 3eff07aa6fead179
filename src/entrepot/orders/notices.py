"""Telling people: buyers by inbox and mail, guests by mail with a link of their own, merchants by inbox."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from entrepot import deliver
from entrepot.deliver import ParcelArrived
from entrepot.identity import Notice, notify
from entrepot.kernel import Secret, Tx, format_money

from . import notice_texts as texts
from .access import BUYER, MERCHANT, is_guest, number_of
from .events import (
    OrderExpired,
    OrderPaid,
    OrderPaymentFailed,
    SellerOrderCancelled,
    SellerOrderCompleted,
    SellerOrderDelivered,
    SellerOrderShipped,
)
from .links import link_to
from .records import find_order, find_seller, lines_later, list_sellers
from .types import Order, SellerOrder

NOTHING: Mapping[str, str] = MappingProxyType({})


class Notices:
    """Reactions that write. They sign guests' links with the home's key, so they are made where that is known."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def order_paid(self, tx: Tx, event: OrderPaid) -> None:
        """To the buyer that the money is safe, to each merchant that there is something to send."""
        lines = lines_later(tx, [event.order_id])
        order = order_of(tx, event.order_id)
        self.tell_buyer(tx, order, texts.PAID, {"total": format_money(order.total_minor, order.currency)})
        pieces: dict[str, int] = {}
        for line in lines():
            pieces[line.seller_order_id] = pieces.get(line.seller_order_id, 0) + line.quantity
        for seller in list_sellers(tx, [order.id]):
            if seller.id in event.seller_order_ids:
                total = format_money(seller.items_minor, seller.currency)
                tell_merchant(tx, seller, texts.TO_SEND, {"pieces": str(pieces[seller.id]), "total": total})

    def payment_failed(self, tx: Tx, event: OrderPaymentFailed) -> None:
        """To the buyer, who may have closed the page before the answer came."""
        reason = event.reason.rstrip(".")
        self.tell_buyer(tx, order_of(tx, event.order_id), texts.PAYMENT_FAILED, {"reason": reason})

    def order_expired(self, tx: Tx, event: OrderExpired) -> None:
        """To the buyer."""
        self.tell_buyer(tx, order_of(tx, event.order_id), texts.EXPIRED, {})

    def shipped(self, tx: Tx, event: SellerOrderShipped) -> None:
        """To the buyer."""
        self._tell_of_part(tx, event.seller_order_id, texts.SHIPPED)

    def to_collect(self, tx: Tx, event: ParcelArrived) -> None:
        """To the buyer, with where the parcel lies and the code that opens the shelf."""
        collection = deliver.collections(tx, [event.parcel_id]).get(event.parcel_id)
        if collection is None or event.ref.startswith("ret_"):
            return
        at = collection.point.address
        address = ", ".join(part for part in (at.line1, at.line2, at.postal_code, at.city) if part)
        where = {"point": collection.point.name, "address": address, "code": collection.code}
        self._tell_of_part(tx, event.ref, texts.TO_COLLECT, {**where, "days": str(collection.point.kept_days)})

    def delivered(self, tx: Tx, event: SellerOrderDelivered) -> None:
        """To the buyer, with how long there is to object."""
        self._tell_of_part(tx, event.seller_order_id, texts.DELIVERED)

    def completed(self, tx: Tx, event: SellerOrderCompleted) -> None:
        """To the merchant, with what is theirs now."""
        seller = find_seller(tx, event.seller_order_id)
        amount = format_money(seller.seller_minor, seller.currency)
        tell_merchant(tx, seller, texts.COMPLETED, {"amount": amount})

    def cancelled(self, tx: Tx, event: SellerOrderCancelled) -> None:
        """To whoever did not do it. A merchant hears of it only when the order had been one to send."""
        seller = find_seller(tx, event.seller_order_id)
        if event.by != BUYER:
            self._tell_of_part(tx, seller.id, texts.CANCELLED, {"reason": event.reason.rstrip(".")})
        if event.by != MERCHANT and seller.paid_at is not None:
            tell_merchant(tx, seller, texts.CALLED_OFF, {"reason": event.reason})

    def _tell_of_part(self, tx: Tx, seller_order_id: str, kind: str, more: Mapping[str, str] = NOTHING) -> None:
        seller = find_seller(tx, seller_order_id)
        params = {
            "merchant": seller.merchant_name,
            "number": number_of(seller.id),
            "total": format_money(seller.total_minor, seller.currency),
            "days": str(seller.confirm_days),
            **more,
        }
        self.tell_buyer(tx, order_of(tx, seller.order_id), kind, params)

    def tell_buyer(self, tx: Tx, order: Order, kind: str, params: dict[str, str]) -> None:
        """By inbox and mail; guests by mail with a link of their own."""
        to = order.email if is_guest(order.owner) else order.owner
        link = link_to(self._key, order.id, order.owner)
        notify(tx, Notice(to, kind, {"number": number_of(order.id), **params}, order.language, link))


def tell_merchant(tx: Tx, seller: SellerOrder, kind: str, params: dict[str, str], link: str | None = None) -> None:
    """By inbox, and by mail where the kind says so."""
    params = {"number": number_of(seller.id), **params}
    notify(tx, Notice(seller.merchant_id, kind, params, link=link or f"/merchant/orders/{seller.id}"))


def order_of(tx: Tx, order_id: str) -> Order:
    """The order of something that has one."""
    order = find_order(tx, order_id)
    assert order is not None
    return order
