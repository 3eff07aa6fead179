"""Pickup points: shops and lockers where buyers collect. Places on a shelf are units in the ledger.

A place is taken from the order on and given back when its parcel has been collected or has left: a parcel may come
earlier or later than planned, or stay longer, and only so a shelf can never be overbooked. The account of free places
has a floor of zero.

1. `hold_places`: with the order, a hold from free to taken for each parcel.
2. A parcel that is booked for the point gets one of them, and the buyer a code to collect it with.
3. Scanned `at_pickup_point`: captured. One without a place needs a free one, or it is refused.
4. Collected, or on its way back: moved from taken to free. Cancelled before it came: voided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.identity import Address, Scope, check_address
from entrepot.kernel import (
    DAY,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    derive_id,
    from_json,
    in_set,
    prepare,
    prepare_text,
    to_json,
)
from entrepot.ledger import Account, Capture, Hold, Move, Plan, Void

from . import tables
from .coordinates import Point, distance_m, keys_of, locate
from .locations import check_name
from .ownership import acting_owner
from .types import PLATFORM, Quote, QuoteRequest

OFFERED_MAX = 5
CAPACITY_MAX = 100_000
KEPT_DAYS_MAX = 60
POINTS_MAX = 10_000
MINUTES_A_DAY = 1_440


class Opening(msgspec.Struct, frozen=True):
    """Hours of a day of the week, 0 for Monday, in minutes after midnight there."""

    weekday: int
    opens: int
    closes: int


class PickupPoint(msgspec.Struct, frozen=True):
    """Where buyers collect: `capacity` places on the shelf, parcels are kept for `kept_days`, then go back."""

    id: str
    organisation: str
    name: str
    address: Address
    capacity: int
    kept_days: int
    hours: tuple[Opening, ...] = ()
    point: Point | None = None
    is_open: bool = True
    staff_link: int = 1
    """Which link its staff may use: raised when an old one must stop working."""


class PickupPointDraft(msgspec.Struct, frozen=True):
    """A point to be saved; with an `id` in place of that one."""

    name: str
    address: Address
    capacity: int
    kept_days: int = 7
    hours: tuple[Opening, ...] = ()
    point: Point | None = None
    is_open: bool = True
    id: str | None = None


class Candidate(msgspec.Struct, frozen=True):
    """A point that a parcel could go to: free places, and how far it is, None where nobody knows."""

    id: str
    name: str
    address: Address
    by_platform: bool
    room: int
    distance_m: int | None


def list_points(snapshot: Snapshot, scope: Scope) -> list[PickupPoint]:
    """The caller's own points, oldest first; the operator's are the platform's."""
    rows = snapshot.all(_of_owner, organisation=acting_owner(scope))
    return [from_json(row.body, PickupPoint) for row in rows]


def points_by_id(snapshot: Snapshot, ids: Iterable[str]) -> dict[str, PickupPoint]:
    """These points; for rooms that have checked who may see them: where a point is, is no secret."""
    wanted = sorted(set(ids))
    rows = snapshot.all(_by_ids, ids=wanted) if wanted else []
    return {row.id: from_json(row.body, PickupPoint) for row in rows}


def free_places(snapshot: Snapshot, points: Iterable[str]) -> dict[str, int]:
    """How many places of each point can still be taken."""
    accounts = {point_id: free_account(point_id) for point_id in points}
    balances = ledger.balances_of(snapshot, list(accounts.values())) if accounts else {}
    return {point_id: max(balances[account.id].available, 0) for point_id, account in accounts.items()}


def save_point(tx: Tx, scope: Scope, draft: PickupPointDraft) -> PickupPoint:
    """Save a point, new or in place of the one named, and make its shelf as large as it says.

    Conflict when more places are taken than it would have.
    """
    owner = acting_owner(scope)
    before = None if draft.id is None else _lock_own(tx, draft.id, owner)
    point = _checked(draft, draft.id or tx.new_id("pup"), owner, before.staff_link if before else 1)
    _write(tx, point)
    grown = point.capacity - (before.capacity if before else 0)
    try:
        ledger.post(tx, _resized(tx, point.id, grown))
    except ledger.Insufficient as short:
        raise Conflict(f"{short.missing} more places than that are taken: wait until these are collected") from None
    return point


def renew_staff_link(tx: Tx, scope: Scope, point_id: str) -> PickupPoint:
    """From now on the link that its staff had leads nowhere; returns the point with the number of the next one."""
    point = _lock_own(tx, point_id, acting_owner(scope))
    point = msgspec.structs.replace(point, staff_link=point.staff_link + 1)
    _write(tx, point)
    return point


def nearest(points: Sequence[Candidate], at_most: int = OFFERED_MAX) -> list[Candidate]:
    """The nearest first; those of unknown distance behind them, by name."""
    far = [(each.distance_m is None, each.distance_m or 0, each.name, each.id, each) for each in points]
    return [each for *_, each in sorted(far, key=lambda row: row[:4])][:at_most]


def find_candidates(snapshot: Snapshot, requests: Sequence[QuoteRequest]) -> dict[str, list[Candidate]]:
    """For each merchant, the open points with room that are nearest to where its goods go. Three reads for all."""
    if not requests:
        return {}
    countries = sorted({request.country for request in requests})
    owners = sorted({PLATFORM, *(request.merchant_id for request in requests)})
    rows = snapshot.all(_open_in, countries=countries, organisations=owners, most=POINTS_MAX)
    points = [from_json(row.body, PickupPoint) for row in rows]
    wanted = [_address(request) for request in requests]
    targets = locate(snapshot, wanted)
    found = {}
    for request, target in zip(requests, targets, strict=True):
        mine = [
            _candidate(point, target, request)
            for point in points
            if point.address.country == request.country and point.organisation in (PLATFORM, request.merchant_id)
        ]
        found[request.merchant_id] = nearest(mine, OFFERED_MAX * 4)
    room = free_places(snapshot, {each.id for mine in found.values() for each in mine})
    return {
        merchant: [msgspec.structs.replace(each, room=room[each.id]) for each in mine if room[each.id]][:OFFERED_MAX]
        for merchant, mine in found.items()
    }


def hold_places(tx: Tx, held: Sequence[tuple[str, Quote]]) -> Plan:
    """Take a place for each parcel of these (seller order, quote) that goes to a pickup point; others need none.

    `ledger.Insufficient` names the account when a shelf is full meanwhile: ask for the delivery prices again.
    """
    rows: list[dict[str, Any]] = [
        {
            "id": derive_id("hld", "shelf", ref, str(number)), "ref": ref, "point_id": quote.pickup_point_id,
            "parcel_id": None, "state": "held", "held_at": tx.now, "arrived_at": None, "freed_at": None,
        }
        for ref, quote in held
        if quote.pickup_point_id is not None
        for number in range(quote.parcels)
    ]  # fmt: skip
    tx.run_many(_insert_place, rows)
    return Plan(
        tuple(
            Hold(row["id"], free_account(row["point_id"]), taken_account(row["point_id"]), 1, "shelf.hold", row["ref"])
            for row in rows
        )
    )


def release_places(tx: Tx, refs: Sequence[str]) -> Plan:
    """Give back the places of seller orders whose parcels were never booked; others stay."""
    rows = tx.all(_unbooked, refs=sorted(set(refs))) if refs else []
    for row in rows:
        tx.send(_to_freed, id_=row.id, now_=tx.now)
    return Plan(tuple(Void(derive_id("trf", "shelf.void", row.id), row.id, "shelf.release", row.ref) for row in rows))


def is_shelf(short: ledger.Insufficient) -> bool:
    """Whether it is a shelf that has too little left."""
    return short.account.kind == FREE


def give_place(tx: Tx, ref: str, parcel_id: str) -> None:
    """A parcel that was booked gets one of the places that its order holds; none when all are given."""
    row = tx.one(_free_of_ref, ref=ref)
    if row is not None:
        tx.send(_to_parcel, id_=row.id, parcel_id_=parcel_id)


def arrive(tx: Tx, point_id: str, parcel_id: str, ref: str) -> Plan:
    """The parcel lies on the shelf: its place is captured; without one, a free place is taken. Twice is once."""
    row = tx.one(_of_parcel, parcel_id=parcel_id)
    if row is not None and row.state == "arrived":
        return Plan()
    if row is not None and row.state == "held":
        tx.send(_to_arrived, id_=row.id, now_=tx.now)
        return Plan.of(Capture(derive_id("trf", "shelf.arrived", row.id), row.id, 1, "shelf.arrived", ref, final=True))
    if row is None:
        tx.send(
            _insert_place, id=derive_id("hld", "shelf.extra", parcel_id), ref=ref, point_id=point_id,
            parcel_id=parcel_id, state="arrived", held_at=tx.now, arrived_at=tx.now, freed_at=None,
        )  # fmt: skip
    else:
        tx.send(_to_arrived, id_=row.id, now_=tx.now)
    return Plan.of(Move(tx.new_id("trf"), free_account(point_id), taken_account(point_id), 1, "shelf.arrived", ref))


def leave(tx: Tx, parcel_id: str) -> Plan:
    """The parcel is off the shelf, or will never come there: its place is free again. Twice is once."""
    row = tx.one(_of_parcel, parcel_id=parcel_id)
    if row is None or row.state == "freed":
        return Plan()
    tx.send(_to_freed, id_=row.id, now_=tx.now)
    if row.state == "held":
        return Plan.of(Void(derive_id("trf", "shelf.void", row.id), row.id, "shelf.release", row.ref))
    return Plan.of(
        Move(tx.new_id("trf"), taken_account(row.point_id), free_account(row.point_id), 1, "shelf.left", row.ref)
    )


def overdue(snapshot: Snapshot, point: PickupPoint) -> set[str]:
    """The parcels that lie at a point for longer than it keeps them: they are to go back."""
    before = snapshot.now - point.kept_days * DAY
    return {row.parcel_id for row in snapshot.all(_arrived_before, point_id=point.id, before=before)}


FREE, TAKEN = "free_places", "taken_places"


def free_account(point_id: str) -> Account:
    """The places of a point that nobody has taken."""
    return Account(point_id, FREE, point_id, floor=0)


def taken_account(point_id: str) -> Account:
    """The places of a point that something lies in."""
    return Account(point_id, TAKEN, point_id)


def _resized(tx: Tx, point_id: str, grown: int) -> Plan:
    if not grown:
        return Plan()
    built = Account("world", "shelves", point_id)
    debit, credit = (built, free_account(point_id)) if grown > 0 else (free_account(point_id), built)
    return Plan.of(Move(tx.new_id("trf"), debit, credit, abs(grown), "shelf.size", point_id))


def _lock_own(tx: Tx, point_id: str, owner: str) -> PickupPoint:
    row = tx.one(_locked, id=point_id, organisation=owner)
    if row is None:
        raise NotFound("There is no such pickup point")
    return from_json(row.body, PickupPoint)


def _write(tx: Tx, point: PickupPoint) -> None:
    tx.send(
        _put, id=point.id, organisation=point.organisation, country=point.address.country, is_open=int(point.is_open),
        body=to_json(point), now=tx.now,
    )  # fmt: skip


def _checked(draft: PickupPointDraft, point_id: str, owner: str, staff_link: int) -> PickupPoint:
    fields = {}
    if not 0 <= draft.capacity <= CAPACITY_MAX:
        fields["capacity"] = f"Write a number of places from 0 to {CAPACITY_MAX:,}"
    if not 1 <= draft.kept_days <= KEPT_DAYS_MAX:
        fields["kept_days"] = f"Write days from 1 to {KEPT_DAYS_MAX}"
    if len(draft.hours) > 50 or any(
        not (0 <= each.weekday <= 6 and 0 <= each.opens < each.closes <= MINUTES_A_DAY) for each in draft.hours
    ):
        fields["hours"] = "Write hours such as Mon-Fri 09:00-18:00"
    if fields:
        raise Invalid("The pickup point cannot be used: look at " + ", ".join(fields), fields=fields)
    return PickupPoint(
        point_id, owner, check_name(draft.name), check_address(draft.address), draft.capacity, draft.kept_days,
        tuple(sorted(draft.hours, key=lambda each: (each.weekday, each.opens))), draft.point, draft.is_open, staff_link,
    )  # fmt: skip


def _candidate(point: PickupPoint, target: Point | None, request: QuoteRequest) -> Candidate:
    far = None if target is None or point.point is None else distance_m(target, point.point)
    if far is None and set(_keys(point.address)) & set(_keys(_address(request))):
        far = 0  # the same postal code or city, and nobody entered where that is
    return Candidate(point.id, point.name, point.address, point.organisation == PLATFORM, 0, far)


def _keys(address: Address) -> list[str]:
    return keys_of(address.country, address.postal_code, address.city)


def _address(request: QuoteRequest) -> Address:
    return Address(name="", line1="", city=request.city, postal_code=request.postal_code, country=request.country)


_p, _s = tables.pickup_points.c, tables.shelf_places.c
_of_owner: Prepared[Any] = prepare(select(_p.body).where(_p.organisation == bindparam("organisation")).order_by(_p.id))
_by_ids: Prepared[Any] = prepare(select(_p.id, _p.body).where(in_set(_p.id, "ids")))
_locked: Prepared[Any] = prepare(
    select(_p.body).where(_p.id == bindparam("id"), _p.organisation == bindparam("organisation")).with_for_update()
)
_open_in: Prepared[Any] = prepare(
    select(_p.body)
    .where(in_set(_p.country, "countries"), in_set(_p.organisation, "organisations"), _p.is_open == 1)
    .order_by(_p.id)
    .limit(bindparam("most"))
)
_put: Prepared[Any] = prepare_text(
    "INSERT INTO deliver_pickup_points (id, organisation, country, is_open, body, updated_at) "
    "VALUES (:id, :organisation, :country, :is_open, :body, :now) ON CONFLICT (id) DO UPDATE SET "
    "country = excluded.country, is_open = excluded.is_open, body = excluded.body, updated_at = excluded.updated_at"
)
_insert_place: Prepared[Any] = prepare(
    insert(tables.shelf_places).values({column.name: bindparam(column.name) for column in tables.shelf_places.columns})
)
_PLACE = (_s.id, _s.ref, _s.point_id, _s.parcel_id, _s.state)
_unbooked: Prepared[Any] = prepare(
    select(*_PLACE)
    .where(in_set(_s.ref, "refs"), _s.parcel_id.is_(None), _s.state == "held")
    .order_by(_s.id)
    .with_for_update()
)
_free_of_ref: Prepared[Any] = prepare(
    select(*_PLACE)
    .where(_s.ref == bindparam("ref"), _s.parcel_id.is_(None), _s.state == "held")
    .order_by(_s.id)
    .limit(1)
    .with_for_update()
)
_of_parcel: Prepared[Any] = prepare(select(*_PLACE).where(_s.parcel_id == bindparam("parcel_id")).with_for_update())
_arrived_before: Prepared[Any] = prepare(
    select(_s.parcel_id).where(
        _s.point_id == bindparam("point_id"), _s.state == "arrived", _s.arrived_at < bindparam("before")
    )
)
_this = update(tables.shelf_places).where(_s.id == bindparam("id_"))
_to_parcel: Prepared[Any] = prepare(_this.values(parcel_id=bindparam("parcel_id_")))
_to_arrived: Prepared[Any] = prepare(_this.values(state="arrived", arrived_at=bindparam("now_"), freed_at=None))
_to_freed: Prepared[Any] = prepare(_this.values(state="freed", freed_at=bindparam("now_")))
