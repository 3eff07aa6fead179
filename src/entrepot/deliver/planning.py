"""Route plans of a day: asked for, solved in a task, kept, driven, and made anew while vans are under way.

1. `plan_day` writes an empty plan and enqueues its task.
2. The task reads which parcels are due and where they go, lets `routes.solve` search outside any transaction, and
   writes the plan. Routes of the day's last plan that were started stay: their vans and parcels are not planned.
3. A driver starts a route and tells of each stop; every parcel's scans follow from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, or_, select

from entrepot.identity import Address, Scope, require_operator
from entrepot.kernel import (
    DAY,
    SECOND,
    Conflict,
    Invalid,
    Prepared,
    Refused,
    Snapshot,
    TaskKind,
    TaskRun,
    Tx,
    from_json,
    prepare,
    to_json,
)

from . import routes, tables
from .coordinates import Point, distance_m, locate
from .fleet import vans_of
from .locations import locations_of
from .pickup import PickupPoint, points_by_id
from .plans import (
    LeftOut,
    PlannedRoute,
    PlannedStop,
    RoutePlan,
    current_plan,
    find_plan,
    get_plan,
    insert_plan,
    insert_route,
    insert_stop,
    lock_current_plan,
    mark_failed,
    mark_ready,
    midnight_of,
    newest_plan,
    parse_day,
    platform_timezone,
    routes_of,
)
from .routes import Plan, Problem, Stop, Vehicle
from .types import FLEET, PLATFORM, Settings, Van

PLAN_TASK = "deliver.plan"
SECONDS_MAX = 600
SERVICE_S = 180
"""At each door."""
HEAVY_G = 30_000
HEAVY = "heavy"
UNKNOWN_G, UNKNOWN_CM3 = 5_000, 20_000
"""What a parcel counts as in a van when nobody weighed or measured it."""
STOPS_MAX = 1_000
DUE_STATES = ("booked", "handed_over", "in_transit", "out_for_delivery", "failed")


class PlanTask(msgspec.Struct, frozen=True):
    """The plan to be made."""

    plan_id: str


class Due(msgspec.Struct, frozen=True):
    """A parcel that the fleet is to bring."""

    id: str
    address: Address
    weight_g: int
    volume_cm3: int
    needs: frozenset[str]
    pickup_point_id: str | None


class Day(msgspec.Struct, frozen=True):
    """What a plan is made from: the problem, where each stop is, who drives, and what could not be placed."""

    problem: Problem
    points: dict[str, Point]
    vans: dict[str, Van]
    midnight: int
    unplaced: tuple[str, ...]


def plan_day(tx: Tx, scope: Scope, day: str, seconds: int, seed: int = 1) -> RoutePlan:
    """Ask for a plan of that day; it is made in the background. For the operator.

    Invalid for what is no day, and Conflict while another plan of it is being made.
    """
    require_operator(scope)
    parse_day(day)
    if not 1 <= seconds <= SECONDS_MAX or not 0 <= seed < 2**31:
        raise Invalid("This cannot be planned", fields={"seconds": f"Write seconds from 1 to {SECONDS_MAX}"})
    last = newest_plan(tx, day)
    if last is not None and last.state == "planning":
        raise Conflict("A plan of this day is being made: wait for it")
    plan_id = tx.new_id("rtp")
    task_id = tx.enqueue(PLAN_TASK, PlanTask(plan_id), key=plan_id)
    tx.run(
        insert_plan, id=plan_id, day=day, state="planning", seconds=seconds, seed=seed, task_id=task_id, left_out="[]",
        problem=None, created_at=tx.now, ready_at=None,
    )  # fmt: skip
    return get_plan(tx, scope, plan_id)


def planning_tasks(settings: Settings) -> tuple[TaskKind[Any], ...]:
    """The task that makes plans."""

    def act(run: TaskRun, body: PlanTask) -> None:
        plan = run.database.read_now(lambda s: s.one(find_plan, id=body.plan_id))
        if plan is None or plan.state != "planning":
            run.settle(lambda tx: None)
            return
        try:
            day, made = make_plan(run, plan, settings)
        except Refused as refusal:
            sentence = refusal.sentence
            run.settle(lambda tx: tx.run(mark_failed, id_=plan.id, problem_=sentence, now_=tx.now))
            return
        run.settle(lambda tx: write_plan(tx, plan, day, made))

    return (TaskKind(PLAN_TASK, PlanTask, act, slow=True),)


def make_plan(run: TaskRun, plan: RoutePlan, settings: Settings) -> tuple[Day, Plan]:
    """Read the day and search, telling how far it is."""
    day = run.database.read_now(lambda s: read_day(s, plan, settings))
    return day, routes.solve(day.problem, plan.seconds, plan.seed, lambda part: run.progress(round(part * 100), 100))


def read_day(snapshot: Snapshot, plan: RoutePlan, settings: Settings) -> Day:
    """The problem of a day, as parcels, vans and coordinates are now. Conflict when no van can be placed."""
    started = _started(snapshot, plan)
    gone = {stop.parcel_id for route, stops in started for stop in stops}
    driving = {route.van_id for route, _ in started}
    vans = [van for van in vans_of(snapshot) if van.is_active and van.id not in driving]
    depots = _depots(snapshot, vans)
    due = [parcel for parcel in snapshot.all(_due, carrier=FLEET, most=STOPS_MAX + 1) if parcel.id not in gone]
    if len(due) > STOPS_MAX:
        raise Conflict(f"More than {STOPS_MAX:,} parcels are due: plan them in several days")
    points = points_by_id(snapshot, [each.pickup_point_id for each in due if each.pickup_point_id])
    placed = _placed(snapshot, due, points)
    midnight = midnight_of(plan.day, platform_timezone(snapshot))
    problem = _problem(plan, vans, depots, due, placed, points, settings)
    unplaced = tuple(parcel.id for parcel in due if parcel.id not in placed)
    return Day(problem, placed, {van.id: van for van in vans}, midnight, unplaced)


def write_plan(tx: Tx, plan: RoutePlan, day: Day, made: Plan) -> None:
    """Keep a plan, with the started routes of the one before it."""
    lock_current_plan(tx, plan.day)
    routes_rows, stops_rows = [], []
    for route, stops in _started(tx, plan):
        routes_rows.append(msgspec.structs.asdict(route) | {"plan_id": plan.id, "van": to_json(route.van)})
        stops_rows += [msgspec.structs.asdict(stop) | {"plan_id": plan.id} for stop in stops]
    taken = {row["van_id"] for row in routes_rows}
    gone = {row["parcel_id"] for row in stops_rows}
    for made_route in made.routes:
        if made_route.vehicle_id in taken or any(visit.stop_id in gone for visit in made_route.visits):
            raise Conflict("A route was started while this plan was made: plan the day again")
        van = day.vans[made_route.vehicle_id]
        routes_rows.append(
            {
                "plan_id": plan.id, "van_id": van.id, "van": to_json(van), "started_at": None,
                "departs_at": day.midnight + made_route.departs * SECOND,
                "returns_at": day.midnight + made_route.returns * SECOND, "distance_m": made_route.distance,
            }
        )  # fmt: skip
        for position, visit in enumerate(made_route.visits):
            point = day.points[visit.stop_id]
            stops_rows.append(
                {
                    "plan_id": plan.id, "parcel_id": visit.stop_id, "van_id": van.id, "position": position,
                    "latitude_e6": point.latitude_e6, "longitude_e6": point.longitude_e6,
                    "arrives_at": day.midnight + visit.begins * SECOND, "state": "planned", "reason": "",
                    "done_at": None,
                }
            )  # fmt: skip
    tx.run_many(insert_route, routes_rows)
    tx.run_many(insert_stop, stops_rows)
    left_out = [LeftOut(parcel_id, "place") for parcel_id in day.unplaced]
    left_out += [LeftOut(parcel_id, "fleet") for parcel_id in made.left_out]
    tx.run(mark_ready, id_=plan.id, left_out_=to_json(left_out), now_=tx.now)


def _started(snapshot: Snapshot, plan: RoutePlan) -> list[tuple[PlannedRoute, list[PlannedStop]]]:
    """The started routes of the last plan of this day before that one."""
    before = current_plan(snapshot, plan.day)
    found = [] if before is None else routes_of(snapshot, before.id)
    return [(route, stops) for route, stops in found if route.started_at is not None]


def _depots(snapshot: Snapshot, vans: Sequence[Van]) -> dict[str, Point]:
    if not vans:
        raise Conflict("No van is free on this day: add one, or wait until one is back")
    locations = locations_of(snapshot, [PLATFORM])[PLATFORM]
    points = locate(snapshot, [location.address for location in locations])
    known = {location.id: point for location, point in zip(locations, points, strict=True) if point is not None}
    for van in vans:
        for location_id in (van.location_id, van.end_location_id or van.location_id):
            if location_id not in known:
                raise Conflict(f"Nobody entered where {van.name} starts: enter its city or postal code")
    return known


def _placed(snapshot: Snapshot, due: Sequence[Due], points: Mapping[str, PickupPoint]) -> dict[str, Point]:
    found = locate(snapshot, [parcel.address for parcel in due])
    placed = {parcel.id: point for parcel, point in zip(due, found, strict=True) if point is not None}
    for parcel in due:
        point = points.get(parcel.pickup_point_id or "")
        if point is not None and point.point is not None:
            placed[parcel.id] = point.point
    return placed


def _problem(
    plan: RoutePlan, vans: Sequence[Van], depots: Mapping[str, Point], due: Sequence[Due], placed: Mapping[str, Point],
    points: Mapping[str, PickupPoint], settings: Settings,
) -> Problem:  # fmt: skip
    homes = sorted({each for van in vans for each in (van.location_id, van.end_location_id or van.location_id)})
    there = [parcel for parcel in due if parcel.id in placed]
    places = [depots[home] for home in homes] + [placed[parcel.id] for parcel in there]
    weekday = parse_day(plan.day).weekday()
    distances = tuple(tuple(distance_m(a, b) * settings.road_factor_percent // 100 for b in places) for a in places)
    durations = tuple(tuple(-(-way * 36 // (settings.speed_km_h * 10)) for way in row) for row in distances)
    return Problem(
        tuple(_vehicle(van, homes) for van in vans),
        tuple(
            _stop(parcel, number, points.get(parcel.pickup_point_id or ""), weekday)
            for number, parcel in enumerate(there, len(homes))
        ),
        distances,
        durations,
    )


def _vehicle(van: Van, homes: Sequence[str]) -> Vehicle:
    return Vehicle(
        van.id,
        (van.capacity_g or 10**9, (van.capacity_l or 10**6) * 1_000),
        homes.index(van.location_id),
        homes.index(van.end_location_id or van.location_id),
        van.shift_start * 60,
        van.shift_end * 60,
        frozenset(van.skills),
        van.stops_max,
    )


def _stop(parcel: Due, place: int, point: PickupPoint | None, weekday: int) -> Stop:
    opens, closes = 0, DAY // SECOND
    if point is not None:
        hours = [each for each in point.hours if each.weekday == weekday]
        if point.hours:  # closed all day: nobody can be there in time, and it is left out
            opens = min((each.opens for each in hours), default=2 * 1_440) * 60
            closes = max((each.closes for each in hours), default=2 * 1_440) * 60
    heavy = {HEAVY} if parcel.weight_g > HEAVY_G else set()
    return Stop(parcel.id, place, (parcel.weight_g, parcel.volume_cm3), SERVICE_S, opens, closes, parcel.needs | heavy)


def _due_parcel(
    parcel_id: str, address: str, weight_g: int | None, volume_cm3: int | None, needs: str, point_id: str | None
) -> Due:
    return Due(
        parcel_id, from_json(address, Address), UNKNOWN_G if weight_g is None else weight_g,
        UNKNOWN_CM3 if volume_cm3 is None else volume_cm3, frozenset(from_json(needs, list[str])), point_id,
    )  # fmt: skip


_c = tables.parcels.c
_due: Prepared[Due] = prepare(
    select(_c.id, _c.address, _c.weight_g, _c.volume_cm3, _c.needs, _c.pickup_point_id)
    .where(_c.carrier == bindparam("carrier"), or_(*[_c.state == state for state in DUE_STATES]))
    .order_by(_c.id)
    .limit(bindparam("most")),
    _due_parcel,
)
