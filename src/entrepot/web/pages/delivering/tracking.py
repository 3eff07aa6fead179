"""The page of a parcel, for whoever has its link."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from ...params import Slug
from ...rendering import render
from ...tracked import read_tracked
from ...visit import Visit


@get("/track/{token:str}", include_in_schema=False)
async def track(visit: Visit, token: Slug) -> Response[str]:
    """Where the parcel is, with everything that was seen of it."""
    found, collection = await read_tracked(visit, token)
    return await render(visit, "delivery/tracking.html", tracked=found, collection=collection)


ROUTES: tuple[ControllerRouterHandler, ...] = (track,)
