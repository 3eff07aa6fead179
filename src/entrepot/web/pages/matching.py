"""Products that may be one, and words that other sellers propose: for merchants and the operator to decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import ProductContent
from entrepot.kernel import Conflict, Invalid, Refused, Tx

from ..params import Id, MaybeInQuery
from ..rendering import redirect, render
from ..visit import Visit
from ..wire import listed
from .merchant.console import MEMBER, show
from .merchant.console import SECTIONS as MERCHANT_SECTIONS
from .operator.console import OPERATOR
from .operator.console import SECTIONS as OPERATOR_SECTIONS

PAGE = 30
STATES = ("open", "joined", "apart")
DECISIONS: dict[str, Callable[[Tx, Any, str], Any]] = {
    "join": catalog.join_twins,
    "apart": catalog.keep_apart,
    "accept": catalog.accept_proposal,
    "decline": catalog.decline_proposal,
    "withdraw": catalog.withdraw_proposal,
}


@get("/merchant/matches", include_in_schema=False, opt=MEMBER)
async def matches(visit: Visit, which: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Goods of the merchant's that another seller may have listed before."""
    return await _show_matches(visit, "merchant", which, after)


@get("/operator/matches", include_in_schema=False, opt=OPERATOR)
async def all_matches(visit: Visit, which: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Everybody's."""
    return await _show_matches(visit, "operator", which, after)


@post("/merchant/matches/{twin_id:str}", include_in_schema=False, opt=MEMBER)
async def decide_match(visit: Visit, twin_id: Id) -> Response[Any]:
    """Join the two, or keep them apart."""
    return await _decide(visit, "merchant", "matches", twin_id, ("join", "apart"))


@post("/operator/matches/{twin_id:str}", include_in_schema=False, opt=OPERATOR)
async def decide_any_match(visit: Visit, twin_id: Id) -> Response[Any]:
    """The same, for the operator."""
    return await _decide(visit, "operator", "matches", twin_id, ("join", "apart"))


@get("/merchant/proposals", include_in_schema=False, opt=MEMBER)
async def proposals(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """Words that others propose for the merchant's products, and those that it proposed."""
    return await _show_proposals(visit, "merchant", after)


@get("/operator/proposals", include_in_schema=False, opt=OPERATOR)
async def all_proposals(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """Everybody's."""
    return await _show_proposals(visit, "operator", after)


@post("/merchant/proposals/{proposal_id:str}", include_in_schema=False, opt=MEMBER)
async def decide_proposal(visit: Visit, proposal_id: Id) -> Response[Any]:
    """Accept, decline or take back."""
    return await _decide(visit, "merchant", "proposals", proposal_id, ("accept", "decline", "withdraw"))


@post("/operator/proposals/{proposal_id:str}", include_in_schema=False, opt=OPERATOR)
async def decide_any_proposal(visit: Visit, proposal_id: Id) -> Response[Any]:
    """Accept or decline."""
    return await _decide(visit, "operator", "proposals", proposal_id, ("accept", "decline"))


@get("/merchant/listings/{listing_id:str}/words", include_in_schema=False, opt=MEMBER)
async def words(visit: Visit, listing_id: Id) -> Response[str]:
    """The form that proposes other words for a product of somebody else's."""
    return await _show_words(visit, listing_id)


@post("/merchant/listings/{listing_id:str}/words", include_in_schema=False, opt=MEMBER)
async def propose(visit: Visit, listing_id: Id) -> Response[Any]:
    """Propose them."""
    said = await visit.form()
    listing = await visit.read(lambda s: catalog.get_listing(s, visit.scope, listing_id))
    after = ProductContent(
        " ".join(said.get("title", "").split())[:500], said.get("description", "")[:200_000],
        " ".join(said.get("brand", "").split())[:200] or None,
    )  # fmt: skip
    note = said.get("note", "")
    try:
        await visit.write(lambda tx: catalog.propose_content(tx, visit.scope, listing.product_id, after, note))
    except (Invalid, Conflict) as refusal:
        return await _show_words(visit, listing_id, refusal, after)
    visit.flash("goods.proposed")
    return redirect("/merchant/proposals")


async def _show_words(
    visit: Visit, listing_id: str, refusal: Refused | None = None, said: ProductContent | None = None
) -> Response[str]:
    listing = await visit.read(lambda s: catalog.get_listing(s, visit.scope, listing_id))
    content = said or await visit.read(lambda s: catalog.read_content(s, visit.scope, listing.product_id))
    return await show(visit, "listings", "words.html", refusal=refusal, listing=listing, content=content)


async def _show_matches(
    visit: Visit, console: str, state: str | None, after: str | None, refusal: Refused | None = None
) -> Response[str]:
    chosen: Any = state if state in STATES else "open"
    found = await visit.read(lambda s: catalog.list_twins(s, visit.scope, chosen, after or "", PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await _show(
        visit, console, "matches.html", refusal, twins=page.items, older=page.next, chosen=chosen, states=STATES
    )


async def _show_proposals(
    visit: Visit, console: str, after: str | None, refusal: Refused | None = None
) -> Response[str]:
    found = await visit.read(lambda s: catalog.list_proposals(s, visit.scope, "open", after or "", PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await _show(visit, console, "proposals.html", refusal, proposals=page.items, older=page.next)


async def _decide(visit: Visit, console: str, what: str, id_: str, allowed: tuple[str, ...]) -> Response[Any]:
    decision = (await visit.form()).get("decision", "")
    if decision not in allowed:
        raise Invalid("Choose one of the buttons")
    try:
        await visit.write(lambda tx: DECISIONS[decision](tx, visit.scope, id_))
    except Conflict as refusal:
        shown = _show_matches(visit, console, None, None, refusal) if what == "matches" else None
        return await (shown or _show_proposals(visit, console, None, refusal))
    visit.flash("form.saved")
    return redirect(f"/{console}/{what}")


async def _show(visit: Visit, console: str, template: str, refusal: Refused | None, **context: Any) -> Response[str]:
    is_merchant = console == "merchant"
    return await render(
        visit,
        f"merchant/{template}",
        status=400 if refusal else 200,
        console=console,
        sections=MERCHANT_SECTIONS if is_merchant else OPERATOR_SECTIONS,
        section="listings" if is_merchant else "merchants",
        sentence=refusal.sentence if refusal else None,
        **context,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    matches, all_matches, decide_match, decide_any_match, proposals, all_proposals, decide_proposal,
    decide_any_proposal, words, propose,
)  # fmt: skip
