"""For machines that watch: alive, ready, measured; and what robots may read."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import (
    NotFound,
    Snapshot,
    Unavailable,
    last_position,
    list_failed_reactions,
    list_stuck_tasks,
    read_backlog,
)

from ..house import House

_LOOPBACK = ("127.", "::1")
_ROBOTS = """User-agent: *
Disallow: /api/
Disallow: /cart
Disallow: /checkout
Disallow: /orders
Disallow: /account
Disallow: /merchant
Disallow: /operator
Disallow: /c/
Disallow: /i/
"""


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


@get("/healthz", opt={"machine": True}, include_in_schema=False)
async def healthz() -> Alive:
    """Whether the process answers at all."""
    return Alive("ok")


@get("/readyz", opt={"machine": True}, include_in_schema=False)
async def readyz(request: Request[Any, Any, Any]) -> Alive:
    """Whether requests should be sent here: the database answers, and nobody is closing."""
    house: House = request.app.state.house
    if house.closing.is_set():
        raise Unavailable("This process is closing", retry_after_s=5)
    await house.entrepot.database.read(last_position)
    return Alive("ready")


@get("/metrics", opt={"machine": True}, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Measures, for this machine and its own proxies only: they tell how busy the market is."""
    house: House = request.app.state.house
    client = request.client.host if request.client else ""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if forwarded or not client.startswith(_LOOPBACK):
        raise NotFound("There is nothing at this address")
    figures = await house.entrepot.database.read(_figures)
    for name, what, value in figures:
        house.measures.set(name, what, value)
    others = await asyncio.to_thread(house.siblings.read) if house.siblings else []
    return Response(house.measures.exposition(others), media_type="text/plain; version=0.0.4")


def _figures(snapshot: Snapshot) -> list[tuple[str, str, float]]:
    backlog, calls = read_backlog(snapshot), cloud.all_under_way(snapshot)
    return [
        ("events_unplaced", "Events that are committed and that no reader sees yet", backlog.events),
        ("events_unplaced_seconds", "How long the oldest of these has waited", backlog.events_age / 1e6),
        ("tasks_due", "Tasks whose time has come and that nobody has begun", backlog.tasks),
        ("tasks_due_seconds", "How long the oldest of these has waited", backlog.tasks_age / 1e6),
        ("events_position", "The position of the newest event that readers see", last_position(snapshot)),
        ("reactions_failed", "Reactions that did not succeed yet (100 at most)", len(list_failed_reactions(snapshot))),
        ("compute_reserves_open", "Calls of models that are admitted and not settled", calls.calls),
        ("compute_reserves_nano", "What is held for these, in nano units", calls.held),
        ("tasks_stuck", "Tasks without an attempt left (100 at most)", len(list_stuck_tasks(snapshot))),
    ]


@get("/robots.txt", opt={"machine": True}, include_in_schema=False)
async def robots(request: Request[Any, Any, Any]) -> Response[str]:
    """What search engines may read: the goods, nothing of anybody's own; and where the map of them is."""
    house: House = request.app.state.house
    site = house.entrepot.settings.public_url
    return Response(f"{_ROBOTS}\nSitemap: {site}/sitemap.xml\n", media_type="text/plain")


ROUTES: tuple[ControllerRouterHandler, ...] = (healthz, readyz, metrics, robots)
