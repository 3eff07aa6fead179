"""A product's rating: the sum and number of its reviews, kept with the product so that lists need no other table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import case, func, select, update

from entrepot.kernel import Prepared, Tx, in_set, prepare

from . import tables

_p, _r = tables.products.c, tables.reviews.c


def refresh_ratings(tx: Tx, product_ids: Iterable[str]) -> None:
    """Make the ratings of products what their reviews sum up to; those that are not shown do not count."""
    tx.run(_refresh, ids=sorted(set(product_ids)))


def _of_product(what: Any) -> Any:
    return select(func.coalesce(what, 0)).where(_r.product_id == _p.id, _r.state == "shown").scalar_subquery()


_refresh: Prepared[Any] = prepare(
    update(tables.products)
    .where(in_set(_p.id, "ids"))
    .values(
        rating_total=_of_product(func.sum(_r.rating)),
        rating_count=_of_product(func.count()),
        rating_verified=_of_product(func.sum(case((_r.origin == "verified", 1), else_=0))),
    )
)
