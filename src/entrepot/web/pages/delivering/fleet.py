"""The operator's fleet: vans and their drivers, plans of a day, and the map of a plan."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler
from msgspec import structs

from entrepot import deliver, identity
from entrepot.deliver import PlannedRoute, PlannedStop, Van, routes
from entrepot.deliver.routes.map import Drawn
from entrepot.kernel import Refused, Snapshot, Tx, get_task

from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import with_id
from ..operator.console import OPERATOR, show
from . import forms
from .drivers import driver_address

PAGE = "/operator/fleet"
MILLION = 1_000_000
Driven = list[tuple[PlannedRoute, list[PlannedStop]]]


@get(PAGE, include_in_schema=False, opt=OPERATOR)
async def fleet(visit: Visit, van: MaybeInQuery = None) -> Response[str]:
    """Vans, and the newest plans."""
    return await _show(visit, chosen=van)


@post(f"{PAGE}/vans", include_in_schema=False, opt=OPERATOR)
async def save_van(visit: Visit) -> Response[Any]:
    """Save a van."""
    form = await visit.form()
    try:
        before = await visit.read(lambda s: _van(s, form.get("id", "")))
        van = _van_of(form, before)

        def save(tx: Tx) -> None:
            saved = deliver.save_van(tx, visit.scope, van)
            identity.audit(tx, visit.scope, "deliver.save_van", saved.id)

        await visit.write(save)
    except Refused as refusal:
        return await _show(visit, refusal, "van", form.get("id") or None, form)
    visit.flash("form.saved")
    return redirect(PAGE)


@post(f"{PAGE}/vans/{{van_id:str}}/delete", include_in_schema=False, opt=OPERATOR)
async def delete_van(visit: Visit, van_id: Id) -> Response[Any]:
    """Plan with a van no longer."""
    await visit.write(lambda tx: deliver.delete_van(tx, visit.scope, van_id))
    return redirect(PAGE)


@post(f"{PAGE}/vans/{{van_id:str}}/link", include_in_schema=False, opt=OPERATOR)
async def renew_link(visit: Visit, van_id: Id) -> Response[Any]:
    """Give the driver a new link; the old one leads nowhere from now on."""

    def renew(tx: Tx) -> None:
        deliver.renew_driver_link(tx, visit.scope, van_id)
        identity.audit(tx, visit.scope, "deliver.renew_driver_link", van_id)

    await visit.write(renew)
    visit.flash("form.saved")
    return redirect(PAGE)


@post(f"{PAGE}/plans", include_in_schema=False, opt=OPERATOR)
async def plan(visit: Visit) -> Response[Any]:
    """Ask for a plan of a day."""
    form = await visit.form()
    try:
        seconds = forms.whole(form, "seconds") or visit.entrepot.settings.deliver.route_seconds
        day = form.get("day", "").strip()
        made = await visit.write(lambda tx: deliver.plan_day(tx, visit.scope, day, seconds, tx.random.randrange(2**31)))
    except Refused as refusal:
        return await _show(visit, refusal, "plan", form=form)
    return redirect(f"{PAGE}/plans/{made.id}")


@get(f"{PAGE}/plans/{{plan_id:str}}", include_in_schema=False, opt=OPERATOR)
async def one_plan(visit: Visit, plan_id: Id) -> Response[str]:
    """A plan: its map and the same as tables, or how far it is."""

    def read(snapshot: Snapshot) -> tuple[deliver.RoutePlan, Driven, Any, dict[str, deliver.Parcel], dict[str, Any]]:
        found = deliver.get_plan(snapshot, visit.scope, plan_id)
        driven = deliver.routes_of(snapshot, found.id)
        task = get_task(snapshot, found.task_id) if found.state == "planning" and found.task_id else None
        ids = [stop.parcel_id for _, stops in driven for stop in stops] + [each.parcel_id for each in found.left_out]
        return found, driven, task, deliver.parcels_by_id(snapshot, ids), deliver.depots_of(snapshot, driven)

    found, driven, task, parcels, depots = await visit.read(read)
    return await show(
        visit,
        "delivery",
        "plan.html",
        plan=found,
        driven=driven,
        task=task,
        parcels=parcels,
        map=_map(visit, driven, depots),
    )


def _map(visit: CurrentVisit, driven: Driven, depots: dict[str, Any]) -> routes.Map | None:
    drawn = []
    for route, stops in driven:
        start, end = depots.get(route.van.location_id), depots.get(route.van.end_location_id or route.van.location_id)
        if start is None or end is None:
            continue
        points = [(stop.latitude_e6 / MILLION, stop.longitude_e6 / MILLION, str(stop.position + 1)) for stop in stops]
        drawn.append(Drawn(route.van.name, _spot(start), tuple(points), _spot(end)))
    return routes.draw_map(drawn)


def _spot(depot: tuple[str, deliver.Point]) -> tuple[float, float, str]:
    name, point = depot
    return point.latitude_e6 / MILLION, point.longitude_e6 / MILLION, name


def _van(snapshot: Snapshot, van_id: str) -> Van | None:
    return deliver.get_van(snapshot, van_id) if van_id else None


def _van_of(form: forms.Form, before: Van | None) -> Van:
    shift_start, shift_end = forms.minutes(form.get("shift_start", "")), forms.minutes(form.get("shift_end", ""))
    skills = tuple(part.strip() for part in form.get("skills", "").split(",") if part.strip())
    given = Van(
        "", "", form.get("van_name", "").strip(), form.get("driver", "").strip(), form.get("location_id", ""),
        form.get("end_location_id") or None, forms.kilograms(form, "capacity_kg"), forms.whole(form, "capacity_l"),
        forms.whole(form, "stops_max"), shift_start, shift_end, skills, "is_active" in form,
    )  # fmt: skip
    return given if before is None else structs.replace(given, id=before.id, link=before.link)


async def _show(
    visit: CurrentVisit,
    refusal: Refused | None = None,
    kind: str = "",
    chosen: str | None = None,
    form: forms.Form | None = None,
) -> Response[str]:
    scope = visit.scope
    vans, plans, locations, handling = await visit.read(
        lambda s: (
            deliver.list_vans(s, scope),
            deliver.list_plans(s, scope),
            deliver.list_locations(s, scope),
            deliver.get_handling(s, scope),
        )
    )
    return await show(
        visit,
        "delivery",
        "fleet.html",
        status=400 if refusal else 200,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        kind=kind,
        form=forms.Written(form or {}),
        vans=vans,
        van=with_id(vans, chosen) if chosen else None,
        plans=plans,
        locations=locations,
        today=deliver.today(visit.now, handling.timezone),
        seconds=visit.entrepot.settings.deliver.route_seconds,
        links={van.id: driver_address(visit, van) for van in vans},
        forms_=forms,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (fleet, save_van, delete_van, renew_link, plan, one_plan)
