"""What sets are made of: a bundle is an offer of other offers of the same merchant, so many pieces of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import tables


class Part(NamedTuple):
    """So many pieces of an offer in one set. `sellable` is whether its seller shows it."""

    bundle_id: str
    offer_id: str
    quantity: int
    counted: int
    sellable: bool


def read_parts(snapshot: Snapshot, bundle_ids: Iterable[str]) -> dict[str, list[Part]]:
    """The parts of bundles, in one read; none where there are no bundles."""
    ids = sorted(bundle_ids)
    found: dict[str, list[Part]] = defaultdict(list)
    for part in snapshot.all(_parts, ids=ids) if ids else ():
        found[part.bundle_id].append(part)
    return found


def sets_left(parts: Iterable[Part], left: Mapping[str, int]) -> int | None:
    """How many sets the parts allow; None when none of them is counted. `left` is of the counted ones."""
    fewest: int | None = None
    for part in parts:
        if not part.sellable:
            return 0
        if part.counted:
            sets = left.get(part.offer_id, 0) // part.quantity
            fewest = sets if fewest is None else min(fewest, sets)
    return fewest


def _part(bundle_id: str, offer_id: str, quantity: int, counted: int, state: str, status: str, hidden: int) -> Part:
    return Part(bundle_id, offer_id, quantity, counted, state == "active" and status == "approved" and not hidden)


_b, _o, _m, _p = tables.bundle_parts.c, tables.offers.c, tables.merchants.c, tables.products.c
_parts: Prepared[Any] = prepare(
    select(_b.offer_id, _b.part_offer_id, _b.quantity, _o.counted, _o.state, _m.status, _p.hidden)
    .select_from(
        tables.bundle_parts.join(tables.offers, _o.id == _b.part_offer_id)
        .join(tables.merchants, _m.id == _o.merchant_id)
        .join(tables.products, _p.id == _o.product_id)
    )
    .where(in_set(_b.offer_id, "ids"))
    .order_by(_b.offer_id, _b.part_offer_id),
    _part,
)
