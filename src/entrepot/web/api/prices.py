"""The rules that prices follow: promotions of a merchant or the platform; taxes, fees, rates and gift cards."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import orders, pay
from entrepot.kernel import Tx, from_rfc3339
from entrepot.kernel.money import MINOR_MAX

from ..endpoints import endpoint
from ..params import NO_NUL, PLAIN, After, Amount, Currency, Id, Key, Most, OptionalKey
from ..visit import Visit
from ..wire import Done, Listed, Made, Moment, listed, with_id

Bps = Annotated[int, Meta(ge=0, le=10_000)]
Pieces = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Ids = Annotated[list[Annotated[str, Meta(pattern=NO_NUL, max_length=200)]], Meta(max_length=500)]
Amounts = dict[Currency, Amount]
Words = Annotated[str, Meta(pattern=NO_NUL, max_length=200)]
Title = Annotated[str, Meta(pattern=PLAIN, min_length=1, max_length=100)]
Percent = Annotated[str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$", description="A decimal, such as 8.875")]
Rate = Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,12})?$", description="A decimal above zero")]


class SavePromotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A promotion; the rules of its terms are those of the page. `seller_bps` is the operator's to say."""

    name: Title
    kind: orders.PromotionKind
    code: Annotated[str, Meta(pattern=NO_NUL, max_length=40)] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    bps: Bps = 0
    amounts: Amounts = {}
    amount_max: Amounts = {}
    buy_quantity: Pieces = 0
    get_quantity: Pieces = 0
    minimums: Amounts = {}
    minimum_quantity: Pieces = 0
    limit_total: Limit | None = None
    limit_per_buyer: Limit | None = None
    first_order: bool = False
    products: Ids = []
    categories: Ids = []
    collections: Ids = []
    merchants: Ids = []
    currencies: Annotated[list[Currency], Meta(max_length=200)] = []
    group: Words = ""
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    combines: bool = True
    seller_bps: Bps = 0


class SetState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a promotion is from now on. One that has ended does not come back."""

    state: orders.PromotionState


class SaveTaxRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rate for goods of a category that go to a country or region; empty means everything."""

    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    name: Annotated[str, Meta(pattern=PLAIN, min_length=1, max_length=60)]
    percent: Percent
    region: Words = ""
    category: Words = ""
    included: bool = True
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    reverse: bool = False


class SaveTaxRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates to be kept at once, all or none."""

    rates: Annotated[list[SaveTaxRate], Meta(min_length=1, max_length=20_000)]


class TaxRounding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where tax is rounded: for each line, or once for each order of a merchant."""

    rounding: orders.Rounding


class ChosenRounding(msgspec.Struct, frozen=True):
    """Where tax is rounded from now on."""

    rounding: orders.Rounding


class SaveFee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fee beside the agreed commission, or instead of it; `fixed` is for each piece, by currency."""

    name: Annotated[str, Meta(pattern=PLAIN, min_length=1, max_length=60)]
    kind: orders.FeeKind = "extra"
    bps: Bps = 0
    fixed: Amounts = {}
    merchant_id: Words = ""
    category: Words = ""
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class SaveExchangeRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many units of the currency one unit of the home currency buys, from a moment on."""

    currency: Currency
    rate: Rate
    valid_from: Moment | None = None
    source: Annotated[str, Meta(pattern=PLAIN, min_length=1, max_length=100)] = "operator"


class SaveExchangeRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates to be set at once, all or none."""

    rates: Annotated[list[SaveExchangeRate], Meta(min_length=1, max_length=200)]


class IssueGiftCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The money on a card, and until when it can be used."""

    currency: Currency
    amount_minor: Annotated[int, Meta(ge=1, lt=MINOR_MAX, description="Whole minor units")]
    note: Words = ""
    expires_at: Moment | None = None


class IssuedGiftCard(msgspec.Struct, frozen=True):
    """A card with its code, which is told once: a repeated request gets the card without it."""

    card: pay.CardBalance
    code: str | None


def _at(moment: Moment | None) -> int | None:
    return None if moment is None else from_rfc3339(moment.isoformat())


@endpoint("GET", "/api/promotions", access="member")
async def list_promotions(visit: Visit, after: After = None, most: Most = 50) -> Listed[orders.PromotionView]:
    """The caller's promotions with what each did, newest first: a merchant's own, or the platform's."""
    found = await visit.read(lambda s: orders.list_promotions(s, visit.scope, after, most + 1))
    return listed(found, most, lambda view: view.promotion.id)


@endpoint("GET", "/api/promotions/{promotion_id:str}", access="member")
async def get_promotion(visit: Visit, promotion_id: Id) -> orders.PromotionView:
    """One of the caller's promotions."""
    return await visit.read(lambda s: orders.get_promotion(s, visit.scope, promotion_id))


@endpoint("POST", "/api/promotions", asks=SavePromotion, access="member")
async def make_promotion(visit: Visit, asked: SavePromotion, key: OptionalKey = None) -> orders.PromotionView:
    """Make a promotion; it holds for every cart at once."""
    made = await visit.once(key, lambda tx: Made(orders.save_promotion(tx, visit.scope, _draft(asked)).id), Made)
    return await visit.read(lambda s: orders.get_promotion(s, visit.scope, made.id))


@endpoint("PUT", "/api/promotions/{promotion_id:str}", asks=SavePromotion, access="member")
async def change_promotion(
    visit: Visit, promotion_id: Id, asked: SavePromotion, key: OptionalKey = None
) -> orders.PromotionView:
    """Change a promotion that has not ended; orders keep what they were placed with."""
    draft = _draft(asked, promotion_id)
    await visit.once(key, lambda tx: Made(orders.save_promotion(tx, visit.scope, draft).id), Made)
    return await visit.read(lambda s: orders.get_promotion(s, visit.scope, promotion_id))


@endpoint("PUT", "/api/promotions/{promotion_id:str}/state", asks=SetState, access="member")
async def set_promotion_state(
    visit: Visit, promotion_id: Id, asked: SetState, key: OptionalKey = None
) -> orders.PromotionView:
    """Pause a promotion, let it run again, or end it."""
    scope, state = visit.scope, asked.state
    await visit.once(key, lambda tx: Made(orders.set_promotion_state(tx, scope, promotion_id, state).id), Made)
    return await visit.read(lambda s: orders.get_promotion(s, visit.scope, promotion_id))


@endpoint("GET", "/api/operator/tax-rates", access="operator")
async def list_tax_rates(visit: Visit) -> Listed[pay.TaxRate]:
    """Every tax rate, by country, region and category."""
    return Listed(await visit.read(lambda s: pay.list_tax_rates(s, visit.scope)))


@endpoint("POST", "/api/operator/tax-rates", asks=SaveTaxRates, access="operator")
async def save_tax_rates(visit: Visit, asked: SaveTaxRates, key: OptionalKey = None) -> Listed[pay.TaxRate]:
    """Keep tax rates, all or none; one of the same place, category and beginning is replaced. Gives all there are."""
    drafts = [
        pay.TaxRateDraft(
            each.country, each.name, each.percent, each.region, each.category, each.included, _at(each.valid_from),
            _at(each.valid_to), reverse=each.reverse,
        )
        for each in asked.rates
    ]  # fmt: skip
    await visit.once(key, lambda tx: Done(bool(pay.save_tax_rates(tx, visit.scope, drafts))), Done)
    return Listed(await visit.read(lambda s: pay.list_tax_rates(s, visit.scope)))


@endpoint("DELETE", "/api/operator/tax-rates/{rate_id:str}", access="operator")
async def delete_tax_rate(visit: Visit, rate_id: Id) -> Done:
    """Take a tax rate out."""
    await visit.write(lambda tx: pay.delete_tax_rate(tx, visit.scope, rate_id))
    return Done()


@endpoint("PUT", "/api/operator/tax-rounding", asks=TaxRounding, access="operator")
async def set_tax_rounding(visit: Visit, asked: TaxRounding, key: OptionalKey = None) -> ChosenRounding:
    """Round tax for each line, or once for each order of a merchant."""

    def choose(tx: Tx) -> ChosenRounding:
        orders.set_tax_rounding(tx, visit.scope, asked.rounding)
        return ChosenRounding(asked.rounding)

    return await visit.once(key, choose, ChosenRounding)


@endpoint("GET", "/api/operator/fees", access="operator")
async def list_fees(visit: Visit) -> Listed[orders.FeeRule]:
    """Every fee, newest first."""
    return Listed(await visit.read(lambda s: orders.list_fees(s, visit.scope)))


@endpoint("POST", "/api/operator/fees", asks=SaveFee, access="operator")
async def save_fee(visit: Visit, asked: SaveFee, key: OptionalKey = None) -> orders.FeeRule:
    """Keep a fee."""
    draft = orders.FeeDraft(
        asked.name, asked.kind, asked.bps, asked.fixed, asked.merchant_id, asked.category, _at(asked.valid_from),
        _at(asked.valid_to),
    )  # fmt: skip
    made = await visit.once(key, lambda tx: Made(orders.save_fee(tx, visit.scope, draft).id), Made)
    return with_id(await visit.read(lambda s: orders.list_fees(s, visit.scope)), made.id)


@endpoint("DELETE", "/api/operator/fees/{fee_id:str}", access="operator")
async def delete_fee(visit: Visit, fee_id: Id) -> Done:
    """Take a fee out."""
    await visit.write(lambda tx: orders.delete_fee(tx, visit.scope, fee_id))
    return Done()


@endpoint("GET", "/api/operator/exchange-rates", access="operator")
async def list_exchange_rates(visit: Visit) -> Listed[pay.ExchangeRate]:
    """Every exchange rate that was, is and will be, newest first."""
    return Listed(await visit.read(lambda s: pay.list_rates(s, visit.scope)))


@endpoint("POST", "/api/operator/exchange-rates", asks=SaveExchangeRates, access="operator")
async def save_exchange_rates(
    visit: Visit, asked: SaveExchangeRates, key: OptionalKey = None
) -> Listed[pay.ExchangeRate]:
    """Set exchange rates, all or none. Gives all there are, newest first."""

    def save(tx: Tx) -> Done:
        rates = [
            pay.ExchangeRate(each.currency, each.rate, _at(each.valid_from) or tx.now, each.source)
            for each in asked.rates
        ]
        pay.save_rates(tx, visit.scope, rates)
        return Done()

    await visit.once(key, save, Done)
    return Listed(await visit.read(lambda s: pay.list_rates(s, visit.scope)))


@endpoint("GET", "/api/operator/gift-cards", access="operator")
async def list_gift_cards(visit: Visit, after: After = None, most: Most = 50) -> Listed[pay.CardBalance]:
    """Every gift card with what is left on it, newest first."""
    found = await visit.read(lambda s: pay.list_gift_cards(s, visit.scope, after, most + 1))
    return listed(found, most, lambda each: each.card.id)


@endpoint("POST", "/api/operator/gift-cards", asks=IssueGiftCard, access="operator")
async def issue_gift_card(visit: Visit, asked: IssueGiftCard, key: Key) -> IssuedGiftCard:
    """Put money on a new gift card. Its code is in this answer and nowhere else."""
    told: list[str] = []

    def issue(tx: Tx) -> Made:
        wish = pay.IssueCard(asked.currency, asked.amount_minor, asked.note, _at(asked.expires_at))
        card, code = pay.issue_gift_card(tx, visit.scope, wish)
        told[:] = [code.reveal()]
        return Made(card.id)

    made = await visit.once(key, issue, Made)
    (card,) = await visit.read(lambda s: pay.gift_cards_of(s, [made.id]))
    return IssuedGiftCard(card, told[0] if told else None)


@endpoint("POST", "/api/operator/gift-cards/{card_id:str}/end", access="operator", status=200)
async def end_gift_card(visit: Visit, card_id: Id, key: OptionalKey = None) -> pay.CardBalance:
    """Withdraw a gift card: what is left on it returns to the platform."""
    await visit.once(key, lambda tx: Made(pay.end_gift_card(tx, visit.scope, card_id).id), Made)
    (card,) = await visit.read(lambda s: pay.gift_cards_of(s, [card_id]))
    return card


def _draft(asked: SavePromotion, promotion_id: str | None = None) -> orders.PromotionDraft:
    given = msgspec.structs.asdict(asked)
    terms = {name: value for name, value in given.items() if name in orders.Terms.__struct_fields__}
    lists = {name: tuple(value) for name, value in terms.items() if isinstance(value, list)}
    return orders.PromotionDraft(
        name=asked.name,
        kind=asked.kind,
        code=asked.code,
        starts_at=_at(asked.starts_at),
        ends_at=_at(asked.ends_at),
        id=promotion_id,
        terms=orders.Terms(**{**terms, **lists}),
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_promotions, get_promotion, make_promotion, change_promotion, set_promotion_state, list_tax_rates,
    save_tax_rates, delete_tax_rate, set_tax_rounding, list_fees, save_fee, delete_fee, list_exchange_rates,
    save_exchange_rates, list_gift_cards, issue_gift_card, end_gift_card,
)  # fmt: skip
