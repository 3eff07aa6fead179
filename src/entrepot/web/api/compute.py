"""Use of compute and its capacity: a customer's own use, and the operator's view of everything."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import Snapshot, Tx

from ..capacity import ComputeView, read_compute
from ..endpoints import endpoint
from ..params import NO_NUL, OptionalKey
from ..visit import Visit
from ..wire import Done

Days = Annotated[
    int, QueryParameter(name="days", ge=1, le=cloud.DAYS_MAX, description="So many days, today last (UTC)")
]
Model = Annotated[str, QueryParameter(name="model", max_length=200, pattern=NO_NUL, description="Only of this model")]
Caller = Annotated[str, QueryParameter(name="key", max_length=200, pattern=NO_NUL, description="Only of this key")]
Surface = Annotated[
    str, QueryParameter(name="surface", max_length=200, pattern=NO_NUL, description="Only for this surface")
]


class Use(msgspec.Struct, frozen=True):
    """An organisation's use of compute by day, model, caller and surface; prices in nano units of `currency`. Calls
    under way are in `under_way`, and in nothing else."""

    currency: str
    requests: int
    price: int
    under_way: cloud.UnderWay
    cells: list[cloud.UsageCell]


@endpoint("GET", "/api/cloud/usage", access="member")
async def read_use(visit: Visit, days: Days = 30, model: Model = "", key: Caller = "", surface: Surface = "") -> Use:
    """What your organisation used of compute, live: by day, model, key and surface."""
    wish = cloud.UsageWish(days, model, key, surface)

    def read(snapshot: Snapshot) -> Use:
        cells = cloud.usage_cells(snapshot, visit.scope, wish)
        under_way = cloud.calls_under_way(snapshot, visit.scope)
        currency = visit.entrepot.settings.cloud.currency
        return Use(currency, sum(c.requests for c in cells), sum(c.price for c in cells), under_way, cells)

    return await visit.read(read)


class Refusals(msgspec.Struct, frozen=True):
    """An organisation's calls that were refused, those for one reason together, the latest first; at most a hundred."""

    refused: list[cloud.RefusedCalls]


@endpoint("GET", "/api/cloud/refusals", access="member")
async def list_refusals(visit: Visit, days: Days = 7, model: Model = "", key: Caller = "") -> Refusals:
    """Which of your organisation's calls were refused lately: how many, why, and what was said to the last of them."""
    wish = cloud.UsageWish(days, model, key)
    return Refusals(await visit.read(lambda s: cloud.list_refused(s, visit.scope, wish)))


@endpoint("GET", "/api/operator/compute", access="operator")
async def view_compute(visit: Visit, days: Days = 7) -> ComputeView:
    """Capacity, shares of the queue, what the shop pays by surface, tenants by spending, reserves that are stuck."""
    return await read_compute(visit, days)


@endpoint("POST", "/api/operator/compute/reconcile", access="operator", status=200)
async def reconcile_compute(visit: Visit, key: OptionalKey = None) -> Done:
    """Have what dead processes left open closed now; it is done within the minute anyway."""

    def command(tx: Tx) -> Done:
        cloud.request_reconciling(tx, visit.scope)
        return Done()

    return await visit.once(key, command, Done)


ROUTES: tuple[ControllerRouterHandler, ...] = (read_use, list_refusals, view_compute, reconcile_compute)
