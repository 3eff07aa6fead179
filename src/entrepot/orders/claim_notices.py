"""Telling both sides what follows a sale: parcels in parts, refunds, returns, disputes."""

from __future__ import annotations

from entrepot.identity import Notice, find_platform, notify
from entrepot.kernel import Tx, format_money

from . import claim_notice_texts as texts
from .access import BUYER, MERCHANT, SYSTEM
from .claims import Cause, DisputeKind, ReturnStatus
from .events import (
    DisputeDecided,
    DisputeOpened,
    EvidenceGiven,
    LinesCancelled,
    ParcelSent,
    RefundMade,
    ReturnAsked,
    ReturnMoved,
)
from .notices import Notices, order_of, tell_merchant
from .records import find_seller

_TO_BUYER = {
    ReturnStatus.ACCEPTED: texts.RETURN_ACCEPTED,
    ReturnStatus.DECLINED: texts.RETURN_DECLINED,
    ReturnStatus.LAPSED: texts.RETURN_LAPSED,
}
_TO_MERCHANT = {
    ReturnStatus.SENT: texts.RETURN_SENT,
    ReturnStatus.ARRIVED: texts.RETURN_ARRIVED,
    ReturnStatus.WITHDRAWN: texts.RETURN_WITHDRAWN,
}


class ClaimNotices:
    """Reactions that write, with the letters of `notices`."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def parcel_sent(self, tx: Tx, event: ParcelSent) -> None:
        """To the buyer, when more will follow; the last parcel has a notice of its own."""
        if event.left:
            params = {"pieces": str(event.pieces), "left": str(event.left)}
            self._tell_buyer(tx, event.seller_order_id, texts.PARCEL_SENT, params)

    def lines_cancelled(self, tx: Tx, event: LinesCancelled) -> None:
        """To whoever did not do it."""
        seller = find_seller(tx, event.seller_order_id)
        params = {
            "pieces": str(event.pieces), "reason": event.reason.rstrip("."),
            "amount": format_money(event.refunded_minor, seller.currency),
        }  # fmt: skip
        if event.by != BUYER:
            self._tell_buyer(tx, seller.id, texts.LINES_CANCELLED, params)
        if event.by != MERCHANT:
            tell_merchant(tx, seller, texts.LINES_CALLED_OFF, params)

    def refund_made(self, tx: Tx, event: RefundMade) -> None:
        """To the buyer; what was cancelled or decided says so itself."""
        if event.cause in (Cause.GOODWILL, Cause.RETURN) and event.paid_minor:
            params = {"amount": format_money(event.paid_minor, event.currency), "reason": event.reason.rstrip(".")}
            self._tell_buyer(tx, event.seller_order_id, texts.REFUND_MADE, params)

    def return_asked(self, tx: Tx, event: ReturnAsked) -> None:
        """To the merchant, who has days to answer."""
        seller = find_seller(tx, event.seller_order_id)
        params = {"days": str(seller.answer_days)}
        tell_merchant(tx, seller, texts.RETURN_ASKED, params, f"/merchant/returns/{event.return_id}")

    def return_moved(self, tx: Tx, event: ReturnMoved) -> None:
        """To the other side."""
        status = ReturnStatus(event.status)
        if status in _TO_BUYER:
            self._tell_buyer(tx, event.seller_order_id, _TO_BUYER[status], {})
        if status in _TO_MERCHANT:
            seller = find_seller(tx, event.seller_order_id)
            link = f"/merchant/returns/{event.return_id}"
            tell_merchant(tx, seller, _TO_MERCHANT[status], {"days": str(seller.answer_days)}, link)

    def dispute_opened(self, tx: Tx, event: DisputeOpened) -> None:
        """To the merchant; and to the buyer when the clock or the bank did it."""
        seller = find_seller(tx, event.seller_order_id)
        is_banks = event.kind == DisputeKind.CHARGEBACK
        kind = texts.CHARGEBACK if is_banks else texts.DISPUTE_OPENED
        link = f"/merchant/disputes/{event.dispute_id}"
        tell_merchant(tx, seller, kind, {"days": str(seller.answer_days)}, link)
        if event.by == SYSTEM and not is_banks:
            self._tell_buyer(tx, seller.id, texts.DISPUTE_FOR_YOU, {})

    def evidence_given(self, tx: Tx, event: EvidenceGiven) -> None:
        """To the other side; once it has been answered the operator hears of it too."""
        seller = find_seller(tx, event.seller_order_id)
        if event.party != BUYER:
            self._tell_buyer(tx, seller.id, texts.EVIDENCE, {})
        if event.party != MERCHANT:
            tell_merchant(tx, seller, texts.EVIDENCE_FOR_MERCHANT, {}, f"/merchant/disputes/{event.dispute_id}")
        platform = find_platform(tx)
        if event.party == MERCHANT and platform is not None:
            params = {"merchant": seller.merchant_name}
            notify(tx, Notice(platform.id, texts.TO_DECIDE, params, link=f"/operator/disputes/{event.dispute_id}"))

    def dispute_decided(self, tx: Tx, event: DisputeDecided) -> None:
        """To both sides."""
        seller = find_seller(tx, event.seller_order_id)
        amount = format_money(event.refunded_minor, event.currency)
        kind = texts.DECIDED_BACK if event.refunded_minor else texts.DECIDED_NOTHING
        self._tell_buyer(tx, seller.id, kind, {"amount": amount})
        kind = texts.DECIDED_AGAINST if event.refunded_minor else texts.DECIDED_FOR
        tell_merchant(tx, seller, kind, {"amount": amount}, f"/merchant/disputes/{event.dispute_id}")

    def _tell_buyer(self, tx: Tx, seller_order_id: str, kind: str, params: dict[str, str]) -> None:
        seller = find_seller(tx, seller_order_id)
        order = order_of(tx, seller.order_id)
        self._notices.tell_buyer(tx, order, kind, {"merchant": seller.merchant_name, **params})
