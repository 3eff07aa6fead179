"""Bringing goods in from a file: uploading, watching, and the report of what could not be read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import catalog, identity, kernel
from entrepot.catalog import ColumnMapping
from entrepot.kernel import Conflict, NotFound, Tx

from ..csv_files import csv_file
from ..downloads import download
from ..endpoints import endpoint
from ..params import After, Currency, Id, Most, OptionalKey, Slug
from ..policy import FEED_BYTES_MAX
from ..receiving import receive_feed
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
        "full": {"enum": ["true", "false"], "description": "Take off sale what the feed leaves out"},
        "format": {"type": "string", "description": "The format, where it is not recognised"},
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
    """Upload a feed; it is imported in the background.

    With a dry run nothing is saved, and all is reported. A sheet with columns of its own waits in the state `mapping`
    until `/columns` says what they are.
    """
    merchant_id = identity.require_organisation(visit.scope)
    form = await visit.request.form()
    feed = form.get("feed")
    if not isinstance(feed, UploadFile):
        raise Unreadable("Send the file as the part `feed`, with a file name", fields={"feed": "is missing"})
    dry_run, full = form.get("dry_run") == "true", form.get("full") == "true"
    named, location_id = form.get("format") or "auto", _location(form.get("location_id"))
    ref = await receive_feed(visit, merchant_id, feed, named if isinstance(named, str) else "auto")

    def command(tx: Tx) -> Made:
        job = catalog.start_import(
            tx, visit.scope, merchant_id, ref, location_id=location_id, dry_run=dry_run, full=full
        )
        return Made(job.id)

    said = f"{ref.place} {ref.format} {dry_run} {full} {location_id}".encode()
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


class Columns(msgspec.Struct, frozen=True):
    """What a sheet with columns of its own looks like: its first rows, and what each column probably is.

    `targets` are what a column may be; in `guess` an empty one leaves it out.
    """

    header: list[str]
    rows: list[dict[str, str]]
    guess: ColumnMapping
    targets: list[str]


@endpoint("GET", "/api/merchant/imports/{import_id:str}/columns", access="member")
async def get_import_columns(visit: Visit, import_id: Id) -> Columns:
    """The columns of a sheet that is none of our formats, with a guess."""
    found = await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))
    feeds = catalog.feeds_in(visit.entrepot.blobs)
    if not found.mapping and found.state != "mapping":
        raise NotFound("The columns of this import are known: there is nothing to say")
    sample = await visit.on_thread(lambda: catalog.sample_columns(feeds.path(found.place), found.name))
    return Columns(list(sample.header), sample.rows, found.mapping or sample.guess, list(catalog.COLUMN_TARGETS))


class MapColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each column is, by its name; one that is left out, or empty, is passed over."""

    columns: Annotated[dict[str, str], msgspec.Meta(max_length=2_000)]
    currency: Currency | None = None
    weight_unit: Literal["g", "kg", "lb", "oz"] = "g"
    length_unit: Literal["mm", "cm", "m", "in"] = "mm"


@endpoint("PUT", "/api/merchant/imports/{import_id:str}/columns", access="member", asks=MapColumns)
async def map_import_columns(visit: Visit, import_id: Id, asked: MapColumns) -> catalog.Import:
    """Say what the columns are; the import begins, and the next sheet with the same columns goes straight in."""
    found = await visit.read(lambda s: catalog.get_import(s, visit.scope, import_id))
    feeds = catalog.feeds_in(visit.entrepot.blobs)
    if found.state != "mapping":
        raise Conflict("The columns of this import are settled: import the file again to say it anew")
    sample = await visit.on_thread(lambda: catalog.sample_columns(feeds.path(found.place), found.name))
    mapping = ColumnMapping(sample.header, asked.columns, asked.currency, asked.weight_unit, asked.length_unit)
    return await visit.write(lambda tx: catalog.map_columns(tx, visit.scope, import_id, mapping))


@endpoint("GET", "/api/merchant/imports/{import_id:str}/refused", access="member", answers="application/octet-stream")
async def get_refused_rows(visit: Visit, import_id: Id) -> Stream:
    """The refused rows in the format they came in, with what is wrong: mended, they can be imported as they are."""
    rows = await visit.read(lambda s: catalog.find_refused_rows(s, visit.scope, import_id))
    return await download(visit, rows.file_name, rows.media_type, rows.blocks(visit.entrepot.blobs))


@endpoint("GET", "/api/merchant/exports/{export_format:str}", access="member", answers="application/octet-stream")
async def export_feed(visit: Visit, export_format: Slug) -> Stream:
    """Everything that the merchant lists, as jsonl, shopify, google-xml or google-tsv."""
    merchant_id = identity.require_organisation(visit.scope)
    if export_format not in catalog.EXPORT_FORMATS:
        raise NotFound(f"There are these formats: {', '.join(catalog.EXPORT_FORMATS)}")
    merchant = await visit.read(lambda s: catalog.get_merchant(s, merchant_id))
    writer, site = catalog.find_writer(export_format), catalog.Site(visit.entrepot.settings.public_url)
    blocks = catalog.export_feed(visit.entrepot.database.read_now, visit.scope, merchant_id, export_format, site)
    return await download(visit, f"{merchant.slug}{writer.suffix}", writer.media_type, blocks)


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
    get_import_columns,
    map_import_columns,
    get_refused_rows,
    export_feed,
)
