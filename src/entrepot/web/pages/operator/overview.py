"""What waits for the operator."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, ledger, orders, pay
from entrepot.discovery import SearchRequest
from entrepot.kernel import list_failed_reactions, list_stuck_tasks
from entrepot.ledger import KindTotal

from ...params import MaybeInQuery
from ...visit import Visit
from .. import listed_orders
from .console import OPERATOR, show

PAGE = 30
LATEST = 6
HELD = ("escrow", "payable", "carrier_payable", "tax_payable", "commission")
"""Kinds of accounts, as the overview tells where money is."""


@get("/operator", include_in_schema=False, opt=OPERATOR)
async def overview(visit: Visit) -> Response[str]:
    """The first page: who waits, what failed, how much is held."""
    scope = visit.scope
    counts = await visit.read(lambda s: orders.count_seller_orders(s, scope, orders.OPEN_STATUSES))
    kinds = await visit.read(ledger.sum_by_kind)
    latest = await visit.read(lambda s: orders.list_seller_orders(s, scope, most=LATEST))
    return await show(
        visit,
        "overview",
        "overview.html",
        pending=await visit.read(lambda s: catalog.list_merchants(s, scope, "pending")),
        failed=len(await visit.read(list_failed_reactions)),
        stuck=len(await visit.read(list_stuck_tasks)),
        open_orders=sum(counts.values()),
        latest=latest,
        sales=await visit.read(lambda s: orders.list_sales(s, scope)),
        **({} if latest else await _first_steps(visit)),
        money=_where_money_is(visit, kinds),
        escrow=[(row.unit, row.balance) for row in kinds if row.kind == "escrow"],
        commission=[(row.unit, row.balance) for row in kinds if row.kind == "commission"],
    )


async def _first_steps(visit: Visit) -> dict[str, bool]:
    """What a market has of what it needs before its first order."""
    scope = visit.scope
    goods = await visit.search(SearchRequest(limit=1, facets=False, filters={"in_stock": ("true",)}))
    return {
        "has_merchant": bool(await visit.read(lambda s: catalog.list_merchants(s, scope, "approved", most=1))),
        "has_goods": goods.total > 0,
        "has_taxes": bool(await visit.read(lambda s: pay.list_tax_rates(s, scope))),
        "has_processor": any(each.name != "sandbox" for each in visit.entrepot.processors),
    }


def _where_money_is(visit: Visit, kinds: list[KindTotal]) -> list[tuple[str, list[tuple[str, int]], int]]:
    """For each currency, what the house holds and for whom: (currency, (words, minor units) of each, their sum)."""
    held: dict[str, list[tuple[str, int]]] = {}
    for kind in HELD:
        for row in kinds:
            if row.kind == kind and row.balance > 0:
                held.setdefault(row.unit, []).append((visit.say(f"account.kind.{kind}"), row.balance))
    return [(currency, parts, sum(amount for _, amount in parts)) for currency, parts in held.items()]


@get("/operator/orders", include_in_schema=False, opt=OPERATOR)
async def list_orders(visit: Visit, status: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Every merchant's orders, newest first, of one status or all."""
    return await show(visit, "orders", "orders.html", **await listed_orders.list_orders(visit, status, after, PAGE))


ROUTES: tuple[ControllerRouterHandler, ...] = (overview, list_orders)
