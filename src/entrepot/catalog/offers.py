"""Offers: who sells a variant at which price, which offer is proposed first, and what a cart needs to know of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import bindparam, func, select, update

from entrepot import ledger
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json

from . import tables
from .attributes import read_choices
from .currencies import is_currency
from .landing import in_order, land
from .parts import Part, read_parts
from .prices import NO_SALE, Terms, follow, prices_now, terms_of
from .sales import SWITCH, enqueue_at, read_history, standing_of, write_steps
from .stock import Count, announce_stock, check_location, count_plan, keep_place, left_of
from .types import PRICE_MINOR_MAX, QUANTITY_MAX, WEIGHT_G_MAX, CartOffer, OfferView
from .visibility import announce_offers


def offers_for_cart(snapshot: Snapshot, offer_ids: Sequence[str]) -> dict[str, CartOffer]:
    """Offers as a cart shows and an order freezes them, in two or three reads. Ids that name no offer are left out."""
    rows = snapshot.all(_for_cart, ids=sorted(set(offer_ids)))
    left = left_of(snapshot, rows)
    parts = read_parts(snapshot, [row.id for row in rows if row.bundled])
    return {row.id: _cart_offer(row, left.get(row.id), parts[row.id], snapshot.now) for row in rows}


def offers_of(snapshot: Snapshot, product_ids: Iterable[str]) -> dict[str, list[OfferView]]:
    """What approved merchants offer now of each product, best first, in two or three reads."""
    rows = snapshot.all(_of_products, ids=sorted(set(product_ids)))
    left = left_of(snapshot, rows)
    found: dict[str, list[OfferView]] = defaultdict(list)
    for row in rows:
        found[row.product_id].append(offer_view(row, left.get(row.id), snapshot.now))
    landed = land(snapshot, found, {row.merchant_id: row.country for row in rows})
    return {product_id: in_order(offers) for product_id, offers in landed.items()}


def offer_view(row: Any, left: int | None, now: int, parts: Sequence[Part] = ()) -> OfferView:
    """A row with what is left of it, at its price now; it sells when it is shown, its seller approved, and something
    left."""
    sellable = row.state == "active" and row.status == "approved" and not row.hidden and left != 0
    terms = terms_of(row)
    price_minor = terms.price_at(now)
    sale = terms if terms.sale_ends_at is None or terms.sale_ends_at > now else NO_SALE
    return OfferView(
        row.id, row.variant_id, row.merchant_id, row.merchant_name, row.merchant_slug, row.external_id, price_minor,
        row.list_price_minor, row.currency, row.weight_g, row.state, sellable, left, row.created_at,
        row.regular_price_minor, row.lowest_30d_minor if terms.is_reduced(price_minor) else None, row.condition,
        prices_now(from_json(row.prices), terms, price_minor), sale.sale_price_minor, sale.sale_starts_at,
        sale.sale_ends_at, row.low_stock_at, row.length_mm, row.width_mm, row.height_mm, row.tax_category,
        tuple((part.offer_id, part.quantity) for part in parts),
    )  # fmt: skip


def total_left(offers: Sequence[OfferView]) -> int | None:
    """How many pieces can be bought of all these offers; None when one of them is not counted."""
    lefts = [offer.available for offer in offers if offer.sellable]
    return None if None in lefts else sum(left for left in lefts if left is not None)


def variant_label(options: str | Mapping[str, str]) -> str:
    """A variant's choices as a line: `Blue / XL`."""
    return " / ".join((read_choices(options) if isinstance(options, str) else options).values())


class OfferChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to change of an offer; what is left out stays, None takes away.

    `price_minor` is the regular price; a sale without times is on from now until it is taken away. `prices` replaces
    all prices in other currencies.
    """

    price_minor: int | UnsetType = UNSET
    list_price_minor: int | UnsetType | None = UNSET
    weight_g: int | UnsetType | None = UNSET
    sale: Sale | UnsetType | None = UNSET
    prices: dict[str, int] | UnsetType = UNSET
    low_stock_at: int | UnsetType | None = UNSET


class Sale(msgspec.Struct, frozen=True):
    """A lower price for a while; times in microseconds, None where it has no border on that side."""

    price_minor: int
    starts_at: int | None = None
    ends_at: int | None = None


def update_offer(tx: Tx, scope: Scope, offer_id: str, change: OfferChange) -> OfferView:
    """Change prices or a weight of one of the caller's own offers. It holds from the commit on, in every cart too."""
    row = _lock_own(tx, scope, offer_id)
    terms, rest = terms_of(row), {name: getattr(row, name) for name in ("weight_g", "low_stock_at", "prices")}
    after = _terms_after(terms, change)
    changed = {name: value for name in rest if (value := getattr(change, name)) is not UNSET}
    _check(row.currency, after, changed)
    changed = rest | changed | ({"prices": to_json(changed["prices"])} if "prices" in changed else {})
    if after != terms or changed != rest:
        told = read_history(tx, [offer_id], row.switch_at or tx.now)[offer_id]
        standing, steps = follow(terms, standing_of(row), after, told, tx.now)
        values = {**after._asdict(), **standing._asdict(), **changed, "id": offer_id, "changed_at": tx.now}
        tx.run(_change, **{f"{name}_": value for name, value in values.items()})
        write_steps(tx, offer_id, steps)
        enqueue_at(tx, SWITCH, [standing.switch_at])
        announce_offers(tx, [row.product_id])
    if changed["low_stock_at"] != rest["low_stock_at"]:  # the number may be crossed by being named
        tx.run(_forget_low, id_=offer_id)
        announce_stock(tx, [offer_id])
    return get_offer(tx, scope, offer_id)


def set_stock(tx: Tx, scope: Scope, offer_id: str, location_id: str, on_hand: int | None) -> OfferView:
    """Say how many pieces of an offer lie at a place, those held for orders included; None: no longer counted.

    Posts the difference, so a command sets the stock of one offer. What is held for orders stays.
    """
    row = _lock_own(tx, scope, offer_id)
    if row.bundled:
        raise Invalid("A bundle has no stock of its own: count its parts")
    check_location(tx, row.merchant_id, location_id)
    if on_hand is not None and not 0 <= on_hand <= QUANTITY_MAX:
        raise Invalid("Count 0 pieces or more", fields={"on_hand": f"must be 0 to {QUANTITY_MAX}"})
    tx.run(_count, id_=offer_id, counted_=int(on_hand is not None), changed_at_=tx.now)
    if on_hand is not None:
        keep_place(tx, offer_id, location_id)
        ledger.post(tx, count_plan(tx, [Count(offer_id, location_id, on_hand)], offer_id))
    announce_stock(tx, [offer_id])
    return get_offer(tx, scope, offer_id)


def regular_prices(snapshot: Snapshot, offer_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """The prices without a sale that sellers gave in other currencies, by offer."""
    return {row.id: from_json(row.prices) for row in snapshot.all(_given_prices, ids=sorted(offer_ids))}


def get_offer(snapshot: Snapshot, scope: Scope, offer_id: str) -> OfferView:
    """One of the caller's own offers; NotFound for anybody else's."""
    row = snapshot.one(_one, id=offer_id)
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such offer")
    return offer_view(row, left_of(snapshot, [row]).get(offer_id), snapshot.now)


def _lock_own(tx: Tx, scope: Scope, offer_id: str) -> Any:
    row = tx.one(_lock, id=offer_id)
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator) or row.state == "gone":
        raise NotFound("There is no such offer")
    return row


def _terms_after(terms: Terms, change: OfferChange) -> Terms:
    """The terms with what changes of them. A new price that is not above the sale's ends the sale."""
    regular = terms.regular_price_minor if change.price_minor is UNSET else change.price_minor
    listed = terms.list_price_minor if change.list_price_minor is UNSET else change.list_price_minor
    if change.sale is UNSET:
        sale = (terms.sale_price_minor, terms.sale_starts_at, terms.sale_ends_at)
        if sale[0] is not None and sale[0] >= regular:
            sale = (None, None, None)
    else:
        given = change.sale
        sale = (None, None, None) if given is None else (given.price_minor, given.starts_at, given.ends_at)
    return Terms(regular, *sale, listed)


def _check(currency: str, after: Terms, changed: Mapping[str, Any]) -> None:
    fields = dict(price_faults(after))
    if changed.get("weight_g") is not None and not 0 <= changed["weight_g"] <= WEIGHT_G_MAX:
        fields["weight_g"] = "Give a weight in grams, or leave it empty"
    if changed.get("low_stock_at") is not None and not 0 <= changed["low_stock_at"] <= QUANTITY_MAX:
        fields["low_stock_at"] = "Give a number of pieces, or leave it empty"
    for other, amount in changed.get("prices", {}).items():
        if not is_currency(other):
            fields["prices"] = f"{other[:20]!r} is no currency: write its three letters, such as USD"
        if other == currency or not 1 <= amount <= PRICE_MINOR_MAX:
            fields["prices"] = f"Give a price above nothing, in another currency than {currency}"
    if fields:
        raise Invalid("The offer cannot be changed so: look at " + ", ".join(fields), fields=fields)


def price_faults(terms: Terms) -> Iterator[tuple[str, str]]:
    """What is wrong with the terms of a price, by field."""
    regular, listed, sale = terms.regular_price_minor, terms.list_price_minor, terms.sale_price_minor
    if not 1 <= regular <= PRICE_MINOR_MAX:
        yield "price_minor", "A price is more than nothing"
    if listed is not None and not regular < listed <= PRICE_MINOR_MAX:
        yield "list_price_minor", "The price before a reduction is above the price, or left empty"
    if sale is not None and not 1 <= sale < regular:
        yield "sale", "A sale's price is more than nothing and below the regular price"
    starts_at, ends_at = terms.sale_starts_at, terms.sale_ends_at
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        yield "sale", "A sale ends after it starts"


def _cart_offer(row: Any, left: int | None, parts: Sequence[Part], now: int) -> CartOffer:
    terms = terms_of(row)
    price_minor = terms.price_at(now)
    return CartOffer(
        offer_id=row.id,
        product_id=row.product_id,
        slug=row.slug,
        variant_id=row.variant_id,
        merchant_id=row.merchant_id,
        merchant_name=row.merchant_name,
        title=row.title,
        variant_label=variant_label(row.options),
        price_minor=price_minor,
        currency=row.currency,
        weight_g=row.weight_g,
        picture=row.picture,
        sellable=row.state == "active" and row.status == "approved" and not row.hidden,
        available=left,
        commission_bps=row.commission_bps,
        regular_price_minor=row.regular_price_minor,
        prices=prices_now(from_json(row.prices), terms, price_minor),
        category=row.category,
        tax_category=row.tax_category or row.product_tax_category,
        length_mm=row.length_mm,
        width_mm=row.width_mm,
        height_mm=row.height_mm,
        bundle=tuple((part.offer_id, part.quantity) for part in parts),
        kind=row.kind,
    )


_o, _m, _p, _v, _c = (
    tables.offers.c, tables.merchants.c, tables.products.c, tables.variants.c, tables.categories.c,
)  # fmt: skip
_terms = (_o.regular_price_minor, _o.sale_price_minor, _o.sale_starts_at, _o.sale_ends_at, _o.list_price_minor)
_sizes = (_o.weight_g, _o.length_mm, _o.width_mm, _o.height_mm)
_joined = tables.offers.join(tables.merchants, _m.id == _o.merchant_id).join(tables.products, _p.id == _o.product_id)
OFFER_COLUMNS = (
    _o.id, _o.listing_id, _o.product_id, _o.variant_id, _o.merchant_id, _m.name.label("merchant_name"),
    _m.slug.label("merchant_slug"),
    _m.country, _o.external_id, _o.price_minor, *_terms, _o.currency, _o.prices, *_sizes,
    _o.lowest_30d_minor, _o.condition, _o.tax_category, _o.low_stock_at, _o.counted, _o.bundled, _o.state, _m.status,
    _p.hidden, _o.created_at,
)  # fmt: skip
OFFERS = select(*OFFER_COLUMNS).select_from(_joined)
"""Offers with their sellers, for queries whose rows become `offer_view`."""
_of_products: Prepared[Any] = prepare(
    OFFERS.where(in_set(_o.product_id, "ids"), _o.state == "active", _m.status == "approved")
)
_one: Prepared[Any] = prepare(OFFERS.where(_o.id == bindparam("id")))
_for_cart: Prepared[Any] = prepare(
    select(
        _o.id, _o.product_id, _p.slug, _p.kind, _o.variant_id, _o.merchant_id, _m.name.label("merchant_name"),
        _p.title, _v.options, *_terms, _o.currency, _o.prices, *_sizes, _o.tax_category,
        _p.tax_category.label("product_tax_category"), _c.slug.label("category"), _o.bundled,
        func.coalesce(_v.picture, _p.picture).label("picture"), _o.counted, _o.state, _m.status, _p.hidden,
        _m.commission_bps,
    )
    .select_from(
        _joined.join(tables.variants, _v.id == _o.variant_id).outerjoin(tables.categories, _c.id == _p.category_id)
    )
    .where(in_set(_o.id, "ids"))
)  # fmt: skip
_given_prices: Prepared[Any] = prepare(select(_o.id, _o.prices).where(in_set(_o.id, "ids")))
_lock: Prepared[Any] = prepare(
    select(
        _o.id,
        _o.product_id,
        _o.merchant_id,
        _o.state,
        _o.price_minor,
        *_terms,
        _o.currency,
        _o.prices,
        _o.weight_g,
        _o.low_stock_at,
        _o.lowest_30d_minor,
        _o.switch_at,
        _o.bundled,
    )
    .where(_o.id == bindparam("id"))
    .with_for_update()
)
_change: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(
        price_minor=bindparam("price_minor_"),
        regular_price_minor=bindparam("regular_price_minor_"),
        sale_price_minor=bindparam("sale_price_minor_"),
        sale_starts_at=bindparam("sale_starts_at_"),
        sale_ends_at=bindparam("sale_ends_at_"),
        switch_at=bindparam("switch_at_"),
        lowest_30d_minor=bindparam("lowest_30d_minor_"),
        list_price_minor=bindparam("list_price_minor_"),
        prices=bindparam("prices_"),
        weight_g=bindparam("weight_g_"),
        low_stock_at=bindparam("low_stock_at_"),
        changed_at=bindparam("changed_at_"),
    )
)
_forget_low: Prepared[Any] = prepare(update(tables.offers).where(_o.id == bindparam("id_")).values(low_stock=0))
_count: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(counted=bindparam("counted_"), changed_at=bindparam("changed_at_"))
)
