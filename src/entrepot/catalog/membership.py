"""Which collections products are in: for rooms above that have rules about them."""

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


_c = tables.collection_products.c
_in: Prepared[Any] = prepare(select(_c.product_id, _c.collection_id).where(in_set(_c.product_id, "ids")))
