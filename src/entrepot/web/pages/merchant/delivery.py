"""Where goods leave from, what their delivery costs, how they are packed, and how often promises are kept."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from entrepot import deliver
from entrepot.identity import Scope
from entrepot.kernel import Refused

from ...visit import CurrentVisit
from ..delivering.setup import Side
from .console import MEMBER, own_merchant, show


async def _show(visit: CurrentVisit, refusal: Refused | None, **context: Any) -> Response[str]:
    return await show(visit, "delivery", "delivery.html", refusal=refusal, **context)


async def _currency(visit: CurrentVisit) -> str:
    return (await own_merchant(visit)).currency


async def _of_market(visit: CurrentVisit) -> dict[str, Any]:
    """Whether the market has sheets, for merchants without any of their own."""
    return {"market_delivers": bool(await visit.read(lambda s: deliver.list_rate_sheets(s, Scope.system())))}


SIDE = Side("/merchant", "/merchant/delivery", MEMBER, _show, _currency, _of_market)
ROUTES: tuple[ControllerRouterHandler, ...] = SIDE.routes()
