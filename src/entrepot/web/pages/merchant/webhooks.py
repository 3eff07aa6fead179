"""Webhooks, as somebody sets them up: endpoints, their secrets shown once, what was sent and what failed."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import group, identity
from entrepot.kernel import Refused

from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import listed
from .console import MEMBER, show

PAGE = 30


@get("/merchant/webhooks", include_in_schema=False, opt=MEMBER)
async def webhooks(visit: Visit) -> Response[str]:
    """One's endpoints, and the form for another."""
    return await _show(visit)


@post("/merchant/webhooks", include_in_schema=False, opt=MEMBER)
async def add(visit: Visit) -> Response[Any]:
    """Add an endpoint and show its secret, this once."""
    form = await visit.form()
    key, loopback = visit.entrepot.secret_key, visit.entrepot.settings.identity.webhooks_to_loopback
    types = form.get("types", "*").replace(",", " ").split() or ["*"]
    url = form.get("url", "").strip()
    try:
        made = await visit.write(lambda tx: identity.add_endpoint(tx, visit.scope, key, url, types, loopback))
    except Refused as refusal:
        return await _show(visit, refusal=refusal, sent=form)
    return await _show(visit, made=made)


@get("/merchant/webhooks/{endpoint_id:str}", include_in_schema=False, opt=MEMBER)
async def deliveries(visit: Visit, endpoint_id: Id, after: MaybeInQuery = None) -> Response[str]:
    """What was sent to an endpoint, newest first."""
    found = await visit.read(lambda s: identity.list_deliveries(s, visit.scope, endpoint_id, after, PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    endpoints = await visit.read(lambda s: identity.list_endpoints(s, visit.scope))
    each = next(endpoint for endpoint in endpoints if endpoint.id == endpoint_id)
    return await show(visit, "webhooks", "webhook.html", each=each, deliveries=page.items, older=page.next)


@post("/merchant/webhooks/{endpoint_id:str}", include_in_schema=False, opt=MEMBER)
async def act(visit: Visit, endpoint_id: Id) -> Response[Any]:
    """Remove it, switch it on again, change its secret, or send something once more."""
    form = await visit.form()
    scope, key = visit.scope, visit.entrepot.secret_key
    await visit.read(lambda s: identity.list_deliveries(s, scope, endpoint_id, most=1))  # it is one of theirs
    match form.get("act"):
        case "remove":
            await visit.write(lambda tx: identity.remove_endpoint(tx, scope, endpoint_id))
            return redirect("/merchant/webhooks")
        case "enable":
            await visit.write(lambda tx: identity.enable_endpoint(tx, scope, endpoint_id))
        case "secret":
            made = await visit.write(lambda tx: identity.change_secret(tx, scope, key, endpoint_id))
            return await _show(visit, made=made)
        case "replay":
            delivery_id = form.get("delivery_id", "")
            await visit.once(form.get("_key"), lambda tx: identity.replay(tx, scope, delivery_id), identity.Delivery)
            visit.flash("webhook.replayed")
    return redirect(f"/merchant/webhooks/{endpoint_id}")


async def _show(
    visit: CurrentVisit,
    refusal: Refused | None = None,
    made: identity.NewEndpoint | None = None,
    sent: dict[str, str] | None = None,
) -> Response[str]:
    endpoints = await visit.read(lambda s: identity.list_endpoints(s, visit.scope))
    return await show(
        visit, "webhooks", "webhooks.html", endpoints=endpoints, made=made, types=sorted(group.TYPES),
        sent=sent or {}, refusal=refusal,
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (webhooks, add, deliveries, act)
