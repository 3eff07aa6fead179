"""What an organisation's own programs are told: a feed of events, and endpoints that the events are sent to.

An event is a row, once. The feed is read by cursor, as often and as far back as wanted; an endpoint is told by a task
that is tried again for days. The secret of an endpoint is made from the home's key and its id, so it is kept nowhere;
it is shown when the endpoint is made and when its secret is changed, and signs as Standard Webhooks say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.kernel import (
    SECOND,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Secret,
    Snapshot,
    Tx,
    check_address,
    in_set,
    prepare,
    to_json,
)

from . import tables
from .audit import audit
from .types import Scope, require_organisation

DELIVER_TASK = "identity.webhook"
ENDPOINTS_MAX = 10
EVERYTHING = "*"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LAG = 2 * SECOND
"""On PostgreSQL a commit may come a moment after a later one; the feed tells only what is surely in order."""

DeliveryState = Literal["waiting", "delivered", "failed"]


class Deliver(msgspec.Struct, frozen=True):
    """The delivery to be made."""

    delivery_id: str


class Endpoint(msgspec.Struct, frozen=True):
    """Where an organisation wants to be told. `types` are event types, or `*`; `failing_since` since the last success.

    `disabled_at` when it had failed for too long, or somebody switched it off.
    """

    id: str
    organisation: str
    url: str
    types: tuple[str, ...]
    secret_version: int
    created_at: int
    failing_since: int | None = None
    disabled_at: int | None = None


class NewEndpoint(msgspec.Struct, frozen=True):
    """An endpoint that was made, and its secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


class WebhookEvent(msgspec.Struct, frozen=True):
    """Something that happened, as an organisation's programs are told. `data` is JSON, of the type's own shape."""

    id: str
    type: str
    at: int
    data: Any


class Delivery(msgspec.Struct, frozen=True):
    """An event on its way to an endpoint: how often it was tried, and what the last answer was."""

    id: str
    endpoint_id: str
    event_id: str
    type: str
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    next_at: int | None
    created_at: int
    delivered_at: int | None


def publish(tx: Tx, organisation: str, kind: str, data: msgspec.Struct) -> str:
    """Tell an organisation's programs what happened, in the transaction of a reaction; returns the event's id."""
    event_id = tx.new_id("evt")
    tx.send(_insert_event, id=event_id, organisation=organisation, type=kind, at=tx.now, data=to_json(data))
    for endpoint in tx.all(_enabled, organisation=organisation):
        if EVERYTHING in endpoint.types or kind in endpoint.types:
            _deliver(tx, endpoint.id, event_id, kind)
    return event_id


def list_webhook_events(
    snapshot: Snapshot, scope: Scope, after: str | None = None, most: int = 100
) -> list[WebhookEvent]:
    """The feed of the caller's organisation, oldest first, behind the event `after`."""
    until = snapshot.now - (0 if snapshot.dialect == "sqlite" else LAG)
    page = {"organisation": require_organisation(scope), "after": after or "", "until": until}
    return snapshot.all(_events_of, most=max(1, min(most, 500)), **page)


def add_endpoint(
    tx: Tx, scope: Scope, key: Secret, url: str, types: Sequence[str] = (EVERYTHING,), loopback: bool = False
) -> NewEndpoint:
    """Add an address to be told; https only, and loopback only where the setting allows it."""
    organisation = require_organisation(scope)
    check_endpoint(url, loopback)
    if len(tx.all(_endpoints_of, organisation=organisation)) >= ENDPOINTS_MAX:
        raise Conflict(f"There are {ENDPOINTS_MAX} endpoints already: remove one first")
    kinds = tuple(dict.fromkeys(kind.strip() for kind in types if kind.strip())) or (EVERYTHING,)
    if any(len(kind) > 60 for kind in kinds) or len(kinds) > 50:
        raise Invalid("Name the events by their types", fields={"types": "too long"})
    endpoint = Endpoint(tx.new_id("whe"), organisation, url, kinds, 1, tx.now)
    tx.send(_insert_endpoint, **{**msgspec.structs.asdict(endpoint), "types": to_json(kinds)})
    audit(tx, scope, "identity.webhook_added", endpoint.id, {"host": urlsplit(url).hostname})
    return NewEndpoint(endpoint, secret_of(key, endpoint).reveal())


def list_endpoints(snapshot: Snapshot, scope: Scope) -> list[Endpoint]:
    """The endpoints of the caller's organisation, oldest first."""
    return snapshot.all(_endpoints_of, organisation=require_organisation(scope))


def remove_endpoint(tx: Tx, scope: Scope, endpoint_id: str) -> None:
    """Tell an address no longer; what was on its way is not sent."""
    endpoint = _mine(tx, scope, endpoint_id)
    tx.send(_remove, id_=endpoint.id, now_=tx.now)
    audit(tx, scope, "identity.webhook_removed", endpoint.id)


def enable_endpoint(tx: Tx, scope: Scope, endpoint_id: str) -> Endpoint:
    """Tell an address again that had failed for too long; what it missed can be replayed."""
    endpoint = _mine(tx, scope, endpoint_id)
    tx.send(_set_failing, id_=endpoint.id, since_=None, disabled_=None)
    audit(tx, scope, "identity.webhook_enabled", endpoint.id)
    return msgspec.structs.replace(endpoint, failing_since=None, disabled_at=None)


def change_secret(tx: Tx, scope: Scope, key: Secret, endpoint_id: str) -> NewEndpoint:
    """A new secret for an endpoint, shown this once; the old one signs nothing any more."""
    endpoint = _mine(tx, scope, endpoint_id)
    changed = msgspec.structs.replace(endpoint, secret_version=endpoint.secret_version + 1)
    tx.send(_set_version, id_=endpoint.id, version_=changed.secret_version)
    audit(tx, scope, "identity.webhook_secret", endpoint.id)
    return NewEndpoint(changed, secret_of(key, changed).reveal())


def list_deliveries(
    snapshot: Snapshot, scope: Scope, endpoint_id: str, after: str | None = None, most: int = 50
) -> list[Delivery]:
    """What was sent, or is being sent, to an endpoint, newest first."""
    endpoint = _mine(snapshot, scope, endpoint_id)
    return snapshot.all(_deliveries_of, endpoint_id=endpoint.id, after=after or "~", most=max(1, min(most, 200)))


def replay(tx: Tx, scope: Scope, delivery_id: str) -> Delivery:
    """Send an event to its endpoint once more, as a delivery of its own with the event's own id."""
    before = tx.one(_delivery, id=delivery_id)
    if before is None:
        raise NotFound("There is no such delivery")
    endpoint = _mine(tx, scope, before.endpoint_id)
    if endpoint.disabled_at is not None:
        raise Conflict("This endpoint is switched off: switch it on first")
    return _deliver(tx, endpoint.id, before.event_id, before.type)


def secret_of(key: Secret, endpoint: Endpoint) -> Secret:
    """The secret that an endpoint's messages are signed with."""
    message = f"webhook {endpoint.id} {endpoint.secret_version}".encode()
    digest = hmac.new(key.reveal().encode(), message, hashlib.sha256).digest()
    return Secret("whsec_" + base64.b64encode(digest).decode())


def check_endpoint(url: str, loopback: bool) -> None:
    """Refuse an address that must not be told: all but https, and ourselves unless the setting allows it."""
    parts = urlsplit(url) if len(url) <= 2_000 else None
    if loopback and parts is not None and parts.scheme == "http" and parts.hostname in LOOPBACK and "@" not in url:
        return
    if check_address(url).scheme != "https":
        raise Invalid("Give an address that begins with https://", fields={"url": "https only"})


def _deliver(tx: Tx, endpoint_id: str, event_id: str, kind: str) -> Delivery:
    row = Delivery(tx.new_id("whd"), endpoint_id, event_id, kind, "waiting", 0, None, None, tx.now, tx.now, None)
    tx.send(_insert_delivery, **msgspec.structs.asdict(row))
    tx.enqueue(DELIVER_TASK, Deliver(row.id), key=row.id)
    return row


def _mine(snapshot: Snapshot, scope: Scope, endpoint_id: str) -> Endpoint:
    endpoint = snapshot.one(_endpoint, id=endpoint_id)
    if endpoint is None or endpoint.organisation != require_organisation(scope):
        raise NotFound("There is no such endpoint")
    return endpoint


def _as_endpoint(id: str, organisation: str, url: str, types: str, *rest: Any) -> Endpoint:
    return Endpoint(id, organisation, url, tuple(msgspec.json.decode(types)), *rest)


def _as_event(id: str, kind: str, at: int, data: str) -> WebhookEvent:
    return WebhookEvent(id, kind, at, msgspec.json.decode(data))


_e, _v, _d = tables.webhook_endpoints.c, tables.webhook_events.c, tables.webhook_deliveries.c
_endpoint_columns = (
    _e.id, _e.organisation, _e.url, _e.types, _e.secret_version, _e.created_at, _e.failing_since, _e.disabled_at,
)  # fmt: skip
_kept = select(*_endpoint_columns).where(_e.removed_at.is_(None))
_endpoint: Prepared[Endpoint] = prepare(_kept.where(_e.id == bindparam("id")), _as_endpoint)
_of = _kept.where(_e.organisation == bindparam("organisation")).order_by(_e.id)
_endpoints_of: Prepared[Endpoint] = prepare(_of, _as_endpoint)
_enabled: Prepared[Endpoint] = prepare(_of.where(_e.disabled_at.is_(None)), _as_endpoint)
_insert_endpoint: Prepared[Any] = prepare(
    insert(tables.webhook_endpoints).values({each.name: bindparam(each.name) for each in _endpoint_columns})
)
_remove: Prepared[Any] = prepare(
    update(tables.webhook_endpoints).where(_e.id == bindparam("id_")).values(removed_at=bindparam("now_"))
)
_set_version: Prepared[Any] = prepare(
    update(tables.webhook_endpoints).where(_e.id == bindparam("id_")).values(secret_version=bindparam("version_"))
)
_set_failing: Prepared[Any] = prepare(
    update(tables.webhook_endpoints)
    .where(_e.id == bindparam("id_"))
    .values(failing_since=bindparam("since_"), disabled_at=bindparam("disabled_"))
)
_insert_event: Prepared[Any] = prepare(
    insert(tables.webhook_events).values({each.name: bindparam(each.name) for each in _v})
)
_events_of: Prepared[WebhookEvent] = prepare(
    select(_v.id, _v.type, _v.at, _v.data)
    .where(_v.organisation == bindparam("organisation"), _v.id > bindparam("after"), _v.at <= bindparam("until"))
    .order_by(_v.id)
    .limit(bindparam("most")),
    _as_event,
)
_events_in: Prepared[WebhookEvent] = prepare(
    select(_v.id, _v.type, _v.at, _v.data).where(in_set(_v.id, "ids")), _as_event
)
_insert_delivery: Prepared[Any] = prepare(
    insert(tables.webhook_deliveries).values({each.name: bindparam(each.name) for each in _d})
)
_delivery: Prepared[Delivery] = prepare(select(*_d).where(_d.id == bindparam("id")), Delivery)
_deliveries_of: Prepared[Delivery] = prepare(
    select(*_d)
    .where(_d.endpoint_id == bindparam("endpoint_id"), _d.id < bindparam("after"))
    .order_by(_d.id.desc())
    .limit(bindparam("most")),
    Delivery,
)
_tried: Prepared[Any] = prepare(
    update(tables.webhook_deliveries)
    .where(_d.id == bindparam("id_"), _d.state == "waiting")
    .values(
        state=bindparam("state_"), attempts=_d.attempts + 1, status=bindparam("status_"), error=bindparam("error_"),
        next_at=bindparam("next_"), delivered_at=bindparam("delivered_"),
    )
)  # fmt: skip


def read_delivery(snapshot: Snapshot, delivery_id: str) -> tuple[Delivery, Endpoint | None, WebhookEvent]:
    """What a delivery takes where; without an endpoint when that was removed."""
    delivery = snapshot.one(_delivery, id=delivery_id)
    assert delivery is not None
    (event,) = snapshot.all(_events_in, ids=[delivery.event_id])
    return delivery, snapshot.one(_endpoint, id=delivery.endpoint_id), event


def record_try(
    tx: Tx, delivery: Delivery, state: DeliveryState, status: int | None, error: str | None, next_at: int | None
) -> None:
    """Store how a try ended."""
    tx.send(
        _tried, id_=delivery.id, state_=state, status_=status, error_=error, next_=next_at,
        delivered_=tx.now if state == "delivered" else None,
    )  # fmt: skip


def record_health(tx: Tx, endpoint: Endpoint, failing_since: int | None, disabled_at: int | None) -> None:
    """Store since when an endpoint fails, or that it works."""
    tx.send(_set_failing, id_=endpoint.id, since_=failing_since, disabled_=disabled_at)
