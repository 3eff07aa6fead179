"""Placing a draft: which rows it needs, compared with those that are there. Decides in memory and reads nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from entrepot.kernel import Tx, from_json, from_rfc3339, to_json

from .attributes import read_choices
from .batch import Batch
from .content import content_of, options_of, picture_rows, product_values, review_rows, variant_picture
from .drafts import ProductDraft, VariantDraft, variant_ids
from .gtin import is_shared
from .matching import draft_gtins, draft_models
from .prices import Terms
from .stock import Count, place_key
from .texts import clean_line, clean_title, slug_of
from .types import Merchant


class Place(NamedTuple):
    """A draft with what was found out about it. `match` is another's product and the variant each of its own is."""

    external_id: str
    draft: ProductDraft
    digest: str
    content_digest: str
    category_id: str | None
    match: tuple[str, tuple[str, ...]] | None


class Known:
    """The rows that are there of what a batch touches."""

    def __init__(
        self,
        merchant: Merchant,
        location_id: str | None,
        listings: dict[str, Any],
        offers: Iterable[Any],
        variants: Iterable[Any],
        fed: dict[tuple[str, str], int | None],
        shared_variants: set[str],
        claimed: set[str],
        places: dict[str, str],
    ) -> None:
        self.merchant = merchant
        self.location_id = location_id
        self.listings = listings
        self.fed: dict[str, dict[str, int | None]] = defaultdict(dict)
        for (offer_id, place), quantity in fed.items():
            self.fed[offer_id][place] = quantity
        self.places = places
        self.shared_variants = shared_variants
        self.claimed = claimed
        self.offers: dict[str, dict[str, Any]] = defaultdict(dict)
        for offer in offers:
            self.offers[offer.listing_id][offer.external_id] = offer
        self.variants: dict[str, list[Any]] = defaultdict(list)
        for variant in variants:
            self.variants[variant.product_id].append(variant)


def place_draft(tx: Tx, batch: Batch, known: Known, place: Place) -> str:
    """Gather a draft's rows; returns its product's id."""
    listing = known.listings.get(place.external_id)
    if place.match is not None:
        product_id, variants = place.match
    elif listing is not None and listing.owned:
        product_id = listing.product_id
        variants = _change_product(tx, batch, known, place, listing)
    elif listing is not None and listing.joined:
        product_id = listing.product_id
        variants = _joined_variants(tx, batch, known, place, listing)
    else:
        product_id = tx.new_id("prd")
        variants = _new_product(tx, batch, known, place, product_id)
    life = _life_of(place.draft, listing, tx.now)
    hidden = life.status != "published"
    listing_id = _place_listing(tx, batch, known, place, listing, product_id, life)
    _place_offers(tx, batch, known, place, listing_id, product_id, variants, hidden)
    if listing is not None and listing.product_id != product_id:
        batch.unjoined.append(listing.id)
        batch.withdrawn.add(listing.product_id)
        batch.offered.add(product_id)
    if listing is not None and hidden != bool(listing.hidden):
        (batch.withdrawn if hidden else batch.listed).add(product_id)
    return product_id


def _new_product(tx: Tx, batch: Batch, known: Known, place: Place, product_id: str) -> tuple[str, ...]:
    content = content_of(place.draft)
    slug = f"{slug_of(content.title) or 'item'}-{product_id[-8:].lower()}"
    row: dict[str, Any] = {
        "id": product_id,
        "slug": slug,
        "owner_id": known.merchant.id,
        "external_id": place.external_id,
    }
    row |= product_values(content)
    row |= {"category_id": place.category_id, "hidden": 0, "joined_to": None}
    row |= {"kind": "thing", "ref": None, "meters": None}
    row |= {"rating_total": 0, "rating_count": 0, "rating_verified": 0, "created_at": tx.now, "changed_at": tx.now}
    batch.new_products.append(row)
    batch.listed.add(product_id)
    _place_words(tx, batch, known, place, product_id, content)
    return _place_variants(tx, batch, known, place, product_id, {})


def _change_product(tx: Tx, batch: Batch, known: Known, place: Place, listing: Any) -> tuple[str, ...]:
    """The product of a draft whose merchant owns its content; rows of it change only when its content does."""
    product_id: str = listing.product_id
    mine = {offer.external_id: offer.variant_id for offer in known.offers[listing.id].values()}
    if listing.content_hash == place.content_digest:
        return tuple(mine[clean_line(external_id)] for external_id in variant_ids(place.draft))
    content = content_of(place.draft)
    values = product_values(content) | {"id": product_id, "category_id": place.category_id, "changed_at": tx.now}
    batch.changed_products.append({f"{name}_": value for name, value in values.items()})
    batch.pictured.append(product_id)
    batch.listed.add(product_id)
    _place_words(tx, batch, known, place, product_id, content)
    return _place_variants(tx, batch, known, place, product_id, mine)


def _joined_variants(tx: Tx, batch: Batch, known: Known, place: Place, listing: Any) -> tuple[str, ...]:
    """The variants of a product that a person joined this listing to: its words are another's, what is missing of its
    variants is added behind them."""
    mine = {offer.external_id: offer.variant_id for offer in known.offers[listing.id].values()}
    there = known.variants[listing.product_id]
    by_gtin = {variant.gtin: variant.id for variant in there if variant.gtin}
    by_options = {_options_key(read_choices(variant.options).items()): variant.id for variant in there}
    chosen: list[str] = []
    for external_id, row in zip(map(clean_line, variant_ids(place.draft)), _variant_rows(place.draft), strict=True):
        candidates = (
            mine.get(external_id), by_gtin.get(row["gtin"] or ""), by_options.get(_options_key(row["options"])),
        )  # fmt: skip
        found = next((each for each in candidates if each is not None and each not in chosen), None)
        if found is None:
            found = tx.new_id("var")
            row |= {"id": found, "position": len(there) + len(chosen), "options": to_json(row["options"])}
            _write_variant(batch, known, listing.product_id, row, None)
        chosen.append(found)
    return tuple(chosen)


def _place_words(tx: Tx, batch: Batch, known: Known, place: Place, product_id: str, content: Any) -> None:
    batch.pictures += picture_rows(product_id, content)
    batch.reviews += review_rows(place.draft, product_id, known.merchant.id, tx.now)


def _place_variants(
    tx: Tx, batch: Batch, known: Known, place: Place, product_id: str, mine: dict[str, str]
) -> tuple[str, ...]:
    """The variant of each of the draft's: the one it had, else one with its GTIN or its choices, else a new one."""
    there = {variant.id: variant for variant in known.variants[product_id]}
    by_gtin = {variant.gtin: variant.id for variant in there.values() if variant.gtin}
    by_options = {_options_key(read_choices(variant.options).items()): variant.id for variant in there.values()}
    ids = tuple(map(clean_line, variant_ids(place.draft)))
    used: set[str] = {mine[external_id] for external_id in ids if external_id in mine}
    chosen = []
    for position, row in enumerate(_variant_rows(place.draft)):
        found = mine.get(ids[position])
        if found is None:
            candidates = (by_gtin.get(row["gtin"] or ""), by_options.get(_options_key(row["options"])))
            found = next((each for each in candidates if each is not None and each not in used), None)
        variant_id = found or tx.new_id("var")
        used.add(variant_id)
        chosen.append(variant_id)
        if (before := there.get(variant_id)) is not None and variant_id in known.shared_variants:
            row["gtin"] = before.gtin  # others sell it under this number
        row |= {"id": variant_id, "position": position, "options": to_json(row["options"])}
        _write_variant(batch, known, product_id, row, before)
    return tuple(chosen)


def _variant_rows(draft: ProductDraft) -> Iterator[dict[str, Any]]:
    """What each variant is, but for its id and place."""
    for variant, gtin, (mpn, key) in zip(draft.variants, draft_gtins(draft), draft_models(draft), strict=True):
        picture = variant_picture(draft, variant)
        options = options_of(draft, variant)
        yield {"options": options, "gtin": gtin, "picture": picture, "mpn": mpn, "model_key": key}


def _options_key(options: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(options))


def _write_variant(batch: Batch, known: Known, product_id: str, row: dict[str, Any], before: Any) -> None:
    gtin, variant_id = row["gtin"], row["id"]
    if before is None:
        batch.new_variants.append({**row, "product_id": product_id})
    elif to_json(from_json(before.options)) != row["options"] or any(
        getattr(before, name) != row[name] for name in ("position", "gtin", "picture", "mpn", "model_key")
    ):
        batch.changed_variants.append({f"{name}_": value for name, value in row.items()})
    if before is not None and before.gtin and before.gtin != gtin:
        batch.freed_claims.append(variant_id)
    if gtin and is_shared(gtin) and gtin not in known.claimed and known.merchant.status == "approved":
        batch.claim(gtin, variant_id, product_id)


def _place_listing(tx: Tx, batch: Batch, known: Known, place: Place, listing: Any, product_id: str, life: Life) -> str:
    listing_id: str = tx.new_id("lst") if listing is None else listing.id
    row = {
        "id": listing_id,
        "product_id": product_id,
        "hidden": int(life.status != "published"),
        "status": life.status,
        "publish_at": life.publish_at,
        "tags": to_json(clean_tags(place.draft.tags)),
        "fed_published": int(place.draft.published),
        "fed_publish_at": _publish_at(place.draft),
        "row_hash": place.digest,
        "content_hash": place.content_digest,
        "changed_at": tx.now,
    }
    if listing is not None:
        batch.changed_listings.append({f"{name}_": value for name, value in row.items()})
    else:
        merchant_id = known.merchant.id
        batch.new_listings.append(
            {**row, "merchant_id": merchant_id, "external_id": place.external_id, "joined": 0, "created_at": tx.now}
        )
    return listing_id


class Life(NamedTuple):
    """Where a listing stands, and when a scheduled one is shown."""

    status: str
    publish_at: int | None


def _life_of(draft: ProductDraft, listing: Any, now: int) -> Life:
    """As the feed says when it says something new; else as it was, because it may have been changed by hand."""
    publish_at = _publish_at(draft)
    said = (int(draft.published), publish_at)
    if listing is not None and said == (listing.fed_published, listing.fed_publish_at):
        return Life(listing.status, listing.publish_at)
    if not draft.published:
        return Life("draft" if listing is None or listing.status in ("draft", "scheduled") else "hidden", None)
    if publish_at is not None and publish_at > now:
        return Life("scheduled", publish_at)
    return Life("published", None)


def _publish_at(draft: ProductDraft) -> int | None:
    return from_rfc3339(draft.publish_at) if draft.publish_at else None


def clean_tags(tags: Iterable[str]) -> list[str]:
    """A merchant's words for its goods, each once."""
    return list(dict.fromkeys(filter(None, map(clean_title, tags))))


def _place_offers(
    tx: Tx,
    batch: Batch,
    known: Known,
    place: Place,
    listing_id: str,
    product_id: str,
    variants: tuple[str, ...],
    hidden: bool,
) -> None:
    there = dict(known.offers[listing_id])
    state = "hidden" if hidden else "active"
    for variant, external_id, variant_id in zip(place.draft.variants, variant_ids(place.draft), variants, strict=True):
        before = there.pop(clean_line(external_id), None)
        values = {"product_id": product_id, "variant_id": variant_id, "state": state, **offer_values(variant, tx.now)}
        if before is None:
            offer_id = tx.new_id("off")
            row: dict[str, Any] = {"id": offer_id, "listing_id": listing_id, "merchant_id": known.merchant.id}
            row |= {"external_id": clean_line(external_id), "created_at": tx.now, "changed_at": tx.now}
            row |= {"lowest_30d_minor": None, "bundled": 0, "low_stock": 0}
            batch.new_offers.append(row | values)
            batch.offered.add(product_id)
        else:
            offer_id = before.id
            _change_offer(tx, batch, before, values)
        _place_stock(batch, known, offer_id, variant, product_id, before is None)
    for gone in there.values():
        if gone.state != "gone":
            _change_offer(tx, batch, gone, {"state": "gone"})


def offer_values(variant: VariantDraft, now: int) -> dict[str, Any]:
    """The columns of an offer that its draft decides. A reduction that reduces nothing is none."""
    terms = terms_of_draft(variant)
    return {
        **terms._asdict(),
        "price_minor": terms.price_at(now),
        "switch_at": terms.next_border(now),
        "currency": variant.currency,
        "prices": to_json(variant.prices),
        "condition": variant.condition,
        "weight_g": variant.weight_g,
        "length_mm": variant.length_mm,
        "width_mm": variant.width_mm,
        "height_mm": variant.height_mm,
        "tax_category": variant.tax_category,
        "counted": int(variant.is_counted),
        "low_stock_at": variant.low_stock_at,
    }


def terms_of_draft(variant: VariantDraft) -> Terms:
    """What a draft says of the price."""
    listed, sale = variant.list_price_minor, variant.sale
    return Terms(
        variant.price_minor,
        sale.price_minor if sale else None,
        from_rfc3339(sale.starts_at) if sale and sale.starts_at else None,
        from_rfc3339(sale.ends_at) if sale and sale.ends_at else None,
        listed if listed is not None and listed > variant.price_minor else None,
    )


_CHANGEABLE = (
    "product_id", "variant_id", "price_minor", "regular_price_minor", "sale_price_minor", "sale_starts_at",
    "sale_ends_at", "switch_at", "list_price_minor", "currency", "prices", "condition", "weight_g", "length_mm",
    "width_mm", "height_mm", "tax_category", "counted", "low_stock_at", "state",
)  # fmt: skip


def _change_offer(tx: Tx, batch: Batch, before: Any, values: dict[str, Any]) -> None:
    row = {name: values.get(name, getattr(before, name)) for name in _CHANGEABLE}
    row["prices"] = to_json(from_json(row["prices"]))
    same = before._replace(prices=to_json(from_json(before.prices)))
    if all(row[name] == getattr(same, name) for name in _CHANGEABLE):
        return
    lowest = {"lowest_30d_minor": before.lowest_30d_minor}
    batch.changed_offers.append({f"{name}_": value for name, value in (row | lowest | {"id": before.id}).items()})
    batch.changed_offers[-1]["changed_at_"] = tx.now
    batch.offers_before[before.id] = before
    batch.offered.add(row["product_id"])


def _place_stock(
    batch: Batch, known: Known, offer_id: str, variant: VariantDraft, product_id: str, is_new: bool
) -> None:
    """Count only what the feed says anew: an old file, read again, must not bring back what was sold since."""
    before = known.fed[offer_id]
    for location_id, quantity in _said_of_stock(known, variant, before).items():
        if before.get(location_id) == quantity:
            continue
        batch.fed[offer_id, location_id] = quantity
        if quantity is not None:
            batch.counts.append(Count(offer_id, location_id, quantity))
            if not is_new:
                batch.stocked[offer_id] = product_id


def _said_of_stock(known: Known, variant: VariantDraft, before: dict[str, int | None]) -> dict[str, int | None]:
    """How many lie where. Who names places names them all: one that was named before and is not now has none."""
    if variant.stock:
        gone = {location_id: 0 for location_id, quantity in before.items() if quantity is not None}
        return {**gone, **{known.places[place_key(name)]: quantity for name, quantity in variant.stock.items()}}
    return {} if known.location_id is None else {known.location_id: variant.quantity}
