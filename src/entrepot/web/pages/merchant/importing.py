"""Bringing goods in from a file: uploading, saying what its columns are, watching, and what could not be taken."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver
from entrepot.catalog import ColumnMapping, ColumnSample, Import, ReportLine
from entrepot.kernel import Invalid, NotFound, Refused

from ...csv_files import csv_file
from ...downloads import download
from ...params import Id
from ...policy import FEED_BYTES_MAX
from ...receiving import receive_feed
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, own_merchant, show

SHOWN = 20
ERRORS_SHOWN = 200
REPORT_MAX = 100_000
UNDER_WAY = frozenset({"waiting", "running"})


@get("/merchant/imports", include_in_schema=False, opt=MEMBER)
async def imports(visit: Visit) -> Response[str]:
    """The form, and what was imported so far."""
    return await _show_imports(visit)


@post(
    "/merchant/imports", include_in_schema=False, opt={**MEMBER, "rate": "upload"}, request_max_body_size=FEED_BYTES_MAX
)
async def upload(visit: Visit) -> Response[Any]:
    """Take a file and import it in the background; a sheet with columns of its own is asked about first."""
    merchant = await own_merchant(visit)
    form = await visit.request.form()
    feed = form.get("feed")
    try:
        if not isinstance(feed, UploadFile) or not feed.filename:
            raise Invalid(visit.say("import.no_file"))
        ref = await receive_feed(visit, merchant.id, feed)
        trial, full = "dry_run" in form, "full" in form
        job = await visit.write(
            lambda tx: catalog.start_import(tx, visit.scope, merchant.id, ref, dry_run=trial, full=full)
        )
    except Refused as refusal:
        return await _show_imports(visit, refusal)
    return redirect(f"/merchant/imports/{job.id}")


@get("/merchant/imports/{import_id:str}", include_in_schema=False, opt=MEMBER)
async def one_import(visit: Visit, import_id: Id) -> Response[str]:
    """How far it is, what it did, and which rows were refused; or what its columns may be."""
    found = await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))
    if found.state == "mapping":
        return await _show_columns(visit, found)
    errors = await visit.read(lambda s: catalog.list_import_errors(s, visit.scope, import_id, most=ERRORS_SHOWN))
    has_gaps = found.counts.refused > 0 and found.state not in UNDER_WAY
    return await show(
        visit, "imports", "import.html", each=found, report=errors, has_place=await _has_place(visit),
        may_mend=has_gaps and catalog.gives_rows_back(found),
        may_repeat=has_gaps and found.size_bytes > 0 and not found.dry_run,
    )  # fmt: skip


@post("/merchant/imports/{import_id:str}/columns", include_in_schema=False, opt=MEMBER)
async def columns(visit: Visit, import_id: Id) -> Response[Any]:
    """Take what the merchant says of the columns, and begin."""
    found = await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))
    form = await visit.form()
    try:
        sample = await _sample(visit, found)
        said = {name: form.get(f"column.{place}", "") for place, name in enumerate(sample.header)}
        mapping = ColumnMapping(
            sample.header,
            said,
            currency=form.get("currency", "").strip().upper() or None,
            weight_unit=form.get("weight_unit", "g"),
            length_unit=form.get("length_unit", "mm"),
        )
    except Refused as refusal:
        return await _show_imports(visit, refusal)
    try:
        await visit.write(lambda tx: catalog.map_columns(tx, visit.scope, import_id, mapping))
    except Invalid as refusal:
        return await _show_columns(visit, found, mapping, refusal)
    return redirect(f"/merchant/imports/{import_id}")


@post("/merchant/imports/{import_id:str}/again", include_in_schema=False, opt=MEMBER)
async def again(visit: Visit, import_id: Id) -> Response[Any]:
    """After a trial: import the same file, which is still kept."""
    found = await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))
    blobs = visit.entrepot.blobs
    if not found.size_bytes or not catalog.feeds_in(blobs).has(found.place):
        return await _show_imports(visit, NotFound(visit.say("import.file_gone")))
    feed = await visit.on_thread(lambda: catalog.uploaded_feed(blobs, found.place, found.name, found.format))
    job = await visit.write(
        lambda tx: catalog.start_import(
            tx, visit.scope, found.merchant_id, feed, full=found.full, location_id=found.location_id
        )
    )
    return redirect(f"/merchant/imports/{job.id}")


@get("/merchant/imports/{import_id:str}/refused", include_in_schema=False, opt=MEMBER)
async def refused(visit: Visit, import_id: Id) -> Stream:
    """The refused rows in the format they came in, to be mended and imported again."""
    rows = await visit.read(lambda s: catalog.find_refused_rows(s, visit.scope, import_id))
    blobs = visit.entrepot.blobs
    return await download(visit, rows.file_name, rows.media_type, rows.blocks(blobs))


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


async def _sample(visit: Visit, found: Import) -> ColumnSample:
    feeds = catalog.feeds_in(visit.entrepot.blobs)
    if not feeds.has(found.place):
        raise NotFound(visit.say("import.file_gone"))
    return await visit.on_thread(lambda: catalog.sample_columns(feeds.path(found.place), found.name))


async def _show_columns(
    visit: Visit, found: Import, said: ColumnMapping | None = None, refusal: Refused | None = None
) -> Response[str]:
    try:
        sample = await _sample(visit, found)
    except Refused as gone:
        return await _show_imports(visit, gone)
    merchant = await own_merchant(visit)
    mapping = said or sample.guess
    known = set(mapping.columns.values())
    targets = [(target, visit.say(f"column.{target}")) for target in catalog.COLUMN_TARGETS]
    return await show(
        visit,
        "imports",
        "columns.html",
        refusal=refusal,
        each=found,
        sample=sample,
        mapping=mapping,
        targets=targets,
        missing=[target for target in catalog.COLUMN_TARGETS_NEEDED if target not in known],
        currency=mapping.currency or merchant.currency,
    )


async def _show_imports(visit: Visit, refusal: Refused | None = None) -> Response[str]:
    merchant = await own_merchant(visit)
    found: list[Import] = await visit.read(lambda s: catalog.list_imports(s, visit.scope, merchant.id, most=SHOWN))
    running = any(each.state in UNDER_WAY for each in found)
    has_place = await _has_place(visit)
    return await show(
        visit, "imports", "imports.html", refusal=refusal, imports=found, running=running, has_place=has_place
    )


async def _has_place(visit: Visit) -> bool:
    """Whether there is a place that counted goods could lie at."""
    return bool(await visit.read(lambda s: deliver.list_locations(s, visit.scope)))


ROUTES: tuple[ControllerRouterHandler, ...] = (imports, upload, one_import, columns, again, refused, report)
