"""The merchant's console."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import delivery, listings, money, opening, sending, today

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *opening.ROUTES,
    *today.ROUTES,
    *sending.ROUTES,
    *listings.ROUTES,
    *money.ROUTES,
    *delivery.ROUTES,
)

__all__ = ["ROUTES"]
