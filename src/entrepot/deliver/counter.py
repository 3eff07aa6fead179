"""The counter of a pickup point: its staff takes parcels in, hands them out for a code, sends back what stays too long.

Whoever has the point's link acts for its staff.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, or_, select

from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Secret, Snapshot, Tx, in_set, prepare

from . import tables
from .parcels import PARCEL_COLUMNS, record_scan
from .pickup import PickupPoint, free_places, overdue, points_by_id
from .types import Parcel, Scan, ScanCode

LISTED_MAX = 500
COMING = ("booked", "handed_over", "in_transit", "out_for_delivery", "failed")


class Counter(msgspec.Struct, frozen=True):
    """What the staff sees: what lies here, which of it is to go back, what is coming, and how much room is left."""

    point: PickupPoint
    here: tuple[Parcel, ...]
    coming: tuple[Parcel, ...]
    to_return: frozenset[str]
    free: int


class Collection(msgspec.Struct, frozen=True):
    """Where a buyer collects a parcel, and the code that opens the shelf."""

    parcel_id: str
    point: PickupPoint
    code: str


def counter(snapshot: Snapshot, point_id: str, link: int) -> Counter:
    """The counter as it is now. NotFound for a link that has been renewed since."""
    point = _staffed(snapshot, point_id, link)
    parcels = snapshot.all(_at_point, point_id=point_id, most=LISTED_MAX)
    return Counter(
        point,
        tuple(parcel for parcel in parcels if parcel.state == "at_pickup_point"),
        tuple(parcel for parcel in parcels if parcel.state in COMING),
        frozenset(overdue(snapshot, point)),
        free_places(snapshot, [point_id])[point_id],
    )


def take_in(tx: Tx, point_id: str, link: int, number: str) -> Parcel:
    """A parcel has come, named by its tracking number or its id. Twice is once."""
    parcel = _find(tx, _staffed(tx, point_id, link), number)
    if parcel.state == "at_pickup_point":
        return parcel
    if parcel.state not in COMING:
        raise Conflict("This parcel is not expected here any more: ask the carrier")
    return _scan(tx, parcel, "at_pickup_point", point_id)


def hand_out(tx: Tx, point_id: str, link: int, number: str, code: str) -> Parcel:
    """The buyer has named the code and has the parcel. Twice is once; Invalid for another code."""
    parcel = _find(tx, _staffed(tx, point_id, link), number)
    known = Secret(str(tx.value(_code, id=parcel.id)))
    if not known.matches("".join(sign for sign in code if sign.isdigit())):
        raise Invalid("This is not the code of this parcel: ask the buyer to show it again", fields={"code": "wrong"})
    if parcel.state == "delivered":
        return parcel
    if parcel.state != "at_pickup_point":
        raise Conflict("This parcel does not lie here: take it in first")
    return _scan(tx, parcel, "delivered", point_id)


def send_back(tx: Tx, point_id: str, link: int, number: str) -> Parcel:
    """The parcel leaves for its sender, and its place is free. Twice is once."""
    parcel = _find(tx, _staffed(tx, point_id, link), number)
    if parcel.state == "returning":
        return parcel
    if parcel.state != "at_pickup_point":
        raise Conflict("This parcel does not lie here")
    return _scan(tx, parcel, "returning", point_id)


def collections(snapshot: Snapshot, parcel_ids: list[str]) -> dict[str, Collection]:
    """Where these parcels are collected, and their codes: for whoever has checked that their buyer asks."""
    rows = snapshot.all(_codes, ids=parcel_ids)
    points = points_by_id(snapshot, [row.pickup_point_id for row in rows])
    return {row.id: Collection(row.id, points[row.pickup_point_id], row.collect_code) for row in rows}


def _staffed(snapshot: Snapshot, point_id: str, link: int) -> PickupPoint:
    point = points_by_id(snapshot, [point_id]).get(point_id)
    if point is None or point.staff_link != link:
        raise NotFound("This link is no longer used: ask for the new one")
    return point


def _find(snapshot: Snapshot, point: PickupPoint, number: str) -> Parcel:
    number = number.strip()
    found = snapshot.one(_named, point_id=point.id, number=number)
    if found is None:
        raise NotFound(f"No parcel {number[:40]} is meant for this point: look at its number again")
    return found


def _scan(tx: Tx, parcel: Parcel, code: ScanCode, point_id: str) -> Parcel:
    scan = Scan(parcel.id, code, tx.now, "", f"point {point_id} {code} {tx.now}")
    return record_scan(tx, Scope.system(), scan)


_c = tables.parcels.c
_at_point: Prepared[Parcel] = prepare(
    select(*PARCEL_COLUMNS)
    .where(
        _c.pickup_point_id == bindparam("point_id"),
        or_(*[_c.state == state for state in ("at_pickup_point", *COMING)]),
    )
    .order_by(_c.id)
    .limit(bindparam("most")),
    Parcel,
)
_named: Prepared[Parcel] = prepare(
    select(*PARCEL_COLUMNS)
    .where(
        _c.pickup_point_id == bindparam("point_id"),
        or_(_c.id == bindparam("number"), _c.tracking_no == bindparam("number")),
    )
    .order_by(_c.id.desc())
    .limit(1),
    Parcel,
)
_code: Prepared[Any] = prepare(select(_c.collect_code).where(_c.id == bindparam("id")))
_codes: Prepared[Any] = prepare(
    select(_c.id, _c.pickup_point_id, _c.collect_code).where(
        in_set(_c.id, "ids"), _c.pickup_point_id.is_not(None), _c.collect_code.is_not(None)
    )
)
