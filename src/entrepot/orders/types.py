"""What carts and orders are made of: statuses, and what goes into the verbs and comes out of them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

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

    def __post_init__(self) -> None:
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
