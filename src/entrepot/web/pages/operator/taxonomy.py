"""Categories and attributes: the tree level by level, what feeds brought, and what attributes are called."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import AttributeDefinition, Category
from entrepot.kernel import NotFound, Refused, Tx

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import listed
from .console import OPERATOR, show

LEVEL = 200
BROUGHT = 30
ATTRIBUTES = 100
KEEP = "keep"


class NamesForm(msgspec.Struct, frozen=True):
    """What something is called."""

    name_en: str
    name_zh: str = ""


class PlaceForm(msgspec.Struct, frozen=True):
    """A category's path, or nothing for the top."""

    place: str = ""


@get("/operator/taxonomy", include_in_schema=False, opt=OPERATOR)
async def taxonomy(
    visit: Visit, at: InQuery = "", q: InQuery = "", after: InQuery = "", brought: InQuery = "", code: InQuery = ""
) -> Response[str]:
    """A level of the tree, or what was looked for; below it what feeds brought, and the attributes."""
    return await _show_taxonomy(visit, at, q[:100], after=after, brought=brought, code=code)


@post("/operator/taxonomy/{category_id:str}/rename", include_in_schema=False, opt=OPERATOR)
async def rename(visit: Visit, category_id: Id) -> Response[Any]:
    """Call a category otherwise."""
    form = await visit.fields(NamesForm)
    names = {"en": form.name_en, "zh": form.name_zh}
    return await _change(visit, category_id, lambda tx: catalog.rename_category(tx, visit.scope, category_id, names))


@post("/operator/taxonomy/{category_id:str}/move", include_in_schema=False, opt=OPERATOR)
async def move(visit: Visit, category_id: Id) -> Response[Any]:
    """Hang a category elsewhere."""
    path = (await visit.fields(PlaceForm)).place.strip() or None
    return await _change(visit, category_id, lambda tx: catalog.move_category(tx, visit.scope, category_id, path))


@post("/operator/taxonomy/{category_id:str}/merge", include_in_schema=False, opt=OPERATOR)
async def merge(visit: Visit, category_id: Id) -> Response[Any]:
    """Make one of two categories."""
    path = (await visit.fields(PlaceForm)).place.strip()
    return await _change(visit, category_id, lambda tx: catalog.merge_categories(tx, visit.scope, category_id, path))


@post("/operator/taxonomy/brought", include_in_schema=False, opt=OPERATOR)
async def settle(visit: Visit) -> Response[Any]:
    """Settle the categories of feeds for which something was chosen."""
    form = await visit.form()
    try:
        choices = await visit.read(lambda s: _choices(s, form))
        await visit.write(lambda tx: catalog.settle_brought(tx, visit.scope, choices))
    except Refused as refusal:
        return await _show_taxonomy(visit, "", "", refusal)
    visit.flash("taxonomy.settled")
    return redirect("/operator/taxonomy#brought")


@post("/operator/taxonomy/attributes", include_in_schema=False, opt=OPERATOR)
async def attribute(visit: Visit) -> Response[Any]:
    """Set what an attribute is called, its unit, and whether lists offer it as a filter."""
    form = await visit.form()
    code = form.get("code", "")
    try:
        known = {each.code: each for each in await visit.read(catalog.list_attributes)}
        if code not in known:
            raise NotFound("There is no such attribute")
        changed = _changed(known[code], form)
        await visit.write(lambda tx: catalog.save_attributes(tx, visit.scope, [changed]))
    except Refused as refusal:
        return await _show_taxonomy(visit, "", "", refusal)
    visit.flash("taxonomy.saved")
    return redirect("/operator/taxonomy#attributes")


@post("/operator/taxonomy/mergings", include_in_schema=False, opt=OPERATOR)
async def merge_words(visit: Visit) -> Response[Any]:
    """Have an attribute, or a value of one, mean another; or take that back."""
    form = await visit.form()
    scope, name, into = visit.scope, form.get("attribute", "").strip(), form.get("into", "").strip()
    word, act = form.get("word", "").strip(), form.get("act", "")

    def command(tx: Tx) -> None:
        if act == "undo":
            catalog.undo_merging(tx, scope, name, word)
        elif word or act == "value":
            catalog.merge_value(tx, scope, name, word, into)
        else:
            catalog.merge_attribute(tx, scope, name, into)

    try:
        await visit.write(command)
    except Refused as refusal:
        return await _show_taxonomy(visit, "", "", refusal)
    visit.flash("merging.undone" if act == "undo" else "merging.saved")
    return redirect("/operator/taxonomy#mergings")


def _choices(snapshot: Any, form: dict[str, str]) -> dict[str, str]:
    """What each brought category means: the path written for it, else what was chosen."""
    choices = {}
    for name, chosen in form.items():
        if name.startswith("means."):
            id = name.removeprefix("means.")
            written = form.get(f"path.{id}", "").strip()
            if written:
                choices[id] = catalog.get_category(snapshot, written).id
            elif chosen:
                choices[id] = id if chosen == KEEP else chosen
    return choices


def _changed(known: AttributeDefinition, form: dict[str, str]) -> AttributeDefinition:
    names = {**known.names, "en": form.get("name_en", "").strip(), "zh": form.get("name_zh", "").strip()}
    return msgspec.structs.replace(
        known,
        names={language: name for language, name in names.items() if name},
        unit=form.get("unit", "").strip()[:20] or None,
        facet="facet" in form,
    )


async def _change(visit: Visit, category_id: str, command: Any) -> Response[Any]:
    try:
        changed = await visit.write(lambda tx: _run(tx, command))
    except Refused as refusal:
        return await _show_taxonomy(visit, "", "", refusal)
    visit.flash("taxonomy.saved")
    return redirect(f"/operator/taxonomy?at={changed}")


def _run(tx: Tx, command: Any) -> str:
    """The path of the category above what was changed."""
    return str(command(tx).slug.rpartition("/")[0])


async def _show_taxonomy(
    visit: Visit,
    at: str,
    q: str,
    refusal: Refused | None = None,
    *,
    after: str = "",
    brought: str = "",
    code: str = "",
) -> Response[str]:
    here = await visit.read(lambda s: catalog.get_category(s, at)) if at else None
    if q:
        rows: list[tuple[Category, int | None]] = [
            (each, None) for each in await visit.read(lambda s: catalog.find_categories(s, q))
        ]
    else:
        parent = here.id if here else None
        rows = list(await visit.read(lambda s: catalog.list_children(s, parent, after, LEVEL + 1)))
    unsettled = await visit.read(lambda s: catalog.list_brought(s, visit.scope, brought, BROUGHT + 1))
    attributes = [each for each in await visit.read(catalog.list_attributes) if each.code > code]
    return await show(
        visit,
        "taxonomy",
        "taxonomy.html",
        here=here,
        q=q,
        level=listed(rows, LEVEL, lambda row: row[0].slug),
        brought=listed(unsettled, BROUGHT, lambda each: each.slug),
        attributes=listed(attributes[: ATTRIBUTES + 1], ATTRIBUTES, lambda each: each.code),
        mergings=await visit.read(lambda s: catalog.list_mergings(s, visit.scope)),
        sentence=refusal.sentence if refusal else None,
        status=400 if refusal else 200,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    taxonomy, rename, move, merge, settle, attribute, merge_words,
)  # fmt: skip
