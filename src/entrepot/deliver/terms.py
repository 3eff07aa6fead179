"""What an organisation has set up for its deliveries: sheets, zones, boxes, handling. The platform's stand in for it.

Rows are few and read with every cart, so all kinds lie in one table and come with one read. A row holds its struct as
JSON; reading the same text again costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal, TypeVar

import msgspec
from sqlalchemy import bindparam, delete, func, literal_column, select, union_all, update

from entrepot.kernel import (
    Conflict,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    from_json,
    in_set,
    prepare,
    prepare_text,
    to_json,
)

from . import tables
from .types import Box, Handling, Holidays, Learned, RateSheet, Van, Zone

Kind = Literal["sheet", "zone", "box", "handling", "holidays", "learned", "van"]
Row = RateSheet | Zone | Box | Handling | Holidays | Learned | Van
R = TypeVar("R", RateSheet, Zone, Box, Handling, Holidays, Learned, Van)

_KINDS: dict[type, Kind] = {
    RateSheet: "sheet",
    Zone: "zone",
    Box: "box",
    Handling: "handling",
    Holidays: "holidays",
    Learned: "learned",
    Van: "van",
}
_TYPES: dict[str, Any] = {kind: into for into, kind in _KINDS.items()}
_LOCATION = "location"
ROWS_MAX = 500
"""Of one kind and organisation."""


class Terms(msgspec.Struct, frozen=True):
    """Everything one organisation has set up; sheets, zones and boxes oldest first."""

    sheets: tuple[RateSheet, ...] = ()
    zones: dict[str, Zone] = {}
    boxes: tuple[Box, ...] = ()
    handling: Handling = Handling()
    holidays: Holidays = Holidays()
    learned: dict[str, Learned] = {}
    origin: str = ""
    """The country of the organisation's first location: where its goods leave from."""


class _Location(msgspec.Struct, frozen=True):
    country: str


def terms_of(snapshot: Snapshot, organisations: Iterable[str]) -> dict[str, Terms]:
    """What each of these has set up. One read."""
    rows: dict[str, list[tuple[str, str]]] = {organisation: [] for organisation in organisations}
    for row in snapshot.all(_terms_of, organisations=list(rows), owners=list(rows)):
        rows[row.organisation].append((row.kind, row.body))
    return {organisation: _terms(tuple(found)) for organisation, found in rows.items()}


def list_terms(snapshot: Snapshot, organisation: str, into: type[R]) -> list[R]:
    """The rows of one kind, oldest first."""
    return [from_json(row.body, into) for row in snapshot.all(_of_kind, organisation=organisation, kind=_KINDS[into])]


def write_terms(tx: Tx, row_id: str, organisation: str, value: Row) -> None:
    """Write a row, new or in place of the organisation's own of this id; NotFound when the id is another's."""
    kind = _KINDS[type(value)]
    body = to_json(value)
    if tx.run(_replace, id_=row_id, organisation_=organisation, kind_=kind, body_=body, now_=tx.now):
        return
    if int(tx.value(_count, organisation=organisation, kind=kind)) >= ROWS_MAX:
        raise Conflict(f"There are {ROWS_MAX} already: delete what is used no longer")
    if not tx.run(_insert, id=row_id, organisation=organisation, kind=kind, body=body, now=tx.now):
        raise NotFound("There is nothing of this id")


def has_terms(snapshot: Snapshot, row_id: str, organisation: str, into: type[Row]) -> bool:
    """Whether the organisation has a row of this id and kind."""
    found = snapshot.value(_exists, id=row_id, organisation=organisation, kind=_KINDS[into])
    return found is not None


def delete_terms(tx: Tx, row_id: str, organisation: str, into: type[Row]) -> bool:
    """Delete a row of the organisation; False when it has none of this id."""
    return bool(tx.run(_delete, id_=row_id, organisation_=organisation, kind_=_KINDS[into]))


@lru_cache(maxsize=2_048)
def _terms(rows: tuple[tuple[str, str], ...]) -> Terms:
    found: dict[str, list[Any]] = {kind: [] for kind in (*_TYPES, _LOCATION)}
    for kind, body in rows:
        found[kind].append(from_json(body, _TYPES.get(kind, _Location)))
    return Terms(
        tuple(found["sheet"]),
        {zone.id: zone for zone in found["zone"]},
        tuple(found["box"]),
        found["handling"][0] if found["handling"] else Handling(),
        found["holidays"][0] if found["holidays"] else Holidays(),
        {learned.sheet_id: learned for learned in found["learned"]},
        found[_LOCATION][0].country if found[_LOCATION] else "",
    )


_t, _l = tables.terms.c, tables.locations.c
_terms_of: Prepared[Any] = prepare(
    union_all(
        select(_t.id.label("id"), _t.organisation, _t.kind, _t.body).where(
            in_set(_t.organisation, "organisations"), _t.kind != "van"
        ),
        select(_l.id, _l.organisation, literal_column(f"'{_LOCATION}'"), _l.address).where(
            in_set(_l.organisation, "owners")
        ),
    ).order_by("id")
)
_of_kind: Prepared[Any] = prepare(
    select(_t.body).where(_t.organisation == bindparam("organisation"), _t.kind == bindparam("kind")).order_by(_t.id)
)
_mine = (_t.id == bindparam("id_")) & (_t.organisation == bindparam("organisation_")) & (_t.kind == bindparam("kind_"))
_exists: Prepared[Any] = prepare(
    select(_t.id).where(
        _t.id == bindparam("id"), _t.organisation == bindparam("organisation"), _t.kind == bindparam("kind")
    )
)
_count: Prepared[Any] = prepare(
    select(func.count().label("rows")).where(_t.organisation == bindparam("organisation"), _t.kind == bindparam("kind"))
)
_replace: Prepared[Any] = prepare(
    update(tables.terms).where(_mine).values(body=bindparam("body_"), updated_at=bindparam("now_"))
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO deliver_terms (id, organisation, kind, body, updated_at) "
    "VALUES (:id, :organisation, :kind, :body, :now) ON CONFLICT (id) DO NOTHING"
)
_delete: Prepared[Any] = prepare(delete(tables.terms).where(_mine))
