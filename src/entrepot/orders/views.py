"""What pages and the API show of carts and orders: complete, so that no page asks twice. Amounts in minor units."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from entrepot.deliver import Tracking
from entrepot.identity import Address

from .claim_views import DisputeView, RefundView, ReturnView
from .types import Legs, OrderStatus, SellerOrderStatus, SentParcel, Stage


class ChangeKind(StrEnum):
    """What is no longer as the buyer last saw it."""

    PRICE = "price"
    UNSELLABLE = "unsellable"
    STOCK = "stock"
    QUANTITY = "quantity"
    ADDED = "added"
    REMOVED = "removed"


class Change(msgspec.Struct, frozen=True):
    """One thing that changed: `was` and `now` are minor units for a price, pieces for stock and quantities."""

    kind: ChangeKind
    offer_id: str
    title: str
    was: int | None
    now: int | None
    sentence: str


class CartLine(msgspec.Struct, frozen=True):
    """An offer in the cart at today's price. `available` is None when the merchant does not count this stock."""

    offer_id: str
    product_id: str
    slug: str
    variant_id: str
    merchant_id: str
    title: str
    variant_label: str
    picture: str | None
    quantity: int
    price_minor: int
    added_price_minor: int
    total_minor: int
    weight_g: int | None
    sellable: bool
    available: int | None
    changes: tuple[Change, ...] = ()


class CartGroup(msgspec.Struct, frozen=True):
    """What is bought of one merchant."""

    merchant_id: str
    merchant_name: str
    lines: tuple[CartLine, ...]
    items_minor: int
    weight_g: int | None


class CartView(msgspec.Struct, frozen=True):
    """A cart as it stands now. Without a cart: no id, no groups. `ready` is whether it may go to the checkout."""

    id: str | None
    currency: str | None
    groups: tuple[CartGroup, ...]
    quantity: int
    subtotal_minor: int
    changes: tuple[Change, ...]
    ready: bool


class DeliveryOption(msgspec.Struct, frozen=True):
    """A way to have one merchant's goods brought, between two days, at a price that holds until `expires_at`."""

    quote_id: str
    merchant_id: str
    name: str
    amount_minor: int
    days_min: int
    days_max: int
    arrives_from: int
    arrives_by: int
    expires_at: int


class CheckoutGroup(msgspec.Struct, frozen=True):
    """One merchant's goods and the ways to have them brought, cheapest first; the first one is proposed."""

    merchant_id: str
    merchant_name: str
    lines: tuple[CartLine, ...]
    items_minor: int
    weight_g: int | None
    options: tuple[DeliveryOption, ...]


class Checkout(msgspec.Struct, frozen=True):
    """Everything to decide on before paying. Totals are with each group's first option; `quote_ids` name those."""

    cart: CartView
    email: str
    address: Address
    groups: tuple[CheckoutGroup, ...]
    currency: str
    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    quote_ids: tuple[str, ...]
    expires_at: int
    ready: bool


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
