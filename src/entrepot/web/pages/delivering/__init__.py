"""Delivery: what both consoles set up, pickup points, the fleet, its drivers, and where a parcel is."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import drivers, fleet, labels, operator, points, staff, tracking

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *operator.ROUTES,
    *points.ROUTES,
    *staff.ROUTES,
    *fleet.ROUTES,
    *drivers.ROUTES,
    *labels.ROUTES,
    *tracking.ROUTES,
)

__all__ = ["ROUTES"]
