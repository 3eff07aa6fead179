"""The models there are, with what each can do and costs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from entrepot import cloud

from ..endpoints import endpoint
from ..params import Slug
from ..visit import Visit
from .told import told


class Pricing(msgspec.Struct, frozen=True):
    """Prices of meters, in thousand-millionths of the currency; `per` is how many units each is for."""

    currency: str
    nano: dict[str, int]
    per: dict[str, int]


class ModelTold(msgspec.Struct, frozen=True):
    """A model that can be called."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    kind: str
    version: int
    licence: str
    context_length: int
    dimensions: int | None
    pricing: Pricing


class ModelList(msgspec.Struct, frozen=True):
    """Every model that can be called."""

    object: Literal["list"]
    data: list[ModelTold]


@endpoint("GET", "/v1/models", tells=ModelList)
async def list_compute_models(visit: Visit) -> Response[Any]:
    """Every model that can be called."""
    offers = await visit.read(cloud.list_offers)
    currency = visit.entrepot.settings.cloud.currency
    return told(ModelList("list", [_told(offer, currency) for offer in offers]))


@endpoint("GET", "/v1/models/{name:str}", tells=ModelTold)
async def get_compute_model(visit: Visit, name: Slug) -> Response[Any]:
    """One model; `name@2` for a version that is not the newest."""
    offer = await visit.read(lambda s: cloud.find_offer(s, name))
    if offer is None:
        raise cloud.UnknownModel(f"There is no model {name[:100]!r} here: GET /v1/models lists those there are")
    found = _told(offer, visit.entrepot.settings.cloud.currency)
    return told(msgspec.structs.replace(found, id=name))


def _told(offer: cloud.Offer, currency: str) -> ModelTold:
    model, nano = offer.model, offer.book.nano
    return ModelTold(
        model.name, "model", model.created_at // 1_000_000, model.organisation, model.kind, model.version,
        model.licence.name, model.capabilities.context, model.capabilities.dimensions,
        Pricing(currency, nano, {meter: cloud.METERS[meter].per for meter in nano}),
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (list_compute_models, get_compute_model)
