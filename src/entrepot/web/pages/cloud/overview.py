"""Credit, spending by day, and the newest calls."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.kernel import DAY

from ...params import MaybeInQuery
from ...visit import Visit
from ...wire import listed
from .console import MEMBER, first_model, show, unit_of

DAYS = 14
CALLS = 25


@get("/cloud", include_in_schema=False, opt=MEMBER)
async def overview(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """How things stand."""
    scope, unit = visit.scope, unit_of(visit)
    credit = await visit.read(lambda s: cloud.read_credit(s, scope, unit))
    days = await visit.read(lambda s: cloud.spend_by_day(s, scope, DAYS))
    calls = listed(
        await visit.read(lambda s: cloud.list_calls(s, scope, after, CALLS + 1)), CALLS, lambda call: call.id
    )
    return await show(
        visit,
        "overview",
        "overview.html",
        credit=credit,
        days=days,
        top=max((day.price for day in days), default=0),
        spent=sum(day.price for day in days),
        today=days[-1],
        calls=calls.items,
        older=calls.next,
        refused=await visit.read(lambda s: cloud.count_refused(s, scope, s.now - DAY)),
        **({} if calls.items else await _first_steps(visit)),
    )


async def _first_steps(visit: Visit) -> dict[str, Any]:
    """What somebody who never called a model needs: a key, and a model to try."""
    keys = await visit.read(lambda s: identity.list_keys(s, visit.scope))
    return {
        "has_key": any(key.revoked_at is None for key in keys),
        "first_model": await visit.read(first_model),
        "address": visit.entrepot.settings.public_url,
    }


ROUTES: tuple[ControllerRouterHandler, ...] = (overview,)
