"""Where goods leave from, and what their delivery costs."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import deliver
from entrepot.deliver import RateSheetDraft
from entrepot.identity import Address
from entrepot.kernel import Invalid, Refused, parse_money

from ...countries import list_countries
from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, own_merchant, show

NOWHERE = Address(name="", line1="", line2="", city="", region="", postal_code="", country="", phone="")
WEIGHT_G_MAX = 1_000_000


class SheetForm(msgspec.Struct, frozen=True):
    """A sheet: one price, or steps such as `1 kg: 4.90, 5 kg: 7.90`."""

    name: str
    price: str
    days_min: int
    days_max: int
    countries: str
    free_over: str = ""


@get("/merchant/delivery", include_in_schema=False, opt=MEMBER)
async def delivery(visit: Visit) -> Response[str]:
    """Places and rate sheets."""
    return await _show(visit)


@post("/merchant/locations", include_in_schema=False, opt=MEMBER)
async def add_location(visit: Visit) -> Response[Any]:
    """Add a place."""
    form = await visit.form()
    address = Address(**{name: form.get(name, "").strip() for name in Address.__struct_fields__})
    name = form.get("location_name", "").strip()
    try:
        await visit.write(lambda tx: deliver.add_location(tx, visit.scope, name, address))
    except Refused as refusal:
        return await _show(visit, refusal, "location", address)
    visit.flash("form.saved")
    return redirect("/merchant/delivery")


@post("/merchant/sheets", include_in_schema=False, opt=MEMBER)
async def add_sheet(visit: Visit) -> Response[Any]:
    """Add a rate sheet."""
    merchant = await own_merchant(visit)
    try:
        draft = _draft(await visit.fields(SheetForm), merchant.currency)
        await visit.write(lambda tx: deliver.save_rate_sheet(tx, visit.scope, draft))
    except Refused as refusal:
        return await _show(visit, refusal, "sheet")
    visit.flash("form.saved")
    return redirect("/merchant/delivery")


@post("/merchant/sheets/{sheet_id:str}/delete", include_in_schema=False, opt=MEMBER)
async def delete_sheet(visit: Visit, sheet_id: Id) -> Response[Any]:
    """Offer a sheet no longer."""
    await visit.write(lambda tx: deliver.delete_rate_sheet(tx, visit.scope, sheet_id))
    return redirect("/merchant/delivery")


def _draft(form: SheetForm, currency: str) -> RateSheetDraft:
    """The sheet that a form means; a price with a colon is one of weights."""
    by_weight = ":" in form.price
    steps = tuple(_step(part, currency) for part in form.price.split(",")) if by_weight else ()
    countries = tuple(code.strip().upper() for code in form.countries.replace(";", ",").split(",") if code.strip())
    return RateSheetDraft(
        name=form.name.strip(),
        kind="weight" if by_weight else "flat",
        countries=countries or ("*",),
        currency=currency,
        steps=steps or ((WEIGHT_G_MAX, parse_money(form.price, currency)),),
        free_over_minor=parse_money(form.free_over, currency) if form.free_over.strip() else None,
        days_min=form.days_min,
        days_max=form.days_max,
    )


def _step(part: str, currency: str) -> tuple[int, int]:
    """`1.5 kg: 4.90` as grams and minor units."""
    weight, _, price = part.partition(":")
    try:
        grams = parse_money(weight.lower().replace("kg", "").strip(), "KWD")  # three decimals, as a kilogram has
    except Invalid:
        raise Invalid(f"{part.strip()!r} is no step: write such as 1.5 kg: 4.90") from None
    return grams, parse_money(price, currency)


async def _show(
    visit: Visit, refusal: Refused | None = None, kind: str = "", address: Address = NOWHERE
) -> Response[str]:
    merchant = await own_merchant(visit)
    scope = visit.scope
    return await show(
        visit,
        "delivery",
        "delivery.html",
        refusal=refusal,
        kind=kind,
        address=address,
        countries=list_countries(visit.language),
        currency=merchant.currency,
        locations=await visit.read(lambda s: deliver.list_locations(s, scope)),
        sheets=await visit.read(lambda s: deliver.list_rate_sheets(s, scope)),
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (delivery, add_location, add_sheet, delete_sheet)
