"""The operator's console."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import (
    accounts,
    audit,
    compute,
    compute_money,
    desk,
    failures,
    merchants,
    models,
    moderation,
    overview,
    payouts,
    reconciliation,
    search_explained,
    search_rules,
    search_words,
    setup,
    taxonomy,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *overview.ROUTES,
    *merchants.ROUTES,
    *moderation.ROUTES,
    *taxonomy.ROUTES,
    *desk.ROUTES,
    *failures.ROUTES,
    *accounts.ROUTES,
    *audit.ROUTES,
    *payouts.ROUTES,
    *reconciliation.ROUTES,
    *setup.ROUTES,
    *compute.ROUTES,
    *models.ROUTES,
    *compute_money.ROUTES,
    *search_rules.ROUTES,
    *search_words.ROUTES,
    *search_explained.ROUTES,
)

__all__ = ["ROUTES"]
