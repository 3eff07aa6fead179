"""Who acts for one's organisation: colleagues are let in by their e-mail address, and out again."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import identity
from entrepot.kernel import Conflict, Refused

from ..api.account import let_in
from ..params import Id
from ..rendering import redirect, render
from ..visit import Visit

MEMBER = {"access": "member"}


@get("/account/people", include_in_schema=False, opt=MEMBER)
async def people(visit: Visit) -> Response[str]:
    """The people of the organisation."""
    return await _show(visit)


@post("/account/people", include_in_schema=False, opt=MEMBER | {"rate": "sign_in"})
async def add(visit: Visit) -> Response[Any]:
    """Let somebody act for the organisation."""
    email = (await visit.form()).get("email", "")
    try:
        await let_in(visit, email)
    except Refused as refusal:
        return await _show(visit, email, refusal)
    visit.flash("team.added")
    return redirect("/account/people")


@post("/account/people/{user_id:str}/remove", include_in_schema=False, opt=MEMBER)
async def remove(visit: Visit, user_id: Id) -> Response[Any]:
    """Let somebody act for it no longer; whoever leaves by themselves is led to the front page."""
    scope = visit.scope
    organisation = identity.require_organisation(scope)
    try:
        await visit.write(lambda tx: identity.remove_member(tx, scope, organisation, user_id))
    except Conflict as refusal:
        return await _show(visit, refusal=refusal)
    visit.flash("team.removed")
    return redirect("/account/people" if user_id != scope.actor else "/")


async def _show(visit: Visit, email: str = "", refusal: Refused | None = None) -> Response[str]:
    organisation = identity.require_organisation(visit.scope)
    return await render(
        visit,
        "team.html",
        status=400 if refusal else 200,
        organisation=await visit.read(lambda s: identity.get_organisation(s, visit.scope, organisation)),
        members=await visit.read(lambda s: identity.list_members(s, visit.scope)),
        email=email,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (people, add, remove)
