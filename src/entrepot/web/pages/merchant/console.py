"""What the pages of this console share: its menu, and the merchant who looks."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from entrepot import catalog, identity
from entrepot.catalog import Merchant
from entrepot.kernel import Refused

from ...rendering import render
from ...visit import Visit

SECTIONS = (
    ("today", "/merchant"),
    ("orders", "/merchant/orders"),
    ("returns", "/merchant/returns"),
    ("delivery", "/merchant/delivery"),
    ("listings", "/merchant/listings"),
    ("imports", "/merchant/imports"),
    ("promotions", "/merchant/promotions"),
    ("voices", "/merchant/voices"),
    ("money", "/merchant/money"),
    ("invoices", "/merchant/invoices"),
    ("webhooks", "/merchant/webhooks"),
)
PAYEE_SECTIONS = (("money", "/merchant/money"),)
"""What those see who earn without selling: makers of models."""
MEMBER = {"access": "member"}


class Payee(msgspec.Struct, frozen=True):
    """Who is paid: what they are called, and the currency that their amounts are written in where nothing else says."""

    id: str
    name: str
    currency: str


async def show(
    visit: Visit, section: str, template: str, *, refusal: Refused | None = None, **context: Any
) -> Response[str]:
    """A page of the console; with what was refused on top of it."""
    return await render(
        visit,
        f"merchant/{template}",
        status=400 if refusal else 200,
        console="merchant",
        sections=SECTIONS if identity.Role.MERCHANT in visit.scope.roles else PAYEE_SECTIONS,
        section=section,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        **context,
    )


async def own_merchant(visit: Visit) -> Merchant:
    """The merchant for whom the visitor acts; NotFound when their organisation sells nothing."""
    organisation = identity.require_organisation(visit.scope)
    return await visit.read(lambda s: catalog.get_merchant(s, organisation))


async def own_payee(visit: Visit) -> Payee:
    """The organisation for which the visitor acts, as somebody who is paid: a merchant, or a maker of models."""
    organisation = identity.require_organisation(visit.scope)
    sellers = await visit.read(lambda s: catalog.merchants_of(s, [organisation]))
    if organisation in sellers:
        return Payee(organisation, sellers[organisation].name, sellers[organisation].currency)
    named = await visit.read(lambda s: identity.get_organisation(s, visit.scope, organisation))
    return Payee(organisation, named.name, visit.entrepot.settings.cloud.currency)
