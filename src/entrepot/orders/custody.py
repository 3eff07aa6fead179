"""Who holds the money of a seller order, until when, and who gets it then. Pure."""

from __future__ import annotations

from .types import Legs, SellerOrder, SellerOrderStatus
from .views import Custody, Holder


def custody_of(seller: SellerOrder, pay_by: int, left: Legs) -> Custody:
    """As it stands, in words that a page can put before the buyer and the merchant alike.

    `left` is what was not given back. A dispute stops the clock, and says so.
    """
    amount_minor = left.paid_minor
    if seller.dispute_id is not None:
        holder = Holder.MERCHANT if seller.status == SellerOrderStatus.COMPLETED else Holder.ESCROW
        return Custody(holder, amount_minor, None, None, disputed=True)
    match seller.status:
        case SellerOrderStatus.AWAITING_PAYMENT:
            return Custody(Holder.BUYER, amount_minor, pay_by, Holder.ESCROW)
        case SellerOrderStatus.PAID | SellerOrderStatus.SHIPPED:
            return Custody(Holder.ESCROW, amount_minor, None, Holder.MERCHANT)
        case SellerOrderStatus.DELIVERED:
            return Custody(Holder.ESCROW, amount_minor, seller.confirm_by, Holder.MERCHANT)
        case SellerOrderStatus.COMPLETED:
            return Custody(Holder.MERCHANT, left.seller_minor, None, None)
    amount_minor = seller.total_minor
    if seller.refund_id is not None and seller.refunded_at is None:
        return Custody(Holder.PROCESSOR, amount_minor, None, Holder.BUYER)
    return Custody(Holder.BUYER, amount_minor, None, None)
