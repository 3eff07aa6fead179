"""Compute: what the engines can do and who waits for them, what the shop pays, who else does, what is stuck."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud

from ...capacity import names_of, read_compute, surface_name
from ...params import MaybeInQuery
from ...rendering import redirect
from ...visit import Visit
from .console import OPERATOR, show

SPANS = (1, 7, 30, 90)
SPAN = 7


@get("/operator/compute", include_in_schema=False, opt=OPERATOR)
async def compute(visit: Visit, days: MaybeInQuery = None) -> Response[str]:
    """How compute stands, over the days asked for."""
    span = next((each for each in SPANS if str(each) == days), SPAN)
    view = await read_compute(visit, span)
    seen = [tenant.organisation for model in view.capacity.models for tenant in model.tenants]
    seen += [each.organisation for each in view.reserves.stuck]
    names = await visit.read(lambda s: names_of(s, seen))

    def called(organisation: str) -> str:
        if organisation == cloud.SHOP:
            return visit.say("compute.shop")
        return names.get(organisation, organisation)

    def surface(name: str) -> str:
        return surface_name(visit, name)

    return await show(
        visit, "compute", "compute.html", view=view, spans=SPANS, span=span, called=called, surface=surface
    )


@post("/operator/compute/reconcile", include_in_schema=False, opt=OPERATOR)
async def reconcile(visit: Visit) -> Response[None]:
    """Close what dead processes left open."""
    await visit.write(lambda tx: cloud.request_reconciling(tx, visit.scope))
    visit.flash("compute.reconciling")
    return redirect("/operator/compute")


ROUTES: tuple[ControllerRouterHandler, ...] = (compute, reconcile)
