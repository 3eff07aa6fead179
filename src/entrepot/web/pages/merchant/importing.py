"""Bringing goods in from a file, with a report of what could not be."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import Import, ReportLine
from entrepot.kernel import Invalid, Refused

from ...csv_files import csv_file
from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, own_merchant, show

SHOWN = 20
ERRORS_SHOWN = 200
REPORT_MAX = 100_000
FEED_BYTES_MAX = 100_000_000
UNDER_WAY = frozenset({"waiting", "running"})


@get("/merchant/imports", include_in_schema=False, opt=MEMBER)
async def imports(visit: Visit) -> Response[str]:
    """The form, and what was imported so far."""
    return await _show_imports(visit)


@post(
    "/merchant/imports", include_in_schema=False, opt={**MEMBER, "rate": "upload"}, request_max_body_size=FEED_BYTES_MAX
)
async def upload(visit: Visit) -> Response[Any]:
    """Take a file and import it in the background."""
    merchant = await own_merchant(visit)
    form = await visit.request.form()
    feed = form.get("feed")
    try:
        if not isinstance(feed, UploadFile) or not feed.filename:
            raise Invalid(visit.say("import.no_file"))
        content, name = await feed.read(), feed.filename
        blobs = visit.entrepot.blobs
        ref = await visit.on_thread(lambda: catalog.uploaded_feed(blobs, blobs.put(content), name))
        job = await visit.write(
            lambda tx: catalog.start_import(tx, visit.scope, merchant.id, ref, dry_run="dry_run" in form)
        )
    except Refused as refusal:
        return await _show_imports(visit, refusal)
    return redirect(f"/merchant/imports/{job.id}")


@get("/merchant/imports/{import_id:str}", include_in_schema=False, opt=MEMBER)
async def one_import(visit: Visit, import_id: Id) -> Response[str]:
    """How far it is, what it did, and which rows were refused."""
    found = await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))
    errors = await visit.read(lambda s: catalog.list_import_errors(s, visit.scope, import_id, most=ERRORS_SHOWN))
    return await show(visit, "imports", "import.html", each=found, report=errors)


@get("/merchant/imports/{import_id:str}/errors.csv", include_in_schema=False, opt=MEMBER)
async def report(visit: Visit, import_id: Id) -> Response[str]:
    """The whole report, for a spreadsheet."""
    lines: list[ReportLine] = []
    while len(lines) < REPORT_MAX:
        after = lines[-1].number if lines else 0
        page = await visit.read(lambda s: catalog.list_import_errors(s, visit.scope, import_id, after=after))  # noqa: B023
        lines += page
        if not page:
            break
    rows: list[list[object]] = [["line", "field", "reason", "value"]]
    rows += [[line.line, line.field, line.reason, line.value] for line in lines]
    return csv_file(f"{import_id}.csv", rows)


async def _show_imports(visit: Visit, refusal: Refused | None = None) -> Response[str]:
    merchant = await own_merchant(visit)
    found: list[Import] = await visit.read(lambda s: catalog.list_imports(s, visit.scope, merchant.id, most=SHOWN))
    running = any(each.state in UNDER_WAY for each in found)
    return await show(visit, "imports", "imports.html", refusal=refusal, imports=found, running=running)


ROUTES: tuple[ControllerRouterHandler, ...] = (imports, upload, one_import, report)
