"""Budgets: bounds on spending that no call passes, and the shares at which somebody is told."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.kernel import Invalid, NotFound, Refused

from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, show

ALERTS = "80, 100"


class BudgetForm(msgspec.Struct, frozen=True):
    """A budget: its name, an amount in the home currency, a period, the key it bounds (empty: all), and the shares at
    which somebody is told, in percent."""

    name: str = ""
    amount: str = ""
    period: str = "month"
    key_id: str = ""
    alerts: str = ALERTS


@get("/cloud/budgets", include_in_schema=False, opt=MEMBER)
async def budgets(visit: Visit) -> Response[str]:
    """The organisation's budgets as they stand."""
    return await _show(visit, BudgetForm())


@post("/cloud/budgets", include_in_schema=False, opt=MEMBER)
async def add(visit: Visit) -> Response[Any]:
    """Set a budget."""
    form = await visit.fields(BudgetForm)
    try:
        period, amount, alerts = _period(form.period), cloud.read_nano(form.amount), read_alerts(form.alerts)
        await visit.write(
            lambda tx: cloud.add_budget(
                tx, visit.scope, form.name, amount, period, key_id=form.key_id or None, alert_bps=alerts
            )
        )
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("cloud.budget_added")
    return redirect("/cloud/budgets")


@post("/cloud/budgets/{budget_id:str}", include_in_schema=False, opt=MEMBER)
async def change(visit: Visit, budget_id: Id) -> Response[Any]:
    """Another amount, or other shares, from now on."""
    form = await visit.fields(BudgetForm)
    if not any(each.budget.id == budget_id for each in await visit.read(lambda s: cloud.list_budgets(s, visit.scope))):
        raise NotFound("There is no such budget")
    try:
        amount, alerts = cloud.read_nano(form.amount), read_alerts(form.alerts)
        await visit.write(lambda tx: cloud.change_budget(tx, visit.scope, budget_id, amount, alerts))
    except Invalid as refusal:
        return await _show(visit, BudgetForm(), refusal, budget_id)
    visit.flash("cloud.budget_changed")
    return redirect("/cloud/budgets")


@post("/cloud/budgets/{budget_id:str}/end", include_in_schema=False, opt=MEMBER)
async def end(visit: Visit, budget_id: Id) -> Response[None]:
    """Bound nothing by it any more."""
    await visit.write(lambda tx: cloud.end_budget(tx, visit.scope, budget_id))
    visit.flash("cloud.budget_ended")
    return redirect("/cloud/budgets")


def read_alerts(text: str) -> tuple[int, ...]:
    """Hundredths of a percent from percents such as `50, 80, 100`; nothing written: nobody is told."""
    parts = [part.strip().removesuffix("%").strip() for part in text.replace(";", ",").split(",")]
    try:
        shares = [Fraction(part) * 100 for part in parts if part and len(part) <= 6 and "/" not in part]
    except (ValueError, ZeroDivisionError):
        shares = []
    if len(shares) != sum(map(bool, parts)) or any(share.denominator != 1 for share in shares):
        raise Invalid("Write shares in percent, such as 50, 80, 100", fields={"alerts": "such as 50, 80, 100"})
    return tuple(int(share) for share in shares)


def write_alerts(alert_bps: tuple[int, ...]) -> str:
    """The same, as it is written: 50, 80, 100."""
    return ", ".join(f"{each / 100:g}" for each in alert_bps)


def _period(text: str) -> cloud.Period:
    match text:
        case "day" | "month" | "total":
            return text
    raise Invalid("Choose a period", fields={"period": "day, month or total"})


async def _show(
    visit: Visit, form: BudgetForm, refusal: Refused | None = None, changing: str | None = None
) -> Response[str]:
    scope = visit.scope
    keys = [] if scope.organisation is None else await visit.read(lambda s: identity.list_keys(s, scope))
    return await show(
        visit,
        "budgets",
        "budgets.html",
        refusal=refusal,
        form=form,
        changing=changing,
        states=await visit.read(lambda s: cloud.list_budgets(s, scope)),
        keys=[key for key in keys if key.revoked_at is None],
        names={key.id: key.name for key in keys},
        written=cloud.write_nano,
        alerts_of=write_alerts,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (budgets, add, change, end)
