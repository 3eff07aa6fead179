"""Budgets: bounds on spending that no call passes."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.kernel import Invalid, Refused

from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, show


class BudgetForm(msgspec.Struct, frozen=True):
    """A new budget: its name, an amount in the home currency, a period, and the key it bounds (empty: all)."""

    name: str = ""
    amount: str = ""
    period: str = "month"
    key_id: str = ""


@get("/cloud/budgets", include_in_schema=False, opt=MEMBER)
async def budgets(visit: Visit) -> Response[str]:
    """The organisation's budgets as they stand."""
    return await _show(visit, BudgetForm())


@post("/cloud/budgets", include_in_schema=False, opt=MEMBER)
async def add(visit: Visit) -> Response[str] | Response[None]:
    """Set a budget."""
    form = await visit.fields(BudgetForm)
    try:
        period, amount = _period(form.period), cloud.read_nano(form.amount)
        await visit.write(
            lambda tx: cloud.add_budget(tx, visit.scope, form.name, amount, period, key_id=form.key_id or None)
        )
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("cloud.budget_added")
    return redirect("/cloud/budgets")


@post("/cloud/budgets/{budget_id:str}/end", include_in_schema=False, opt=MEMBER)
async def end(visit: Visit, budget_id: Id) -> Response[None]:
    """Bound nothing by it any more."""
    await visit.write(lambda tx: cloud.end_budget(tx, visit.scope, budget_id))
    visit.flash("cloud.budget_ended")
    return redirect("/cloud/budgets")


def _period(text: str) -> cloud.Period:
    match text:
        case "day" | "month" | "total":
            return text
    raise Invalid("Choose a period", fields={"period": "day, month or total"})


async def _show(visit: Visit, form: BudgetForm, refusal: Refused | None = None) -> Response[str]:
    keys = await visit.read(lambda s: identity.list_keys(s, visit.scope))
    return await show(
        visit,
        "budgets",
        "budgets.html",
        refusal=refusal,
        form=form,
        states=await visit.read(lambda s: cloud.list_budgets(s, visit.scope)),
        keys=[key for key in keys if key.revoked_at is None],
        names={key.id: key.name for key in keys},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (budgets, add, end)
