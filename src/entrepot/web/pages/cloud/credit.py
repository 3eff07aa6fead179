"""Credit: what can be spent, adding to it, how it came and went; alerts, netting, and what stands on invoices."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity, pay
from entrepot.kernel import Invalid, Refused, Snapshot, parse_money

from ...api.cloud_money import begin_repayment, begin_topup, repayable_of
from ...countries import list_countries
from ...params import Id
from ...paying import WAIT_S, methods_for
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from .console import MEMBER, currency_of, show

AMOUNTS = (10, 25, 50, 100, 250)
"""What is offered at a touch, in whole units of the currency."""
USUAL = 1
"""Which of them is chosen when the page is opened."""
OTHER = "other"
"""What is chosen by whoever writes an amount of their own."""
MOVEMENTS = 30


class TopUpForm(msgspec.Struct, frozen=True):
    """How much credit to pay for, and how: an amount that was chosen at a touch, else the one that was written."""

    amount: str = ""
    chosen: str = ""
    method: str = ""
    key: str = msgspec.field(default="", name="_key")


@get("/cloud/credit", include_in_schema=False, opt=MEMBER)
async def credit(visit: Visit) -> Response[str]:
    """What can be spent, and everything about it."""
    return await _show(visit)


@post("/cloud/credit/topups", include_in_schema=False, opt=MEMBER)
async def top_up(visit: Visit) -> Response[Any]:
    """Pay for credit, and see whether the money has come."""
    form = await visit.fields(TopUpForm)
    try:
        if not form.key:
            raise Invalid(visit.say("error.form"))
        written = form.chosen in ("", OTHER)
        amount_minor = _minor(visit, form.amount if written else form.chosen)
        topup = await begin_topup(visit, amount_minor, form.method, form.key)
    except Refused as refusal:
        return await _show(visit, form, refusal)
    await _wait(visit, topup.id)
    return redirect(f"/cloud/credit/topups/{topup.id}")


@get("/cloud/credit/topups/{topup_id:str}", include_in_schema=False, opt=MEMBER)
async def topup(visit: Visit, topup_id: Id) -> Response[str]:
    """A top-up: whether its money has come, and what is to be done for it."""
    scope = visit.scope
    found = await visit.read(lambda s: cloud.get_topup(s, scope, topup_id))
    return await show(
        visit,
        "credit",
        "topup.html",
        topup=found,
        action=await visit.read(lambda s: cloud.find_topup_action(s, scope, topup_id)),
        standing=await visit.read(lambda s: cloud.read_standing(s, scope, currency_of(visit))),
    )


@post("/cloud/credit/topups/{topup_id:str}/cancel", include_in_schema=False, opt=MEMBER)
async def cancel(visit: Visit, topup_id: Id) -> Response[None]:
    """Do not pay after all."""
    await visit.write(lambda tx: cloud.cancel_topup(tx, visit.scope, topup_id))
    visit.flash("credit.cancelled")
    return redirect("/cloud/credit")


@post("/cloud/credit/alert", include_in_schema=False, opt=MEMBER)
async def set_alert(visit: Visit) -> Response[Any]:
    """Be told when little credit is left."""
    form = await visit.form()
    try:
        below = cloud.read_nano(form.get("alert_below", "") or "0", "alert_below")
        await visit.write(lambda tx: cloud.set_credit_alert(tx, visit.scope, below))
    except Refused as refusal:
        return await _show(visit, refusal=refusal)
    visit.flash("credit.alert_saved")
    return redirect("/cloud/credit")


@post("/cloud/credit/netting", include_in_schema=False, opt=MEMBER)
async def set_netting(visit: Visit) -> Response[None]:
    """Let sales pay what invoices leave due, or not."""
    wanted = "netted" in await visit.form()
    await visit.write(lambda tx: cloud.set_netting(tx, visit.scope, wanted))
    visit.flash("credit.netting_saved")
    return redirect("/cloud/credit")


@post("/cloud/credit/details", include_in_schema=False, opt=MEMBER)
async def save_details(visit: Visit) -> Response[Any]:
    """What stands on invoices from now on."""
    form = await visit.form()
    party = cloud.Party(**{name: form.get(name, "") for name in cloud.Party.__struct_fields__})
    try:
        await visit.write(lambda tx: cloud.save_party(tx, visit.scope, party))
    except Refused as refusal:
        return await _show(visit, refusal=refusal, party=party)
    visit.flash("credit.details_saved")
    return redirect("/cloud/credit")


@post("/cloud/credit/repayments", include_in_schema=False, opt=MEMBER)
async def ask_back(visit: Visit) -> Response[Any]:
    """Ask for credit back that was not used."""
    form = await visit.fields(TopUpForm)
    try:
        if not form.key:
            raise Invalid(visit.say("error.form"))
        made = await begin_repayment(visit, _minor(visit, form.amount, "back"), form.key)
    except Refused as refusal:
        return await _show(visit, refusal=Invalid(refusal.sentence, fields={"back": refusal.sentence}))
    visit.flash("repay.done" if made.state == "paid" else "repay.asked")
    return redirect("/cloud/credit#back")


@post("/cloud/credit/repayments/{repayment_id:str}/withdraw", include_in_schema=False, opt=MEMBER)
async def keep(visit: Visit, repayment_id: Id) -> Response[None]:
    """Keep the credit after all."""
    settings = visit.entrepot.settings.cloud
    await visit.write(lambda tx: cloud.withdraw_repayment(tx, visit.scope, repayment_id, settings))
    visit.flash("repay.withdrawn")
    return redirect("/cloud/credit#back")


async def _show(
    visit: CurrentVisit,
    form: TopUpForm | None = None,
    refusal: Refused | None = None,
    party: cloud.Party | None = None,
) -> Response[str]:
    scope, currency = visit.scope, currency_of(visit)
    settings = visit.entrepot.settings.cloud
    per = cloud.nano_per_minor(currency)
    offered = [amount * 10**9 // per for amount in AMOUNTS]
    offered = [each for each in offered if settings.topup_min_minor <= each <= settings.topup_max_minor]
    usual = next(iter(offered[USUAL:] or offered), None)
    return await show(
        visit,
        "credit",
        "credit.html",
        refusal=refusal,
        form=form or TopUpForm(chosen=cloud.write_nano(usual * per) if usual else OTHER),
        standing=await visit.read(lambda s: cloud.read_standing(s, scope, currency)),
        billing=party or await visit.read(lambda s: cloud.get_billing(s, scope)),
        alert_below=(await visit.read(lambda s: cloud.get_billing(s, scope))).alert_below,
        tax=await visit.read(lambda s: cloud.get_tax(s, scope)),
        grants=await visit.read(lambda s: cloud.list_lasting(s, scope, currency)),
        repayable=await visit.read(lambda s: repayable_of(s, scope, currency)),
        repayments=[] if scope.is_operator else await visit.read(lambda s: cloud.list_repayments(s, scope, most=5)),
        countries=list_countries(visit.language),
        percent_of=pay.percent_of,
        movements=await visit.read(lambda s: cloud.list_movements(s, scope, currency, MOVEMENTS)),
        open_topups=[] if scope.is_operator else await _open_topups(visit),
        methods=[each for each in methods_for(visit, currency) if each != "manual:delivery"],
        offered=offered,
        other=OTHER,
        settings=settings,
        per=per,
        written=cloud.write_nano,
        may_buy=not scope.is_operator,
        may_net=identity.Role.MERCHANT in scope.roles,
    )


async def _open_topups(visit: CurrentVisit) -> list[cloud.Topup]:
    found = await visit.read(lambda s: cloud.list_topups(s, visit.scope, most=20))
    return [each for each in found if each.state == "requested"]


async def _wait(visit: CurrentVisit, topup_id: str) -> None:
    """Until the money has come, or will not, or somebody has to do something; three seconds at most."""
    until, pause_s = time.monotonic() + WAIT_S, 0.02
    while time.monotonic() < until:
        await asyncio.sleep(pause_s)
        if await visit.glance(lambda s: _is_decided(s, visit, topup_id)):
            return
        pause_s = min(pause_s * 1.5, 0.25)


def _is_decided(snapshot: Snapshot, visit: CurrentVisit, topup_id: str) -> bool:
    found = cloud.get_topup(snapshot, visit.scope, topup_id)
    return found.state != "requested" or cloud.find_topup_action(snapshot, visit.scope, topup_id) is not None


def _minor(visit: CurrentVisit, text: str, field: str = "amount") -> int:
    try:
        return parse_money(text, currency_of(visit))
    except Invalid as refusal:
        raise Invalid(refusal.sentence, fields={field: visit.say("credit.amount_hint")}) from None


ROUTES: tuple[ControllerRouterHandler, ...] = (
    credit, top_up, topup, cancel, set_alert, set_netting, save_details, ask_back, keep,
)  # fmt: skip
