"""The platform's own delivery: what stands in for merchants without any, holidays, coordinates, carriers."""

from __future__ import annotations

import csv
import io
from typing import Any

from litestar import Response, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot import deliver, identity
from entrepot.deliver import Known, Point
from entrepot.deliver.coordinates import read_degrees
from entrepot.kernel import Invalid, Refused, Tx

from ...carriers import carrier_name
from ...visit import CurrentVisit, Visit
from ..operator.console import OPERATOR, show
from . import forms
from .setup import FILE_BYTES_MAX, Side

PAGE = "/operator/delivery"
HEAD = ("country", "postal_code", "city", "latitude", "longitude")


async def _show(visit: CurrentVisit, refusal: Refused | None, **context: Any) -> Response[str]:
    return await show(
        visit,
        "delivery",
        "delivery.html",
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        status=400 if refusal else 200,
        **context,
    )


async def _currency(visit: CurrentVisit) -> str:
    return (await visit.market()).currency


async def _more(visit: CurrentVisit) -> dict[str, Any]:
    holidays, known = await visit.read(lambda s: (deliver.get_holidays(s), deliver.count_coordinates(s)))
    key = visit.entrepot.secret_key
    return {
        "holidays": "\n".join(f"{country}: {', '.join(days)}" for country, days in holidays.days.items()),
        "known": known,
        "carriers": [
            (each.name, carrier_name(visit, each), deliver.webhook_secret(key, each.name).reveal())
            for each in visit.entrepot.carriers
        ],
    }


SIDE = Side(PAGE, PAGE, OPERATOR, _show, _currency, _more)


@post(f"{PAGE}/holidays", include_in_schema=False, opt=OPERATOR)
async def save_holidays(visit: Visit) -> Response[Any]:
    """Say on which days nothing is delivered."""
    form = await visit.form()

    def save(tx: Tx) -> None:
        deliver.save_holidays(tx, visit.scope, forms.holidays_of(form.get("holidays", "")))
        identity.audit(tx, visit.scope, "deliver.save_holidays", "platform")

    try:
        await visit.write(save)
    except Refused as refusal:
        return await SIDE.show(visit, refusal, "holidays", form=form)
    return SIDE.saved(visit)


@post(f"{PAGE}/coordinates", include_in_schema=False, opt=OPERATOR, request_max_body_size=FILE_BYTES_MAX)
async def save_coordinates(visit: Visit) -> Response[Any]:
    """Enter where postal codes and cities lie: one in the form, or many in a file."""
    uploaded = (await visit.request.form()).get("file")
    form = await visit.form()
    try:
        if isinstance(uploaded, UploadFile) and uploaded.filename:
            known = _read(await uploaded.read())
        else:
            known = [_known(1, [form.get(name, "") for name in HEAD])]
        await visit.write(lambda tx: deliver.save_coordinates(tx, visit.scope, known))
    except Refused as refusal:
        return await SIDE.show(visit, refusal, "coordinates", form=form)
    return SIDE.saved(visit)


def _read(content: bytes) -> list[Known]:
    try:
        rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if any(row)]
    except (UnicodeDecodeError, csv.Error):
        raise Invalid("This is no CSV file in UTF-8") from None
    if not rows or tuple(cell.strip().lower() for cell in rows[0]) != HEAD:
        raise Invalid(f"The first line of the file is {','.join(HEAD)}")
    return [_known(number, row) for number, row in enumerate(rows[1:], 2)]


def _known(number: int, row: list[str]) -> Known:
    if len(row) != len(HEAD):
        raise Invalid(f"Row {number} has {len(row)} cells and not {len(HEAD)}")
    country, postal_code, city, latitude, longitude = (cell.strip() for cell in row)
    try:
        point = Point(read_degrees(latitude, 90), read_degrees(longitude, 180))
    except Invalid as problem:
        raise Invalid(f"Row {number}: {problem.sentence}") from None
    return Known(country.upper(), postal_code, city, point)


ROUTES: tuple[ControllerRouterHandler, ...] = (*SIDE.routes(), save_holidays, save_coordinates)
