"""The driver's day on a phone: the next stop, and what became of it. A signed link opens it; no script is needed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import deliver, identity
from entrepot.deliver import Van
from entrepot.kernel import Refused, Snapshot

from ...params import Slug
from ...rendering import redirect, render
from ...visit import CurrentVisit, Visit
from .staff import read_link

PURPOSE = "driver"


class StopForm(msgspec.Struct, frozen=True):
    """What became of a stop."""

    parcel_id: str
    outcome: Literal["delivered", "failed"]
    reason: str = ""


@get("/driver/{token:str}", include_in_schema=False)
async def route(visit: Visit, token: Slug) -> Response[str]:
    """Today's route, the next stop first."""
    return await _show(visit, token)


@post("/driver/{token:str}/start", include_in_schema=False)
async def start(visit: Visit, token: Slug) -> Response[Any]:
    """Leave: every parcel is out for delivery."""
    van_id, link = read_link(visit, PURPOSE, token)
    try:
        await visit.write(lambda tx: deliver.start_route(tx, van_id, link, _today(tx)))
    except Refused as refusal:
        return await _show(visit, token, refusal)
    return redirect(f"/driver/{token}")


@post("/driver/{token:str}/stops", include_in_schema=False)
async def finish(visit: Visit, token: Slug) -> Response[Any]:
    """Tell what became of a stop."""
    van_id, link = read_link(visit, PURPOSE, token)
    try:
        form = await visit.fields(StopForm)
        await visit.write(
            lambda tx: deliver.finish_stop(tx, van_id, link, _today(tx), form.parcel_id, form.outcome, form.reason)
        )
    except Refused as refusal:
        return await _show(visit, token, refusal)
    return redirect(f"/driver/{token}")


def driver_address(visit: CurrentVisit, van: Van) -> str:
    """Where its driver works; who has this address, drives it."""
    value = f"{van.id} {van.link}"
    return f"{visit.entrepot.settings.public_url}/driver/{identity.sign(visit.entrepot.secret_key, PURPOSE, value)}"


def _today(snapshot: Snapshot) -> str:
    return deliver.today(snapshot.now, deliver.platform_timezone(snapshot))


async def _show(visit: CurrentVisit, token: str, refusal: Refused | None = None) -> Response[str]:
    van_id, link = read_link(visit, PURPOSE, token)
    found = await visit.read(lambda s: deliver.driver_route(s, van_id, link, _today(s)))
    return await render(
        visit,
        "delivery/driver.html",
        status=400 if refusal else 200,
        day=found,
        token=token,
        sentence=refusal.sentence if refusal else None,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (route, start, finish)
