"""Exchange rates, each from its day on."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import pay
from entrepot.kernel import Refused

from ...rendering import redirect
from ...visit import Visit
from ..operator.console import OPERATOR, show
from ..reading import day_of

HERE = "/operator/exchange"


class ExchangeForm(msgspec.Struct, frozen=True):
    """A rate as it is typed."""

    currency: str = ""
    rate: str = ""
    valid_from: str = ""
    source: str = ""


@get(HERE, include_in_schema=False, opt=OPERATOR)
async def exchange(visit: Visit) -> Response[str]:
    """What holds now, and every rate there was."""
    return await _show(visit, ExchangeForm())


@post(HERE, include_in_schema=False, opt=OPERATOR)
async def save_exchange_rate(visit: Visit) -> Response[Any]:
    """Set a rate from a day on."""
    form = await visit.fields(ExchangeForm)
    try:
        starts_at = day_of(form.valid_from, "valid_from")
        rate = pay.ExchangeRate(
            form.currency.strip().upper(), form.rate.strip().replace(",", "."),
            visit.now if starts_at is None else starts_at, form.source.strip() or "operator",
        )  # fmt: skip
        await visit.write(lambda tx: pay.save_rates(tx, visit.scope, [rate]))
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("form.saved")
    return redirect(HERE)


async def _show(visit: Visit, form: ExchangeForm, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    return await show(
        visit,
        "exchange",
        "exchange.html",
        status=400 if refusal else 200,
        form=form,
        rates=await visit.read(pay.read_rates),
        history=await visit.read(lambda s: pay.list_rates(s, scope)),
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (exchange, save_exchange_rate)
