"""Webhooks and the events feed: what an organisation's own programs are told, for merchants and the operator alike."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import identity

from ..endpoints import endpoint
from ..params import NO_NUL, After, Id, Key, Most
from ..visit import Visit
from ..wire import Done, Listed, listed

Url = Annotated[str, Meta(pattern=r"^https?://[\x21-\x7e]+$", max_length=2_000)]


class AddEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to be told, over https, and of what; `*` is everything."""

    url: Url
    types: Annotated[list[Annotated[str, Meta(pattern=NO_NUL, max_length=60)]], Meta(max_length=50)] = msgspec.field(
        default_factory=lambda: ["*"]
    )


class Endpoints(msgspec.Struct, frozen=True):
    """One's endpoints, oldest first."""

    endpoints: list[identity.Endpoint]


@endpoint("GET", "/api/merchant/events", access="member")
async def list_events(visit: Visit, after: After = None, most: Most = 100) -> Listed[identity.WebhookEvent]:
    """What happened, oldest first, behind the event `after`: ask again with the last id, for ever, and miss nothing."""
    found = await visit.read(lambda s: identity.list_webhook_events(s, visit.scope, after, most + 1))
    return listed(found, most, lambda event: event.id)


@endpoint("GET", "/api/merchant/webhooks", access="member")
async def list_endpoints(visit: Visit) -> Endpoints:
    """One's endpoints. Their secrets were shown when they were made."""
    return Endpoints(await visit.read(lambda s: identity.list_endpoints(s, visit.scope)))


@endpoint("POST", "/api/merchant/webhooks", asks=AddEndpoint, access="member")
async def add_endpoint(visit: Visit, asked: AddEndpoint) -> identity.NewEndpoint:
    """Add an endpoint; its secret is shown this once."""
    scope, key = visit.scope, visit.entrepot.secret_key
    loopback = visit.entrepot.settings.identity.webhooks_to_loopback
    return await visit.write(lambda tx: identity.add_endpoint(tx, scope, key, asked.url, asked.types, loopback))


@endpoint("DELETE", "/api/merchant/webhooks/{endpoint_id:str}", access="member")
async def remove_endpoint(visit: Visit, endpoint_id: Id) -> Done:
    """Tell an address no longer."""
    await visit.write(lambda tx: identity.remove_endpoint(tx, visit.scope, endpoint_id))
    return Done()


@endpoint("POST", "/api/merchant/webhooks/{endpoint_id:str}/enable", access="member", status=200)
async def enable_endpoint(visit: Visit, endpoint_id: Id) -> identity.Endpoint:
    """Tell an address again that had failed for too long."""
    return await visit.write(lambda tx: identity.enable_endpoint(tx, visit.scope, endpoint_id))


@endpoint("POST", "/api/merchant/webhooks/{endpoint_id:str}/secret", access="member", status=200)
async def change_webhook_secret(visit: Visit, endpoint_id: Id) -> identity.NewEndpoint:
    """Have a new secret, shown this once; the old one signs nothing any more."""
    scope, key = visit.scope, visit.entrepot.secret_key
    return await visit.write(lambda tx: identity.change_secret(tx, scope, key, endpoint_id))


@endpoint("GET", "/api/merchant/webhooks/{endpoint_id:str}/deliveries", access="member")
async def list_deliveries(
    visit: Visit, endpoint_id: Id, after: After = None, most: Most = 50
) -> Listed[identity.Delivery]:
    """What was sent there, newest first."""
    found = await visit.read(lambda s: identity.list_deliveries(s, visit.scope, endpoint_id, after, min(most, 199) + 1))
    return listed(found, min(most, 199), lambda delivery: delivery.id)


@endpoint("POST", "/api/merchant/deliveries/{delivery_id:str}/replay", access="member")
async def replay_delivery(visit: Visit, delivery_id: Id, key: Key) -> identity.Delivery:
    """Send an event once more; it keeps its id, so that a program that has seen it knows."""
    scope = visit.scope
    return await visit.once(key, lambda tx: identity.replay(tx, scope, delivery_id), identity.Delivery)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_events,
    list_endpoints,
    add_endpoint,
    remove_endpoint,
    enable_endpoint,
    change_webhook_secret,
    list_deliveries,
    replay_delivery,
)
