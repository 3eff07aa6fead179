"""What the index is given of a product: its words, its values, and every offer of every variant."""

from __future__ import annotations

import msgspec

from .types import Condition, Rating


class DocumentOffer(msgspec.Struct, frozen=True):
    """One offer of one variant as the index wants it. `choices` are the variant's own values by code; `available` is
    None where the seller does not count; `reduced` while a sale is on, or it costs less than is recommended;
    `prices` are the seller's own in other currencies."""

    offer_id: str
    variant_id: str
    merchant_id: str
    choices: dict[str, tuple[str, ...]]
    price_minor: int
    currency: str
    sellable: bool
    available: int | None
    condition: Condition = "new"
    reduced: bool = False
    prices: dict[str, int] = {}


class ProductDocument(msgspec.Struct, frozen=True):
    """A visible product as the index wants it: texts without markup, filters as words.

    `attributes` holds its own and its variants' values by code, `own_attributes` only what holds for every variant;
    `merchant_ids` are those with an offer; `each_offer` are all of them, the featured one first. Prices, stock and
    `sellable` are as of the snapshot it was read in. `collections` are the slugs of the published ones that it is in.
    """

    id: str
    slug: str
    external_id: str
    title: str
    text: str
    brand: str | None
    category: str | None
    category_names: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]
    gtins: tuple[str, ...]
    merchant_ids: tuple[str, ...]
    merchant_id: str
    merchant_name: str
    offer_id: str
    price_minor: int
    currency: str
    sellable: bool
    available: int | None
    offers: int
    rating: Rating
    picture: str | None
    created_at: int
    changed_at: int
    own_attributes: dict[str, tuple[str, ...]] = {}
    each_offer: tuple[DocumentOffer, ...] = ()
    collections: tuple[str, ...] = ()
