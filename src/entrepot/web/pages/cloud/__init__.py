"""The compute console: credit and spending, models, keys, calls, budgets, invoices."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import budgets, credit, invoices, keys, models, overview, playground, publishing, starting, usage

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *overview.ROUTES,
    *starting.ROUTES,
    *models.ROUTES,
    *playground.ROUTES,
    *publishing.ROUTES,
    *keys.ROUTES,
    *credit.ROUTES,
    *budgets.ROUTES,
    *invoices.ROUTES,
    *usage.ROUTES,
)

__all__ = ["ROUTES"]
