"""What the pages of this console share: its menu."""

from __future__ import annotations

from typing import Any

from litestar import Response

from ...rendering import render
from ...visit import Visit

SECTIONS = (
    ("overview", "/operator"),
    ("merchants", "/operator/merchants"),
    ("collections", "/operator/collections"),
    ("matches", "/operator/matches"),
    ("orders", "/operator/orders"),
    ("desk", "/operator/desk"),
    ("delivery", "/operator/delivery"),
    ("taxonomy", "/operator/taxonomy"),
    ("search", "/operator/search"),
    ("moderation", "/operator/moderation"),
    ("work", "/operator/failures"),
    ("promotions", "/operator/promotions"),
    ("taxes", "/operator/taxes"),
    ("fees", "/operator/fees"),
    ("exchange", "/operator/exchange"),
    ("gift_cards", "/operator/gift-cards"),
    ("payouts", "/operator/payouts"),
    ("reconciliation", "/operator/reconciliation"),
    ("processors", "/operator/processors"),
    ("compute", "/operator/compute"),
    ("models", "/operator/models"),
    ("ledger", "/operator/ledger"),
    ("verify", "/operator/verify"),
    ("audit", "/operator/audit"),
)
OPERATOR = {"access": "operator"}


async def show(visit: Visit, section: str, template: str, **context: Any) -> Response[str]:
    """A page of the console."""
    return await render(
        visit, f"operator/{template}", console="operator", sections=SECTIONS, section=section, **context
    )
