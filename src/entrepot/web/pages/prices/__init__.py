"""The rules that prices follow, as the operator and merchants keep them: promotions, taxes, fees, rates, gift cards."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import exchange, fees, gift_cards, promotions, taxes

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *taxes.ROUTES,
    *fees.ROUTES,
    *exchange.ROUTES,
    *gift_cards.ROUTES,
    *promotions.ROUTES,
)

__all__ = ["ROUTES"]
