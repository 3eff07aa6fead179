"""Locations: the places that goods leave from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, insert, select

from entrepot.identity import Address, Scope, check_address
from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json

from . import tables
from .ownership import acting_owner
from .types import Location

NAME_LENGTH_MAX = 200


def list_locations(snapshot: Snapshot, scope: Scope) -> list[Location]:
    """The caller's own locations, oldest first; the operator's are the platform's."""
    owner = acting_owner(scope)
    return locations_of(snapshot, [owner])[owner]


def locations_of(snapshot: Snapshot, organisation_ids: Iterable[str]) -> dict[str, list[Location]]:
    """Where the goods of each organisation leave from; for rooms that promise delivery from there."""
    found: dict[str, list[Location]] = {organisation: [] for organisation in organisation_ids}
    for location in snapshot.all(_locations_of, organisations=list(found)):
        found[location.organisation].append(location)
    return found


def add_location(tx: Tx, scope: Scope, name: str, address: Address) -> Location:
    """Add a place that the caller's goods leave from. Invalid, naming the field, when name or address will not do."""
    owner = acting_owner(scope)
    name = check_name(name)
    location = Location(tx.new_id("loc"), owner, name, check_address(address))
    tx.run(_insert, id=location.id, organisation=owner, name=name, address=to_json(location.address), created_at=tx.now)
    return location


def check_name(name: str) -> str:
    """A name without stray spaces; Invalid when it is empty, too long or cannot be printed."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise Invalid("Give it a name", fields={"name": f"Write 1 to {NAME_LENGTH_MAX} characters"})
    return name


def _location(location_id: str, organisation: str, name: str, address: str) -> Location:
    return Location(location_id, organisation, name, from_json(address, Address))


_l = tables.locations.c
_locations_of: Prepared[Location] = prepare(
    select(_l.id, _l.organisation, _l.name, _l.address)
    .where(in_set(_l.organisation, "organisations"))
    .order_by(_l.created_at, _l.id),
    _location,
)
_insert: Prepared[Any] = prepare(
    insert(tables.locations).values({column.name: bindparam(column.name) for column in tables.locations.columns})
)
