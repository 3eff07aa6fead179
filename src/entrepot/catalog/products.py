"""Saving products: a batch of drafts becomes products, variants, offers and stock, in a handful of statements.

1. The merchant is locked, the listings of these external ids are read with the digest of the row that made each; a row
   with the same digest is done with.
2. The rest is checked, and what it touches is read set-wise: categories, claims of GTINs, products, variants, offers.
3. Each draft finds its product: the merchant's own, another's that it matches, or a new one (`matching`).
4. Rows are gathered in memory, compared with those that are there, and written with a statement a kind.
5. The stock that a feed counts is posted as the difference to what is on hand, once for the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from entrepot import ledger
from entrepot.identity import Scope
from entrepot.kernel import Invalid, Prepared, Tx, in_set, prepare

from . import tables
from .batch import Batch
from .categories import resolve_categories
from .content import define_attributes
from .drafts import Fault, ProductDraft, check_draft, content_hash, row_hash
from .matching import Claims, match_product, read_claims
from .merchants import lock_merchant, require_merchant
from .placing import Known, Place, place_draft
from .sales import enqueue_borders, enqueue_openings, settle_prices
from .stock import announce_stock, check_location, count_plan, fed_quantities, place_key, places_of, write_places
from .texts import clean_line
from .types import Merchant, Saved
from .visibility import announce_listed, announce_offers, announce_withdrawn

DRAFTS_MAX = 500


class Row(NamedTuple):
    """A draft with its key and its digest."""

    external_id: str
    draft: ProductDraft
    digest: str


def save_products(
    tx: Tx, scope: Scope, merchant_id: str, drafts: Sequence[ProductDraft], location_id: str | None,
    origin: str | None = None, *, checked: bool = False,
) -> Saved:  # fmt: skip
    """List what a merchant has: at most 500 drafts, each a whole product with its variants, prices and stock.

    A draft that says the same as last time changes nothing, whatever became of the goods meanwhile; one that says
    something new changes what it says: a price, the words, a count of stock. A count is absolute and set when the draft
    says another than last time; what is held for orders stays. Variants that a draft leaves out are taken off sale. Of
    two drafts with one external id the later counts. `location_id` is where counted stock lies; it may be None where
    nothing is counted. `origin` is the import that lists them, where one does; `checked` drafts are
    those in which `find_faults` was asked and found nothing.

    A command saves once, because stock is posted once. Invalid, naming the fields, when a draft cannot be listed: then
    nothing is saved. NotFound for a merchant that the caller does not act for.
    """
    if len(drafts) > DRAFTS_MAX:
        raise Invalid(f"Save at most {DRAFTS_MAX} products at a time: there are {len(drafts)}")
    require_merchant(scope, merchant_id)
    merchant = lock_merchant(tx, merchant_id)
    rows = _latest(drafts, location_id)
    listings = read_listings(tx, merchant_id, rows)
    fresh = [row for row in rows.values() if not is_unchanged(row, listings)]
    products = {external_id: listing.product_id for external_id, listing in listings.items()}
    if fresh:
        if not checked:
            for row in fresh:
                check_draft(row.draft)
        products |= _save(tx, merchant, fresh, listings, location_id, origin)
    created = sum(row.external_id not in listings for row in fresh)
    return Saved(created, len(fresh) - created, len(rows) - len(fresh), products)


def digest_rows(drafts: Iterable[ProductDraft], location_id: str | None) -> dict[str, Row]:
    """Drafts by external id with their digests; of two with one id the later."""
    return _latest(drafts, location_id)


def read_listings(tx: Any, merchant_id: str, external_ids: Iterable[str]) -> dict[str, Any]:
    """The merchant's listings of these external ids, in one read."""
    found = tx.all(_listings, merchant_id=merchant_id, external_ids=list(external_ids))
    return {row.external_id: row for row in found}


def is_unchanged(row: Row, listings: dict[str, Any]) -> bool:
    """Whether a draft says what it said last time."""
    return row.external_id in listings and listings[row.external_id].row_hash == row.digest


def _latest(drafts: Iterable[ProductDraft], location_id: str | None) -> dict[str, Row]:
    rows = {}
    for draft in drafts:
        external_id = clean_line(draft.external_id)
        rows[external_id] = Row(external_id, draft, row_hash(draft, location_id))
    return rows


def _save(
    tx: Tx, merchant: Merchant, fresh: Sequence[Row], listings: dict[str, Any], location_id: str | None,
    origin: str | None,
) -> dict[str, str]:  # fmt: skip
    """Save what is new or changed; returns the product of each by external id."""
    places = _check_places(tx, merchant.id, fresh, location_id)
    drafts = [row.draft for row in fresh]
    categories = resolve_categories(tx, merchant.id, {draft.category for draft in drafts if draft.category})
    define_attributes(tx, drafts)
    claims = read_claims(tx, drafts)
    matches = _match(merchant.id, fresh, listings, claims)
    known = _read_known(tx, merchant, fresh, listings, set(claims.gtins), location_id, places)
    batch = Batch()
    products = {}
    for row in fresh:
        place = Place(
            row.external_id, row.draft, row.digest, content_hash(row.draft), categories.get(row.draft.category or ""),
            matches.get(row.external_id),
        )  # fmt: skip
        products[row.external_id] = place_draft(tx, batch, known, place)
    settle_prices(tx, batch)
    batch.write(tx)
    write_places(tx, batch.fed)
    ledger.post(tx, count_plan(tx, batch.counts, merchant.id))
    enqueue_borders(tx, batch)
    enqueue_openings(tx, batch)
    if merchant.status == "approved":
        _announce(tx, batch, origin)
    return products


def place_faults(draft: ProductDraft, places: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with the places that a draft's stock names; `places` are the merchant's (`stock.places_of`)."""
    for position, variant in enumerate(draft.variants):
        at = f"variants[{position}].stock"
        found = [places.get(place_key(name)) for name in variant.stock]
        for name, location_id in zip(variant.stock, found, strict=True):
            if location_id is None:
                yield Fault(at, "You have no location of this name: add it first, or write one of yours", name)
            elif found.count(location_id) > 1:
                yield Fault(at, "This location is named twice", name)


def _check_places(tx: Tx, merchant_id: str, fresh: Sequence[Row], location_id: str | None) -> dict[str, str]:
    """The merchant's places by name and id, where a draft names any; Invalid when it names another."""
    if not any(variant.stock for row in fresh for variant in row.draft.variants):
        _check_place(tx, merchant_id, fresh, location_id)
        return {}
    if any(variant.quantity is not None for row in fresh for variant in row.draft.variants) or location_id is not None:
        _check_place(tx, merchant_id, fresh, location_id)
    places = places_of(tx, merchant_id)
    for row in fresh:
        for fault in place_faults(row.draft, places):
            raise Invalid(f"{row.external_id}: {fault.value!r}: {fault.reason}", fields={fault.field: fault.reason})
    return places


def _check_place(tx: Tx, merchant_id: str, fresh: Sequence[Row], location_id: str | None) -> None:
    if location_id is not None:
        check_location(tx, merchant_id, location_id)
    elif any(variant.quantity is not None for row in fresh for variant in row.draft.variants):
        raise Invalid(
            "These goods are counted: say where they lie, or leave their quantity out",
            fields={"location_id": "needed where stock is counted"},
        )


def _match(
    merchant_id: str, fresh: Sequence[Row], listings: dict[str, Any], claims: Claims
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The shared product of each draft that is about one. A product's own lister stays with it."""
    found = {}
    for row in fresh:
        is_mine = row.external_id in listings and listings[row.external_id].owned
        if any(claims) and not is_mine and (match := match_product(row.draft, merchant_id, claims)) is not None:
            found[row.external_id] = match
    return found


def _read_known(
    tx: Tx,
    merchant: Merchant,
    fresh: Sequence[Row],
    listings: dict[str, Any],
    claimed: set[str],
    location_id: str | None,
    places: dict[str, str],
) -> Known:
    """What is there already of everything this batch touches: a few reads where something is, none where nothing is."""
    touched = [listings[row.external_id] for row in fresh if row.external_id in listings]
    product_ids = sorted({listing.product_id for listing in touched if listing.owned or listing.joined})
    offers = tx.all(_offers, ids=[listing.id for listing in touched]) if touched else []
    variants = tx.all(_variants, ids=product_ids) if product_ids else []
    shared = tx.all(_shared, ids=product_ids, mine=merchant.id) if product_ids else []
    fed = fed_quantities(tx, [offer.id for offer in offers]) if offers and (location_id or places) else {}
    shared_ids = {row.variant_id for row in shared}
    return Known(merchant, location_id, listings, offers, variants, fed, shared_ids, claimed, places)


def _announce(tx: Tx, batch: Batch, origin: str | None) -> None:
    announce_listed(tx, batch.listed, origin)
    announce_withdrawn(tx, batch.withdrawn - batch.listed)
    announce_offers(tx, batch.offered - batch.listed - batch.withdrawn)
    announce_stock(tx, batch.stocked)


_l, _o, _v, _p = tables.listings.c, tables.offers.c, tables.variants.c, tables.products.c
_listings: Prepared[Any] = prepare(
    select(
        _l.id,
        _l.external_id,
        _l.product_id,
        _l.hidden,
        _l.status,
        _l.publish_at,
        _l.fed_published,
        _l.fed_publish_at,
        _l.joined,
        _l.row_hash,
        _l.content_hash,
        ((_p.owner_id == _l.merchant_id) & (_p.external_id == _l.external_id)).label("owned"),
    )
    .join_from(tables.listings, tables.products, _p.id == _l.product_id)
    .where(_l.merchant_id == bindparam("merchant_id"), in_set(_l.external_id, "external_ids"))
)
_offers: Prepared[Any] = prepare(
    select(
        _o.id, _o.listing_id, _o.external_id, _o.product_id, _o.variant_id, _o.price_minor, _o.regular_price_minor,
        _o.sale_price_minor, _o.sale_starts_at, _o.sale_ends_at, _o.switch_at, _o.lowest_30d_minor,
        _o.list_price_minor, _o.currency, _o.prices, _o.condition, _o.weight_g, _o.length_mm, _o.width_mm,
        _o.height_mm, _o.tax_category, _o.counted, _o.low_stock_at, _o.state,
    )
    .where(in_set(_o.listing_id, "ids"))
    .order_by(_o.id)
    .with_for_update()
)  # fmt: skip
_variants: Prepared[Any] = prepare(
    select(_v.id, _v.product_id, _v.position, _v.options, _v.gtin, _v.picture, _v.mpn, _v.model_key)
    .where(in_set(_v.product_id, "ids"))
    .order_by(_v.product_id, _v.position, _v.id)
)
_shared: Prepared[Any] = prepare(
    select(_o.variant_id).where(in_set(_o.product_id, "ids"), _o.merchant_id != bindparam("mine"), _o.state != "gone")
)
