"""The JSON twin of every page, under /api: one file a subject, each a thin layer over the rooms' verbs."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import probes, session

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *session.ROUTES,
    *probes.ROUTES,
)

__all__ = ["ROUTES"]
