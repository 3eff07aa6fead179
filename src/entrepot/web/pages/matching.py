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
Verb = Callable[[Tx, Any, str], Any]


@get("/merchant/matches", include_in_schema=False, opt=MEMBER)
async def matches(visit: Visit, which: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Goods of the merchant's that another seller may have listed before."""
    return await _show_matches(visit, "merchant", which, after)


@get("/operator/matches", include_in_schema=False, opt=OPERATOR)
async def all_matches(visit: Visit, which: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Everybody's."""
    return await _show_matches(visit, "operator", which, after)


@get("/merchant/proposals", include_in_schema=False, opt=MEMBER)
async def proposals(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """Words that others propose for the merchant's products, and those that it proposed."""
    return await _show_proposals(visit, "merchant", after)


@get("/operator/proposals", include_in_schema=False, opt=OPERATOR)
async def all_proposals(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """Everybody's."""
    return await _show_proposals(visit, "operator", after)


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


def _deciding(console: str, what: str, decision: str, verb: Verb) -> ControllerRouterHandler:
    """The form of a button: decides, and leads back to the list; what was decided meanwhile is said above it."""

    @post(f"/{console}/{what}/{{decided_id:str}}/{decision}", include_in_schema=False,
          opt=MEMBER if console == "merchant" else OPERATOR)  # fmt: skip
    async def decide(visit: Visit, decided_id: Id) -> Response[Any]:
        try:
            await visit.write(lambda tx: verb(tx, visit.scope, decided_id))
        except Conflict as refusal:
            if what == "matches":
                return await _show_matches(visit, console, None, None, refusal)
            return await _show_proposals(visit, console, None, refusal)
        visit.flash("form.saved")
        return redirect(f"/{console}/{what}")

    return decide


async def _show(visit: Visit, console: str, template: str, refusal: Refused | None, **context: Any) -> Response[str]:
    is_merchant = console == "merchant"
    return await render(
        visit,
        f"merchant/{template}",
        status=400 if refusal else 200,
        console=console,
        sections=MERCHANT_SECTIONS if is_merchant else OPERATOR_SECTIONS,
        section="listings" if is_merchant else "matches",
        sentence=refusal.sentence if refusal else None,
        **context,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    matches,
    all_matches,
    proposals,
    all_proposals,
    words,
    propose,
    _deciding("merchant", "matches", "join", catalog.join_twins),
    _deciding("merchant", "matches", "apart", catalog.keep_apart),
    _deciding("merchant", "proposals", "accept", catalog.accept_proposal),
    _deciding("merchant", "proposals", "decline", catalog.decline_proposal),
    _deciding("merchant", "proposals", "withdraw", catalog.withdraw_proposal),
    _deciding("operator", "matches", "join", catalog.join_twins),
    _deciding("operator", "matches", "apart", catalog.keep_apart),
    _deciding("operator", "proposals", "accept", catalog.accept_proposal),
    _deciding("operator", "proposals", "decline", catalog.decline_proposal),
)
