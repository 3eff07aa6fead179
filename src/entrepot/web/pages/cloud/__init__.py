"""The compute console: credit and spending, models, keys, calls, budgets."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import budgets, keys, models, overview, usage

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *overview.ROUTES,
    *models.ROUTES,
    *keys.ROUTES,
    *budgets.ROUTES,
    *usage.ROUTES,
)

__all__ = ["ROUTES"]
