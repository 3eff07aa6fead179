"""Who may sell here, and for which commission."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.kernel import Invalid, parse_money

from ...params import Id, InQuery, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import listed
from .console import OPERATOR, show

PAGE = 30
STATUSES = ("pending", "approved", "suspended")
BPS_MAX = 10_000


@get("/operator/merchants", include_in_schema=False, opt=OPERATOR)
async def merchants(
    visit: Visit, status: MaybeInQuery = None, after: InQuery = "", id: MaybeInQuery = None
) -> Response[str]:
    """Merchants, oldest first, of one status or all; or the one with this id."""
    chosen: Any = status if status in STATUSES else None
    if id:
        return await _show_one(visit, id)
    found = await visit.read(lambda s: catalog.list_merchants(s, visit.scope, chosen, after, PAGE + 1))
    page = listed(found, PAGE, lambda merchant: merchant.id)
    return await show(visit, "merchants", "merchants.html", merchants=page.items, older=page.next, chosen=chosen)


@post("/operator/merchants/{merchant_id:str}/approve", include_in_schema=False, opt=OPERATOR)
async def approve(visit: Visit, merchant_id: Id) -> Response[Any]:
    """Let a merchant sell."""
    percent = (await visit.form()).get("percent", "")
    try:
        bps = _commission(percent)
        await visit.write(lambda tx: catalog.approve_merchant(tx, visit.scope, merchant_id, bps))
    except Invalid as refusal:
        response = await _show_one(visit, merchant_id, {"percent": refusal.sentence}, percent[:20])
        response.status_code = 422
        return response
    visit.flash("operator.approved")
    return redirect("/operator/merchants")


@post("/operator/merchants/{merchant_id:str}/suspend", include_in_schema=False, opt=OPERATOR)
async def suspend(visit: Visit, merchant_id: Id) -> Response[Any]:
    """Take a merchant's goods off sale."""
    reason = (await visit.form()).get("reason", "").strip()
    await visit.write(lambda tx: catalog.suspend_merchant(tx, visit.scope, merchant_id, reason))
    visit.flash("operator.was_suspended")
    return redirect("/operator/merchants")


def _commission(percent: str) -> int:
    """Hundredths of a percent, from a percentage as it is typed."""
    try:
        bps = parse_money(percent.replace("%", "").strip(), "USD")  # a percentage has two decimals, as a dollar has
    except Invalid:
        bps = -1
    if not 0 <= bps <= BPS_MAX:
        raise Invalid(f"{percent[:20]!r} is no commission: write a percentage such as 8 or 7.5")
    return bps


async def _show_one(
    visit: CurrentVisit, merchant_id: str, errors: dict[str, str] | None = None, typed: str | None = None
) -> Response[str]:
    """One merchant, with what was wrong about the commission that was typed."""
    one = await visit.read(lambda s: catalog.get_merchant(s, merchant_id))
    return await show(
        visit, "merchants", "merchants.html", merchants=[one], older=None, chosen=one.status, errors=errors or {},
        typed=typed,
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (merchants, approve, suspend)
