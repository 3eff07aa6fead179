"""How far a buyer is from each of the places that could send: what an order is shared out by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from entrepot.identity import Address
from entrepot.kernel import Prepared, Snapshot, from_json, in_set, prepare

from . import tables
from .coordinates import distance_m, locate


class Way(msgspec.Struct, frozen=True):
    """From a location to a buyer: metres as the crow flies, where both are known, and whether a border lies between."""

    distance_m: int | None
    abroad: bool


def ways_to(snapshot: Snapshot, destination: Address, location_ids: Sequence[str]) -> dict[str, Way]:
    """The way from each of these locations. Two reads, however many they are; what is unknown is left out."""
    rows = snapshot.all(_addresses, ids=list(location_ids))
    addresses = [from_json(row.address, Address) for row in rows]
    here, *points = locate(snapshot, [destination, *addresses])
    return {
        row.id: Way(
            distance_m(here, point) if here is not None and point is not None else None,
            address.country != destination.country,
        )
        for row, address, point in zip(rows, addresses, points, strict=True)
    }


_l = tables.locations.c
_addresses: Prepared[Any] = prepare(select(_l.id, _l.address).where(in_set(_l.id, "ids")))
