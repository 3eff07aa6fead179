"""What a driver does: starts a route, and tells of each stop. Whoever has the van's link acts for its driver."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot.identity import Address, Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare

from . import tables
from .fleet import get_van
from .parcels import record_scan
from .plans import PlannedRoute, PlannedStop, current_plan, lock_current_plan, routes_of
from .types import Scan, ScanCode

Outcome = Literal["delivered", "failed"]
REASON_LENGTH_MAX = 200


class DriverStop(msgspec.Struct, frozen=True):
    """A stop as its driver sees it."""

    stop: PlannedStop
    address: Address
    tracking_no: str | None
    to_point: bool


class DriverRoute(msgspec.Struct, frozen=True):
    """A driver's day; `route` None when nothing is planned for the van."""

    day: str
    van_name: str
    route: PlannedRoute | None
    stops: tuple[DriverStop, ...]

    @property
    def following(self) -> DriverStop | None:
        """The next stop; None when all are done."""
        return next((each for each in self.stops if each.stop.state == "planned"), None)


def driver_route(snapshot: Snapshot, van_id: str, link: int, day: str) -> DriverRoute:
    """The van's route of that day. NotFound for a link that has been renewed since."""
    van = get_van(snapshot, van_id)
    if van.link != link:
        raise NotFound("This link is no longer used: ask for the new one")
    plan = current_plan(snapshot, day)
    found = routes_of(snapshot, plan.id) if plan is not None else []
    mine = next(((route, stops) for route, stops in found if route.van_id == van_id), None)
    if mine is None:
        return DriverRoute(day, van.name, None, ())
    rows = {row.id: row for row in snapshot.all(_addresses, ids=[stop.parcel_id for stop in mine[1]])}
    stops = [
        DriverStop(
            stop, from_json(rows[stop.parcel_id].address, Address), rows[stop.parcel_id].tracking_no,
            rows[stop.parcel_id].pickup_point_id is not None,
        )
        for stop in mine[1]
    ]  # fmt: skip
    return DriverRoute(day, van.name, mine[0], tuple(stops))


def start_route(tx: Tx, van_id: str, link: int, day: str) -> None:
    """The van leaves: its parcels are out for delivery. Twice is once; Conflict when nothing is planned for it."""
    lock_current_plan(tx, day)
    mine = driver_route(tx, van_id, link, day)
    if mine.route is None:
        raise Conflict("Nothing is planned for this van today")
    if not tx.run(_start, plan_id_=mine.route.plan_id, van_id_=van_id, now_=tx.now):
        return
    for each in mine.stops:
        source = f"route {each.stop.plan_id}"
        scan = Scan(each.stop.parcel_id, "out_for_delivery", tx.now, "", source)
        record_scan(tx, Scope.system(), scan)


def finish_stop(
    tx: Tx, van_id: str, link: int, day: str, parcel_id: str, outcome: Outcome, reason: str = ""
) -> PlannedStop:
    """The driver was there: it was handed over, or could not be, for a reason. Twice is once.

    A parcel for a pickup point lies there then. Conflict before the route was started.
    """
    lock_current_plan(tx, day)
    mine = driver_route(tx, van_id, link, day)
    found = next((each for each in mine.stops if each.stop.parcel_id == parcel_id), None)
    if found is None or mine.route is None:
        raise NotFound("This parcel is not on your route: look at the route again")
    if mine.route.started_at is None:
        raise Conflict("Start the route first")
    reason = " ".join(reason.split())[:REASON_LENGTH_MAX]
    if outcome == "failed" and not reason:
        raise Invalid("Say why it could not be handed over", fields={"reason": "Say why"})
    stop = found.stop
    if stop.state != "planned":
        return stop
    state = "done" if outcome == "delivered" else "failed"
    done = tx.run(_finish, plan_id_=stop.plan_id, parcel_id_=parcel_id, state_=state, reason_=reason, now_=tx.now)
    if done:
        code: ScanCode = "failed"
        if outcome == "delivered":
            code = "at_pickup_point" if found.to_point else "delivered"
        record_scan(
            tx, Scope.system(), Scan(parcel_id, code, tx.now, found.address.city, f"stop {stop.plan_id}", note=reason)
        )
    return msgspec.structs.replace(stop, state=state, reason=reason, done_at=tx.now)


_c, _r, _s = tables.parcels.c, tables.routes.c, tables.route_stops.c
_addresses: Prepared[Any] = prepare(
    select(_c.id, _c.address, _c.tracking_no, _c.pickup_point_id).where(in_set(_c.id, "ids"))
)
_start: Prepared[Any] = prepare(
    update(tables.routes)
    .where(_r.plan_id == bindparam("plan_id_"), _r.van_id == bindparam("van_id_"), _r.started_at.is_(None))
    .values(started_at=bindparam("now_"))
)
_finish: Prepared[Any] = prepare(
    update(tables.route_stops)
    .where(_s.plan_id == bindparam("plan_id_"), _s.parcel_id == bindparam("parcel_id_"), _s.state == "planned")
    .values(state=bindparam("state_"), reason=bindparam("reason_"), done_at=bindparam("now_"))
)
