"""The models there are, with what each can do and costs."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import NotFound

from ..params import Slug
from ..visit import Visit
from .told import JSON


@get("/v1/models", include_in_schema=False)
async def list_models(visit: Visit) -> Response[bytes]:
    """Every model that can be called."""
    offers = await visit.read(cloud.list_offers)
    listed = [_told(offer, visit.entrepot.settings.cloud.currency) for offer in offers]
    return Response(msgspec.json.encode({"object": "list", "data": listed}), media_type=JSON)


@get("/v1/models/{name:str}", include_in_schema=False)
async def get_model(visit: Visit, name: Slug) -> Response[bytes]:
    """One model."""
    offers = await visit.read(cloud.list_offers)
    offer = next((each for each in offers if each.model.name == name), None)
    if offer is None:
        raise NotFound(f"There is no model {name[:100]!r} here: GET /v1/models lists those there are")
    return Response(msgspec.json.encode(_told(offer, visit.entrepot.settings.cloud.currency)), media_type=JSON)


def _told(offer: cloud.Offer, currency: str) -> dict[str, Any]:
    model = offer.model
    return {
        "id": model.name,
        "object": "model",
        "created": model.created_at // 1_000_000,
        "owned_by": model.organisation,
        "kind": model.kind,
        "version": model.version,
        "licence": model.licence.name,
        "context_length": model.capabilities.context,
        "dimensions": model.capabilities.dimensions,
        "pricing": {
            "currency": currency,
            "nano": offer.book.nano,
            "per": {meter: cloud.METERS[meter].per for meter in offer.book.nano},
        },
    }


ROUTES: tuple[ControllerRouterHandler, ...] = (list_models, get_model)
