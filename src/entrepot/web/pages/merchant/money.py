"""Where the merchant's money is, and statements that can be checked line by line."""

from __future__ import annotations

import csv
import io

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import pay
from entrepot.pay import Statement

from ...params import Id, MaybeInQuery
from ...texts import has_text
from ...visit import Visit
from ...wire import listed
from .console import MEMBER, own_merchant, show

PAGE = 20
LINES_SHOWN = 500
COLUMNS = ("at", "code", "ref", "paid_minor", "commission_minor", "carrier_minor", "tax_minor", "amount_minor")


@get("/merchant/money", include_in_schema=False, opt=MEMBER)
async def money(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """What is held, what is due, what was paid out."""
    scope = visit.scope
    found = await visit.read(lambda s: pay.list_payouts(s, scope, after=after, most=PAGE + 1))
    page = listed(found, PAGE, lambda payout: payout.id)
    on_way = await visit.read(lambda s: pay.money_on_the_way(s, scope))
    return await show(visit, "money", "money.html", money=on_way, payouts=page.items, older=page.next)


@get("/merchant/statements/{payout_id:str}", include_in_schema=False, opt=MEMBER)
async def statement(visit: Visit, payout_id: Id) -> Response[str]:
    """Why a payout is what it is; with .csv at the end, for a spreadsheet."""
    if payout_id.endswith(".csv"):
        found = await visit.read(lambda s: pay.get_statement(s, visit.scope, payout_id.removesuffix(".csv")))
        return _as_csv(found)
    return await _show_statement(visit, payout_id)


async def _show_statement(visit: Visit, payout_id: Id) -> Response[str]:
    found = await visit.read(lambda s: pay.get_statement(s, visit.scope, payout_id))
    merchant = await own_merchant(visit)

    def label(code: str) -> str:
        key = f"code.{code}"
        return visit.say(key) if has_text(key) else code

    return await show(
        visit,
        "money",
        "statement.html",
        statement=found,
        merchant=merchant,
        lines=found.lines[:LINES_SHOWN],
        more=max(0, len(found.lines) - LINES_SHOWN),
        label=label,
    )


def _as_csv(found: Statement) -> Response[str]:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow((*COLUMNS, "currency"))
    for line in found.lines:
        cells = (getattr(line, name) for name in COLUMNS)
        rows.writerow((*("" if cell is None else cell for cell in cells), found.payout.currency))
    headers = {"Content-Disposition": f'attachment; filename="{found.payout.id}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES: tuple[ControllerRouterHandler, ...] = (money, statement)
