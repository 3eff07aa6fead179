"""Prices and stock in a spreadsheet: downloaded, changed, sent back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver
from entrepot.catalog import Selection
from entrepot.kernel import Invalid, Refused, Tx

from ...csv_files import csv_file
from ...rendering import redirect
from ...visit import Visit
from ...wire import Made
from .console import MEMBER, own_merchant, show
from .goods_forms import read_selection

SHEET_BYTES_MAX = 10_000_000
ROWS_MAX = 20_000


@get("/merchant/sheet", include_in_schema=False, opt=MEMBER)
async def sheet(visit: Visit) -> Response[str]:
    """How it goes, and the form to send it back."""
    return await show(visit, "listings", "sheet.html")


@get("/merchant/sheet.csv", include_in_schema=False, opt=MEMBER)
async def download(visit: Visit) -> Response[str]:
    """Every offer of the goods that fit the filter, with its prices and its stock at each place."""
    merchant = await own_merchant(visit)
    selection: Selection = read_selection(dict(visit.request.query_params.items()), merchant.currency)
    places = await _places(visit)
    rows: list[list[object]] = [list(catalog.sheet_header(places))]
    after = ""
    while len(rows) < ROWS_MAX:
        some, after = await visit.read(
            lambda s: catalog.sheet_lines(s, merchant.id, selection, places, after)  # noqa: B023
        )
        rows += [list(row) for row in some]
        if not after:
            break
    return csv_file("prices-and-stock.csv", rows)


@post(
    "/merchant/sheet", include_in_schema=False, opt={**MEMBER, "rate": "upload"}, request_max_body_size=SHEET_BYTES_MAX
)
async def upload(visit: Visit) -> Response[Any]:
    """Take a sheet that was changed, and do what it says in the background."""
    form = await visit.request.form()
    file = form.get("sheet")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid(visit.say("import.no_file"))
        content = _text(await file.read())
        places = await _places(visit)
        read = await visit.work(lambda: catalog.read_sheet(content, places))

        def command(tx: Tx) -> Made:
            return Made(catalog.start_sheet(tx, visit.scope, read).id)

        made = await visit.write(command)
    except Refused as refusal:
        return await show(visit, "listings", "sheet.html", refusal=refusal)
    return redirect(f"/merchant/edits/{made.id}")


async def _places(visit: Visit) -> list[tuple[str, str]]:
    found = await visit.read(lambda s: deliver.list_locations(s, visit.scope))
    return [(place.id, place.name) for place in found]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The sheet is not in UTF-8: save it as CSV UTF-8") from None


ROUTES: tuple[ControllerRouterHandler, ...] = (sheet, download, upload)
