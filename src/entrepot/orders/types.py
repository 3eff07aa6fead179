"""What carts and orders are made of: statuses, and what goes into the verbs and comes out of them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from entrepot.identity import Address
from entrepot.kernel import from_json

QUANTITY_MAX = 999
"""Of one offer in one cart."""
CART_LINES_MAX = 100
"""Different offers in one cart."""
REASON_LENGTH_MAX = 500
"""Characters of a reason to cancel."""


NOTE_LENGTH_MAX = 1_000
"""Characters of a buyer's note to the merchants."""


class Settings(msgspec.Struct, frozen=True):
    """Section [orders]. All are frozen on an order when it is placed: a change never alters what a buyer was told."""

    confirm_days: int = 7
    pay_minutes: int = 30
    transfer_days: int = 5
    """How long stock waits for a bank transfer instead."""
    return_days: int = 14
    """How long after the delivery goods may be sent back."""
    answer_days: int = 3
    """How long each side has to answer: a return that nobody answers is accepted, a dispute goes to the operator."""
    send_days: int = 30
    """How long a merchant has to send what was paid; what is unsent then is cancelled, and paid back."""
    dispute_days: int = 30
    """How long after the delivery a buyer may still say that something is wrong; and how long after the promised day a
    parcel may stay away before the market opens a dispute by itself."""

    def __post_init__(self) -> None:
        if not 1 <= self.send_days <= 365:
            raise ValueError("send_days must be 1 to 365: days that a merchant has to send what was paid")
        if not 1 <= self.dispute_days <= 365:
            raise ValueError("dispute_days must be 1 to 365: days from delivery within which a sale can be disputed")
        if not 0 <= self.return_days <= 365:
            raise ValueError("return_days must be 0 to 365: days from delivery within which goods may be sent back")
        if not 1 <= self.answer_days <= 90:
            raise ValueError("answer_days must be 1 to 90: days that each side has to answer")
        if not 0 <= self.confirm_days <= 365:
            raise ValueError("confirm_days must be 0 to 365: days from delivery until a sale completes by itself")
        if not 1 <= self.pay_minutes <= 10_080:
            raise ValueError("pay_minutes must be 1 to 10080: how long stock waits for a payment")
        if not 1 <= self.transfer_days <= 30:
            raise ValueError("transfer_days must be 1 to 30: how long stock waits for a bank transfer")


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


class Shipment(msgspec.Struct, frozen=True):
    """How the merchant sends the goods; the carrier `sandbox` needs no number.

    `pieces` are those of each line that are in this parcel; None is all that is left to send.
    """

    carrier: str
    tracking_no: str | None = None
    pieces: dict[str, int] | None = None


class ParcelLine(msgspec.Struct, frozen=True):
    """So many pieces of a line in a parcel."""

    line_id: str
    quantity: int


class SentParcel(msgspec.Struct, frozen=True):
    """A parcel of a seller order, and what is in it."""

    parcel_id: str
    sent_at: int
    delivered_at: int | None
    lines: tuple[ParcelLine, ...]


class Standing(msgspec.Struct, frozen=True):
    """Where a seller order stands after a verb, and what the verb made."""

    seller_order_id: str
    order_id: str
    status: SellerOrderStatus
    parcel_id: str | None = None
    refund_id: str | None = None


class Legs(msgspec.Struct, frozen=True):
    """Who gets what of a seller order, of one of its lines or of its delivery, frozen when it was placed.

    paid + subsidy = seller + commission + carrier + tax. `subsidy_minor` is what the platform pays in the buyer's
    place: its discounts.
    """

    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int
    subsidy_minor: int = 0

    @property
    def total_minor(self) -> int:
        """What is shared out in all: what the buyer pays, and the platform's subsidy."""
        return self.seller_minor + self.commission_minor + self.carrier_minor + self.tax_minor

    @property
    def paid_minor(self) -> int:
        """What the buyer pays, from cards of all kinds."""
        return self.total_minor - self.subsidy_minor

    def __add__(self, other: Legs) -> Legs:
        return Legs(
            self.seller_minor + other.seller_minor,
            self.commission_minor + other.commission_minor,
            self.carrier_minor + other.carrier_minor,
            self.tax_minor + other.tax_minor,
            self.subsidy_minor + other.subsidy_minor,
        )

    def __sub__(self, other: Legs) -> Legs:
        return Legs(
            self.seller_minor - other.seller_minor,
            self.commission_minor - other.commission_minor,
            self.carrier_minor - other.carrier_minor,
            self.tax_minor - other.tax_minor,
            self.subsidy_minor - other.subsidy_minor,
        )


class Fee(NamedTuple):
    """One commission on a line, by its name on the statement."""

    name: str
    amount_minor: int


class Discount(NamedTuple):
    """What one promotion took off a line or a delivery, and who bears it."""

    promotion_id: str
    name: str
    seller_minor: int
    platform_minor: int


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
    gift_minor: int = 0
    billing_json: str | None = None
    note: str = ""
    tax_id: str = ""
    """Of a business that buys, as its country writes it."""

    @property
    def billing(self) -> Address | None:
        """Whose name and address the invoice bears, where that is not where it goes."""
        return from_json(self.billing_json, Address) if self.billing_json else None

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
    """The goods at their prices, before discounts."""
    seller_discount_minor: int
    platform_discount_minor: int
    shipping_minor: int
    """Delivery as it was quoted, before discounts."""
    shipping_seller_discount_minor: int
    shipping_platform_discount_minor: int
    shipping_discounts_json: str
    shipping_by_platform: int
    """1: priced by the platform's sheet, and the carrier's money; 0: by the merchant's own, and the seller's."""
    tax_minor: int
    """All of it, the delivery's too."""
    tax_included: int
    """1: prices are with tax, which is part of them; 0: tax comes on top."""
    shipping_tax_minor: int
    """The delivery's part of `tax_minor`."""
    shipping_tax_ppm: int
    """Parts per million; 0 with a tax where the goods' several rates met."""
    shipping_tax_name: str
    commission_bps: int
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    subsidy_minor: int
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
    send_days: int = 30
    dispute_days: int = 30
    reverse_charge: int = 0
    """1: the buyer, a business of another country, accounts for the tax: prices are without it, and it is nothing."""

    @property
    def total_minor(self) -> int:
        """What the buyer pays for it, gift cards included: the goods and their delivery, discounted, with tax."""
        return self.discounted_minor + (0 if self.tax_included else self.tax_minor)

    @property
    def discounted_minor(self) -> int:
        """Goods and delivery less all discounts, before a tax that comes on top."""
        goods = self.items_minor - self.seller_discount_minor - self.platform_discount_minor
        return goods + self.shipping_minor - self.shipping_discount_minor

    @property
    def discount_minor(self) -> int:
        """What was taken off the goods, whoever bears it."""
        return self.seller_discount_minor + self.platform_discount_minor

    @property
    def shipping_discount_minor(self) -> int:
        """What was taken off the delivery, whoever bears it."""
        return self.shipping_seller_discount_minor + self.shipping_platform_discount_minor

    @property
    def escrow_minor(self) -> int:
        """What escrow holds once it is paid: the buyer's money and the platform's subsidy."""
        return self.total_minor + self.subsidy_minor

    @property
    def shipping_discounts(self) -> tuple[Discount, ...]:
        """Which promotions lowered the delivery."""
        return from_json(self.shipping_discounts_json, tuple[Discount, ...])

    @property
    def legs(self) -> Legs:
        """Who gets it."""
        return Legs(self.seller_minor, self.commission_minor, self.carrier_minor, self.tax_minor, self.subsidy_minor)


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
    """Of one piece, in the order's currency."""
    base_currency: str | None
    """Where the price was converted: the currency it was in, what it was there, and the rate, as a fraction."""
    base_price_minor: int | None
    rate: str | None
    category: str | None
    goods_minor: int
    """Quantity times price."""
    seller_discount_minor: int
    platform_discount_minor: int
    discounts_json: str
    tax_minor: int
    tax_included: int
    tax_ppm: int
    """Parts per million: a rate such as 8.875 % is no whole number of basis points."""
    tax_name: str
    fees_json: str
    commission_minor: int
    """The sum of the fees."""

    @property
    def discount_minor(self) -> int:
        """What was taken off, whoever bears it."""
        return self.seller_discount_minor + self.platform_discount_minor

    @property
    def total_minor(self) -> int:
        """What the buyer pays for it, with tax."""
        return self.goods_minor - self.discount_minor + (0 if self.tax_included else self.tax_minor)

    @property
    def discounts(self) -> tuple[Discount, ...]:
        """Which promotions lowered it."""
        return from_json(self.discounts_json, tuple[Discount, ...])

    @property
    def fees(self) -> tuple[Fee, ...]:
        """What the platform takes of it, by name."""
        return from_json(self.fees_json, tuple[Fee, ...])

    sent: int = 0
    cancelled: int = 0

    @property
    def left(self) -> int:
        """Pieces that still have to be sent."""
        return self.quantity - self.sent - self.cancelled
