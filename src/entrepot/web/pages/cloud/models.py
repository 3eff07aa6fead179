"""The models there are: what each can do, costs and is licensed under."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.catalog import MeterPrice
from entrepot.kernel import NotFound, Snapshot

from ...params import Slug
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, show


@get("/cloud/models", include_in_schema=False, opt=MEMBER)
async def models(visit: Visit) -> Response[str]:
    """Every model that can be called."""
    offers = await visit.read(cloud.list_offers)
    return await show(visit, "models", "models.html", offers=offers, meters=cloud.METERS)


@get("/cloud/models/{name:str}", include_in_schema=False, opt=MEMBER)
async def model(visit: Visit, name: Slug) -> Response[str]:
    """A model's card, and how to call it."""
    offer = await _offer(visit, name)
    return await show(
        visit,
        "models",
        "model.html",
        offer=offer,
        **await visit.read(lambda s: _around(s, offer)),
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


def _around(snapshot: Snapshot, offer: cloud.Offer) -> dict[str, Any]:
    """What stands around a model: its prices in the order of its kind, its maker, its lineage and versions."""
    model = offer.model
    order = [each for each in cloud.METERS_OF[model.kind] if each in offer.book.nano]
    above = [f"{each.name}@{each.version}" for each in cloud.ancestors(snapshot, model)]
    makers = identity.organisations_of(snapshot, [model.organisation])
    return {
        "prices": [MeterPrice(each, offer.book.nano[each], cloud.METERS[each].per) for each in order],
        "made_from": above or ([model.base] if model.base else []),
        "made_of_it": cloud.descendants(snapshot, model),
        "maker": makers[model.organisation].name if model.organisation in makers else None,
        "versions": [each for each in cloud.list_versions(snapshot, model.name) if each.state in ("live", "withdrawn")],
    }


async def _offer(visit: Visit, name: str) -> cloud.Offer:
    offers = await visit.read(cloud.list_offers)
    offer = next((each for each in offers if each.model.name == name), None)
    if offer is None:
        raise NotFound("There is no such model")
    return offer


ROUTES: tuple[ControllerRouterHandler, ...] = (models, model, agree)
