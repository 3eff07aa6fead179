"""Documents to print: invoices, credit notes and packing slips, for buyers and merchants, on A4 or Letter."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import orders
from entrepot.kernel import NotFound, Refused
from entrepot.orders import LegalDetails

from ..countries import list_countries
from ..params import Id, MaybeInQuery
from ..rendering import redirect, render
from ..visit import Visit
from ..wire import listed
from .merchant.console import MEMBER, show
from .purchases import scope_of

PAGE = 50
PAPERS = ("a4", "letter")


@get("/orders/{order_id:str}/documents", include_in_schema=False)
async def of_order(visit: Visit, order_id: Id, token: MaybeInQuery = None) -> Response[str]:
    """The documents of an order, for its buyer or whoever has its link."""
    scope = await scope_of(visit, order_id, token)
    order = await visit.read(lambda s: orders.get_order(s, scope, order_id))
    found = await visit.read(lambda s: orders.invoices_of_order(s, scope, order_id))
    return await render(visit, "documents/list.html", order=order, documents=found, token=token or "")


@get("/orders/{order_id:str}/documents/{invoice_id:str}", include_in_schema=False)
async def bought(
    visit: Visit, order_id: Id, invoice_id: Id, token: MaybeInQuery = None, paper: MaybeInQuery = None
) -> Response[str]:
    """An invoice or a credit note, for the buyer."""
    scope = await scope_of(visit, order_id, token)
    found = await visit.read(lambda s: orders.get_invoice(s, scope, invoice_id))
    if found.order_id != order_id:
        raise NotFound("There is no such document")
    return await _document(visit, found, paper)


@get("/merchant/invoices", include_in_schema=False, opt=MEMBER)
async def invoices(visit: Visit, before: MaybeInQuery = None) -> Response[str]:
    """The merchant's documents, and who they are on them."""
    return await _show_invoices(visit, before)


@post("/merchant/invoices", include_in_schema=False, opt=MEMBER)
async def save_details(visit: Visit) -> Response[Any]:
    """Say who the merchant is on documents from now on."""
    form = await visit.form()
    details = LegalDetails(**{name: form.get(name, "").strip() for name in LegalDetails.__struct_fields__})
    try:
        await visit.write(lambda tx: orders.save_legal_details(tx, visit.scope, details))
    except Refused as refusal:
        return await _show_invoices(visit, None, refusal)
    visit.flash("document.details_saved")
    return redirect("/merchant/invoices")


@get("/merchant/invoices/{invoice_id:str}", include_in_schema=False, opt=MEMBER)
async def sold(visit: Visit, invoice_id: Id, paper: MaybeInQuery = None) -> Response[str]:
    """An invoice or a credit note, for the merchant."""
    found = await visit.read(lambda s: orders.get_invoice(s, visit.scope, invoice_id))
    return await _document(visit, found, paper)


@get("/merchant/orders/{seller_order_id:str}/packing-slip", include_in_schema=False, opt=MEMBER)
async def packing_slip(visit: Visit, seller_order_id: Id, paper: MaybeInQuery = None) -> Response[str]:
    """What goes into the parcel: pieces and the address, no prices."""
    seller = await visit.read(lambda s: orders.get_seller_order(s, visit.scope, seller_order_id))
    return await render(visit, "documents/packing-slip.html", seller=seller, paper=_paper(paper), papers=PAPERS)


async def _document(visit: Visit, found: orders.Invoice, paper: str | None) -> Response[str]:
    return await render(visit, "documents/invoice.html", document=found, paper=_paper(paper), papers=PAPERS)


async def _show_invoices(visit: Visit, before: str | None, refusal: Refused | None = None) -> Response[str]:
    found = await visit.read(lambda s: orders.list_invoices(s, visit.scope, before=before, most=PAGE + 1))
    page = listed(found, PAGE, lambda invoice: invoice.label)
    details = await visit.read(lambda s: orders.get_legal_details(s, visit.scope))
    return await show(
        visit, "invoices", "invoices.html", refusal=refusal, documents=page.items, older=page.next, details=details,
        countries=list_countries(visit.language),
    )  # fmt: skip


def _paper(wanted: str | None) -> str:
    return wanted if wanted in PAPERS else PAPERS[0]


ROUTES: tuple[ControllerRouterHandler, ...] = (of_order, bought, invoices, save_details, sold, packing_slip)
