"""Providers' and banks' files against the ledger: bringing one, how its lines fared, and breaks that wait."""

from __future__ import annotations

import os
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot.kernel import Invalid, Refused, TooLarge, Tx
from entrepot.pay import reconciliation
from entrepot.pay.reconciliation import Mapping, Upload

from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Done, listed
from .console import OPERATOR, show

BYTES_MAX = 64_000_000
LINES_SHOWN = 200
PAGE = 30
PROCESSORS = ("stripe", "alipay", "manual", "sandbox")
FORMATS = ("csv", "camt053", "stripe", "alipay")
RESOLUTIONS = ("explained", "fee", "transfer", "difference")
COLUMNS = ("at", "amount", "currency", "ref", "note", "fee", "kind")


@get("/operator/reconciliation", include_in_schema=False, opt=OPERATOR)
async def overview(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """Open breaks, the oldest first; files; and the form to bring one."""
    return await _show(visit, after=after or "")


@post(
    "/operator/reconciliation", include_in_schema=False, opt={**OPERATOR, "rate": "upload"},
    request_max_body_size=BYTES_MAX + 1_000_000,
)  # fmt: skip
async def bring(visit: Visit) -> Response[Any]:
    """Read a file now: what it says is matched, and what does not agree becomes a break."""
    form = await visit.request.form()
    content = form.get("file")
    try:
        if not isinstance(content, UploadFile) or not content.filename:
            raise Invalid(visit.say("reconcile.no_file"))
        upload, mapping = _wanted({name: text for name, text in form.items() if isinstance(text, str)}, content)
        file: Any = content.file
        if file.seek(0, os.SEEK_END) > BYTES_MAX:
            raise TooLarge(visit.say("reconcile.too_large"))
        file.seek(0)
        database, scope = visit.entrepot.database, visit.scope
        read = await visit.work(lambda: reconciliation.import_file(database, scope, upload, file, mapping))
    except Refused as refusal:
        return await _show(visit, refusal)
    return redirect(f"/operator/reconciliation/files/{read.id}")


@get("/operator/reconciliation/files/{file_id:str}", include_in_schema=False, opt=OPERATOR)
async def one_file(visit: Visit, file_id: Id) -> Response[str]:
    """How the lines of a file fared."""
    scope = visit.scope
    return await show(
        visit, "reconciliation", "reconciliation-file.html",
        file=await visit.read(lambda s: reconciliation.get_file(s, scope, file_id)),
        summary=await visit.read(lambda s: reconciliation.summarise_file(s, scope, file_id)),
        lines=await visit.read(lambda s: reconciliation.list_lines(s, scope, file_id, most=LINES_SHOWN)),
    )  # fmt: skip


@post("/operator/reconciliation/breaks/{break_id:str}", include_in_schema=False, opt=OPERATOR)
async def decide(visit: Visit, break_id: Id) -> Response[Any]:
    """Look into a break, hand it back, or resolve it with a reason."""
    form, scope = await visit.form(), visit.scope
    act, resolution, note = form.get("act", ""), form.get("resolution", ""), form.get("note", "")

    def command(tx: Tx) -> Done:
        if act == "take":
            reconciliation.take_break(tx, scope, break_id, scope.actor)
        elif act == "leave":
            reconciliation.take_break(tx, scope, break_id, None)
        elif resolution in RESOLUTIONS:
            reconciliation.resolve_break(tx, scope, break_id, resolution, note)  # type: ignore[arg-type]
        else:
            raise Invalid(visit.say("reconcile.choose"))
        return Done()

    try:
        await visit.once(form.get("_key"), command, Done)
    except Refused as refusal:
        return await _show(visit, refusal)
    visit.flash("reconcile.saved")
    return redirect("/operator/reconciliation")


async def _show(visit: Visit, refusal: Refused | None = None, after: str = "") -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: reconciliation.list_breaks(s, scope, after=after, most=PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    response = await show(
        visit, "reconciliation", "reconciliation.html",
        breaks=page.items, later=page.next,
        resolved=await visit.read(lambda s: reconciliation.list_breaks(s, scope, is_open=False, most=20)),
        count=await visit.read(lambda s: reconciliation.count_breaks(s, scope)),
        files=await visit.read(lambda s: reconciliation.list_files(s, scope, 20)),
        processors=PROCESSORS, formats=FORMATS, resolutions=RESOLUTIONS, columns=COLUMNS,
        sentence=refusal.sentence if refusal else None, errors=refusal.fields if refusal else {},
    )  # fmt: skip
    response.status_code = 400 if refusal else 200
    return response


def _wanted(form: dict[str, str], content: UploadFile) -> tuple[Upload, Mapping]:
    processor, format_ = form.get("processor", ""), form.get("format", "")
    if processor not in PROCESSORS:
        raise Invalid("Choose whose file it is", fields={"processor": "Choose one"})
    if format_ not in FORMATS:
        raise Invalid("Choose the file's format", fields={"format": "Choose one"})
    named = {name: form.get(f"column.{name}", "").strip() for name in COLUMNS}
    mapping = Mapping(
        **named, currency_fixed=form.get("currency_fixed", "").strip().upper(),
        decimal="," if form.get("decimal") == "," else ".", day_first=form.get("day_first", "1") == "1",
    )  # fmt: skip
    return Upload(processor, format_, content.filename[:200].replace("\0", "")), mapping  # type: ignore[arg-type]


ROUTES: tuple[ControllerRouterHandler, ...] = (overview, bring, one_file, decide)
