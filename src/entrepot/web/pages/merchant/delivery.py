"""Where goods leave from, what their delivery costs, how they are packed, and how often promises are kept."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from entrepot.kernel import Refused

from ...visit import CurrentVisit
from ..delivering.setup import Side
from .console import MEMBER, own_merchant, show


async def _show(visit: CurrentVisit, refusal: Refused | None, **context: Any) -> Response[str]:
    return await show(visit, "delivery", "delivery.html", refusal=refusal, **context)


async def _currency(visit: CurrentVisit) -> str:
    return (await own_merchant(visit)).currency


async def _nothing_more(visit: CurrentVisit) -> dict[str, Any]:
    return {}


SIDE = Side("/merchant", "/merchant/delivery", MEMBER, _show, _currency, _nothing_more)
ROUTES: tuple[ControllerRouterHandler, ...] = SIDE.routes()
