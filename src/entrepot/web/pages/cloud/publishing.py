"""Models that one's organisation makes: sent, priced, submitted, withdrawn; and what they earn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import DAY, Invalid, Refused

from ...model_uploads import MODEL_BYTES_MAX, receive_model
from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, currency_of, show, unit_of

DAYS = 30
FIELDS = ("name", "kind", "licence", "licence_url", "base", "card", "gated", "own")


@get("/cloud/publishing", include_in_schema=False, opt=MEMBER)
async def publishing(visit: Visit) -> Response[str]:
    """One's own models, and what they earned."""
    since = visit.now - DAYS * DAY
    unit = unit_of(visit)
    return await show(
        visit,
        "publishing",
        "publishing.html",
        models=await visit.read(lambda s: _newest(cloud.list_own(s, visit.scope))),
        earnings=await visit.read(lambda s: cloud.read_earnings(s, visit.scope, unit, since)),
        days=DAYS,
    )


@get("/cloud/publishing/new", include_in_schema=False, opt=MEMBER)
async def new(visit: Visit) -> Response[str]:
    """The form for another model."""
    return await _show_form(visit, {})


@post(
    "/cloud/publishing/new", include_in_schema=False, opt={**MEMBER, "rate": "upload"},
    request_max_body_size=MODEL_BYTES_MAX,
)  # fmt: skip
async def send(visit: Visit) -> Response[str] | Response[None]:
    """Send a model; it is loaded once, and is a draft then."""
    fields = await visit.form()
    form = await visit.request.form()
    try:
        model = await receive_model(visit, fields, form.getall("files", []))
    except Refused as refusal:
        return await _show_form(visit, fields, refusal)
    visit.flash("models.sent")
    return redirect(f"/cloud/publishing/{model.id}")


@get("/cloud/publishing/{model_id:str}", include_in_schema=False, opt=MEMBER)
async def own(visit: Visit, model_id: Id) -> Response[str]:
    """A version of one's own: what it is, what it costs, where it stands."""
    return await _show(visit, model_id)


@post("/cloud/publishing/{model_id:str}/prices", include_in_schema=False, opt=MEMBER)
async def price(visit: Visit, model_id: Id) -> Response[str] | Response[None]:
    """Say what it costs from now on."""
    fields = await visit.form()
    try:
        nano, batch_bps = read_prices(fields), read_percent(fields.get("batch", ""), "batch")
        await visit.write(lambda tx: cloud.set_prices(tx, visit.scope, model_id, nano, batch_bps=batch_bps))
    except Invalid as refusal:
        return await _show(visit, model_id, refusal, fields)
    visit.flash("models.priced")
    return redirect(f"/cloud/publishing/{model_id}")


@post("/cloud/publishing/{model_id:str}/submit", include_in_schema=False, opt=MEMBER)
async def submit(visit: Visit, model_id: Id) -> Response[str] | Response[None]:
    """Ask for it to be published."""
    try:
        model = await visit.write(lambda tx: cloud.submit_model(tx, visit.scope, model_id))
    except Invalid as refusal:
        return await _show(visit, model_id, refusal)
    visit.flash("models.live" if model.state == "live" else "models.submitted")
    return redirect(f"/cloud/publishing/{model_id}")


@post("/cloud/publishing/{model_id:str}/withdraw", include_in_schema=False, opt=MEMBER)
async def withdraw(visit: Visit, model_id: Id) -> Response[None]:
    """Let it be called no more."""
    await visit.write(lambda tx: cloud.withdraw_model(tx, visit.scope, model_id))
    visit.flash("models.withdrawn")
    return redirect(f"/cloud/publishing/{model_id}")


def read_prices(fields: dict[str, str]) -> dict[str, int]:
    """The prices of a form, by meter; a meter that is left empty has none. Invalid, naming the field, for others."""
    return {meter: cloud.read_nano(fields[meter], meter) for meter in cloud.METERS if fields.get(meter, "").strip()}


def shown_prices(nano: dict[str, int] | None) -> dict[str, str]:
    """Prices as a form shows them."""
    return {meter: cloud.write_nano(price) for meter, price in (nano or {}).items()}


def _newest(models: Sequence[cloud.Model]) -> list[cloud.Model]:
    """The newest version of each name, by name."""
    found: dict[str, cloud.Model] = {}
    for model in models:
        found.setdefault(model.name, model)
    return list(found.values())


async def _show_form(visit: Visit, form: dict[str, str], refusal: Refused | None = None) -> Response[str]:
    return await show(
        visit,
        "publishing",
        "publish.html",
        refusal=refusal,
        form={name: form.get(name, "") for name in FIELDS},
        most=visit.entrepot.settings.cloud.models_mib,
    )


def read_percent(text: str, field: str) -> int | None:
    """Hundredths of a percent from a percentage such as 50 or 12.5; None from nothing."""
    return cloud.read_nano(text, field) // 10**7 if text.strip() else None


async def _show(
    visit: Visit, model_id: str, refusal: Refused | None = None, fields: dict[str, str] | None = None
) -> Response[str]:
    def read(snapshot: Any) -> dict[str, Any]:
        model = cloud.get_own(snapshot, visit.scope, model_id)
        book = cloud.find_price_book(snapshot, model.name, snapshot.now)
        above = [f"{each.name}@{each.version}" for each in cloud.ancestors(snapshot, model)]
        return {
            "model": model, "book": book, "versions": cloud.list_versions(snapshot, model.name),
            "made_from": above or ([model.base] if model.base else []),
            "made_of_it": cloud.descendants(snapshot, model), "meters": cloud.METERS_OF[model.kind],
            "needed": cloud.NEEDED[model.kind], "prices": fields or shown_prices(book.nano if book else None),
        }  # fmt: skip

    found = await visit.read(read)
    return await show(
        visit, "publishing", "own-model.html", refusal=refusal, per=cloud.METERS, share=cloud.SHARE_BPS,
        is_house=found["model"].organisation == cloud.SHOP, currency_name=currency_of(visit), **found,
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (publishing, new, send, own, price, submit, withdraw)
