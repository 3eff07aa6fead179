"""Tax rates: a table by country, region and category, kept by hand or from a CSV file."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot import orders, pay
from entrepot.kernel import Invalid, Refused
from entrepot.orders import Rounding
from entrepot.pay import TaxRateDraft

from ...countries import list_countries
from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from ..operator.console import OPERATOR, show
from ..reading import day_of

CSV_BYTES_MAX = 4_000_000
HERE = "/operator/taxes"


class RateForm(msgspec.Struct, frozen=True):
    """A rate as it is typed."""

    country: str = ""
    region: str = ""
    category: str = ""
    name: str = ""
    percent: str = ""
    included: str = "1"
    valid_from: str = ""
    valid_to: str = ""
    reverse: str = ""


@get(HERE, include_in_schema=False, opt=OPERATOR)
async def taxes(visit: Visit) -> Response[str]:
    """Every rate, and how tax is rounded."""
    return await _show(visit, RateForm())


@post(HERE, include_in_schema=False, opt=OPERATOR)
async def save_rate(visit: Visit) -> Response[Any]:
    """Keep a rate."""
    form = await visit.fields(RateForm)
    try:
        draft = TaxRateDraft(
            form.country, form.name, form.percent.replace("%", "").strip(), form.region, form.category.strip(),
            form.included == "1", day_of(form.valid_from, "valid_from"), day_of(form.valid_to, "valid_to"),
            reverse=form.reverse == "1",
        )  # fmt: skip
        await visit.write(lambda tx: pay.save_tax_rates(tx, visit.scope, [draft]))
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("form.saved")
    return redirect(HERE)


@post(f"{HERE}/csv", include_in_schema=False, opt={**OPERATOR, "rate": "upload"}, request_max_body_size=CSV_BYTES_MAX)
async def import_rates(visit: Visit) -> Response[Any]:
    """Keep every rate of a file, or none of them."""
    file = (await visit.request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("Choose a file first", fields={"file": "choose one"})
        drafts = pay.read_tax_csv(await file.read())
        await visit.write(lambda tx: pay.save_tax_rates(tx, visit.scope, drafts))
    except Refused as refusal:
        return await _show(visit, RateForm(), refusal)
    visit.flash("form.saved")
    return redirect(HERE)


@post(f"{HERE}/rounding", include_in_schema=False, opt=OPERATOR)
async def choose_rounding(visit: Visit) -> Response[Any]:
    """Round tax for each line, or once for each order."""
    rounding = cast(Rounding, (await visit.form()).get("rounding", ""))
    await visit.write(lambda tx: orders.set_tax_rounding(tx, visit.scope, rounding))
    visit.flash("form.saved")
    return redirect(HERE)


@post(HERE + "/{rate_id:str}/delete", include_in_schema=False, opt=OPERATOR)
async def delete_rate(visit: Visit, rate_id: Id) -> Response[Any]:
    """Take a rate out."""
    await visit.write(lambda tx: pay.delete_tax_rate(tx, visit.scope, rate_id))
    return redirect(HERE)


async def _show(visit: Visit, form: RateForm, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    return await show(
        visit,
        "taxes",
        "taxes.html",
        status=400 if refusal else 200,
        form=form,
        rates=await visit.read(lambda s: pay.list_tax_rates(s, scope)),
        rounding=await visit.read(orders.tax_rounding),
        countries=list_countries(visit.language),
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (taxes, save_rate, import_rates, choose_rounding, delete_rate)
