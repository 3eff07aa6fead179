"""A merchant's listings as drafts again, page by page: what an import of them would say.

A draft of a listing says what is stored: words as they were cleaned, stock as it lies there, held pieces included.
Imported once more it makes the same goods. A fixed number of reads a page, whatever is on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from entrepot import deliver
from entrepot.kernel import Prepared, Snapshot, from_json, in_set, prepare
from entrepot.kernel.clock import to_rfc3339

from .. import tables
from ..attributes import read_choices
from ..categories import parse_path, paths_of, slug_path
from ..drafts import PictureDraft, ProductDraft, ReviewDraft, SaleDraft, VariantDraft
from ..stock import on_hand_of
from ..texts import code_of
from ..types import Category

PAGE: Final = 200


class Exported(msgspec.Struct, frozen=True):
    """A listing as a draft, with what a feed for others needs to know: its address here and what can be bought now.

    `stored` names the pictures that lie here by their sha256, in the order of the draft's; `sellable` are the external
    ids of the variants that somebody can buy now. `visible` is whether buyers see the listing.
    """

    listing_id: str
    slug: str
    draft: ProductDraft
    variant_ids: tuple[str, ...]
    prices_now: tuple[int, ...]
    sellable: frozenset[str]
    visible: bool
    seller: str
    currency: str
    """The merchant's own."""
    changed_at: int


class ExportPage(msgspec.Struct, frozen=True):
    """Some listings in the order of their ids. `after` is the last id that was looked at, empty behind the end."""

    listings: tuple[Exported, ...]
    after: str


def export_page(snapshot: Snapshot, merchant_id: str, after: str = "", most: int = PAGE) -> ExportPage:
    """The merchant's next listings by id; those taken off sale, and bundles, are left out."""
    rows = snapshot.all(_listings, merchant_id=merchant_id, after=after, most=most)
    if not rows:
        return ExportPage((), "")
    found = _Rows(snapshot, merchant_id, rows)
    return ExportPage(tuple(each for row in rows if (each := found.export(row)) is not None), rows[-1].id)


class _Rows:
    """What a page of listings needs, read set-wise."""

    def __init__(self, snapshot: Snapshot, merchant_id: str, rows: Sequence[Any]) -> None:
        products = sorted({row.product_id for row in rows})
        offers = snapshot.all(_offers, ids=[row.id for row in rows])
        self._offers = _grouped(offers, "listing_id")
        self._pictures = _grouped(snapshot.all(_pictures, ids=products), "product_id")
        self._reviews = _grouped(snapshot.all(_reviews, ids=products, merchant_id=merchant_id), "product_id")
        self._paths = paths_of(snapshot, [row.category_id for row in rows])
        self._on_hand = on_hand_of(snapshot, [offer.id for offer in offers if offer.counted])
        self._places = {place.id: place.name for place in deliver.locations_of(snapshot, [merchant_id])[merchant_id]}
        codes = sorted({code for row in rows for code, _ in from_json(row.attributes)})
        names = snapshot.all(_names, codes=codes) if codes else []
        self._names = {row.code: from_json(row.names, dict[str, str]).get("en", row.code) for row in names}

    def export(self, row: Any) -> Exported | None:
        """One listing; None when it offers nothing any more."""
        offers = self._offers[row.id]
        if not offers:
            return None
        variants = tuple(self._variant(offer) for offer in offers)
        on_sale = row.status == "published" and not row.product_hidden and row.merchant_status == "approved"
        sellable = {offer.external_id for offer in offers if on_sale and self._has_some(offer)}
        return Exported(
            listing_id=row.id,
            slug=row.slug,
            draft=self._draft(row, variants),
            variant_ids=tuple(offer.variant_id for offer in offers),
            prices_now=tuple(offer.price_minor for offer in offers),
            sellable=frozenset(sellable),
            visible=on_sale,
            seller=row.merchant_name,
            currency=row.merchant_currency,
            changed_at=max(row.changed_at, row.product_changed_at, *(offer.changed_at for offer in offers)),
        )

    def _has_some(self, offer: Any) -> bool:
        return offer.state == "active" and (not offer.counted or sum(self._on_hand[offer.id].values()) > 0)

    def _draft(self, row: Any, variants: tuple[VariantDraft, ...]) -> ProductDraft:
        return ProductDraft(
            external_id=row.external_id,
            title=row.title,
            variants=variants,
            description=row.description,
            brand=row.brand,
            category=_category(self._paths.get(row.category_id, ())),
            attributes={self._label(code): value for code, value in from_json(row.attributes)},
            options=tuple(from_json(row.options, list[str])),
            pictures=tuple(_picture(each, row.title) for each in self._pictures[row.product_id]),
            reviews=tuple(_review(each) for each in self._reviews[row.product_id]) if row.owned else (),
            published=row.status in ("published", "scheduled"),
            publish_at=to_rfc3339(row.publish_at) if row.publish_at is not None else None,
            mpn=row.mpn,
            tax_category=row.tax_category,
            fits=tuple(from_json(row.fits, list[str])),
            tags=tuple(from_json(row.tags, list[str])),
        )

    def _label(self, code: str) -> str:
        """The attribute's name, when it leads back to this code; else the code itself."""
        name = self._names.get(code, code)
        return name if code_of(name) == code else code

    def _variant(self, offer: Any) -> VariantDraft:
        on_hand = self._on_hand.get(offer.id, {}) if offer.counted else {}
        is_spread = len(on_hand) > 1
        return VariantDraft(
            price_minor=offer.regular_price_minor,
            currency=offer.currency,
            external_id=offer.external_id,
            options=read_choices(offer.options),
            list_price_minor=offer.list_price_minor,
            quantity=sum(on_hand.values()) if offer.counted and not is_spread else None,
            weight_g=offer.weight_g,
            gtin=offer.gtin,
            picture=offer.picture,
            mpn=offer.mpn,
            condition=offer.condition,
            sale=_sale(offer),
            prices=from_json(offer.prices, dict[str, int]),
            stock={self._places.get(place, place): count for place, count in on_hand.items()} if is_spread else {},
            low_stock_at=offer.low_stock_at,
            length_mm=offer.length_mm,
            width_mm=offer.width_mm,
            height_mm=offer.height_mm,
            tax_category=offer.tax_category,
        )


def _grouped(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _category(path: Sequence[Category]) -> str | None:
    """By the names that people read, when they lead back to the same category; else by its address."""
    if not path:
        return None
    named = " > ".join(category.names["en"] for category in path)
    return named if slug_path(parse_path(named)) == path[-1].slug else path[-1].slug


def _picture(row: Any, title: str) -> str | PictureDraft:
    source: str = row.url or row.sha256
    return PictureDraft(source, row.alt) if row.alt and row.alt != title else source


def _review(row: Any) -> ReviewDraft:
    return ReviewDraft(row.author, row.rating, row.body, row.title, to_rfc3339(row.written_at))


def _sale(offer: Any) -> SaleDraft | None:
    if offer.sale_price_minor is None:
        return None
    starts, ends = offer.sale_starts_at, offer.sale_ends_at
    return SaleDraft(
        offer.sale_price_minor,
        to_rfc3339(starts) if starts is not None else None,
        to_rfc3339(ends) if ends is not None else None,
    )


_l, _p, _o, _v, _m = tables.listings.c, tables.products.c, tables.offers.c, tables.variants.c, tables.merchants.c
_pp, _r, _a = tables.product_pictures.c, tables.reviews.c, tables.attributes.c
_listings: Prepared[Any] = prepare(
    select(
        _l.id, _l.external_id, _l.product_id, _l.status, _l.publish_at, _l.tags, _l.changed_at, _p.slug, _p.title,
        _p.description, _p.brand, _p.category_id, _p.attributes, _p.options, _p.mpn, _p.tax_category, _p.fits,
        _p.hidden.label("product_hidden"), _p.changed_at.label("product_changed_at"),
        (_p.owner_id == _l.merchant_id).label("owned"), _m.name.label("merchant_name"),
        _m.status.label("merchant_status"), _m.currency.label("merchant_currency"),
    )
    .select_from(
        tables.listings.join(tables.products, _p.id == _l.product_id).join(tables.merchants, _m.id == _l.merchant_id)
    )
    .where(_l.merchant_id == bindparam("merchant_id"), _l.id > bindparam("after"), _l.status != "delisted",
        _p.kind == "thing",  # what is metered is sold nowhere else
    )
    .order_by(_l.id)
    .limit(bindparam("most"))
)  # fmt: skip
_offers: Prepared[Any] = prepare(
    select(
        _o.id, _o.listing_id, _o.external_id, _o.variant_id, _o.price_minor, _o.regular_price_minor,
        _o.sale_price_minor, _o.sale_starts_at, _o.sale_ends_at, _o.list_price_minor, _o.currency, _o.prices,
        _o.condition, _o.weight_g, _o.length_mm, _o.width_mm, _o.height_mm, _o.tax_category, _o.counted,
        _o.low_stock_at, _o.state, _o.changed_at, _v.options, _v.gtin, _v.picture, _v.mpn,
    )
    .join_from(tables.offers, tables.variants, _v.id == _o.variant_id)
    .where(in_set(_o.listing_id, "ids"), _o.state != "gone", _o.bundled == 0)
    .order_by(_o.listing_id, _v.position, _o.id)
)  # fmt: skip
_pictures: Prepared[Any] = prepare(
    select(_pp.product_id, _pp.sha256, _pp.url, _pp.alt)
    .where(in_set(_pp.product_id, "ids"))
    .order_by(_pp.product_id, _pp.position)
)
_reviews: Prepared[Any] = prepare(
    select(_r.product_id, _r.author, _r.rating, _r.title, _r.body, _r.written_at)
    .where(in_set(_r.product_id, "ids"), _r.origin == "imported", _r.source == bindparam("merchant_id"))
    .order_by(_r.product_id, _r.written_at, _r.id)
)
_names: Prepared[Any] = prepare(select(_a.code, _a.names).where(in_set(_a.code, "codes")))
