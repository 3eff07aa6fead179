"""Invoices for compute: what was used, line by line, each line down to its calls; to print, and as files."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity, pay
from entrepot.kernel import Refused, Snapshot

from ...api.cloud_money import LineNumber, WantedFormat, issue, read_time, send_export
from ...params import Id, InQuery, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import listed
from .console import MEMBER, currency_of, show

PAGE = 24
ROWS = 50
PAPERS = ("a4", "letter")
MONTHS = 12


@get("/cloud/invoices", include_in_schema=False, opt=MEMBER)
async def invoices(visit: Visit, before: MaybeInQuery = None) -> Response[str]:
    """Every invoice, what is on none yet, and files of any month."""
    return await _show(visit, before)


@post("/cloud/invoices", include_in_schema=False, opt=MEMBER)
async def issue_now(visit: Visit) -> Response[Any]:
    """Invoice what was used up to now."""
    form = await visit.form()
    try:
        made = await issue(visit, form.get("_key"))
    except Refused as refusal:
        return await _show(visit, None, refusal)
    if await visit.read(lambda s: cloud.find_draft(s, cloud.account_owner(visit.scope))):
        visit.flash("invoice.making")
        return redirect("/cloud/invoices")
    visit.flash("invoice.issued")
    return redirect(f"/cloud/invoices/{made.id}")


@get("/cloud/invoices/{cloud_invoice_id:str}", include_in_schema=False, opt=MEMBER)
async def invoice(visit: Visit, cloud_invoice_id: Id, paper: MaybeInQuery = None) -> Response[str]:
    """An invoice, as it is printed."""
    scope = visit.scope
    found = await visit.read(lambda s: cloud.get_cloud_invoice(s, scope, cloud_invoice_id))
    return await show(
        visit,
        "invoices",
        "invoice.html",
        invoice=found,
        lines=await visit.read(lambda s: cloud.lines_of(s, found.id)),
        per=cloud.nano_per_minor(found.currency),
        state=found.state(visit.now),
        papers=PAPERS,
        paper=paper if paper in PAPERS else PAPERS[0],
        exact=cloud.write_nano,
        percent_of=pay.percent_of,
        mine=not scope.is_operator,
    )


@get("/cloud/invoices/{cloud_invoice_id:str}/rows", include_in_schema=False, opt=MEMBER)
async def rows(visit: Visit, cloud_invoice_id: Id, line: LineNumber = 1, after: MaybeInQuery = None) -> Response[str]:
    """The very calls that a line sums."""
    scope = visit.scope

    def read(snapshot: Snapshot) -> tuple[cloud.CloudInvoice, list[cloud.InvoiceLine], list[cloud.InvoiceRow]]:
        found = cloud.get_cloud_invoice(snapshot, scope, cloud_invoice_id)
        some = cloud.rows_of_line(snapshot, scope, found.id, line, after=after, most=ROWS + 1)
        return found, cloud.lines_of(snapshot, found.id), some

    found, lines, some = await visit.read(read)
    page = listed(some, ROWS, cloud.place_of)
    names = await visit.read(lambda s: _names(s, visit))
    return await show(
        visit,
        "invoices",
        "invoice-line.html",
        invoice=found,
        line=next(each for each in lines if each.line == line),
        rows=page.items,
        more=page.next,
        first=after is None,
        exact=cloud.write_nano,
        names=names,
    )


@get("/cloud/invoices/{cloud_invoice_id:str}/export", include_in_schema=False, opt=MEMBER)
async def invoice_file(visit: Visit, cloud_invoice_id: Id, wanted: WantedFormat = "csv") -> Stream:
    """The rows of an invoice as a file."""
    found = await visit.read(lambda s: cloud.get_cloud_invoice(s, visit.scope, cloud_invoice_id))
    return await send_export(visit, cloud.ExportWish(wanted, found.currency, invoice=found.id), found.label)


@get("/cloud/export", include_in_schema=False, opt=MEMBER)
async def month_file(visit: Visit, month: InQuery, wanted: WantedFormat = "csv") -> Stream:
    """What was used in a month as a file."""
    since = read_time(month)
    wish = cloud.ExportWish(wanted, currency_of(visit), since, _month_after(since))
    return await send_export(visit, wish, f"compute-{_name_of(since)}")


async def _show(visit: CurrentVisit, before: str | None, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: cloud.list_cloud_invoices(s, scope, before=before, most=PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    standing = await visit.read(lambda s: cloud.read_standing(s, scope, currency_of(visit)))
    return await show(
        visit,
        "invoices",
        "invoices.html",
        refusal=refusal,
        invoices=page.items,
        older=page.next,
        standing=standing,
        draft=None
        if scope.is_operator
        else await visit.read(lambda s: cloud.find_draft(s, cloud.account_owner(scope))),
        months=_months(visit.now),
        is_shop=scope.is_operator,
    )


def _names(snapshot: Snapshot, visit: CurrentVisit) -> dict[str, str]:
    """What the keys of the organisation are called."""
    if visit.scope.organisation is None:
        return {}
    return {key.id: key.name for key in identity.list_keys(snapshot, visit.scope)}


def _months(now: int) -> list[tuple[str, int]]:
    """The last months, this one first: their names and when they began."""
    found = datetime.fromtimestamp(now // 1_000_000, UTC)
    months = []
    for back in range(MONTHS):
        year, month = divmod(found.year * 12 + found.month - 1 - back, 12)
        begins = datetime(year, month + 1, 1, tzinfo=UTC)
        months.append((begins.strftime("%Y-%m"), int(begins.timestamp()) * 1_000_000))
    return months


def _name_of(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m")


def _month_after(since: int) -> int:
    found = datetime.fromtimestamp(since // 1_000_000, UTC)
    if found.year == MAXYEAR:
        return 2**62
    begins = datetime(found.year + found.month // 12, found.month % 12 + 1, 1, tzinfo=UTC)
    return int(begins.timestamp()) * 1_000_000


ROUTES: tuple[ControllerRouterHandler, ...] = (invoices, issue_now, invoice, rows, invoice_file, month_file)
