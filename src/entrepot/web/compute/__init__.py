"""Compute: `/v1`, as OpenAI's clients speak it. Every call walks the cloud's gateway, the shop's own too."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import chat, models, vectors

ROUTES: tuple[ControllerRouterHandler, ...] = (*models.ROUTES, *chat.ROUTES, *vectors.ROUTES)

__all__ = ["ROUTES"]
