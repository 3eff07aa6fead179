"""Bringing goods in from a file: uploading, watching, and the report of what could not be read."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from entrepot import catalog, identity, kernel
from entrepot.kernel import Tx

from ..csv_files import csv_file
from ..endpoints import endpoint
from ..params import After, Id, Most, OptionalKey
from ..policy import FEED_BYTES_MAX
from ..refusals import Unreadable
from ..visit import Visit
from ..wire import Listed, Made, listed

MULTIPART = "multipart/form-data"
REPORT_LINES_MAX = 10_000
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["feed"],
    "properties": {
        "feed": {"type": "string", "format": "binary", "description": "The file; its format is found out"},
        "dry_run": {"enum": ["true", "false"], "description": "Only read and report"},
        "location_id": {"type": "string", "description": "Where counted stock lies; left out: the first location"},
    },
}

Line = Annotated[
    str | None, QueryParameter(name="after", pattern="^[0-9]{1,9}$", description="`next` of the page before")
]


@endpoint(
    "POST",
    "/api/merchant/imports",
    access="member",
    rate="upload",
    status=202,
    bytes_max=FEED_BYTES_MAX,
    accepts=(MULTIPART,),
    form=_FORM,
)
async def upload_feed(visit: Visit, key: OptionalKey = None) -> catalog.Import:
    """Upload a feed; it is imported in the background. With a dry run nothing is saved, and all is reported."""
    merchant_id = identity.require_organisation(visit.scope)
    form = await visit.request.form()
    feed = form.get("feed")
    if not isinstance(feed, UploadFile):
        raise Unreadable("Send the file as the part `feed`, with a file name", fields={"feed": "is missing"})
    dry_run, location_id = form.get("dry_run") == "true", _location(form.get("location_id"))
    blobs, name, content = visit.entrepot.blobs, feed.filename[:200].replace("\0", ""), await feed.read()
    sha256 = await visit.on_thread(lambda: blobs.put(content))
    ref = await visit.on_thread(lambda: catalog.uploaded_feed(blobs, sha256, name))

    def command(tx: Tx) -> Made:
        job = catalog.start_import(tx, visit.scope, merchant_id, ref, location_id=location_id, dry_run=dry_run)
        return Made(job.id)

    said = f"{sha256} {dry_run} {location_id}".encode()
    made = await visit.once(key, command, Made, stands_for=said)
    return await visit.read(lambda s: catalog.get_import(s, visit.scope, made.id))


@endpoint("GET", "/api/merchant/imports", access="member")
async def list_imports(visit: Visit, after: After = None, most: Most = 50) -> Listed[catalog.Import]:
    """The merchant's imports, newest first."""
    merchant_id = identity.require_organisation(visit.scope)
    found = await visit.read(
        lambda s: catalog.list_imports(s, visit.scope, merchant_id, before=after or "", most=most + 1)
    )
    return listed(found, most, lambda job: job.id)


@endpoint("GET", "/api/merchant/imports/{import_id:str}", access="member")
async def get_import(visit: Visit, import_id: Id) -> catalog.Import:
    """How far an import is, and what it did."""
    return await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))


@endpoint("GET", "/api/merchant/imports/{import_id:str}/errors", access="member")
async def list_import_errors(
    visit: Visit, import_id: Id, after: Line = None, most: Most = 100
) -> Listed[catalog.ReportLine]:
    """What could not be read: line, field, reason and value, in the feed's order."""
    found = await visit.read(
        lambda s: catalog.list_import_errors(s, visit.scope, import_id, after=int(after or 0), most=most + 1)
    )
    return listed(found, most, lambda line: str(line.number))


@endpoint("GET", "/api/merchant/imports/{import_id:str}/errors.csv", access="member", answers="text/csv")
async def get_import_errors_csv(visit: Visit, import_id: Id) -> Response[str]:
    """The whole report as CSV, for a spreadsheet."""
    found = await visit.read(lambda s: catalog.list_import_errors(s, visit.scope, import_id, most=REPORT_LINES_MAX))
    rows: list[list[object]] = [["line", "field", "reason", "value"]]
    rows += [[line.line, line.field, line.reason, line.value] for line in found]
    return csv_file(f"{import_id}.csv", rows)


def _location(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not kernel.is_id(value, "loc"):
        raise Unreadable("location_id is no location's id", fields={"location_id": "is no location's id"})
    return value


ROUTES: tuple[ControllerRouterHandler, ...] = (
    upload_feed,
    list_imports,
    get_import,
    list_import_errors,
    get_import_errors_csv,
)
