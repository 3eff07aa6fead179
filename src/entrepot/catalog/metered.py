"""Metered goods: what is used by calls and paid by the meter, such as a model. They stand in the same catalogue.

A metered product is found, browsed and looked at like any other. Its offer has a price for each meter; in lists it is
compared by the first of them, rounded up to a minor unit. It leads to where it is used, and no cart takes it. The
market itself lists them, under one name; `ref` is whatever the room that knows what it is calls it.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot.identity import Scope
from entrepot.kernel import Invalid, Prepared, Tx, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .attributes import list_attributes, save_attributes
from .categories import find_category_id, save_categories
from .drafts import AttributeValue, ProductDraft, VariantDraft
from .meters import price_of
from .products import save_products
from .publishing import set_listing_status
from .types import AttributeDefinition, CategoryDraft, ListingStatus, MeterPrice

HOUSE = "platform"
"""The merchant that the market itself is, where it sells."""
HOUSE_NAME, HOUSE_SLUG = "Compute", "compute"
PRICE_MINOR_LEAST = 1
"""What a free one is sorted and filtered by: an offer's price is above nothing."""


class MeteredDraft(msgspec.Struct, frozen=True):
    """What is metered, as the catalogue shows it. `name` stays the same for ever; `ref` is what answers to it now.

    `description` is HTML, cleaned as any. Prices are in thousand-millionths of `currency`, the one to compare by first.
    """

    kind: Literal["model"]
    name: str
    ref: str
    title: str
    description: str
    currency: str
    meters: tuple[MeterPrice, ...]
    brand: str | None = None
    category: CategoryDraft | None = None
    attributes: dict[str, AttributeValue] = {}
    definitions: tuple[AttributeDefinition, ...] = ()


def list_product(tx: Tx, draft: MeteredDraft, country: str) -> str:
    """Have it in the catalogue, or change what the catalogue says of it; returns the product's id.

    For the program itself. `country` is the market's own. Saying the same again changes nothing.
    """
    if not draft.meters:
        raise Invalid("What is metered has at least one meter")
    _keep_house(tx, draft, country)
    minor = max(price_of(draft.meters, draft.currency), PRICE_MINOR_LEAST)
    product = ProductDraft(
        draft.name, draft.title, (VariantDraft(minor, draft.currency, external_id=draft.name),),
        description=draft.description, brand=draft.brand, category=draft.category.slug if draft.category else None,
        attributes=draft.attributes,
    )  # fmt: skip
    product_id = save_products(tx, _HOUSE, HOUSE, [product], None).products[draft.name]
    tx.run(_mark, id_=product_id, kind_=draft.kind, ref_=draft.ref, meters_=to_json(draft.meters), now_=tx.now)
    _set_status(tx, draft.name, "published")
    return product_id


def withdraw_product(tx: Tx, name: str) -> None:
    """Take it out of the catalogue; nothing happens when it is not there. Its page and its reviews wait."""
    _set_status(tx, name, "hidden")


def _set_status(tx: Tx, name: str, status: ListingStatus) -> None:
    listings = tx.all(_listing, merchant_id=HOUSE, name=name)
    set_listing_status(tx, _HOUSE, listings, status)


def _keep_house(tx: Tx, draft: MeteredDraft, country: str) -> None:
    """The market as a merchant, and the words that its metered goods are filed and filtered by: made once, so that
    what the operator makes of them later stays."""
    row = {"id": HOUSE, "name": HOUSE_NAME, "country": country, "currency": draft.currency, "now": tx.now}
    tx.run(_insert, slug=HOUSE_SLUG, **row)
    tx.run(_insert, slug=f"{HOUSE_SLUG}-{HOUSE}", **row)  # where another shop has the name already
    if draft.category is not None and find_category_id(tx, draft.category.slug) is None:
        save_categories(tx, _HOUSE, [draft.category])
    known = {each.code for each in list_attributes(tx)}
    save_attributes(tx, _HOUSE, [each for each in draft.definitions if each.code not in known])


_HOUSE = msgspec.structs.replace(Scope.system(), organisation=HOUSE)
_p, _l = tables.products.c, tables.listings.c
_listing: Prepared[str] = prepare(
    select(_l.id).where(_l.merchant_id == bindparam("merchant_id"), _l.external_id == bindparam("name")),
    lambda listing_id: listing_id,
)
_mark: Prepared[Any] = prepare(
    update(tables.products)
    .where(_p.id == bindparam("id_"))
    .values(kind=bindparam("kind_"), ref=bindparam("ref_"), meters=bindparam("meters_"), changed_at=bindparam("now_"))
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_merchants (id, slug, name, about, country, currency, status, commission_bps, created_at, "
    "decided_at) VALUES (:id, :slug, :name, '', :country, :currency, 'approved', 0, :now, :now) ON CONFLICT DO NOTHING"
)
