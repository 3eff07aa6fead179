"""A product's page: its words, variants with every seller's offer, pictures, rating and reviews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from entrepot.identity import Scope
from entrepot.kernel import NotFound, Prepared, Snapshot, from_json, prepare

from . import tables
from .attributes import read_choices
from .cards import words_of
from .categories import paths_of
from .landing import in_order, land, why_first
from .merging import read_lens
from .meters import read_meters
from .offers import OFFERS, offer_view, variant_label
from .parts import read_parts
from .reviews import list_reviews
from .stock import left_of
from .types import OfferView, OptionView, PictureView, ProductView, Rating, VariantView

REVIEWS_SHOWN = 20


def get_product(snapshot: Snapshot, key: str, scope: Scope | None = None, country: str | None = None) -> ProductView:
    """A product by id or slug, as buyers see it: the offers of approved merchants, the featured one first. One that
    was joined to another (`joining`) is found under its old id and slug too.

    Sellers are compared for a buyer in `country`, else for the market's own (`landing`). Its merchants
    (`scope.organisation`) and the operator also see what is hidden. NotFound when nothing is to be seen.
    """
    scope = scope or Scope.public()
    row = snapshot.one(_product, key=key)
    if row is not None and row.joined_to is not None:
        row = snapshot.one(_product, key=row.joined_to)
    if row is None:
        raise NotFound("There is no such product")
    rows = snapshot.all(_offers, id=row.id)
    left = left_of(snapshot, rows)
    parts = read_parts(snapshot, [offer.id for offer in rows if offer.bundled])
    seen = [
        offer_view(offer, left.get(offer.id), snapshot.now, parts[offer.id]) for offer in rows if _may_see(offer, scope)
    ]
    countries = {offer.merchant_id: offer.country for offer in rows}
    offers = in_order(land(snapshot, {row.id: seen}, countries, country, every=True)[row.id])
    visible = not row.hidden and any(offer.state == "active" and offer.status == "approved" for offer in rows)
    if not offers or (row.hidden and not _is_insider(rows, scope)):
        raise NotFound("There is no such product")
    return _view(snapshot, row, offers, visible)


def _may_see(offer: Any, scope: Scope) -> bool:
    return (offer.state == "active" and offer.status == "approved") or _is_insider([offer], scope)


def _is_insider(offers: Sequence[Any], scope: Scope) -> bool:
    return scope.is_operator or any(offer.merchant_id == scope.organisation for offer in offers)


def _view(snapshot: Snapshot, row: Any, offers: list[OfferView], visible: bool) -> ProductView:
    variants = _variants_with(snapshot.all(_variants, id=row.id), offers)
    paths = paths_of(snapshot, [row.category_id])
    first = offers[0]
    return ProductView(
        id=row.id,
        slug=row.slug,
        external_id=row.external_id,
        owner_id=row.owner_id,
        title=row.title,
        description_html=row.description,
        brand=row.brand,
        category=paths.get(row.category_id, ()),
        attributes=read_lens(snapshot).see(words_of(row.attributes)),
        options=_options(from_json(row.options, list[str]), [variant.options for variant in variants]),
        variants=variants,
        pictures=tuple(snapshot.all(_pictures, id=row.id)),
        rating=Rating(row.rating_total, row.rating_count, row.rating_verified),
        reviews=tuple(list_reviews(snapshot, row.id, most=REVIEWS_SHOWN)),
        featured_offer_id=first.id if first.sellable else None,
        sellable=first.sellable,
        visible=visible,
        created_at=row.created_at,
        changed_at=row.changed_at,
        featured_why=why_first(offers),
        mpn=row.mpn,
        fits=tuple(from_json(row.fits, list[str])),
        kind=row.kind,
        ref=row.ref,
        meters=read_meters(row.meters),
    )


def _variants_with(rows: Sequence[Any], offers: Sequence[OfferView]) -> tuple[VariantView, ...]:
    """The variants that somebody offers, in the product's order."""
    by_variant: dict[str, list[OfferView]] = defaultdict(list)
    for offer in offers:
        by_variant[offer.variant_id].append(offer)
    return tuple(
        VariantView(
            row.id, variant_label(row.options), read_choices(row.options), row.gtin,
            tuple(by_variant[row.id]), row.picture, row.mpn,
        )
        for row in rows
        if row.id in by_variant
    )  # fmt: skip


def _options(names: Sequence[str], choices: Sequence[Mapping[str, str]]) -> tuple[OptionView, ...]:
    values = {name: tuple(dict.fromkeys(each[name] for each in choices if name in each)) for name in names}
    return tuple(OptionView(name, values[name]) for name in names if values[name])


_p, _o, _v = tables.products.c, tables.offers.c, tables.variants.c
_pp, _pic = tables.product_pictures.c, tables.pictures.c
_product: Prepared[Any] = prepare(
    select(
        _p.id, _p.slug, _p.external_id, _p.owner_id, _p.title, _p.description, _p.brand, _p.category_id, _p.attributes,
        _p.options, _p.hidden, _p.joined_to, _p.rating_total, _p.rating_count, _p.rating_verified, _p.created_at,
        _p.changed_at, _p.mpn, _p.fits, _p.kind, _p.ref, _p.meters,
    ).where(or_(_p.id == bindparam("key"), _p.slug == bindparam("key")))
)  # fmt: skip
_offers: Prepared[Any] = prepare(OFFERS.where(_o.product_id == bindparam("id"), _o.state != "gone"))
_variants: Prepared[Any] = prepare(
    select(_v.id, _v.options, _v.gtin, _v.picture, _v.mpn)
    .where(_v.product_id == bindparam("id"))
    .order_by(_v.position, _v.id)
)
_pictures: Prepared[PictureView] = prepare(
    select(_pp.sha256, _pp.url, _pp.alt, _pp.provenance, _pic.width, _pic.height)
    .join_from(tables.product_pictures, tables.pictures, _pic.sha256 == _pp.sha256, isouter=True)
    .where(_pp.product_id == bindparam("id"))
    .order_by(func.coalesce(_pp.place, _pp.position), _pp.position),
    PictureView,
)
