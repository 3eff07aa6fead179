"""Compute: `/v1`, as OpenAI's clients speak it. Every call walks the cloud's gateway, the shop's own too."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import batches, calls, files, models

ROUTES: tuple[ControllerRouterHandler, ...] = (*models.ROUTES, *calls.ROUTES, *files.ROUTES, *batches.ROUTES)

__all__ = ["ROUTES"]
