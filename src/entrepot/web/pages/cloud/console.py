"""What the pages of this console share: its menu."""

from __future__ import annotations

from typing import Any

from litestar import Response

from entrepot import cloud
from entrepot.kernel import Refused, Snapshot

from ...rendering import render
from ...visit import Visit

SECTIONS = (
    ("overview", "/cloud"),
    ("models", "/cloud/models"),
    ("playground", "/cloud/playground"),
    ("keys", "/cloud/keys"),
    ("usage", "/cloud/usage"),
    ("budgets", "/cloud/budgets"),
    ("credit", "/cloud/credit"),
    ("invoices", "/cloud/invoices"),
    ("publishing", "/cloud/publishing"),
)
MEMBER = {"access": "member"}


async def show(
    visit: Visit, section: str, template: str, *, refusal: Refused | None = None, **context: Any
) -> Response[str]:
    """A page of the console; with what was refused on top of it."""
    return await render(
        visit,
        f"cloud/{template}",
        status=400 if refusal else 200,
        console="cloud",
        sections=SECTIONS,
        section=section,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        currency=currency_of(visit),
        **context,
    )


def first_model(snapshot: Snapshot) -> cloud.Model | None:
    """A model to show a call of: one that converses, where there is one."""
    models = [offer.model for offer in cloud.list_offers(snapshot)]
    return min(models, key=lambda model: model.kind != "chat", default=None)


def currency_of(visit: Visit) -> str:
    """The currency that compute is paid in."""
    return visit.entrepot.settings.cloud.currency


def unit_of(visit: Visit) -> str:
    """Its thousand-millionths, as the ledger counts them."""
    return cloud.nano(currency_of(visit))
