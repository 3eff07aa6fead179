"""Parcels: booked when a merchant sends them, and then told of by scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.identity import Scope, check_address
from entrepot.kernel import (
    DAY,
    MINUTE,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    in_set,
    prepare,
    prepare_text,
    to_json,
)

from . import tables
from .events import ParcelDelivered, ParcelHandedOver
from .ownership import acting_owner
from .quotes import find_promise
from .tracking import Whereabouts, fold, in_order
from .types import SANDBOX, Booking, Parcel, Scan, Tracking

DRIVE_TASK = "deliver.drive"
TEXT_LENGTH_MAX = 200
LISTED_MAX = 500
EARLY = DAY
"""A carrier may have scanned a parcel before the merchant told us of it, but not long before."""
AHEAD = 5 * MINUTE
"""Carriers' clocks differ from ours by this much at most."""
_ABOVE_ALL = "pcl_" + "Z" * 26


class DriveTask(msgspec.Struct, frozen=True):
    """The parcel that the sandbox carrier brings one step further."""

    parcel_id: str
    step: int = 0


def list_tracking(snapshot: Snapshot, refs: Sequence[str]) -> dict[str, list[Tracking]]:
    """The parcels of each seller order, oldest first; for rooms that have checked whose the orders are."""
    found: dict[str, list[Tracking]] = {ref: [] for ref in refs}
    for tracking in _with_scans(snapshot, snapshot.all(_parcels_of_refs, refs=list(refs))):
        found[tracking.parcel.ref].append(tracking)
    return found


def get_parcel(snapshot: Snapshot, scope: Scope, parcel_id: str) -> Tracking:
    """A parcel of the caller's organisation, for the operator anybody's; NotFound for another's."""
    owner = None if scope.is_operator else acting_owner(scope, None)
    parcel = snapshot.one(_parcel, id=parcel_id)
    if parcel is None or owner not in (None, parcel.organisation):
        raise NotFound("There is no such parcel")
    return _with_scans(snapshot, [parcel])[0]


def list_parcels(snapshot: Snapshot, scope: Scope, *, after: str | None = None, most: int = 50) -> list[Parcel]:
    """Parcels of the caller's organisation, for the operator everybody's, newest first, from below `after`."""
    page = {"after": after or _ABOVE_ALL, "most": min(most, LISTED_MAX)}
    if scope.is_operator:
        return snapshot.all(_all_parcels, **page)
    return snapshot.all(_parcels_of, organisation=acting_owner(scope, None), **page)


def book(tx: Tx, booking: Booking) -> Parcel:
    """Book a parcel for a seller order; called by the verb that ships it, which has checked whose it is.

    It carries the promise of its quote. The sandbox carrier sets out by itself; every other is told of by scans.
    """
    carrier = check_text("carrier", booking.carrier)
    tracking_no = None if booking.tracking_no is None else check_text("tracking_no", booking.tracking_no)
    parcel_id = tx.new_id("pcl")
    if carrier == SANDBOX:
        tracking_no = tracking_no or "SBX" + parcel_id[-12:]
    parcel = Parcel(
        parcel_id, booking.ref, booking.organisation, carrier, tracking_no, booking.quote_id, "booked",
        _promise(tx, booking), tx.now, None, None,
    )  # fmt: skip
    address = to_json(check_address(booking.address))
    tx.run(_insert, **msgspec.structs.asdict(parcel), address=address)
    if carrier == SANDBOX:
        tx.enqueue(DRIVE_TASK, DriveTask(parcel.id), key=f"{parcel.id} 0")
    return parcel


def record_scan(tx: Tx, scope: Scope, scan: Scan) -> Parcel:
    """Record what a carrier saw; returns the parcel as all its scans tell it.

    For the operator, the sandbox carrier itself, and the merchant of a parcel whose carrier tells us nothing. The same
    scan again changes nothing; another one under its `source_id` is a Conflict. A parcel's hand-over and arrival are
    announced once each, whatever comes after.
    """
    parcel = _lock(tx, scope, scan.parcel_id)
    scan = check_scan(scan, parcel, tx.now)
    if not tx.run(_insert_scan, **msgspec.structs.asdict(scan), recorded_at=tx.now):
        if tx.one(_scan, parcel_id=scan.parcel_id, source_id=scan.source_id) != scan:
            raise Conflict("Another scan was recorded under this number")
        return parcel
    return _moved(tx, parcel, fold(tx.all(_scans, parcel_ids=[parcel.id])))


def check_scan(scan: Scan, parcel: Parcel, now: int) -> Scan:
    """A scan without stray spaces; Invalid when it cannot be of this parcel."""
    place = "".join(sign for sign in " ".join(scan.place.split()) if sign.isprintable())[:TEXT_LENGTH_MAX]
    if not parcel.booked_at - EARLY <= scan.at <= now + AHEAD:
        raise Invalid("A scan lies between the booking of its parcel and now", fields={"at": "Check the time"})
    return msgspec.structs.replace(scan, place=place, source_id=check_text("source_id", scan.source_id))


def check_text(field: str, text: str) -> str:
    """A short text without stray spaces; Invalid when it is empty or too long."""
    text = " ".join(text.split())
    if not 0 < len(text) <= TEXT_LENGTH_MAX or not text.isprintable():
        raise Invalid("Something is missing or too long", fields={field: f"Write 1 to {TEXT_LENGTH_MAX} characters"})
    return text


def _promise(tx: Tx, booking: Booking) -> int | None:
    if booking.quote_id is None:
        return None
    promised_at = tx.value(find_promise, id=booking.quote_id, merchant_id=booking.organisation)
    if promised_at is None:
        raise NotFound("There is no such delivery price")
    return int(promised_at)


def _lock(tx: Tx, scope: Scope, parcel_id: str) -> Parcel:
    owner = None if scope.is_operator else acting_owner(scope, None)
    parcel = tx.one(_parcel_locked, id=parcel_id)
    if parcel is None or owner not in (None, parcel.organisation):
        raise NotFound("There is no such parcel")
    if owner is not None and parcel.carrier == SANDBOX:
        raise NotAllowed("This carrier reports its own scans")
    return parcel


def _moved(tx: Tx, parcel: Parcel, where: Whereabouts) -> Parcel:
    """The parcel where its scans say it is, with what is new about it announced."""
    if where.handed_over_at is not None and parcel.handed_over_at is None:
        tx.announce(ParcelHandedOver(parcel.id, parcel.ref))
    if where.delivered_at is not None and parcel.delivered_at is None:
        tx.announce(ParcelDelivered(parcel.id, parcel.ref, where.delivered_at))
    tx.run(
        _move, id_=parcel.id, state_=where.state, handed_over_at_=where.handed_over_at, delivered_at_=where.delivered_at
    )
    return msgspec.structs.replace(
        parcel, state=where.state, handed_over_at=where.handed_over_at, delivered_at=where.delivered_at
    )


def _with_scans(snapshot: Snapshot, parcels: Sequence[Parcel]) -> list[Tracking]:
    scans: dict[str, list[Scan]] = {parcel.id: [] for parcel in parcels}
    for scan in snapshot.all(_scans, parcel_ids=list(scans)):
        scans[scan.parcel_id].append(scan)
    return [Tracking(parcel, tuple(in_order(scans[parcel.id]))) for parcel in parcels]


_p, _s = tables.parcels.c, tables.scans.c
PARCEL_COLUMNS = [_p[name] for name in Parcel.__struct_fields__]
_parcel: Prepared[Parcel] = prepare(select(*PARCEL_COLUMNS).where(_p.id == bindparam("id")), Parcel)
_parcel_locked: Prepared[Parcel] = prepare(
    select(*PARCEL_COLUMNS).where(_p.id == bindparam("id")).with_for_update(), Parcel
)
_parcels_of_refs: Prepared[Parcel] = prepare(
    select(*PARCEL_COLUMNS).where(in_set(_p.ref, "refs")).order_by(_p.id), Parcel
)
_below = select(*PARCEL_COLUMNS).where(_p.id < bindparam("after")).order_by(_p.id.desc()).limit(bindparam("most"))
_all_parcels: Prepared[Parcel] = prepare(_below, Parcel)
_parcels_of: Prepared[Parcel] = prepare(_below.where(_p.organisation == bindparam("organisation")), Parcel)
_insert: Prepared[Any] = prepare(
    insert(tables.parcels).values({column.name: bindparam(column.name) for column in tables.parcels.columns})
)
_move: Prepared[Any] = prepare(
    update(tables.parcels)
    .where(_p.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        handed_over_at=bindparam("handed_over_at_"),
        delivered_at=bindparam("delivered_at_"),
    )
)
SCAN_COLUMNS = [_s[name] for name in Scan.__struct_fields__]
_scans: Prepared[Scan] = prepare(select(*SCAN_COLUMNS).where(in_set(_s.parcel_id, "parcel_ids")), Scan)
_scan: Prepared[Scan] = prepare(
    select(*SCAN_COLUMNS).where(_s.parcel_id == bindparam("parcel_id"), _s.source_id == bindparam("source_id")), Scan
)
_insert_scan: Prepared[Any] = prepare_text(
    "INSERT INTO deliver_scans (parcel_id, source_id, code, at, place, recorded_at) "
    "VALUES (:parcel_id, :source_id, :code, :at, :place, :recorded_at) ON CONFLICT (parcel_id, source_id) DO NOTHING"
)
