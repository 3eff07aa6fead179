"""The front page."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from ..rendering import render
from ..visit import Visit


@get("/", include_in_schema=False)
async def home(visit: Visit) -> Response[str]:
    """What the market is, and what is in it."""
    return await render(visit, "home.html")


ROUTES: tuple[ControllerRouterHandler, ...] = (home,)
