"""Parcels: booked when a merchant sends them, and then told of by scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.identity import Address, Scope, tidy_address
from entrepot.kernel import (
    DAY,
    MINUTE,
    Conflict,
    Event,
    Invalid,
    NotAllowed,
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
from .carriers import CarrierScan
from .events import (
    ParcelArrived,
    ParcelDelivered,
    ParcelHandedOver,
    ParcelLost,
    ParcelNotDelivered,
    ParcelReturned,
)
from .offering import lane
from .ownership import acting_owner
from .pickup import arrive, give_place, leave
from .quotes import find_quote
from .terms import terms_of
from .tracking import Whereabouts, fold, in_order
from .types import FLEET, SANDBOX, Booking, Parcel, ParcelState, Quote, Scan, Tracking

DRIVE_TASK = "deliver.drive"
TEXT_LENGTH_MAX = 200
LISTED_MAX = 500
EARLY = DAY
"""A carrier may have scanned a parcel before the merchant told us of it, but not long before."""
NUMBER_DAYS = 120
"""How long a tracking number belongs to the parcel that had it first: no carrier gives one out again so soon."""
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
    owner = None if scope.is_operator else acting_owner(scope)
    parcel = snapshot.one(_parcel, id=parcel_id)
    if parcel is None or owner not in (None, parcel.organisation):
        raise NotFound("There is no such parcel")
    return _with_scans(snapshot, [parcel])[0]


def find_parcel(snapshot: Snapshot, parcel_id: str) -> Parcel | None:
    """A parcel, for those who have checked who asks; None when there is none."""
    return snapshot.one(_parcel, id=parcel_id)


def parcels_by_id(snapshot: Snapshot, parcel_ids: Sequence[str]) -> dict[str, Parcel]:
    """These parcels, for those who have checked who asks. One read."""
    return {parcel.id: parcel for parcel in snapshot.all(_by_ids, ids=list(parcel_ids))}


def label_of(snapshot: Snapshot, scope: Scope, parcel_id: str) -> tuple[Tracking, Address]:
    """A parcel of the caller's organisation, for the operator anybody's, and where it goes."""
    tracking = get_parcel(snapshot, scope, parcel_id)
    return tracking, from_json(snapshot.value(_address, id=parcel_id), Address)


def hear_carrier(tx: Tx, carrier: str, told: CarrierScan) -> Parcel:
    """Record what a carrier's webhook told; the adapter has checked who speaks. The same again changes nothing.

    A number is whose it was first, until carriers may have begun to count anew: who writes another one's number on a
    parcel neither takes its scans away nor has their own goods delivered by them. NotFound for a number that is no
    parcel's of this carrier, so that it comes again when ours is there.
    """
    named = {"carrier": carrier, "tracking_no": told.tracking_no}
    parcel = tx.one(_first_of_number, **named, since=tx.now - NUMBER_DAYS * DAY) or tx.one(_by_number, **named)
    if parcel is None:
        raise NotFound("There is no parcel of this number")
    scan = Scan(
        parcel.id, told.code, told.at, told.place, f"{carrier} {told.source_id}",
        None if told.corrects is None else f"{carrier} {told.corrects}", told.note,
    )  # fmt: skip
    return record_scan(tx, Scope.system(), scan)


def list_parcels(snapshot: Snapshot, scope: Scope, *, after: str | None = None, most: int = 50) -> list[Parcel]:
    """Parcels of the caller's organisation, for the operator everybody's, newest first, from below `after`."""
    page = {"after": after or _ABOVE_ALL, "most": min(most, LISTED_MAX)}
    if scope.is_operator:
        return snapshot.all(_all_parcels, **page)
    return snapshot.all(_parcels_of, organisation=acting_owner(scope), **page)


def book(tx: Tx, booking: Booking) -> Parcel:
    """Book a parcel for a seller order; called by the verb that ships it, which has checked whose it is.

    It carries the promise of its quote, and goes to the pickup point of it. The sandbox carrier sets out by itself;
    every other is told of by scans.
    """
    carrier = check_text("carrier", booking.carrier)
    tracking_no = None if booking.tracking_no is None else check_text("tracking_no", booking.tracking_no)
    quote = _quote(tx, booking)
    parcel_id = tx.new_id("pcl")
    if carrier == SANDBOX:
        tracking_no = tracking_no or "SBX" + parcel_id[-12:]
    parcel = Parcel(
        parcel_id, booking.ref, booking.organisation, carrier, tracking_no, booking.quote_id, "booked",
        quote.promised_at if quote else None, tx.now, None, None, quote.pickup_point_id if quote else None,
    )  # fmt: skip
    tx.send(_insert, **msgspec.structs.asdict(parcel), **_beside(tx, booking, quote))
    if parcel.pickup_point_id is not None:
        give_place(tx, parcel.ref, parcel.id)
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
    # That nothing was heard is no news of the parcel: the next one who asks when it was last seen is told the truth.
    heard_at = scan.at if scan.code == "lost" else tx.now
    return _moved(tx, parcel, fold(tx.all(_scans, parcel_ids=[parcel.id])), heard_at)


def check_scan(scan: Scan, parcel: Parcel, now: int) -> Scan:
    """A scan without stray spaces; Invalid when it cannot be of this parcel."""
    place = "".join(sign for sign in " ".join(scan.place.split()) if sign.isprintable())[:TEXT_LENGTH_MAX]
    if not parcel.booked_at - EARLY <= scan.at <= now + AHEAD:
        raise Invalid("A scan lies between the booking of its parcel and now", fields={"at": "Check the time"})
    corrects = None if scan.corrects is None else check_text("corrects", scan.corrects)
    note = "".join(sign for sign in " ".join(scan.note.split()) if sign.isprintable())[:TEXT_LENGTH_MAX]
    source_id = check_text("source_id", scan.source_id)
    return msgspec.structs.replace(scan, place=place, source_id=source_id, corrects=corrects, note=note)


def check_text(field: str, text: str) -> str:
    """A short text without stray spaces; Invalid when it is empty or too long."""
    text = " ".join(text.split())
    if not 0 < len(text) <= TEXT_LENGTH_MAX or not text.isprintable():
        raise Invalid("Something is missing or too long", fields={field: f"Write 1 to {TEXT_LENGTH_MAX} characters"})
    return text


def _quote(tx: Tx, booking: Booking) -> Quote | None:
    if booking.quote_id is None:
        return None
    quote = tx.one(find_quote, id=booking.quote_id, merchant_id=booking.organisation)
    if quote is None:
        raise NotFound("There is no such delivery price")
    return quote


def _beside(tx: Tx, booking: Booking, quote: Quote | None) -> dict[str, Any]:
    """What is kept of a parcel beside what a `Parcel` tells: for its route, its learning, its collection."""
    address = tidy_address(booking.address)
    origin = terms_of(tx, [booking.organisation])[booking.organisation].origin
    weight_g = booking.weight_g
    if weight_g is None and quote is not None and quote.weight_g is not None:
        weight_g = -(-quote.weight_g // quote.parcels)
    volume_cm3 = None
    if quote is not None and quote.volume_cm3 is not None:
        volume_cm3 = -(-quote.volume_cm3 // quote.parcels)
    to_point = quote is not None and quote.pickup_point_id is not None
    return {
        "volume_cm3": volume_cm3,
        "needs": to_json(sorted({check_text("needs", each) for each in booking.needs})),
        "address": to_json(address),
        "collect_code": f"{tx.random.randrange(10**6):06d}" if to_point else None,
        "heard_at": tx.now,
        "sheet_id": quote.sheet_id if quote else None,
        "lane": lane(origin, address.country),
        "weight_g": weight_g,
    }


def _lock(tx: Tx, scope: Scope, parcel_id: str) -> Parcel:
    owner = None if scope.is_operator else acting_owner(scope)
    parcel = tx.one(_parcel_locked, id=parcel_id)
    if parcel is None or owner not in (None, parcel.organisation):
        raise NotFound("There is no such parcel")
    if owner is not None and parcel.carrier in (SANDBOX, FLEET):
        raise NotAllowed("This carrier reports its own scans")
    return parcel


def _moved(tx: Tx, parcel: Parcel, where: Whereabouts, heard_at: int) -> Parcel:
    """The parcel where its scans say it is, with what is new about it announced."""
    tx.announce(*_news(parcel, where))
    told = {name: getattr(where, name) for name in Whereabouts.__struct_fields__}
    tx.send(_move, id_=parcel.id, heard_at_=heard_at, **{f"{name}_": value for name, value in told.items()})
    if parcel.pickup_point_id is not None and where.state != parcel.state:
        _shelve(tx, parcel, parcel.pickup_point_id, where.state)
    return msgspec.structs.replace(parcel, **told)


def _news(parcel: Parcel, where: Whereabouts) -> list[Event]:
    news: list[Event] = []
    if where.handed_over_at is not None and parcel.handed_over_at is None:
        news.append(ParcelHandedOver(parcel.id, parcel.ref))
    if where.delivered_at is not None and parcel.delivered_at is None:
        news.append(ParcelDelivered(parcel.id, parcel.ref, where.delivered_at))
    if where.delivered_at is None and parcel.delivered_at is not None:
        news.append(ParcelNotDelivered(parcel.id, parcel.ref))
    if where.state != parcel.state:
        if where.state == "returned":
            news.append(ParcelReturned(parcel.id, parcel.ref))
        if where.state == "lost":
            news.append(ParcelLost(parcel.id, parcel.ref))
        if where.state == "at_pickup_point" and parcel.pickup_point_id is not None:
            news.append(ParcelArrived(parcel.id, parcel.ref, parcel.pickup_point_id))
    return news


def _shelve(tx: Tx, parcel: Parcel, point_id: str, state: ParcelState) -> None:
    """Take or give back the place on the shelf of its point."""
    plan = ledger.Plan()
    if state == "at_pickup_point":
        plan = arrive(tx, point_id, parcel.id, parcel.ref)
    elif state in ("delivered", "returning", "returned", "lost"):
        plan = leave(tx, parcel.id)
    if plan:
        try:
            ledger.post(tx, plan)
        except ledger.Insufficient:
            raise Conflict("This pickup point is full, and no place was kept for this parcel") from None


def _with_scans(snapshot: Snapshot, parcels: Sequence[Parcel]) -> list[Tracking]:
    scans: dict[str, list[Scan]] = {parcel.id: [] for parcel in parcels}
    for scan in snapshot.all(_scans, parcel_ids=list(scans)):
        scans[scan.parcel_id].append(scan)
    return [Tracking(parcel, tuple(in_order(scans[parcel.id]))) for parcel in parcels]


_p, _s = tables.parcels.c, tables.scans.c
PARCEL_COLUMNS = [_p[name] for name in Parcel.__struct_fields__]
_parcel: Prepared[Parcel] = prepare(select(*PARCEL_COLUMNS).where(_p.id == bindparam("id")), Parcel)
_by_ids: Prepared[Parcel] = prepare(select(*PARCEL_COLUMNS).where(in_set(_p.id, "ids")), Parcel)
_address: Prepared[Any] = prepare(select(_p.address).where(_p.id == bindparam("id")))
_of_number = select(*PARCEL_COLUMNS).where(
    _p.carrier == bindparam("carrier"), _p.tracking_no == bindparam("tracking_no")
)
_by_number: Prepared[Parcel] = prepare(_of_number.order_by(_p.id.desc()).limit(1), Parcel)
_first_of_number: Prepared[Parcel] = prepare(
    _of_number.where(_p.booked_at >= bindparam("since")).order_by(_p.booked_at, _p.id).limit(1), Parcel
)
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
        attempts=bindparam("attempts_"),
        heard_at=bindparam("heard_at_"),
    )
)
SCAN_COLUMNS = [_s[name] for name in Scan.__struct_fields__]
_scans: Prepared[Scan] = prepare(select(*SCAN_COLUMNS).where(in_set(_s.parcel_id, "parcel_ids")), Scan)
_scan: Prepared[Scan] = prepare(
    select(*SCAN_COLUMNS).where(_s.parcel_id == bindparam("parcel_id"), _s.source_id == bindparam("source_id")), Scan
)
_insert_scan: Prepared[Any] = prepare_text(
    "INSERT INTO deliver_scans (parcel_id, source_id, code, at, place, recorded_at, corrects, note) "
    "VALUES (:parcel_id, :source_id, :code, :at, :place, :recorded_at, :corrects, :note) "
    "ON CONFLICT (parcel_id, source_id) DO NOTHING"
)
