"""What carts and orders are made of: statuses, and what goes into the verbs and comes out of them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from entrepot.identity import Address
from entrepot.kernel import from_json

QUANTITY_MAX = 999
"""Of one offer in one cart."""
CART_LINES_MAX = 100
"""Different offers in one cart."""
REASON_LENGTH_MAX = 500
"""Characters of a reason to cancel."""


class Settings(msgspec.Struct, frozen=True):
    """Section [orders]. Both are frozen on an order when it is placed: a change never alters what a buyer was told."""

    confirm_days: int = 7
    pay_minutes: int = 30
    return_days: int = 14
    """How long after the delivery goods may be sent back."""
    answer_days: int = 3
    """How long each side has to answer: a return that nobody answers is accepted, a dispute goes to the operator."""

    def __post_init__(self) -> None:
        if not 0 <= self.return_days <= 365:
            raise ValueError("return_days must be 0 to 365: days from delivery within which goods may be sent back")
        if not 1 <= self.answer_days <= 90:
            raise ValueError("answer_days must be 1 to 90: days that each side has to answer")
        if not 0 <= self.confirm_days <= 365:
            raise ValueError("confirm_days must be 0 to 365: days from delivery until a sale completes by itself")
        if not 1 <= self.pay_minutes <= 10_080:
            raise ValueError("pay_minutes must be 1 to 10080: how long stock waits for a payment")


class OrderStatus(StrEnum):
    """Where the payment of an order stands. What happens to the goods is the seller orders' status."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    """Every part was cancelled before any money came."""


class SellerOrderStatus(StrEnum):
    """Where one merchant's part of an order stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """An order in one word, for lists: of its living parts, the one that is least far."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class CartItem(msgspec.Struct, frozen=True):
    """An offer in a cart, and its price when it was last put there."""

    offer_id: str
    quantity: int
    added_price_minor: int
    added_at: int


class Cart(msgspec.Struct, frozen=True):
    """An open cart. All its offers are in one currency."""

    id: str
    owner: str
    currency: str
    items: tuple[CartItem, ...] = ()

    @property
    def quantity(self) -> int:
        """Pieces, over all lines."""
        return sum(item.quantity for item in self.items)


class Place(msgspec.Struct, frozen=True):
    """A buyer's decision: one delivery quote per merchant, how to pay, and the total that was shown.

    `method` is a processor's token for a way to pay. `email` may be left out when the checkout has one.
    """

    quote_ids: tuple[str, ...]
    method: str
    expected_total_minor: int
    email: str | None = None
    language: str = "en"


class Placed(msgspec.Struct, frozen=True):
    """What was made of a cart."""

    order_id: str
    payment_id: str
    status: OrderStatus
    cart_id: str
    seller_order_ids: tuple[str, ...]
    currency: str
    total_minor: int


class Shipment(msgspec.Struct, frozen=True):
    """How the merchant sends the goods; the carrier `sandbox` needs no number."""

    carrier: str
    tracking_no: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """Where a seller order stands after a verb, and what the verb made."""

    seller_order_id: str
    order_id: str
    status: SellerOrderStatus
    parcel_id: str | None = None
    refund_id: str | None = None


class Legs(msgspec.Struct, frozen=True):
    """Who gets what of a seller order, frozen when it was placed. Sums to what the buyer paid for it."""

    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        """What the buyer pays."""
        return self.seller_minor + self.commission_minor + self.carrier_minor + self.tax_minor


class Order(msgspec.Struct, frozen=True):
    """What was placed at once, as it is stored. `address` is JSON."""

    id: str
    owner: str
    cart_id: str
    status: OrderStatus
    currency: str
    total_minor: int
    email: str
    language: str
    address_json: str
    payment_id: str
    placed_at: int
    pay_by: int
    paid_at: int | None = None
    ended_at: int | None = None
    failure: str | None = None

    @property
    def address(self) -> Address:
        """Where it goes."""
        return from_json(self.address_json, Address)


class SellerOrder(msgspec.Struct, frozen=True):
    """One merchant's part of an order, as it is stored."""

    id: str
    order_id: str
    position: int
    merchant_id: str
    merchant_name: str
    status: SellerOrderStatus
    currency: str
    items_minor: int
    shipping_minor: int
    tax_minor: int
    commission_bps: int
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    quote_id: str
    delivery_name: str
    arrives_from: int
    arrives_by: int
    confirm_days: int
    placed_at: int
    paid_at: int | None = None
    shipped_at: int | None = None
    delivered_at: int | None = None
    confirm_by: int | None = None
    completed_at: int | None = None
    completed_by: str | None = None
    cancelled_at: int | None = None
    cancelled_by: str | None = None
    cancel_reason: str | None = None
    refund_id: str | None = None
    refunded_at: int | None = None
    return_days: int = 14
    answer_days: int = 3
    dispute_id: str | None = None

    @property
    def total_minor(self) -> int:
        """What the buyer pays for it."""
        return self.items_minor + self.shipping_minor + self.tax_minor

    @property
    def legs(self) -> Legs:
        """Who gets it."""
        return Legs(self.seller_minor, self.commission_minor, self.carrier_minor, self.tax_minor)


class Line(msgspec.Struct, frozen=True):
    """Goods as they were bought, as they are stored."""

    id: str
    order_id: str
    seller_order_id: str
    position: int
    offer_id: str
    product_id: str
    variant_id: str
    slug: str
    title: str
    variant_label: str
    picture: str | None
    quantity: int
    price_minor: int
    sent: int = 0
    cancelled: int = 0

    @property
    def left(self) -> int:
        """Pieces that still have to be sent."""
        return self.quantity - self.sent - self.cancelled
