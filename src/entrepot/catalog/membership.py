"""Which collections products are in: for rooms above that have rules about them, and for the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import tables


def collections_with(snapshot: Snapshot, product_ids: Sequence[str]) -> dict[str, set[str]]:
    """The collections of each of these products, by id, shown or not. One read; products in none are left out."""
    found: dict[str, set[str]] = {}
    for row in snapshot.all(_in, ids=list(product_ids)):
        found.setdefault(row.product_id, set()).add(row.collection_id)
    return found


def slugs_with(snapshot: Snapshot, product_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The slugs of the published collections that each product is in, in one read: for the index."""
    found: dict[str, list[str]] = {}
    for row in snapshot.all(_slugs, ids=sorted(product_ids)) if product_ids else ():
        found.setdefault(row.product_id, []).append(row.slug)
    return {product_id: tuple(slugs) for product_id, slugs in found.items()}


_c, _o = tables.collection_products.c, tables.collections.c
_in: Prepared[Any] = prepare(select(_c.product_id, _c.collection_id).where(in_set(_c.product_id, "ids")))
_slugs: Prepared[Any] = prepare(
    select(_c.product_id, _o.slug)
    .join_from(tables.collection_products, tables.collections, _o.id == _c.collection_id)
    .where(in_set(_c.product_id, "ids"), _o.published == 1)
    .order_by(_c.product_id, _o.position, _o.id)
)
