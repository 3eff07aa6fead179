"""Editing many listings at once: choose what to change, look at what would happen, run it, take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver
from entrepot.catalog import BulkEdit, Edit, NamedLine
from entrepot.kernel import Invalid, Refused, Tx, from_json, to_json

from ...csv_files import csv_file
from ...formats import moment, money
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Made, listed
from .console import MEMBER, own_merchant, show
from .goods_forms import ENDINGS, EditForm, filters_of, read_change, read_selection

PAGE = 20
LINES_SHOWN = 200
REPORT_MAX = 200_000
CATEGORIES_MAX = 500
UNDER_WAY = frozenset({"waiting", "running"})


class ShownLine(msgspec.Struct, frozen=True):
    """A line of a report in words."""

    listing_id: str
    title: str
    external_id: str
    field: str
    before: str
    after: str
    reason: str | None


@get("/merchant/edits", include_in_schema=False, opt=MEMBER)
async def edits(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """What was edited so far, newest first."""
    found = await visit.read(lambda s: catalog.list_edits(s, visit.scope, after or "", PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await show(visit, "listings", "edits.html", edits=page.items, older=page.next)


@get("/merchant/edits/new", include_in_schema=False, opt=MEMBER)
async def new_edit(visit: Visit) -> Response[str]:
    """The form: of the listings that were ticked, or of all that fit the filter."""
    said = dict(visit.request.query_params.items())
    ids = tuple(dict.fromkeys(visit.request.query_params.getall("id", [])))
    return await _show_form(visit, said, () if said.get("all") else ids)


@post("/merchant/edits/preview", include_in_schema=False, opt=MEMBER)
async def preview(visit: Visit) -> Response[str]:
    """What the edit would do, with how many it meets; nothing is changed yet."""
    said = await visit.form()
    ids = tuple(filter(None, said.get("ids", "").split(",")))
    merchant = await own_merchant(visit)
    try:
        edit = Edit(
            read_selection(said, merchant.currency, ids), read_change(said, merchant.currency), merchant.currency
        )
        found = await visit.read(lambda s: catalog.preview_edit(s, visit.scope, edit))
    except Refused as refusal:
        return await _show_form(visit, said, ids, refusal)
    lines = await _in_words(visit, found.lines, merchant.currency)
    return await show(visit, "listings", "edit-preview.html", found=found, lines=lines, edit=to_json(edit))


@post("/merchant/edits", include_in_schema=False, opt=MEMBER)
async def start(visit: Visit) -> Response[Any]:
    """Run it in the background."""
    form = await visit.fields(EditForm)
    try:
        edit = from_json(form.edit, Edit)
    except msgspec.DecodeError:
        raise Invalid("This edit cannot be read: begin again") from None
    fields = await visit.form()

    def command(tx: Tx) -> Made:
        return Made(catalog.start_edit(tx, visit.scope, edit).id)

    made = await visit.once(fields.get("_key"), command, Made)
    return redirect(f"/merchant/edits/{made.id}")


@get("/merchant/edits/{edit_id:str}", include_in_schema=False, opt=MEMBER)
async def one_edit(visit: Visit, edit_id: Id) -> Response[str]:
    """How far it is, and what it did."""
    return await _show_edit(visit, edit_id)


@post("/merchant/edits/{edit_id:str}/undo", include_in_schema=False, opt=MEMBER)
async def undo(visit: Visit, edit_id: Id) -> Response[Any]:
    """Put back what is still as the edit left it."""
    try:
        made = await visit.write(lambda tx: catalog.undo_edit(tx, visit.scope, edit_id))
    except Refused as refusal:
        if refusal.kind == "not_found":
            raise
        return await _show_edit(visit, edit_id, refusal)
    return redirect(f"/merchant/edits/{made.id}")


@get("/merchant/edits/{edit_id:str}/report.csv", include_in_schema=False, opt=MEMBER)
async def report(visit: Visit, edit_id: Id) -> Response[str]:
    """Every line, for a spreadsheet."""
    merchant = await own_merchant(visit)
    rows: list[list[object]] = [["article", "title", "field", "before", "after", "refused"]]
    number = 0
    while len(rows) < REPORT_MAX:
        page = await visit.read(lambda s: catalog.list_edit_lines(s, visit.scope, edit_id, number))  # noqa: B023
        if not page:
            break
        number = page[-1][0]
        for line in await _in_words(visit, [each for _, each in page], merchant.currency):
            rows.append([line.external_id, line.title, line.field, line.before, line.after, line.reason or ""])
    return csv_file(f"{edit_id}.csv", rows)


async def _show_edit(visit: Visit, edit_id: str, refusal: Refused | None = None) -> Response[str]:
    merchant = await own_merchant(visit)
    found: BulkEdit = await visit.read(lambda s: catalog.get_edit(s, visit.scope, edit_id))
    lines = await visit.read(lambda s: catalog.list_edit_lines(s, visit.scope, edit_id, most=LINES_SHOWN))
    return await show(
        visit,
        "listings",
        "edit.html",
        refusal=refusal,
        each=found,
        lines=await _in_words(visit, [each for _, each in lines], merchant.currency),
        running=found.state in UNDER_WAY,
    )


async def _show_form(
    visit: Visit, said: Mapping[str, str], ids: tuple[str, ...], refusal: Refused | None = None
) -> Response[str]:
    merchant = await own_merchant(visit)
    selection = read_selection(said, merchant.currency, ids)
    count = await visit.read(lambda s: catalog.count_selected(s, merchant.id, selection))
    places = await visit.read(lambda s: deliver.list_locations(s, visit.scope))
    categories = await visit.read(catalog.list_categories)
    return await show(
        visit,
        "listings",
        "edit-new.html",
        refusal=refusal,
        said=said,
        ids=",".join(ids),
        count=count,
        filters=filters_of(said),
        places=[(place.id, place.name) for place in places],
        categories=[category.slug for category in categories[:CATEGORIES_MAX]],
        currency=merchant.currency,
        endings_shown=[(ending, f"…{ending}") for ending in ENDINGS],
    )


async def _in_words(visit: Visit, lines: Sequence[NamedLine], currency: str) -> list[ShownLine]:
    """Lines as a person reads them."""
    slugs = {}
    if any(line.field == "category" for line in lines):
        slugs = {category.id: category.slug for category in await visit.read(catalog.list_categories)}
    return [
        ShownLine(
            line.listing_id, line.title, line.external_id, visit.say(f"goods.field.{line.field}"),
            _words(visit, line.field, from_json(line.before), currency, slugs),
            _words(visit, line.field, from_json(line.after), currency, slugs), line.reason,
        )
        for line in lines
    ]  # fmt: skip


def _words(visit: Visit, field: str, value: Any, currency: str, slugs: Mapping[str, str]) -> str:
    """A value as a person reads it; one that is not there any more is a dash."""
    language = visit.language
    if value is None:
        return "–"
    match field:
        case "price":
            regular, sale, starts_at, ends_at, _ = value
            text = money(regular, currency, language)
            if sale is None:
                return text
            times = " – ".join(moment(at, language) if at is not None else "" for at in (starts_at, ends_at))
            return f"{text}; {visit.say('goods.sale')} {money(sale, currency, language)} {times}".rstrip(" –")
        case "stock":
            return visit.say("merchant.uncounted") if value[1] is None else str(value[1])
        case "status":
            text = visit.say(f"goods.status.{value[0]}")
            return f"{text} {moment(value[1], language)}" if value[1] is not None else text
        case "tags":
            return ", ".join(value)
        case "category":
            return slugs.get(value[0], "–")
    return str(value)


ROUTES: tuple[ControllerRouterHandler, ...] = (edits, new_edit, preview, start, one_edit, undo, report)
