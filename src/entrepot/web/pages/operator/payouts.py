"""Paying merchants and what people do by hand: who waits and why, what is being sent, what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, identity, pay
from entrepot.kernel import Invalid, Refused, Tx, parse_money

from ...params import InQuery, MaybeInQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Done, listed
from ..reading import plain
from .console import OPERATOR, show

PAGE = 30
SCHEDULES = ("daily", "weekly", "monthly", "by_hand")


@get("/operator/payouts", include_in_schema=False, opt=OPERATOR)
async def payouts(
    visit: Visit, after: MaybeInQuery = None, payee: MaybeInQuery = None, merchant: InQuery = ""
) -> Response[str]:
    """Who is due, what is under way, what waits for people; with the terms of a merchant, or of everybody."""
    return await _show(visit, after, payee, merchant)


@post("/operator/payouts", include_in_schema=False, opt=OPERATOR)
async def begin(visit: Visit) -> Response[Any]:
    """Pay everybody to whom enough is due, whatever their day."""
    form, scope = await visit.form(), visit.scope
    processor, settings = visit.entrepot.processors.for_payouts, visit.entrepot.settings.pay

    def command(tx: Tx) -> Done:
        if processor is None:
            raise Invalid(visit.say("money.nobody_sends"))
        needs = processor.abilities.needs_account
        pay.request_payouts(tx, scope, settings.payout_min_minor, processor.name, needs_account=needs)
        return Done()

    return await _done(visit, form, command, "payouts.begun")


@post("/operator/payouts/resume", include_in_schema=False, opt=OPERATOR)
async def resume(visit: Visit) -> Response[Any]:
    """Have a merchant paid again whose last payout was refused."""
    form, scope = await visit.form(), visit.scope

    def command(tx: Tx) -> Done:
        pay.resume_payouts(tx, scope, form.get("merchant_id", ""), form.get("currency", ""))
        return Done()

    return await _done(visit, form, command, "money.resumed")


@post("/operator/payouts/cooldown", include_in_schema=False, opt=OPERATOR)
async def end_cooldown(visit: Visit) -> Response[Any]:
    """Use a changed account at once: the merchant was asked."""
    form, scope = await visit.form(), visit.scope

    def command(tx: Tx) -> Done:
        pay.end_cooldown(tx, scope, form.get("account_id", ""))
        return Done()

    return await _done(visit, form, command, "payouts.cooldown_ended")


@post("/operator/payouts/terms", include_in_schema=False, opt=OPERATOR)
async def set_terms(visit: Visit) -> Response[Any]:
    """Set the terms of a merchant, or of everybody who has none of their own."""
    form, scope, currency = await visit.form(), visit.scope, (await visit.market()).currency

    def command(tx: Tx) -> Done:
        merchant_id = form.get("merchant_id", "").strip() or "*"
        if merchant_id != "*":
            catalog.get_merchant(tx, merchant_id)
        pay.set_terms(tx, scope, merchant_id, _terms(form, currency))
        return Done()

    return await _done(visit, form, command, "payouts.terms_saved")


@post("/operator/payouts/by-hand", include_in_schema=False, opt=OPERATOR)
async def by_hand(visit: Visit) -> Response[Any]:
    """Say what people did: a transfer came, a refund or a payout was sent."""
    form, scope = await visit.form(), visit.scope
    act, name, words = form.get("act", ""), form.get("id", ""), form.get("reference", "")

    def command(tx: Tx) -> Done:
        match act:
            case "received":
                pay.mark_received(tx, scope, name, _number(form.get("amount_minor", "")))
            case "refund_sent":
                pay.mark_refund_sent(tx, scope, name, words)
            case "payout_sent":
                pay.mark_payout_sent(tx, scope, name, words)
            case "payout_failed":
                pay.mark_payout_failed(tx, scope, name, words)
            case _:
                raise Invalid(visit.say("payouts.choose"))
        return Done()

    return await _done(visit, form, command, "payouts.marked")


@get("/operator/processors", include_in_schema=False, opt=OPERATOR)
async def processors(visit: Visit) -> Response[str]:
    """Who takes and sends money here, and what each can do."""
    return await _show_processors(visit, {})


@post("/operator/processors", include_in_schema=False, opt=OPERATOR)
async def check_processors(visit: Visit) -> Response[str]:
    """Ask each whether it answers and knows us."""

    def ask() -> dict[str, str]:
        return {each.name: _health(each) for each in visit.entrepot.processors}

    return await _show_processors(visit, await visit.on_thread(ask))


def _health(processor: pay.Processor) -> str:
    """Empty when all is well, else the sentence for the operator."""
    try:
        processor.check()
    except Refused as refused:
        return refused.sentence
    return ""


async def _show_processors(visit: Visit, health: dict[str, str]) -> Response[str]:
    chargebacks = await visit.read(lambda s: pay.list_chargebacks(s, visit.scope, 50))
    url = f"{visit.entrepot.settings.public_url}{pay.WEBHOOK_PATH}"
    return await show(
        visit, "processors", "processors.html", processors=list(visit.entrepot.processors), health=health,
        chargebacks=chargebacks, webhook_url=url, webhooks=("stripe", "alipay"),
    )  # fmt: skip


async def _done(visit: Visit, form: dict[str, str], command: Callable[[Tx], Done], flash: str) -> Response[Any]:
    try:
        await visit.once(form.get("_key"), command, Done)
    except Refused as refusal:
        typed = form if "schedule" in form else {}
        return await _show(visit, merchant=typed.get("merchant_id", ""), typed=typed, refusal=refusal)
    visit.flash(flash)
    return redirect("/operator/payouts")


async def _show(
    visit: Visit, after: str | None = None, payee: str | None = None, merchant: str = "",
    typed: dict[str, str] | None = None, refusal: Refused | None = None,
) -> Response[str]:  # fmt: skip
    """The page; `typed` is what stood in the form of terms that was refused."""
    scope, processor = visit.scope, visit.entrepot.processors.for_payouts
    default = pay.PayoutTerms(minimum_minor=visit.entrepot.settings.pay.payout_min_minor)
    needs = processor is not None and processor.abilities.needs_account
    found = await visit.read(lambda s: pay.list_payouts(s, scope, after=after, most=PAGE + 1))
    page = listed(found, PAGE, lambda payout: payout.id)
    waiting = await visit.read(lambda s: pay.list_waiting(s, scope, default, payee or "", needs_account=needs))
    of = merchant or "*"
    terms = (await visit.read(lambda s: pay.terms_of(s, [of], default)))[of]
    paid = sorted({of} | {each.merchant_id for each in waiting.waiting} | {each.merchant_id for each in page.items})
    named = await visit.read(lambda s: identity.organisations_of(s, paid))
    response = await show(
        visit, "payouts", "payouts.html", waiting=waiting.waiting, more=waiting.next, payouts=page.items,
        names={each: named[each].name if each in named else each for each in paid}, older=page.next,
        by_hand=await visit.read(lambda s: pay.list_by_hand(s, scope)), market_terms=terms,
        chosen=merchant, typed=typed or {}, minimum=plain(terms.minimum_minor, (await visit.market()).currency),
        schedules=SCHEDULES, processor=processor, sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )  # fmt: skip
    response.status_code = 400 if refusal else 200
    return response


def _terms(form: dict[str, str], currency: str) -> pay.PayoutTerms:
    schedule = form.get("schedule", "")
    if schedule not in SCHEDULES:
        raise Invalid("Choose how often", fields={"schedule": "Choose one"})
    share = form.get("reserve", "0").strip() or "0"
    whole, _, part = share.partition(".")
    if not whole.isdecimal() or (part and not part.isdecimal()) or len(part) > 2 or len(whole) > 3:
        raise Invalid("Write the reserve as a percentage such as 10", fields={"reserve": "A percentage such as 10"})
    bps = int(whole) * 100 + int((part + "00")[:2])
    return pay.PayoutTerms(
        schedule, _whole(form, "day", "1"), _minimum(form.get("minimum", ""), currency), bps,  # type: ignore[arg-type]
        _whole(form, "reserve_days", "0"),
    )  # fmt: skip


def _whole(form: dict[str, str], name: str, default: str) -> int:
    try:
        return _number(form.get(name, default))
    except Invalid as refusal:
        raise Invalid(refusal.sentence, fields={name: refusal.sentence}) from None


def _minimum(text: str, currency: str) -> int:
    try:
        return parse_money(text.strip(), currency)
    except Invalid as refusal:
        raise Invalid(refusal.sentence, fields={"minimum": refusal.sentence}) from None


def _number(text: str) -> int:
    text = text.strip()
    if not text.isdecimal() or len(text) > 15:
        raise Invalid(f"{text[:20]!r} is no whole number")
    return int(text)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    payouts, begin, resume, end_cooldown, set_terms, by_hand, processors, check_processors,
)  # fmt: skip
