"""The merchant's console."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import (
    afterwards,
    bundling,
    delivery,
    editing,
    exporting,
    importing,
    listings,
    media,
    money,
    opening,
    sending,
    sheets,
    today,
    voices,
    webhooks,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *opening.ROUTES,
    *today.ROUTES,
    *sending.ROUTES,
    *webhooks.ROUTES,
    *afterwards.ROUTES,
    *listings.ROUTES,
    *editing.ROUTES,
    *bundling.ROUTES,
    *sheets.ROUTES,
    *importing.ROUTES,
    *media.ROUTES,
    *voices.ROUTES,
    *exporting.ROUTES,
    *money.ROUTES,
    *delivery.ROUTES,
)

__all__ = ["ROUTES"]
