"""Offers: who sells a variant at which price, which offer is proposed first, and what a cart needs to know of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import bindparam, func, select, update

from entrepot import ledger
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .attributes import read_choices
from .stock import Count, announce_changed, available_counted, check_location, count_plan, keep_place
from .types import PRICE_MINOR_MAX, QUANTITY_MAX, CartOffer, OfferView
from .visibility import announce_offers

WEIGHT_G_MAX = 100_000_000


def offers_for_cart(snapshot: Snapshot, offer_ids: Sequence[str]) -> dict[str, CartOffer]:
    """Offers as a cart shows and an order freezes them, in two or three reads. Ids that name no offer are left out."""
    rows = snapshot.all(_for_cart, ids=sorted(set(offer_ids)))
    left = available_counted(snapshot, [row.id for row in rows if row.counted])
    return {row.id: _cart_offer(row, left.get(row.id)) for row in rows}


def offers_of(snapshot: Snapshot, product_ids: Iterable[str]) -> dict[str, list[OfferView]]:
    """What approved merchants offer now of each product, best first, in two or three reads."""
    rows = snapshot.all(_of_products, ids=sorted(set(product_ids)))
    left = available_counted(snapshot, [row.id for row in rows if row.counted])
    found: dict[str, list[OfferView]] = defaultdict(list)
    for row in rows:
        found[row.product_id].append(offer_view(row, left.get(row.id)))
    return {product_id: in_order(offers) for product_id, offers in found.items()}


def offer_view(row: Any, left: int | None) -> OfferView:
    """A row with what is left of it; it sells when it is shown, its seller approved, and something left."""
    sellable = row.state == "active" and row.status == "approved" and not row.hidden and left != 0
    return OfferView(
        row.id, row.variant_id, row.merchant_id, row.merchant_name, row.merchant_slug, row.external_id, row.price_minor,
        row.list_price_minor, row.currency, row.weight_g, row.state, sellable, left, row.created_at,
    )  # fmt: skip


def in_order(offers: Iterable[OfferView]) -> list[OfferView]:
    """Offers of a product, the one to propose first in front.

    Those that can be bought come first, of them the lowest price, then the oldest. Prices of different currencies do
    not compare, so those in the currency of the oldest offer go before the others.
    """
    given = list(offers)
    if not given:
        return given
    home = min(given, key=lambda offer: (offer.created_at, offer.id)).currency
    return sorted(
        given,
        key=lambda offer: (
            not offer.sellable, offer.currency != home, offer.currency, offer.price_minor, offer.created_at, offer.id
        ),
    )  # fmt: skip


def total_left(offers: Sequence[OfferView]) -> int | None:
    """How many pieces can be bought of all these offers; None when one of them is not counted."""
    lefts = [offer.available for offer in offers if offer.sellable]
    return None if None in lefts else sum(left for left in lefts if left is not None)


def variant_label(options: str | Mapping[str, str]) -> str:
    """A variant's choices as a line: `Blue / XL`."""
    return " / ".join((read_choices(options) if isinstance(options, str) else options).values())


class OfferChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to change of an offer; what is left out stays. A `list_price_minor` of None: no price before a reduction."""

    price_minor: int | UnsetType = UNSET
    list_price_minor: int | UnsetType | None = UNSET
    weight_g: int | UnsetType | None = UNSET


def update_offer(tx: Tx, scope: Scope, offer_id: str, change: OfferChange) -> OfferView:
    """Change a price or a weight of one of the caller's own offers. It holds from the commit on, in every cart too."""
    row = _lock_own(tx, scope, offer_id)
    values = {name: getattr(change, name) for name in change.__struct_fields__ if getattr(change, name) is not UNSET}
    after = {name: values.get(name, getattr(row, name)) for name in ("price_minor", "list_price_minor", "weight_g")}
    _check(after)
    if any(after[name] != getattr(row, name) for name in after):
        tx.run(_change, id_=offer_id, changed_at_=tx.now, **{f"{name}_": value for name, value in after.items()})
        announce_offers(tx, [row.product_id])
    return get_offer(tx, scope, offer_id)


def set_stock(tx: Tx, scope: Scope, offer_id: str, location_id: str, on_hand: int | None) -> OfferView:
    """Say how many pieces of an offer lie at a place, those held for orders included; None: no longer counted.

    Posts the difference, so a command sets the stock of one offer. What is held for orders stays.
    """
    row = _lock_own(tx, scope, offer_id)
    check_location(tx, row.merchant_id, location_id)
    if on_hand is not None and not 0 <= on_hand <= QUANTITY_MAX:
        raise Invalid("Count 0 pieces or more", fields={"on_hand": f"must be 0 to {QUANTITY_MAX}"})
    tx.run(_count, id_=offer_id, counted_=int(on_hand is not None), changed_at_=tx.now)
    if on_hand is not None:
        keep_place(tx, offer_id, location_id)
        ledger.post(tx, count_plan(tx, [Count(offer_id, location_id, on_hand)], offer_id))
    announce_changed(tx, {offer_id: row.product_id})
    return get_offer(tx, scope, offer_id)


def get_offer(snapshot: Snapshot, scope: Scope, offer_id: str) -> OfferView:
    """One of the caller's own offers; NotFound for anybody else's."""
    row = snapshot.one(_one, id=offer_id)
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such offer")
    left = available_counted(snapshot, [offer_id])[offer_id] if row.counted else None
    return offer_view(row, left)


def _lock_own(tx: Tx, scope: Scope, offer_id: str) -> Any:
    row = tx.one(_lock, id=offer_id)
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator) or row.state == "gone":
        raise NotFound("There is no such offer")
    return row


def _check(after: Mapping[str, Any]) -> None:
    fields = {}
    if not 1 <= after["price_minor"] <= PRICE_MINOR_MAX:
        fields["price_minor"] = "A price is more than nothing"
    before = after["list_price_minor"]
    if before is not None and not after["price_minor"] < before <= PRICE_MINOR_MAX:
        fields["list_price_minor"] = "The price before a reduction is above the price, or left empty"
    if after["weight_g"] is not None and not 0 <= after["weight_g"] <= WEIGHT_G_MAX:
        fields["weight_g"] = "Give a weight in grams, or leave it empty"
    if fields:
        raise Invalid("The offer cannot be changed so: look at " + ", ".join(fields), fields=fields)


def _cart_offer(row: Any, left: int | None) -> CartOffer:
    return CartOffer(
        offer_id=row.id,
        product_id=row.product_id,
        slug=row.slug,
        variant_id=row.variant_id,
        merchant_id=row.merchant_id,
        merchant_name=row.merchant_name,
        title=row.title,
        variant_label=variant_label(row.options),
        price_minor=row.price_minor,
        currency=row.currency,
        weight_g=row.weight_g or 0,
        picture=row.picture,
        sellable=row.state == "active" and row.status == "approved" and not row.hidden,
        available=left if row.counted else None,
        commission_bps=row.commission_bps,
    )


_o, _m, _p, _v = tables.offers.c, tables.merchants.c, tables.products.c, tables.variants.c
_joined = tables.offers.join(tables.merchants, _m.id == _o.merchant_id).join(tables.products, _p.id == _o.product_id)
OFFER_COLUMNS = (
    _o.id, _o.listing_id, _o.product_id, _o.variant_id, _o.merchant_id, _m.name.label("merchant_name"),
    _m.slug.label("merchant_slug"), _o.external_id, _o.price_minor, _o.list_price_minor, _o.currency, _o.weight_g,
    _o.counted, _o.state, _m.status, _p.hidden, _o.created_at,
)  # fmt: skip
OFFERS = select(*OFFER_COLUMNS).select_from(_joined)
"""Offers with their sellers, for queries whose rows become `offer_view`."""
_of_products: Prepared[Any] = prepare(
    OFFERS.where(in_set(_o.product_id, "ids"), _o.state == "active", _m.status == "approved")
)
_one: Prepared[Any] = prepare(OFFERS.where(_o.id == bindparam("id")))
_for_cart: Prepared[Any] = prepare(
    select(
        _o.id, _o.product_id, _p.slug, _o.variant_id, _o.merchant_id, _m.name.label("merchant_name"), _p.title,
        _v.options, _o.price_minor, _o.currency, _o.weight_g,
        func.coalesce(_v.picture, _p.picture).label("picture"), _o.counted, _o.state, _m.status, _p.hidden,
        _m.commission_bps,
    )
    .select_from(_joined.join(tables.variants, _v.id == _o.variant_id))
    .where(in_set(_o.id, "ids"))
)  # fmt: skip
_lock: Prepared[Any] = prepare(
    select(_o.id, _o.product_id, _o.merchant_id, _o.state, _o.price_minor, _o.list_price_minor, _o.weight_g)
    .where(_o.id == bindparam("id"))
    .with_for_update()
)
_change: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(
        price_minor=bindparam("price_minor_"),
        list_price_minor=bindparam("list_price_minor_"),
        weight_g=bindparam("weight_g_"),
        changed_at=bindparam("changed_at_"),
    )
)
_count: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(counted=bindparam("counted_"), changed_at=bindparam("changed_at_"))
)
