"""Who sees what: a product is visible while an approved merchant offers it and the operator has not hidden it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, select

from entrepot.kernel import Event, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .events import IDS_MAX, OffersChanged, ProductsHidden, ProductsListed

_o, _m, _p = tables.offers.c, tables.merchants.c, tables.products.c

SEEN: ColumnElement[bool] = (_p.hidden == 0) & exists(
    select(_o.id)
    .join(tables.merchants, _m.id == _o.merchant_id)
    .where(_o.product_id == _p.id, _o.state == "active", _m.status == "approved")
)
"""The condition on a product's row in a query over `catalog_products`."""


def visible_ids(snapshot: Snapshot, product_ids: Iterable[str]) -> set[str]:
    """Those of these products that buyers see."""
    return {row.id for row in snapshot.all(_visible, ids=sorted(product_ids))}


def list_product_ids(snapshot: Snapshot, merchant_id: str) -> list[str]:
    """Every product of which a merchant has an offer, in the order of their ids."""
    return [row.product_id for row in snapshot.all(_of_merchant, merchant_id=merchant_id)]


def announce_listed(tx: Tx, product_ids: Iterable[str], origin: str | None = None) -> None:
    """Say that products appeared or changed their words, and that sets which they are a part of may be sold again.

    `origin` is the import that did it, where one did.
    """
    ids = set(product_ids)
    tx.announce(*(ProductsListed(part, origin) for part in in_chunks(sorted(ids))))
    _announce(tx, OffersChanged, _bundles_with(tx, ids) - ids)


def announce_offers(tx: Tx, product_ids: Iterable[str]) -> None:
    """Say that prices, sellers or ratings of products changed."""
    _announce(tx, OffersChanged, product_ids)


def announce_withdrawn(tx: Tx, product_ids: Iterable[str]) -> None:
    """Say that a seller's offers are gone from products: hidden where nobody else offers them."""
    ids = set(product_ids)
    left = visible_ids(tx, ids) if ids else set()
    _announce(tx, ProductsHidden, ids - left)
    _announce(tx, OffersChanged, left | (_bundles_with(tx, ids) - ids))


def _bundles_with(tx: Tx, product_ids: set[str]) -> set[str]:
    """The products of bundles that have an offer of these as a part."""
    return {row.product_id for row in tx.all(_bundles, ids=sorted(product_ids))} if product_ids else set()


def in_chunks(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A list in parts that an event may carry."""
    for start in range(0, len(ids), IDS_MAX):
        yield tuple(ids[start : start + IDS_MAX])


def _announce(tx: Tx, event: type[OffersChanged] | type[ProductsHidden], product_ids: Iterable[str]) -> None:
    events: list[Event] = [event(part) for part in in_chunks(sorted(set(product_ids)))]
    tx.announce(*events)


_visible: Prepared[Any] = prepare(select(_p.id).where(in_set(_p.id, "ids"), SEEN))
_b, _part = tables.bundle_parts.c, tables.offers.alias("part").c
_bundles: Prepared[Any] = prepare(
    select(_o.product_id)
    .select_from(
        tables.bundle_parts.join(_part.id.table, _part.id == _b.part_offer_id).join(tables.offers, _o.id == _b.offer_id)
    )
    .where(in_set(_part.product_id, "ids"))
    .distinct()
)
_of_merchant: Prepared[Any] = prepare(
    select(_o.product_id)
    .where(_o.merchant_id == bindparam("merchant_id"), _o.state != "gone")
    .distinct()
    .order_by(_o.product_id)
)
