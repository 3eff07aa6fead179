"""The JSON twin of every page, under /api: one file a subject, each a thin layer over the rooms' verbs."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import (
    account,
    aftersales,
    carts,
    cloud_models,
    cloud_money,
    compute,
    content,
    delivery,
    imports,
    merchant_goods,
    merchant_sales,
    merchant_shelf,
    mergings,
    money,
    operator,
    operator_compute,
    orders,
    parcels,
    photos,
    prices,
    probes,
    search,
    search_rules,
    session,
    voices,
    webhook_endpoints,
    webhooks,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *search.ROUTES,
    *search_rules.ROUTES,
    *photos.ROUTES,
    *session.ROUTES,
    *account.ROUTES,
    *carts.ROUTES,
    *orders.ROUTES,
    *aftersales.ROUTES,
    *merchant_goods.ROUTES,
    *merchant_shelf.ROUTES,
    *merchant_sales.ROUTES,
    *money.ROUTES,
    *imports.ROUTES,
    *parcels.ROUTES,
    *prices.ROUTES,
    *content.ROUTES,
    *voices.ROUTES,
    *delivery.ROUTES,
    *operator.ROUTES,
    *mergings.ROUTES,
    *compute.ROUTES,
    *cloud_models.ROUTES,
    *cloud_money.ROUTES,
    *operator_compute.ROUTES,
    *webhook_endpoints.ROUTES,
    *webhooks.ROUTES,
    *probes.ROUTES,
)

__all__ = ["ROUTES"]
