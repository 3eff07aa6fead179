"""What pages and the API show of carts and checkouts: complete, so that no page asks twice. Amounts in minor units."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from entrepot.identity import Address


class ChangeKind(StrEnum):
    """What is no longer as the buyer last saw it."""

    PRICE = "price"
    UNSELLABLE = "unsellable"
    STOCK = "stock"
    QUANTITY = "quantity"
    ADDED = "added"
    REMOVED = "removed"
    PROMOTION = "promotion"
    TAX = "tax"
    CURRENCY = "currency"


class Change(msgspec.Struct, frozen=True):
    """One thing that changed: `was` and `now` are minor units for a price or discount, pieces for stock and quantities.

    `offer_id` is empty where it is about the whole cart.
    """

    kind: ChangeKind
    offer_id: str
    title: str
    was: int | None
    now: int | None
    sentence: str


class Reduction(msgspec.Struct, frozen=True):
    """What a promotion takes off."""

    promotion_id: str
    name: str
    amount_minor: int


class CodeView(msgspec.Struct, frozen=True):
    """A code that was typed: whether it takes something off, and a sentence where it does not."""

    code: str
    applied: bool
    sentence: str | None


class TaxView(msgspec.Struct, frozen=True):
    """The tax of one rate: its percentage, what it is taken of, and the amount."""

    name: str
    percent: str
    base_minor: int
    tax_minor: int


class CardView(msgspec.Struct, frozen=True):
    """A gift card of the cart by its last signs: what is left on it, what it would pay, and why not where it cannot."""

    card_id: str
    code_end: str
    available_minor: int
    used_minor: int
    sentence: str | None


class CartLine(msgspec.Struct, frozen=True):
    """An offer in the cart at today's price, in the cart's currency; `total_minor` is before discounts.

    `available` is None when the merchant does not count this stock. Where the price was converted, the base tells from
    what, and `rate` by which rate, as a fraction.
    """

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
    base_currency: str | None = None
    base_price_minor: int | None = None
    rate: str | None = None
    reductions: tuple[Reduction, ...] = ()
    discount_minor: int = 0
    tax_name: str = ""
    tax_percent: str = ""
    tax_minor: int = 0


class CartGroup(msgspec.Struct, frozen=True):
    """What is bought of one merchant. `reverse_charge`: prices are without tax, for which the buyer accounts."""

    merchant_id: str
    merchant_name: str
    lines: tuple[CartLine, ...]
    items_minor: int
    weight_g: int | None
    reverse_charge: bool = False


class CartView(msgspec.Struct, frozen=True):
    """A cart as it stands now. Without a cart: no id, no groups. `ready` is whether it may go to the checkout.

    `total_minor` is the goods less discounts, with the tax that comes on top, without delivery. Taxes are those of the
    address that was last given; before there is one they are left out.
    """

    id: str | None
    currency: str | None
    groups: tuple[CartGroup, ...]
    quantity: int
    subtotal_minor: int
    changes: tuple[Change, ...]
    ready: bool
    reductions: tuple[Reduction, ...] = ()
    discount_minor: int = 0
    codes: tuple[CodeView, ...] = ()
    taxes: tuple[TaxView, ...] = ()
    tax_minor: int = 0
    tax_included: bool = False
    total_minor: int = 0
    cards: tuple[CardView, ...] = ()
    currencies: tuple[str, ...] = ()


class DeliveryOption(msgspec.Struct, frozen=True):
    """A way to have one merchant's goods brought, between two days, at a price that holds until `expires_at`.

    `by_platform`: priced by the platform, whose carriers bring it. `pickup_point_id` where the buyer collects it.
    """

    quote_id: str
    merchant_id: str
    name: str
    amount_minor: int
    days_min: int
    days_max: int
    arrives_from: int
    arrives_by: int
    expires_at: int
    by_platform: bool = False
    pickup_point_id: str | None = None
    parcels: int = 1


class CheckoutGroup(msgspec.Struct, frozen=True):
    """One merchant's goods and the ways to have them brought, cheapest first; the first one is proposed.

    The sums are with the option `quote_id`; `total_minor` is what the buyer pays for this part. With `reverse_charge`
    prices are without tax, for which the buyer accounts.
    """

    merchant_id: str
    merchant_name: str
    lines: tuple[CartLine, ...]
    items_minor: int
    weight_g: int | None
    options: tuple[DeliveryOption, ...]
    quote_id: str | None = None
    discount_minor: int = 0
    shipping_minor: int = 0
    shipping_reductions: tuple[Reduction, ...] = ()
    tax_minor: int = 0
    total_minor: int = 0
    reverse_charge: bool = False


class Checkout(msgspec.Struct, frozen=True):
    """Everything to decide on before paying. Totals are with the chosen options; `quote_ids` name those.

    `total_minor` is the price of the order; `gift_minor` of it is paid by gift cards, `due_minor` by another way to
    pay. `changes` says what is no longer as it was shown last. `tax_id` is the number of a business that buys.
    """

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
    billing: Address | None = None
    discount_minor: int = 0
    shipping_discount_minor: int = 0
    reductions: tuple[Reduction, ...] = ()
    codes: tuple[CodeView, ...] = ()
    taxes: tuple[TaxView, ...] = ()
    tax_included: bool = False
    cards: tuple[CardView, ...] = ()
    gift_minor: int = 0
    due_minor: int = 0
    changes: tuple[Change, ...] = ()
    tax_id: str = ""
