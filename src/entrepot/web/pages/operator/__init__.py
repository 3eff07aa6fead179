"""The operator's console."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import accounts, merchants, overview, setup, work

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *overview.ROUTES,
    *merchants.ROUTES,
    *work.ROUTES,
    *accounts.ROUTES,
    *setup.ROUTES,
)

__all__ = ["ROUTES"]
