"""What the catalogue speaks of: merchants, categories, products and the offers that sellers make for them.

A product is shared, an offer is one seller's: its price, its stock. Amounts are in minor units of the currency beside
them, times in microseconds UTC, weights in grams. Pictures are named by the sha256 of their stored bytes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

MerchantStatus = Literal["pending", "approved", "suspended"]
AttributeKind = Literal["text", "number", "boolean", "choice"]
OfferState = Literal["active", "hidden", "gone"]
ReviewOrigin = Literal["verified", "imported"]
Condition = Literal["new", "refurbished", "used"]
ListingStatus = Literal["draft", "scheduled", "published", "hidden", "delisted"]
"""Not shown yet; shown from a time on; shown; taken out of sight for now; taken down for good."""
ProductKind = Literal["thing", "model"]
"""What is shipped, or what is used by calls and paid by the meter."""

PRICE_MINOR_MAX = 10**12
QUANTITY_MAX = 10**9
WEIGHT_G_MAX = 100_000_000


class MerchantApplication(msgspec.Struct, frozen=True):
    """What somebody says who wants to sell. `country` is ISO 3166 alpha-2, `currency` that of all their prices."""

    name: str
    country: str
    currency: str
    about: str = ""


class Merchant(msgspec.Struct, frozen=True):
    """A seller. Its id is that of its organisation; only an approved one's goods are seen and sold."""

    id: str
    slug: str
    name: str
    about: str
    country: str
    currency: str
    status: MerchantStatus
    commission_bps: int
    created_at: int
    decided_at: int | None


class CategoryDraft(msgspec.Struct, frozen=True):
    """A category to be saved: its path of slugs, such as `electronics/audio/headphones`, and its name by language."""

    slug: str
    names: dict[str, str]
    position: int = 0


class Category(msgspec.Struct, frozen=True):
    """A place in the tree. `source` is the merchant whose feed brought it; None for one of the market's own."""

    id: str
    slug: str
    names: dict[str, str]
    parent_id: str | None
    position: int
    source: str | None

    def name_in(self, language: str) -> str:
        """Its name in a language, else in English."""
        return self.names.get(language) or self.names["en"]


class CategoryNode(msgspec.Struct, frozen=True):
    """A category with those below it."""

    category: Category
    children: tuple[CategoryNode, ...]


class AttributeDefinition(msgspec.Struct, frozen=True):
    """What an attribute means: its kind, its unit, its name by language; whether lists offer it as a filter (`facet`),
    and whether variants differ by it (`variant`)."""

    code: str
    kind: AttributeKind
    names: dict[str, str]
    unit: str | None = None
    facet: bool = False
    variant: bool = False


class Rating(msgspec.Struct, frozen=True):
    """What buyers gave, 1 to 5. `verified` of the `count` come from people who bought it here."""

    total: int
    count: int
    verified: int

    @property
    def average(self) -> float | None:
        """The mean to one decimal; None without a rating."""
        return round(self.total / self.count, 1) if self.count else None


class PictureView(msgspec.Struct, frozen=True):
    """A picture of a product. One that lies elsewhere and is not fetched yet has its `url` and no `sha256`."""

    sha256: str | None
    url: str | None
    alt: str
    provenance: str
    width: int | None
    height: int | None


class MeterPrice(msgspec.Struct, frozen=True):
    """What a meter costs: `nano` thousand-millionths of the currency for `per` of its units."""

    meter: str
    nano: int
    per: int


class OfferView(msgspec.Struct, frozen=True):
    """One seller's offer of one variant. `available` is None where the seller does not count.

    `price_minor` is the price now, `regular_price_minor` the one without a sale, `list_price_minor` what the maker
    recommends. `lowest_30d_minor` is the lowest price of the 30 days before the reduction that is on now; None without
    a reduction or an earlier price. `prices` are prices now in other currencies. A sale that is on or to come has its
    price and times. `bundle` names what a set is made of, by offer; its `available` is what the parts allow. Where
    sellers are compared, `delivery_minor` is what bringing it costs at least, and `landed_minor` both together in the
    market's own currency.
    """

    id: str
    variant_id: str
    merchant_id: str
    merchant_name: str
    merchant_slug: str
    external_id: str
    price_minor: int
    list_price_minor: int | None
    currency: str
    weight_g: int | None
    state: OfferState
    sellable: bool
    available: int | None
    created_at: int
    regular_price_minor: int = 0
    lowest_30d_minor: int | None = None
    condition: Condition = "new"
    prices: dict[str, int] = {}
    sale_price_minor: int | None = None
    sale_starts_at: int | None = None
    sale_ends_at: int | None = None
    low_stock_at: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    tax_category: str | None = None
    bundle: tuple[tuple[str, int], ...] = ()
    delivery_minor: int | None = None
    days_min: int | None = None
    days_max: int | None = None
    landed_minor: int | None = None

    @property
    def is_reduced(self) -> bool:
        """Whether a sale is on."""
        return self.price_minor < self.regular_price_minor

    @property
    def was_minor(self) -> int | None:
        """The price to compare with: without the sale, else what the maker recommends; None where neither is above."""
        return self.regular_price_minor if self.is_reduced else self.list_price_minor


class VariantView(msgspec.Struct, frozen=True):
    """One way to have the product. `offers` are all sellers' for it, the featured one first; `picture` is the stored
    picture that shows it, where the seller named one."""

    id: str
    label: str
    options: dict[str, str]
    gtin: str | None
    offers: tuple[OfferView, ...]
    picture: str | None = None
    mpn: str | None = None

    @property
    def featured(self) -> OfferView | None:
        """The offer that the buy button means."""
        return self.offers[0] if self.offers else None


class OptionView(msgspec.Struct, frozen=True):
    """Something to choose by: its name, and its values in the seller's order."""

    name: str
    values: tuple[str, ...]


class Review(msgspec.Struct, frozen=True):
    """What somebody said. `origin` tells whether they bought it here or a feed brought it along.

    `state` is `shown` but for its author, who sees what is held or hidden. `helpful` people found it so; `answer` is
    the seller's.
    """

    id: str
    product_id: str
    author: str
    rating: int
    title: str
    body: str
    origin: ReviewOrigin
    written_at: int
    edited_at: int | None = None
    state: Literal["shown", "held", "hidden", "withdrawn"] = "shown"
    helpful: int = 0
    answer: str | None = None
    answered_by: str | None = None
    answered_at: int | None = None


class ProductView(msgspec.Struct, frozen=True):
    """Everything that a product's page shows. `category` is the path from the top of the tree.

    `featured_offer_id` is the offer proposed first: of those that can be bought the lowest price with delivery, then
    the soonest, then the oldest. `featured_why` says which of these decided: `only_seller`, `lowest_with_delivery`,
    `sooner`, `first_to_list`; `delivers` where another is not delivered, `lowest_price` where none is.

    A `model` is paid by its `meters` and leads to where it is used; `ref` is the version that answers.
    """

    id: str
    slug: str
    external_id: str
    owner_id: str
    title: str
    description_html: str
    brand: str | None
    category: tuple[Category, ...]
    attributes: dict[str, tuple[str, ...]]
    options: tuple[OptionView, ...]
    variants: tuple[VariantView, ...]
    pictures: tuple[PictureView, ...]
    rating: Rating
    reviews: tuple[Review, ...]
    featured_offer_id: str | None
    sellable: bool
    visible: bool
    created_at: int
    changed_at: int
    featured_why: str = ""
    mpn: str | None = None
    fits: tuple[str, ...] = ()
    kind: ProductKind = "thing"
    ref: str | None = None
    meters: tuple[MeterPrice, ...] = ()

    @property
    def offers(self) -> tuple[OfferView, ...]:
        """Every offer of every variant."""
        return tuple(offer for variant in self.variants for offer in variant.offers)


class Card(msgspec.Struct, frozen=True):
    """A product in a list. The price is that of its featured offer, or of the one that was chosen (then `featured` is
    false); `price_minor_max` the dearest variant's.

    `available` is what can be bought of all its offers together; None where one of them is not counted. What is metered
    has its `meters`; its price is the first one's, in minor units, rounded up.
    """

    id: str
    slug: str
    external_id: str
    title: str
    brand: str | None
    picture: str | None
    merchant_id: str
    merchant_name: str
    offer_id: str
    price_minor: int
    price_minor_max: int
    list_price_minor: int | None
    currency: str
    variants: int
    offers: int
    sellable: bool
    available: int | None
    rating: Rating
    created_at: int
    regular_price_minor: int = 0
    lowest_30d_minor: int | None = None
    variant_id: str = ""
    featured: bool = True
    kind: ProductKind = "thing"
    meters: tuple[MeterPrice, ...] = ()

    @property
    def was_minor(self) -> int | None:
        """The price to compare with: without the sale, else what the maker recommends; None where neither is above."""
        return self.regular_price_minor if self.price_minor < self.regular_price_minor else self.list_price_minor


class CartOffer(msgspec.Struct, frozen=True):
    """What a cart needs of an offer. `sellable`: whether it is for sale at all; `available`: how many are left.

    `price_minor` is the price now, `regular_price_minor` the one without a sale, `prices` those of now in other
    currencies. An unknown weight or size is None. `category` is a path of slugs. `bundle` names the parts of a set, as
    (offer, pieces of it in one set): its stock is theirs. Only a `thing` can be in a cart.
    """

    offer_id: str
    product_id: str
    slug: str
    variant_id: str
    merchant_id: str
    merchant_name: str
    title: str
    variant_label: str
    price_minor: int
    currency: str
    weight_g: int | None
    picture: str | None
    sellable: bool
    available: int | None
    commission_bps: int
    regular_price_minor: int
    prices: dict[str, int] = {}
    category: str | None = None
    tax_category: str | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    bundle: tuple[tuple[str, int], ...] = ()
    kind: ProductKind = "thing"


class Listing(msgspec.Struct, frozen=True):
    """A merchant's row about a product. `visible` is whether buyers see it now; `owned` whether it owns the content.

    `publish_at` is when a scheduled one will be shown. `tags` are the merchant's own words.
    """

    id: str
    external_id: str
    product_id: str
    slug: str
    title: str
    picture: str | None
    hidden: bool
    visible: bool
    owned: bool
    price_minor: int
    price_minor_max: int
    currency: str
    offers: tuple[OfferView, ...]
    available: int | None
    changed_at: int
    status: ListingStatus
    publish_at: int | None
    tags: tuple[str, ...]
    category: str | None


class Saved(msgspec.Struct, frozen=True):
    """What saving drafts did, and the product of each by its external id."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    products: dict[str, str] = {}
