"""Opening a shop."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, identity
from entrepot.catalog import MerchantApplication
from entrepot.kernel import Refused

from ...countries import list_countries
from ...rendering import redirect, render
from ...visit import Visit


class SellForm(msgspec.Struct, frozen=True):
    """What a shop is called, what it sells, and where it is."""

    name: str = ""
    about: str = ""
    country: str = ""
    currency: str = ""


@get("/sell", include_in_schema=False)
async def ask(visit: Visit) -> Response[Any]:
    """What selling here means, and the form; whoever has a shop is led to it."""
    if identity.Role.MERCHANT in visit.scope.roles:
        return redirect("/merchant")
    market = await visit.market()
    return await _show(visit, SellForm(currency=market.currency))


@post("/sell", include_in_schema=False, opt={"access": "person"})
async def apply(visit: Visit) -> Response[Any]:
    """Ask to sell here; the operator decides. The visitor acts for the shop from now on."""
    form = await visit.fields(SellForm)
    application = MerchantApplication(form.name, form.country, form.currency.upper(), form.about)
    try:
        merchant = await visit.write(lambda tx: catalog.apply_as_merchant(tx, visit.scope, application))
    except Refused as refusal:
        return await _show(visit, form, refusal)
    session = visit.session
    assert session is not None
    await visit.write(lambda tx: identity.switch_organisation(tx, session, merchant.id))
    visit.flash("sell.applied")
    return redirect("/merchant")


async def _show(visit: Visit, form: SellForm, refusal: Refused | None = None) -> Response[str]:
    return await render(
        visit,
        "merchant/sell.html",
        status=400 if refusal else 200,
        form=form,
        countries=list_countries(visit.language),
        errors=refusal.fields if refusal else {},
        sentence=refusal.sentence if refusal else None,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (ask, apply)
