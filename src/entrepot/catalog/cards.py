"""Products in lists: the cards of a page and the documents of the index, each set of them in a handful of reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, select

from entrepot.kernel import Prepared, Snapshot, from_json, in_set, prepare

from . import tables
from .attributes import read_choices, scalar_words
from .categories import paths_of
from .documents import DocumentOffer, ProductDocument
from .membership import slugs_with
from .merging import Lens, read_lens
from .meters import price_of, read_meters
from .offers import offers_of, total_left
from .texts import code_of, plain_text
from .types import Card, Category, OfferView, Rating
from .visibility import SEEN

DOCUMENTS_MAX = 1_000


def list_cards(snapshot: Snapshot, product_ids: Sequence[str], chosen: Mapping[str, str] | None = None) -> list[Card]:
    """Cards in the order of these ids, in five reads however many; what buyers do not see is left out.

    `chosen` names, by product, the offer that its card shall show in place of the featured one: its price, its
    seller, its variant's picture. A product whose chosen offer is no longer made is left out.
    """
    wanted = list(dict.fromkeys(product_ids))
    rows = {row.id: row for row in snapshot.all(_cards, ids=wanted)} if wanted else {}
    offers = offers_of(snapshot, rows) if rows else {}
    first = {each: _first(offers.get(each, ()), (chosen or {}).get(each)) for each in wanted if each in rows}
    pictures = _pictures_of(snapshot, [offer.variant_id for offer in first.values() if offer]) if chosen else {}
    return [
        _card(rows[each], offer, offers[each], pictures.get(offer.variant_id))
        for each, offer in first.items()
        if offer is not None
    ]


def titles_of(snapshot: Snapshot, product_ids: Iterable[str]) -> dict[str, str]:
    """What products are called, seen or not, by id: for verbs that have checked already who may know."""
    wanted = sorted(set(product_ids))
    return {row.id: row.title for row in snapshot.all(_titles, ids=wanted)} if wanted else {}


def offered_of(snapshot: Snapshot, offer_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The product that each of these offers is of, and what it is called: for verbs that have checked who may know."""
    wanted = sorted(set(offer_ids))
    return {row.id: (row.product_id, row.title) for row in snapshot.all(_offered, ids=wanted)} if wanted else {}


def iterate_documents(snapshot: Snapshot, after_id: str, most: int) -> list[ProductDocument]:
    """The next visible products after an id, in the order of ids; fewer than `most` (at most 1,000) means the end."""
    ids = [row.id for row in snapshot.all(_next, after=after_id, most=min(most, DOCUMENTS_MAX))]
    return documents_of(snapshot, ids)


def documents_of(snapshot: Snapshot, product_ids: Iterable[str]) -> list[ProductDocument]:
    """What the index keeps of these products, in a handful of reads; what is left out is no longer visible."""
    ids = sorted(set(product_ids))
    rows = snapshot.all(_documents, ids=ids) if ids else []
    if not rows:
        return []
    seen = [row.id for row in rows]
    offers = offers_of(snapshot, seen)
    paths = paths_of(snapshot, (row.category_id for row in rows))
    collections = slugs_with(snapshot, seen)
    lens = read_lens(snapshot)
    variants: dict[str, list[Any]] = defaultdict(list)
    for variant in snapshot.all(_variants, ids=seen):
        variants[variant.product_id].append(variant)
    return [
        _document(
            row, offers[row.id], paths.get(row.category_id, ()), variants[row.id], collections.get(row.id, ()), lens
        )
        for row in rows
        if offers.get(row.id)
    ]


def words_of(attributes: str, options: Iterable[Mapping[str, str]] = ()) -> dict[str, tuple[str, ...]]:
    """Attribute values and variants' choices as words by code, each once, in the order they came."""
    found: dict[str, tuple[str, ...]] = {}
    for choices in options:
        for name, choice in choices.items():
            if (code := code_of(name)) and choice not in found.get(code, ()):
                found[code] = (*found.get(code, ()), choice)
    for code, value in from_json(attributes):
        words = scalar_words(value) if not isinstance(value, str) else (value,) if value else ()
        if words:
            found[code] = words if code not in found and len(words) == 1 else _each_once(found.get(code, ()), words)
    return found


def _each_once(*words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(words)))


def _first(offers: Sequence[OfferView], chosen: str | None) -> OfferView | None:
    """The offer that a card shows."""
    return next((offer for offer in offers if chosen in (None, offer.id)), None)


def _pictures_of(snapshot: Snapshot, variant_ids: Sequence[str]) -> dict[str, str]:
    rows = snapshot.all(_variant_pictures, ids=sorted(set(variant_ids))) if variant_ids else []
    return {row.id: row.picture for row in rows}


def _card(row: Any, first: OfferView, offers: list[OfferView], picture: str | None) -> Card:
    meters = read_meters(row.meters)
    comparable = [offer for offer in offers if offer.sellable == first.sellable and offer.currency == first.currency]
    return Card(
        id=row.id,
        slug=row.slug,
        external_id=row.external_id,
        title=row.title,
        brand=row.brand,
        picture=picture or row.picture,
        merchant_id=first.merchant_id,
        merchant_name=first.merchant_name,
        offer_id=first.id,
        variant_id=first.variant_id,
        featured=first.id == offers[0].id,
        price_minor=price_of(meters, first.currency) if meters else first.price_minor,
        price_minor_max=max(offer.price_minor for offer in comparable),
        list_price_minor=first.list_price_minor,
        currency=first.currency,
        variants=len({offer.variant_id for offer in offers}),
        offers=len(offers),
        sellable=first.sellable,
        available=total_left(offers),
        rating=Rating(row.rating_total, row.rating_count, row.rating_verified),
        created_at=row.created_at,
        regular_price_minor=first.regular_price_minor,
        lowest_30d_minor=first.lowest_30d_minor,
        kind=row.kind,
        meters=meters,
    )


def _document(
    row: Any, offers: list[OfferView], path: Sequence[Category], variants: Sequence[Any],
    collections: tuple[str, ...], lens: Lens,
) -> ProductDocument:  # fmt: skip
    first = offers[0]
    offered = {offer.variant_id for offer in offers}
    shown = [variant for variant in variants if variant.id in offered]
    choices = [read_choices(variant.options) for variant in shown]
    by_variant = {
        variant.id: lens.see(words_of("[]", [each])) for variant, each in zip(shown, choices, strict=True) if each
    }
    own = lens.see(words_of(row.attributes))
    return ProductDocument(
        id=row.id,
        slug=row.slug,
        external_id=row.external_id,
        title=row.title,
        text=plain_text(row.description),
        brand=row.brand,
        category=path[-1].slug if path else None,
        category_names=tuple(name for category in path for name in dict.fromkeys(category.names.values())),
        attributes=lens.see(words_of(row.attributes, choices)) if any(choices) else own,
        gtins=tuple(variant.gtin for variant in shown if variant.gtin),
        merchant_ids=tuple(dict.fromkeys(offer.merchant_id for offer in offers)),
        merchant_id=first.merchant_id,
        merchant_name=first.merchant_name,
        offer_id=first.id,
        price_minor=first.price_minor,
        currency=first.currency,
        sellable=first.sellable,
        available=total_left(offers),
        offers=len(offers),
        rating=Rating(row.rating_total, row.rating_count, row.rating_verified),
        picture=row.picture,
        created_at=row.created_at,
        changed_at=row.changed_at,
        own_attributes=own,
        each_offer=tuple(_document_offer(offer, by_variant.get(offer.variant_id, {})) for offer in offers),
        collections=collections,
    )


def _document_offer(offer: OfferView, choices: dict[str, tuple[str, ...]]) -> DocumentOffer:
    return DocumentOffer(
        offer_id=offer.id,
        variant_id=offer.variant_id,
        merchant_id=offer.merchant_id,
        choices=choices,
        price_minor=offer.price_minor,
        currency=offer.currency,
        sellable=offer.sellable,
        available=offer.available,
        condition=offer.condition,
        reduced=offer.was_minor is not None,
        prices=offer.prices,
    )


_p, _v = tables.products.c, tables.variants.c
_short = (
    _p.id, _p.slug, _p.external_id, _p.title, _p.brand, _p.picture, _p.rating_total, _p.rating_count,
    _p.rating_verified, _p.created_at,
)  # fmt: skip
_cards: Prepared[Any] = prepare(select(*_short, _p.kind, _p.meters).where(in_set(_p.id, "ids"), _p.hidden == 0))
_titles: Prepared[Any] = prepare(select(_p.id, _p.title).where(in_set(_p.id, "ids")))
_offered: Prepared[Any] = prepare(
    select(tables.offers.c.id, tables.offers.c.product_id, _p.title)
    .join(tables.products, _p.id == tables.offers.c.product_id)
    .where(in_set(tables.offers.c.id, "ids"))
)
_documents: Prepared[Any] = prepare(
    select(*_short, _p.description, _p.category_id, _p.attributes, _p.changed_at)
    .where(in_set(_p.id, "ids"), _p.hidden == 0)
    .order_by(_p.id)
)
_variant_pictures: Prepared[Any] = prepare(
    select(_v.id, _v.picture).where(in_set(_v.id, "ids"), _v.picture.is_not(None))
)
_next: Prepared[Any] = prepare(
    select(_p.id).where(_p.id > bindparam("after"), SEEN).order_by(_p.id).limit(bindparam("most"))
)
_variants: Prepared[Any] = prepare(
    select(_v.id, _v.product_id, _v.options, _v.gtin)
    .where(in_set(_v.product_id, "ids"))
    .order_by(_v.product_id, _v.position, _v.id)
)
