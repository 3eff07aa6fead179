"""The operator's console."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import accounts, desk, failures, merchants, overview, setup

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *overview.ROUTES,
    *merchants.ROUTES,
    *desk.ROUTES,
    *failures.ROUTES,
    *accounts.ROUTES,
    *setup.ROUTES,
)

__all__ = ["ROUTES"]
