"""Reviews, questions and answers that somebody should look at."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.kernel import NotFound, Refused

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import listed
from .console import OPERATOR, show

PAGE = 25
STATES = ("open", "kept", "hidden")


class DecisionForm(msgspec.Struct, frozen=True):
    """What the operator decides, and the reason that the author reads."""

    decision: Literal["kept", "hidden"]
    reason: str = ""


@get("/operator/moderation", include_in_schema=False, opt=OPERATOR)
async def moderation(visit: Visit, status: InQuery = "open", after: InQuery = "") -> Response[str]:
    """The queue, oldest first; or what was decided."""
    return await _show_queue(visit, status if status in STATES else "open", after)


@post("/operator/moderation/{subject_id:str}", include_in_schema=False, opt=OPERATOR)
async def decide(visit: Visit, subject_id: Id) -> Response[Any]:
    """Keep or hide it."""
    form = await visit.fields(DecisionForm)
    try:
        await visit.write(lambda tx: catalog.decide(tx, visit.scope, subject_id, form.decision, form.reason))
    except NotFound:
        raise
    except Refused as refusal:
        return await _show_queue(visit, "open", "", refusal)
    visit.flash("moderation.done")
    return redirect("/operator/moderation")


async def _show_queue(visit: Visit, state: str, after: str, refusal: Refused | None = None) -> Response[str]:
    found = await visit.read(lambda s: catalog.list_cases(s, visit.scope, state, catalog.read_seen(after), PAGE + 1))
    page = listed(found, PAGE, lambda case: str(catalog.Seen(case.opened_at, case.subject_id)))
    sentence = refusal.sentence if refusal else None
    return await show(
        visit,
        "moderation",
        "moderation.html",
        cases=page.items,
        later=page.next,
        state=state,
        sentence=sentence,
        status=400 if refusal else 200,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (moderation, decide)
