"""Where the merchant's money is, when and where it is sent, and statements that can be checked line by line."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import pay
from entrepot.kernel import Invalid, Refused, Secret, Tx, parse_money

from ...api.merchant_sales import statement_rows
from ...csv_files import csv_file
from ...params import MaybeInQuery, Slug
from ...rendering import redirect
from ...signing_in import check_password
from ...texts import has_text
from ...visit import Visit
from ...wire import Done, listed
from ..reading import at_field
from .console import MEMBER, own_payee, show
from .goods_forms import typed

PAGE = 20
LINES_SHOWN = 500
SCHEDULES = ("daily", "weekly", "monthly", "by_hand")
KINDS = ("iban", "account", "stripe", "alipay")


@get("/merchant/money", include_in_schema=False, opt=MEMBER)
async def money(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """What is held, what is due and when it comes, where it is sent, what was paid out."""
    return await _show_money(visit, after)


@post("/merchant/money/schedule", include_in_schema=False, opt=MEMBER)
async def choose_schedule(visit: Visit) -> Response[Any]:
    """Be paid on other days, or from another amount on."""
    form, scope, merchant = await visit.form(), visit.scope, await own_payee(visit)
    try:
        schedule = form.get("schedule", "")
        if schedule not in SCHEDULES:
            raise Invalid(visit.say("money.choose_schedule"))
        day = _whole(form.get("weekday" if schedule == "weekly" else "monthday", "1"))
        with at_field("minimum"):
            minimum_minor = parse_money(form.get("minimum", ""), merchant.currency)
        default = _default(visit)
        await visit.write(
            lambda tx: pay.choose_schedule(tx, scope, schedule, day, minimum_minor, default)  # type: ignore[arg-type]
        )
    except Refused as refusal:
        return await _show_money(visit, None, refusal, form)
    visit.flash("money.schedule_saved")
    return redirect("/merchant/money")


@post("/merchant/money/account", include_in_schema=False, opt={**MEMBER, "rate": "sign_in"})
async def change_account(visit: Visit) -> Response[Any]:
    """Be paid to another account. The password is asked for again."""
    form, scope, entrepot = await visit.form(), visit.scope, visit.entrepot
    try:
        await check_password(visit, Secret(form.get("password", "")))
        kind = form.get("kind", "")
        if kind not in KINDS:
            raise Invalid(visit.say("money.choose_kind"))
        given = {name: form.get(name, "") for name in ("holder", "number")}
        currency = form.get("currency", "").strip().upper()
        new = pay.NewAccount(currency=currency, kind=kind, **given)  # type: ignore[arg-type]
        days = entrepot.settings.pay.payout_cooldown_days
        await visit.write(lambda tx: pay.change_account(tx, scope, new, entrepot.sealer, days))
    except Refused as refusal:
        return await _show_money(visit, None, refusal, form)
    visit.flash("money.account_saved")
    return redirect("/merchant/money")


@post("/merchant/money/payout", include_in_schema=False, opt=MEMBER)
async def request_payout(visit: Visit) -> Response[Any]:
    """Send what is due now."""
    form, scope, processor = await visit.form(), visit.scope, visit.entrepot.processors.for_payouts
    minimum = visit.entrepot.settings.pay.payout_min_minor

    def command(tx: Tx) -> Done:
        if processor is None:
            raise Invalid(visit.say("money.nobody_sends"))
        needs = processor.abilities.needs_account
        pay.request_own_payout(tx, scope, processor.name, minimum, needs_account=needs)
        return Done()

    try:
        await visit.once(form.get("_key"), command, Done)
    except Refused as refusal:
        return await _show_money(visit, None, refusal)
    visit.flash("money.payout_begun")
    return redirect("/merchant/money")


@post("/merchant/money/resume", include_in_schema=False, opt=MEMBER)
async def resume(visit: Visit) -> Response[Any]:
    """Try again after a payout was refused."""
    form, scope = await visit.form(), visit.scope
    merchant = await own_payee(visit)
    currency = form.get("currency", "")[:3]
    await visit.write(lambda tx: pay.resume_payouts(tx, scope, merchant.id, currency))
    visit.flash("money.resumed")
    return redirect("/merchant/money")


@get("/merchant/statements/{payout_id:str}", include_in_schema=False, opt=MEMBER)
async def statement(visit: Visit, payout_id: Slug) -> Response[str]:
    """Why a payout is what it is; with .csv at the end, for a spreadsheet."""
    if payout_id.endswith(".csv"):
        found = await visit.read(lambda s: pay.get_statement(s, visit.scope, payout_id.removesuffix(".csv")))
        return await visit.on_thread(lambda: csv_file(f"{found.payout.id}.csv", statement_rows(found)))
    return await _show_statement(visit, payout_id)


async def _show_money(
    visit: Visit, after: str | None, refusal: Refused | None = None, form: dict[str, str] | None = None
) -> Response[str]:
    """The page; `form` is what stood in the one that was refused."""
    scope, processor = visit.scope, visit.entrepot.processors.for_payouts
    merchant = await own_payee(visit)
    found = await visit.read(lambda s: pay.list_payouts(s, scope, after=after, most=PAGE + 1))
    page = listed(found, PAGE, lambda payout: payout.id)
    default, needs = _default(visit), processor is not None and processor.abilities.needs_account
    on_way = await visit.read(lambda s: pay.money_on_the_way(s, scope))
    waiting = await visit.read(lambda s: pay.waiting_of(s, scope, default, needs_account=needs))
    terms = await visit.read(lambda s: pay.get_terms(s, scope, default))
    return await show(
        visit,
        "money",
        "money.html",
        refusal=refusal,
        typed=form or {},
        money=on_way,
        payouts=page.items,
        older=page.next,
        waiting={each.currency: each for each in waiting},
        terms=terms,
        minimum=typed(terms.minimum_minor, merchant.currency),
        next_at=pay.next_due(terms, visit.now),
        accounts=await visit.read(lambda s: pay.list_accounts(s, scope)),
        merchant=merchant,
        needs_account=needs,
        schedules=SCHEDULES,
        kinds=KINDS,
        cooldown_days=visit.entrepot.settings.pay.payout_cooldown_days,
    )


async def _show_statement(visit: Visit, payout_id: str) -> Response[str]:
    found = await visit.read(lambda s: pay.get_statement(s, visit.scope, payout_id))
    merchant = await own_payee(visit)

    def label(code: str) -> str:
        key = f"code.{code}"
        return visit.say(key) if has_text(key) else code

    return await show(
        visit,
        "money",
        "statement.html",
        statement=found,
        merchant=merchant,
        lines=found.lines[:LINES_SHOWN],
        more=max(0, len(found.lines) - LINES_SHOWN),
        label=label,
    )


def _default(visit: Visit) -> pay.PayoutTerms:
    return pay.PayoutTerms(minimum_minor=visit.entrepot.settings.pay.payout_min_minor)


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 3:
        raise Invalid("Choose a day")
    return int(text)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    money, choose_schedule, change_account, request_payout, resume, statement,
)  # fmt: skip
