"""Beginning to use compute: what it is and costs, and an organisation for whoever has none yet."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.kernel import Refused

from ...api.session import found_organisation
from ...rendering import redirect, render
from ...visit import Visit
from .console import currency_of

MODELS_SHOWN = 6


class StartForm(msgspec.Struct, frozen=True):
    """What the organisation is called that will be billed."""

    name: str = ""


@get("/cloud/start", include_in_schema=False)
async def ask(visit: Visit) -> Response[Any]:
    """What can be called here and for how much; whoever acts for an organisation is led on."""
    if visit.scope.organisation is not None:
        return redirect("/cloud")
    user = visit.session.user if visit.session else None
    return await _show(visit, StartForm(user.name if user else ""))


@post("/cloud/start", include_in_schema=False, opt={"access": "person"})
async def start(visit: Visit) -> Response[Any]:
    """Found an organisation that buys compute; the visitor acts for it from now on."""
    form = await visit.fields(StartForm)
    if visit.scope.organisation is not None:
        return redirect("/cloud")
    try:
        await found_organisation(visit, form.name)
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("start.done")
    return redirect("/cloud")


async def _show(visit: Visit, form: StartForm, refusal: Refused | None = None) -> Response[str]:
    offers = await visit.read(cloud.list_offers)
    own = await visit.read(lambda s: identity.list_own_organisations(s, visit.scope)) if visit.scope.is_person else []
    return await render(
        visit,
        "cloud/start.html",
        status=400 if refusal else 200,
        form=form,
        own=own,
        offers=offers[:MODELS_SHOWN],
        count=len(offers),
        meters=cloud.METERS,
        currency=currency_of(visit),
        address=visit.entrepot.settings.public_url,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (ask, start)
