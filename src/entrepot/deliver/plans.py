"""Route plans as they are kept: the plan of a day, its routes, their stops, and when each parcel is expected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.identity import Scope, require_operator
from entrepot.kernel import (
    SECOND,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    from_json,
    in_set,
    prepare,
)

from . import tables
from .coordinates import Point, locate
from .locations import locations_of
from .promises import zone_of
from .terms import list_terms
from .types import PLATFORM, Handling, Van


class LeftOut(msgspec.Struct, frozen=True):
    """A parcel that no route brings, and why: `place` (nobody entered where its address is) or `fleet`."""

    parcel_id: str
    why: str


class RoutePlan(msgspec.Struct, frozen=True):
    """A plan of a day: `state` is planning, ready or failed, with its `problem` in a sentence."""

    id: str
    day: str
    state: str
    seconds: int
    seed: int
    task_id: str | None
    left_out: tuple[LeftOut, ...]
    problem: str | None
    created_at: int
    ready_at: int | None


class PlannedRoute(msgspec.Struct, frozen=True):
    """What a van does on that day."""

    plan_id: str
    van_id: str
    van: Van
    departs_at: int
    returns_at: int
    distance_m: int
    started_at: int | None


class PlannedStop(msgspec.Struct, frozen=True):
    """A parcel on a route: `state` is planned, done or failed, with the reason why."""

    plan_id: str
    parcel_id: str
    van_id: str
    position: int
    latitude_e6: int
    longitude_e6: int
    arrives_at: int
    state: str
    reason: str
    done_at: int | None


def list_plans(snapshot: Snapshot, scope: Scope, most: int = 30) -> list[RoutePlan]:
    """The newest plans. For the operator."""
    require_operator(scope)
    return snapshot.all(_newest, most=most)


def get_plan(snapshot: Snapshot, scope: Scope, plan_id: str) -> RoutePlan:
    """A plan. For the operator; NotFound when there is none."""
    require_operator(scope)
    return _found(snapshot.one(find_plan, id=plan_id))


def newest_plan(snapshot: Snapshot, day: str) -> RoutePlan | None:
    """The last plan that was asked for, of this day."""
    return snapshot.one(_of_day, day=day)


def current_plan(snapshot: Snapshot, day: str) -> RoutePlan | None:
    """The plan that is driven on this day: the last one that was made."""
    return snapshot.one(_current, day=day)


def lock_current_plan(tx: Tx, day: str) -> RoutePlan | None:
    """The same, kept from others: a route is not started while a new plan is written, nor the other way round."""
    while (locked := tx.one(_current_locked, day=day)) is not None:
        if current_plan(tx, day) == locked:
            return locked
    return None


def routes_of(snapshot: Snapshot, plan_id: str) -> list[tuple[PlannedRoute, list[PlannedStop]]]:
    """The routes of a plan with their stops in order; for those who have checked who asks."""
    stops: dict[str, list[PlannedStop]] = {}
    for stop in snapshot.all(_stops, plan_id=plan_id):
        stops.setdefault(stop.van_id, []).append(stop)
    return [(route, stops.get(route.van_id, [])) for route in snapshot.all(_routes, plan_id=plan_id)]


def depots_of(
    snapshot: Snapshot, driven: Sequence[tuple[PlannedRoute, Sequence[PlannedStop]]]
) -> dict[str, tuple[str, Point]]:
    """The names and points of the locations at which these routes start and end, by id; unknown ones are left out."""
    used = {each for route, _ in driven for each in (route.van.location_id, route.van.end_location_id)}
    locations = [each for each in locations_of(snapshot, [PLATFORM])[PLATFORM] if each.id in used]
    points = locate(snapshot, [location.address for location in locations])
    return {
        location.id: (location.name, point)
        for location, point in zip(locations, points, strict=True)
        if point is not None
    }


def platform_timezone(snapshot: Snapshot) -> str:
    """The time zone in which the fleet's days are counted."""
    handling = list_terms(snapshot, PLATFORM, Handling)
    return handling[0].timezone if handling else "UTC"


def expected_at(snapshot: Snapshot, parcel_ids: Sequence[str]) -> dict[str, int]:
    """When the newest plan brings each of these parcels, where one does and it has not been there yet."""
    rows = snapshot.all(_expected, parcel_ids=list(parcel_ids))
    return {row.parcel_id: row.arrives_at for row in rows}


def midnight_of(day: str, timezone: str) -> int:
    """The beginning of a day there, in microseconds UTC."""
    begins = datetime.combine(parse_day(day), datetime.min.time(), zone_of(timezone))
    return int(begins.astimezone(UTC).timestamp()) * SECOND


def parse_day(day: str) -> date:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise Invalid("Write a day such as 2026-04-03", fields={"day": "Write a day such as 2026-04-03"}) from None
    if not date(2000, 1, 1) <= found <= date(2100, 1, 1) or len(day) != 10:
        raise Invalid("Write a day such as 2026-04-03", fields={"day": "Write a day such as 2026-04-03"})
    return found


def today(now: int, timezone: str) -> str:
    """The day it is there."""
    return datetime.fromtimestamp(now // SECOND, UTC).astimezone(zone_of(timezone)).date().isoformat()


def _found(plan: RoutePlan | None) -> RoutePlan:
    if plan is None:
        raise NotFound("There is no such plan")
    return plan


def _route_plan(*values: Any) -> RoutePlan:
    plan = RoutePlan(*values)
    return msgspec.structs.replace(plan, left_out=from_json(values[6], tuple[LeftOut, ...]))


def _route(plan_id: str, van_id: str, van: str, *rest: Any) -> PlannedRoute:
    return PlannedRoute(plan_id, van_id, from_json(van, Van), *rest)


_p, _r, _s = tables.route_plans.c, tables.routes.c, tables.route_stops.c
_PLAN = [_p[name] for name in RoutePlan.__struct_fields__]
find_plan: Prepared[RoutePlan] = prepare(select(*_PLAN).where(_p.id == bindparam("id")), _route_plan)
_newest: Prepared[RoutePlan] = prepare(select(*_PLAN).order_by(_p.id.desc()).limit(bindparam("most")), _route_plan)
_newest_of_day = select(*_PLAN).where(_p.day == bindparam("day")).order_by(_p.id.desc()).limit(1)
_of_day: Prepared[RoutePlan] = prepare(_newest_of_day, _route_plan)
_ready_of_day = (
    select(*_PLAN)
    .where(_p.day == bindparam("day"), _p.state == "ready")
    .order_by(_p.ready_at.desc(), _p.id.desc())
    .limit(1)
)
_current: Prepared[RoutePlan] = prepare(_ready_of_day, _route_plan)
_current_locked: Prepared[RoutePlan] = prepare(_ready_of_day.with_for_update(), _route_plan)
_routes: Prepared[PlannedRoute] = prepare(
    select(*[_r[name] for name in PlannedRoute.__struct_fields__])
    .where(_r.plan_id == bindparam("plan_id"))
    .order_by(_r.van_id),
    _route,
)
STOP_COLUMNS = [_s[name] for name in PlannedStop.__struct_fields__]
_stops: Prepared[PlannedStop] = prepare(
    select(*STOP_COLUMNS).where(_s.plan_id == bindparam("plan_id")).order_by(_s.van_id, _s.position), PlannedStop
)
_later = tables.route_stops.alias("later")
_expected: Prepared[Any] = prepare(
    select(_s.parcel_id, _s.arrives_at).where(
        in_set(_s.parcel_id, "parcel_ids"),
        _s.state == "planned",
        ~select(_later.c.plan_id).where(_later.c.parcel_id == _s.parcel_id, _later.c.plan_id > _s.plan_id).exists(),
    )
)
insert_plan: Prepared[Any] = prepare(
    insert(tables.route_plans).values({column.name: bindparam(column.name) for column in tables.route_plans.columns})
)
insert_route: Prepared[Any] = prepare(
    insert(tables.routes).values({column.name: bindparam(column.name) for column in tables.routes.columns})
)
insert_stop: Prepared[Any] = prepare(
    insert(tables.route_stops).values({column.name: bindparam(column.name) for column in tables.route_stops.columns})
)
_this = update(tables.route_plans).where(_p.id == bindparam("id_"), _p.state == "planning")
mark_ready: Prepared[Any] = prepare(
    _this.values(state="ready", left_out=bindparam("left_out_"), ready_at=bindparam("now_"))
)
mark_failed: Prepared[Any] = prepare(
    _this.values(state="failed", problem=bindparam("problem_"), ready_at=bindparam("now_"))
)
