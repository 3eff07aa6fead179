"""The merchant's console."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import delivery, importing, listings, money, opening, sending, today

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *opening.ROUTES,
    *today.ROUTES,
    *sending.ROUTES,
    *listings.ROUTES,
    *importing.ROUTES,
    *money.ROUTES,
    *delivery.ROUTES,
)

__all__ = ["ROUTES"]
