"""Delivery: zones, boxes, working hours, pickup points, the fleet and its plans, promises kept, tracking."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import deliver
from entrepot.deliver import BoxDraft, Handling, PickupPointDraft, Van
from entrepot.kernel import NotFound, Tx

from ..endpoints import JSON, endpoint
from ..params import Id, Line, Name, OptionalKey, Slug
from ..tracked import Tracked, read_tracked
from ..visit import CurrentVisit, Visit
from ..wire import Done, Made, with_id
from .account import PostalAddress
from .sheet_terms import PlaceText

ANY = (JSON, "application/x-www-form-urlencoded", "text/plain")
Millimetres = Annotated[int, Meta(ge=1, le=10_000)]
Grams = Annotated[int, Meta(ge=0, le=2_000_000)]
Degrees = Annotated[int, Meta(ge=-180_000_000, le=180_000_000, description="Millionths of a degree")]
Minutes = Annotated[int, Meta(ge=0, le=1_440, description="Minutes after midnight")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class SaveZone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone: `DE`, `US/CA`, `DE:80000-81999`, `GB:HS*` or `*`."""

    name: Name
    places: Annotated[list[PlaceText], Meta(min_length=1, max_length=1_000)]


class SaveBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A box: its sides inside, what it weighs empty, and what it carries."""

    name: Name
    length_mm: Millimetres
    width_mm: Millimetres
    height_mm: Millimetres
    tare_g: Grams
    load_g_max: Annotated[int, Meta(ge=1, le=2_000_000)]

    def draft(self, box_id: str | None) -> BoxDraft:
        """As the room takes it."""
        return BoxDraft(**msgspec.structs.asdict(self), id=box_id)


class SaveHandling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Working hours; without a cut-off, days count from the order."""

    cut_off: Minutes | None = None
    days: Annotated[int, Meta(ge=0, le=60)] = 0
    timezone: Line = "UTC"
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)] = (
        0,
        1,
        2,
        3,
        4,
    )
    with_platform: bool = False


class SaveOpening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of a day of the week, 0 for Monday."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    opens: Minutes
    closes: Minutes


class SavePoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pickup point."""

    name: Name
    address: PostalAddress
    capacity: Annotated[int, Meta(ge=0, le=100_000)]
    kept_days: Annotated[int, Meta(ge=1, le=60)] = 7
    hours: Annotated[list[SaveOpening], Meta(max_length=50)] = []
    latitude_e6: Degrees | None = None
    longitude_e6: Degrees | None = None
    is_open: bool = True

    def draft(self, point_id: str | None) -> PickupPointDraft:
        """As the room takes it."""
        here = None
        if self.latitude_e6 is not None and self.longitude_e6 is not None:
            here = deliver.Point(self.latitude_e6, self.longitude_e6)
        hours = tuple(deliver.Opening(each.weekday, each.opens, each.closes) for each in self.hours)
        return PickupPointDraft(
            self.name, self.address.plain(), self.capacity, self.kept_days, hours, here, self.is_open, point_id
        )


class SaveVan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A van; capacities left out have no bound."""

    name: Name
    location_id: Line
    driver: Line = ""
    end_location_id: Line | None = None
    capacity_g: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    capacity_l: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    stops_max: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    shift_start: Minutes = 480
    shift_end: Minutes = 1_020
    skills: Annotated[list[Name], Meta(max_length=20)] = []
    is_active: bool = True


class PlanDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day to be planned, and how long to search. The same seed on the same day finds the same plan."""

    day: Day
    seconds: Annotated[int, Meta(ge=1, le=600)] = 20
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 1


class Zones(msgspec.Struct, frozen=True):
    """One's zones, oldest first."""

    zones: list[deliver.Zone]


class Boxes(msgspec.Struct, frozen=True):
    """One's boxes, oldest first."""

    boxes: list[deliver.Box]


class Coverage(msgspec.Struct, frozen=True):
    """Promises kept, by sheet and lane, of the last half year; `target_percent` is what is wanted."""

    target_percent: int
    lanes: list[deliver.Covered]


class Point(msgspec.Struct, frozen=True):
    """A pickup point and how many of its places are free."""

    point: deliver.PickupPoint
    free: int


class Points(msgspec.Struct, frozen=True):
    """The pickup points, oldest first."""

    points: list[Point]


class Vans(msgspec.Struct, frozen=True):
    """The vans, oldest first."""

    vans: list[Van]


class Plans(msgspec.Struct, frozen=True):
    """The newest plans."""

    plans: list[deliver.RoutePlan]


class Driven(msgspec.Struct, frozen=True):
    """A route with its stops in order."""

    route: deliver.PlannedRoute
    stops: list[deliver.PlannedStop]


class PlanView(msgspec.Struct, frozen=True):
    """A plan and its routes."""

    plan: deliver.RoutePlan
    routes: list[Driven]


@endpoint("GET", "/api/merchant/zones", access="member")
async def list_zones(visit: Visit) -> Zones:
    """One's own zones; the operator's are the platform's."""
    return Zones(await visit.read(lambda s: deliver.list_zones(s, visit.scope)))


@endpoint("POST", "/api/merchant/zones", asks=SaveZone, access="member")
async def add_zone(visit: Visit, asked: SaveZone, key: OptionalKey = None) -> deliver.Zone:
    """Add a zone."""
    return await _save_zone(visit, asked, None, key)


@endpoint("PUT", "/api/merchant/zones/{zone_id:str}", asks=SaveZone, access="member")
async def save_zone(visit: Visit, zone_id: Id, asked: SaveZone, key: OptionalKey = None) -> deliver.Zone:
    """Replace a zone; prices for it stay."""
    return await _save_zone(visit, asked, zone_id, key)


@endpoint("DELETE", "/api/merchant/zones/{zone_id:str}", access="member")
async def delete_zone(visit: Visit, zone_id: Id) -> Done:
    """Delete a zone and the rates that sheets have for it."""
    await visit.write(lambda tx: deliver.delete_zone(tx, visit.scope, zone_id))
    return Done()


@endpoint("GET", "/api/merchant/boxes", access="member")
async def list_boxes(visit: Visit) -> Boxes:
    """One's own boxes; without any, the platform's are used."""
    return Boxes(await visit.read(lambda s: deliver.list_boxes(s, visit.scope)))


@endpoint("POST", "/api/merchant/boxes", asks=SaveBox, access="member")
async def add_box(visit: Visit, asked: SaveBox, key: OptionalKey = None) -> deliver.Box:
    """Add a box."""
    return await _save_box(visit, asked, None, key)


@endpoint("PUT", "/api/merchant/boxes/{box_id:str}", asks=SaveBox, access="member")
async def save_box(visit: Visit, box_id: Id, asked: SaveBox, key: OptionalKey = None) -> deliver.Box:
    """Replace a box."""
    return await _save_box(visit, asked, box_id, key)


@endpoint("DELETE", "/api/merchant/boxes/{box_id:str}", access="member")
async def delete_box(visit: Visit, box_id: Id) -> Done:
    """Pack into a box no longer."""
    await visit.write(lambda tx: deliver.delete_box(tx, visit.scope, box_id))
    return Done()


@endpoint("GET", "/api/merchant/handling", access="member")
async def get_handling(visit: Visit) -> Handling:
    """One's working hours."""
    return await visit.read(lambda s: deliver.get_handling(s, visit.scope))


@endpoint("PUT", "/api/merchant/handling", asks=SaveHandling, access="member")
async def save_handling(visit: Visit, asked: SaveHandling, key: OptionalKey = None) -> Handling:
    """Say until when orders count for a day, and how long goods take to leave."""
    handling = Handling(asked.cut_off, asked.days, asked.timezone, asked.weekdays, asked.with_platform)

    def command(tx: Tx) -> Done:
        deliver.save_handling(tx, visit.scope, handling)
        return Done()

    await visit.once(key, command, Done)
    return await visit.read(lambda s: deliver.get_handling(s, visit.scope))


@endpoint("GET", "/api/merchant/coverage", access="member")
async def read_coverage(visit: Visit) -> Coverage:
    """How many parcels came when promised: one's own, for the operator everybody's."""
    target = visit.entrepot.settings.deliver.promise_target_percent
    return Coverage(target, await visit.read(lambda s: deliver.coverage(s, visit.scope)))


@endpoint("GET", "/api/operator/points", access="operator")
async def list_points(visit: Visit) -> Points:
    """The platform's pickup points."""
    found = await visit.read(lambda s: deliver.list_points(s, visit.scope))
    free = await visit.read(lambda s: deliver.free_places(s, [each.id for each in found]))
    return Points([Point(each, free[each.id]) for each in found])


@endpoint("POST", "/api/operator/points", asks=SavePoint, access="operator")
async def add_point(visit: Visit, asked: SavePoint, key: OptionalKey = None) -> deliver.PickupPoint:
    """Add a pickup point."""
    return await _save_point(visit, asked, None, key)


@endpoint("PUT", "/api/operator/points/{point_id:str}", asks=SavePoint, access="operator")
async def save_point(visit: Visit, point_id: Id, asked: SavePoint, key: OptionalKey = None) -> deliver.PickupPoint:
    """Replace a pickup point; its shelf cannot become smaller than what lies there."""
    return await _save_point(visit, asked, point_id, key)


@endpoint("GET", "/api/operator/vans", access="operator")
async def list_vans(visit: Visit) -> Vans:
    """The fleet."""
    return Vans(await visit.read(lambda s: deliver.list_vans(s, visit.scope)))


@endpoint("POST", "/api/operator/vans", asks=SaveVan, access="operator")
async def add_van(visit: Visit, asked: SaveVan, key: OptionalKey = None) -> Van:
    """Add a van."""
    return await _save_van(visit, asked, "", key)


@endpoint("PUT", "/api/operator/vans/{van_id:str}", asks=SaveVan, access="operator")
async def save_van(visit: Visit, van_id: Id, asked: SaveVan, key: OptionalKey = None) -> Van:
    """Replace a van; plans made already stand."""
    return await _save_van(visit, asked, van_id, key)


@endpoint("DELETE", "/api/operator/vans/{van_id:str}", access="operator")
async def delete_van(visit: Visit, van_id: Id) -> Done:
    """Plan with a van no longer."""
    await visit.write(lambda tx: deliver.delete_van(tx, visit.scope, van_id))
    return Done()


@endpoint("GET", "/api/operator/plans", access="operator")
async def list_plans(visit: Visit) -> Plans:
    """The newest route plans."""
    return Plans(await visit.read(lambda s: deliver.list_plans(s, visit.scope)))


@endpoint("POST", "/api/operator/plans", asks=PlanDay, access="operator", status=202)
async def plan_day(visit: Visit, asked: PlanDay, key: OptionalKey = None) -> deliver.RoutePlan:
    """Have a day planned in the background; ask for the plan until it is ready."""
    made = await visit.once(
        key, lambda tx: Made(deliver.plan_day(tx, visit.scope, asked.day, asked.seconds, asked.seed).id), Made
    )
    return await visit.read(lambda s: deliver.get_plan(s, visit.scope, made.id))


@endpoint("GET", "/api/operator/plans/{plan_id:str}", access="operator")
async def get_plan(visit: Visit, plan_id: Id) -> PlanView:
    """A plan and its routes."""
    return await visit.read(
        lambda s: PlanView(
            deliver.get_plan(s, visit.scope, plan_id),
            [Driven(route, stops) for route, stops in deliver.routes_of(s, plan_id)],
        )
    )


@endpoint("GET", "/api/track/{token:str}")
async def track(visit: Visit, token: Slug) -> Tracked:
    """Where a parcel is, for whoever has its link."""
    return (await read_tracked(visit, token))[0]


@endpoint("POST", "/api/carriers/{carrier:str}/webhook", status=200, signed=True, accepts=ANY, answers="text/plain")
async def hear_carrier(visit: Visit, carrier: Slug) -> Response[str]:
    """What a carrier tells, signed in its own way. Scans may come late, twice and out of order."""
    speaker = visit.entrepot.carriers.find(carrier)
    if speaker is None:
        raise NotFound("There is no such carrier")
    body = await visit.request.body()
    headers = {name.lower(): value for name, value in visit.request.headers.items()}
    for told in speaker.read_webhook(headers, body, visit.now):
        await visit.write(lambda tx, told=told: deliver.hear_carrier(tx, speaker.name, told))  # type: ignore[misc]
    return Response("", media_type="text/plain")


async def _save_zone(visit: CurrentVisit, asked: SaveZone, zone_id: str | None, key: str | None) -> deliver.Zone:
    def command(tx: Tx) -> Made:
        return Made(deliver.save_zone(tx, visit.scope, asked.name, asked.places, zone_id).id)

    made = await visit.once(key, command, Made)
    return with_id(await visit.read(lambda s: deliver.list_zones(s, visit.scope)), made.id)


async def _save_box(visit: CurrentVisit, asked: SaveBox, box_id: str | None, key: str | None) -> deliver.Box:
    made = await visit.once(key, lambda tx: Made(deliver.save_box(tx, visit.scope, asked.draft(box_id)).id), Made)
    return with_id(await visit.read(lambda s: deliver.list_boxes(s, visit.scope)), made.id)


async def _save_point(
    visit: CurrentVisit, asked: SavePoint, point_id: str | None, key: str | None
) -> deliver.PickupPoint:
    made = await visit.once(key, lambda tx: Made(deliver.save_point(tx, visit.scope, asked.draft(point_id)).id), Made)
    return with_id(await visit.read(lambda s: deliver.list_points(s, visit.scope)), made.id)


async def _save_van(visit: CurrentVisit, asked: SaveVan, van_id: str, key: str | None) -> Van:
    def command(tx: Tx) -> Made:
        link = deliver.get_van(tx, van_id).link if van_id else 1
        given = msgspec.structs.asdict(asked) | {"skills": tuple(asked.skills)}
        return Made(deliver.save_van(tx, visit.scope, Van(van_id, "", link=link, **given)).id)

    made = await visit.once(key, command, Made)
    return with_id(await visit.read(lambda s: deliver.list_vans(s, visit.scope)), made.id)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_zones, add_zone, save_zone, delete_zone, list_boxes, add_box, save_box, delete_box, get_handling,
    save_handling, read_coverage, list_points, add_point, save_point, list_vans, add_van, save_van, delete_van,
    list_plans, plan_day, get_plan, track, hear_carrier,
)  # fmt: skip
