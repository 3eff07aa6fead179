"""Gift cards: issued by the operator, whose code is shown once, on the page that follows."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import pay
from entrepot.kernel import DAY, Refused, Tx, parse_money

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Made, listed
from ..operator.console import OPERATOR, show
from ..reading import day_of

HERE = "/operator/gift-cards"
PAGE = 50


class CardForm(msgspec.Struct, frozen=True):
    """A card as it is typed."""

    currency: str = ""
    amount: str = ""
    note: str = ""
    expires_at: str = ""


@get(HERE, include_in_schema=False, opt=OPERATOR)
async def gift_cards(visit: Visit, after: InQuery = "") -> Response[str]:
    """Every card with what is left on it."""
    return await _show(visit, CardForm(), after=after)


@post(HERE, include_in_schema=False, opt=OPERATOR)
async def issue_gift_card(visit: Visit) -> Response[Any]:
    """Issue a card. The answer is the one page that shows its code: sent again, the form issues nothing."""
    form, key = await visit.fields(CardForm), (await visit.form()).get("_key")
    shown: list[tuple[pay.GiftCard, str]] = []
    try:
        currency = form.currency.strip().upper()
        expires_at = _expiry(visit, day_of(form.expires_at, "expires_at"))
        wish = pay.IssueCard(currency, parse_money(form.amount, currency), form.note, expires_at)

        def issue(tx: Tx) -> Made:
            card, code = pay.issue_gift_card(tx, visit.scope, wish)
            shown[:] = [(card, code.reveal())]
            return Made(card.id)

        await visit.once(key, issue, Made)
    except Refused as refusal:
        return await _show(visit, form, refusal)
    return await _show(visit, CardForm(), issued=shown[0] if shown else None) if shown else redirect(HERE)


@post(HERE + "/{card_id:str}/end", include_in_schema=False, opt=OPERATOR)
async def end_gift_card(visit: Visit, card_id: Id) -> Response[Any]:
    """Withdraw a card."""
    await visit.write(lambda tx: pay.end_gift_card(tx, visit.scope, card_id))
    visit.flash("gift.was_ended")
    return redirect(HERE)


@post(HERE + "/{card_id:str}/extend", include_in_schema=False, opt=OPERATOR)
async def extend_gift_card(visit: Visit, card_id: Id) -> Response[Any]:
    """Let a card be used until later."""
    until = day_of((await visit.form()).get("expires_at", ""), "expires_at")
    await visit.write(lambda tx: pay.extend_gift_card(tx, visit.scope, card_id, until))
    visit.flash("form.saved")
    return redirect(HERE)


def _expiry(visit: Visit, chosen: int | None) -> int | None:
    """The day that was chosen, else the one that the setting gives every card."""
    days = visit.entrepot.settings.pay.gift_card_days
    return chosen if chosen is not None or not days else visit.now + days * DAY


async def _show(
    visit: Visit,
    form: CardForm,
    refusal: Refused | None = None,
    after: str = "",
    issued: tuple[pay.GiftCard, str] | None = None,
) -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: pay.list_gift_cards(s, scope, after or None, PAGE + 1))
    page = listed(found, PAGE, lambda each: each.card.id)
    return await show(
        visit,
        "gift_cards",
        "gift-cards.html",
        status=400 if refusal else 200,
        form=form,
        cards=page.items,
        older=page.next,
        issued=issued,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (gift_cards, issue_gift_card, end_gift_card, extend_gift_card)
