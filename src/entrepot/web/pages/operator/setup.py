"""The first visit to a new home, by the one-time link that `entrepot serve` printed."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot.group import Market
from entrepot.kernel import Refused, Secret

from ...opening import check_link, open_market
from ...params import InQuery
from ...rendering import redirect, render
from ...visit import Visit


class SetupForm(msgspec.Struct, frozen=True):
    """What the owner says; `countries` are codes with commas between, or * for everywhere."""

    token: str = ""
    market: str = ""
    currency: str = "USD"
    countries: str = "*"
    name: str = ""
    email: str = ""
    password: str = ""


@get("/operator/setup", include_in_schema=False)
async def ask(visit: Visit, token: InQuery = "") -> Response[Any]:
    """The form; only for whoever has the link, and only once."""
    await visit.read(lambda s: check_link(s, Secret(token)))
    return await _show(visit, SetupForm(token=token))


@post("/operator/setup", include_in_schema=False, opt={"rate": "sign_in"})
async def set_up(visit: Visit) -> Response[Any]:
    """Open the market; its owner is signed in as operator."""
    form = await visit.fields(SetupForm)
    countries = tuple(code.strip().upper() for code in form.countries.split(",") if code.strip())
    market = Market(form.market.strip(), form.currency.strip().upper(), countries)
    try:
        await open_market(visit, Secret(form.token), market, form.name, form.email.strip(), Secret(form.password))
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("setup.done")
    return redirect("/operator")


async def _show(visit: Visit, form: SetupForm, refusal: Refused | None = None) -> Response[str]:
    return await render(
        visit,
        "operator/setup.html",
        status=400 if refusal else 200,
        form=form,
        token=form.token,
        errors=refusal.fields if refusal else {},
        sentence=refusal.sentence if refusal else None,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (ask, set_up)
