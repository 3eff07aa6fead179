"""What the pages of this console share: its menu."""

from __future__ import annotations

from typing import Any

from litestar import Response

from ...rendering import render
from ...visit import Visit

SECTIONS = (
    ("overview", "/operator"),
    ("desk", "/operator/desk"),
    ("orders", "/operator/orders"),
    ("delivery", "/operator/delivery"),
    ("merchants", "/operator/merchants"),
    ("collections", "/operator/collections"),
    ("matches", "/operator/matches"),
    ("taxonomy", "/operator/taxonomy"),
    ("moderation", "/operator/moderation"),
    ("search", "/operator/search"),
    ("payouts", "/operator/payouts"),
    ("reconciliation", "/operator/reconciliation"),
    ("processors", "/operator/processors"),
    ("promotions", "/operator/promotions"),
    ("gift_cards", "/operator/gift-cards"),
    ("taxes", "/operator/taxes"),
    ("fees", "/operator/fees"),
    ("exchange", "/operator/exchange"),
    ("ledger", "/operator/ledger"),
    ("compute", "/operator/compute"),
    ("models", "/operator/models"),
    ("work", "/operator/failures"),
    ("verify", "/operator/verify"),
    ("audit", "/operator/audit"),
)
OPERATOR = {"access": "operator"}


async def show(visit: Visit, section: str, template: str, **context: Any) -> Response[str]:
    """A page of the console."""
    return await render(
        visit, f"operator/{template}", console="operator", sections=SECTIONS, section=section, **context
    )
