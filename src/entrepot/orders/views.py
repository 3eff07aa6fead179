"""What pages and the API show of carts and orders: complete, so that no page asks twice. Amounts in minor units."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from entrepot.deliver import Tracking
from entrepot.identity import Address

from .cart_views import Reduction, TaxView
from .claim_views import DisputeView, RefundView, ReturnView
from .types import Legs, OrderStatus, SellerOrderStatus, SentParcel, Stage


class Holder(StrEnum):
    """Who has the money of a seller order now."""

    BUYER = "buyer"
    PROCESSOR = "processor"
    ESCROW = "escrow"
    MERCHANT = "merchant"


class Custody(msgspec.Struct, frozen=True):
    """Who holds the money, until when, and who gets it then.

    `until_at` is None where it hangs on something that has not happened: the parcel's arrival, the processor's answer,
    a dispute's decision.
    """

    holder: Holder
    amount_minor: int
    until_at: int | None
    then: Holder | None
    disputed: bool = False


class FeeView(msgspec.Struct, frozen=True):
    """A fee of the platform's on a line."""

    name: str
    amount_minor: int


class LineView(msgspec.Struct, frozen=True):
    """Goods as they were bought: title, picture and price are those of that day."""

    id: str
    offer_id: str
    product_id: str
    variant_id: str
    slug: str
    title: str
    variant_label: str
    picture: str | None
    quantity: int
    price_minor: int
    discount_minor: int
    total_minor: int
    sent: int
    cancelled: int
    left: int
    """Still to be sent."""
    returnable: int
    refunded_pieces: int
    refunded_minor: int
    left_minor: int
    """Of what the buyer paid for it: what was not given back."""
    reductions: tuple[Reduction, ...] = ()
    tax_name: str = ""
    tax_percent: str = ""
    tax_minor: int = 0
    base_currency: str | None = None
    """Where the price was converted: the currency that it was in, and what it was there."""
    base_price_minor: int | None = None
    fees: tuple[FeeView, ...] | None = None
    """What the platform takes of it; for the merchant and the operator."""


class SellerOrderView(msgspec.Struct, frozen=True):
    """One merchant's part of an order, for whoever looks.

    The `can_` fields are what the viewer may do now. `legs` and `commission_bps` are shown to the merchant and the
    operator only, the buyer's `email` to the buyer and the operator. `arrives_from` and `arrives_by` are the promise
    made at the checkout. `sent` says what is in each of the `parcels`. `left_minor` of `total_minor` was not given
    back; `legs_left` say who gets it in the end.
    """

    id: str
    number: str
    order_id: str
    order_number: str
    merchant_id: str
    merchant_name: str
    status: SellerOrderStatus
    currency: str
    lines: tuple[LineView, ...]
    items_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_included: bool
    total_minor: int
    refunded_minor: int
    left_minor: int
    commission_bps: int | None
    legs: Legs | None
    legs_left: Legs | None
    shipping_left_minor: int
    delivery_name: str
    arrives_from: int
    arrives_by: int
    address: Address
    email: str | None
    parcels: tuple[Tracking, ...]
    sent: tuple[SentParcel, ...]
    refunds: tuple[RefundView, ...]
    returns: tuple[ReturnView, ...]
    disputes: tuple[DisputeView, ...]
    confirm_days: int
    placed_at: int
    paid_at: int | None
    send_by: int | None
    shipped_at: int | None
    delivered_at: int | None
    confirm_by: int | None
    return_by: int | None
    completed_at: int | None
    cancelled_at: int | None
    cancelled_by: str | None
    cancel_reason: str | None
    refunded_at: int | None
    custody: Custody
    can_cancel: bool
    can_confirm: bool
    can_ship: bool
    can_return: bool
    can_dispute: bool
    can_refund: bool
    reductions: tuple[Reduction, ...] = ()
    """Of goods and delivery together."""
    shipping_discount_minor: int = 0
    taxes: tuple[TaxView, ...] = ()
    note: str = ""
    """What the buyer wrote to the merchants."""
    tax_id: str = ""
    """The number of a business that buys."""
    reverse_charge: bool = False
    """Prices are without tax, for which the buyer accounts."""


class PaymentView(msgspec.Struct, frozen=True):
    """The payment of an order."""

    id: str
    state: str
    amount_minor: int


class OrderView(msgspec.Struct, frozen=True):
    """An order as its buyer sees it. `number` is short enough to say on the telephone; `id` is what links use.

    `failure` says why a payment failed. `reopened_cart` is true when the buyer may simply place the cart again.
    In lists `payment` is left out.
    """

    id: str
    number: str
    status: OrderStatus
    stage: Stage
    currency: str
    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    email: str
    address: Address
    is_guest: bool
    placed_at: int
    pay_by: int
    paid_at: int | None
    ended_at: int | None
    failure: str | None
    payment: PaymentView | None
    sellers: tuple[SellerOrderView, ...]
    can_cancel: bool
    reopened_cart: bool
    discount_minor: int = 0
    """Taken off goods and delivery, whoever bears it."""
    reductions: tuple[Reduction, ...] = ()
    taxes: tuple[TaxView, ...] = ()
    tax_included: bool = False
    gift_minor: int = 0
    """Of the total: what gift cards paid."""
    billing: Address | None = None
    note: str = ""
    tax_id: str = ""
