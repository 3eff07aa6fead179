"""The models there are: what each can do, costs and is licensed under."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import NotFound

from ...params import Slug
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, show


@get("/cloud/models", include_in_schema=False, opt=MEMBER)
async def models(visit: Visit) -> Response[str]:
    """Every model that can be called."""
    return await show(visit, "models", "models.html", offers=await visit.read(cloud.list_offers))


@get("/cloud/models/{name:str}", include_in_schema=False, opt=MEMBER)
async def model(visit: Visit, name: Slug) -> Response[str]:
    """A model's card, and how to call it."""
    offer = await _offer(visit, name)
    return await show(
        visit,
        "models",
        "model.html",
        offer=offer,
        meters=cloud.METERS,
        address=visit.entrepot.settings.public_url,
        agreed=await visit.read(lambda s: cloud.has_agreed(s, cloud.account_owner(visit.scope), offer.model)),
    )


@post("/cloud/models/{name:str}/licence", include_in_schema=False, opt=MEMBER)
async def agree(visit: Visit, name: Slug) -> Response[None]:
    """Agree to a model's licence."""
    offer = await _offer(visit, name)
    await visit.write(lambda tx: cloud.agree_to_licence(tx, visit.scope, offer.model.id))
    visit.flash("cloud.agreed")
    return redirect(f"/cloud/models/{name}")


async def _offer(visit: Visit, name: str) -> cloud.Offer:
    offers = await visit.read(cloud.list_offers)
    offer = next((each for each in offers if each.model.name == name), None)
    if offer is None:
        raise NotFound("There is no such model")
    return offer


ROUTES: tuple[ControllerRouterHandler, ...] = (models, model, agree)
