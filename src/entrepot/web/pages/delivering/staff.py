"""The counter of a pickup point, on whatever its staff has: a signed link opens it, no account is needed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import deliver, identity
from entrepot.deliver import PickupPoint
from entrepot.kernel import Refused, Tx

from ...params import Slug
from ...rendering import redirect, render
from ...visit import CurrentVisit, Visit

PURPOSE = "pickup"


class CounterForm(msgspec.Struct, frozen=True):
    """What is done with which parcel."""

    act: Literal["in", "out", "back"]
    number: str
    code: str = ""


@get("/pickup/{token:str}", include_in_schema=False)
async def counter(visit: Visit, token: Slug) -> Response[str]:
    """What lies here, what is coming, and a field to scan into."""
    return await _show(visit, token)


@post("/pickup/{token:str}", include_in_schema=False)
async def scan(visit: Visit, token: Slug) -> Response[Any]:
    """Take a parcel in, hand it out for its code, or send it back."""
    point_id, link = read_link(visit, PURPOSE, token)
    form = await visit.fields(CounterForm)

    def command(tx: Tx) -> None:
        if form.act == "in":
            deliver.take_in(tx, point_id, link, form.number)
        elif form.act == "out":
            deliver.hand_out(tx, point_id, link, form.number, form.code)
        else:
            deliver.send_back(tx, point_id, link, form.number)

    try:
        await visit.write(command)
    except Refused as refusal:
        return await _show(visit, token, refusal, form.number if form.act == "out" else "")
    visit.flash(f"pickup.done_{form.act}")
    return redirect(f"/pickup/{token}")


def staff_address(visit: CurrentVisit, point: PickupPoint) -> str:
    """Where its staff works; who has this address, is its staff."""
    value = f"{point.id} {point.staff_link}"
    return f"{visit.entrepot.settings.public_url}/pickup/{identity.sign(visit.entrepot.secret_key, PURPOSE, value)}"


def read_link(visit: CurrentVisit, purpose: str, token: str) -> tuple[str, int]:
    """The id and the number of a signed link; NotFound when it is not ours."""
    value = identity.unsign(visit.entrepot.secret_key, purpose, token, visit.now)
    row_id, _, number = value.partition(" ")
    return row_id, int(number)


async def _show(visit: CurrentVisit, token: str, refusal: Refused | None = None, number: str = "") -> Response[str]:
    point_id, link = read_link(visit, PURPOSE, token)
    found = await visit.read(lambda s: deliver.counter(s, point_id, link))
    return await render(
        visit,
        "delivery/counter.html",
        status=400 if refusal else 200,
        counter=found,
        token=token,
        number=number,
        sentence=refusal.sentence if refusal else None,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (counter, scan)
