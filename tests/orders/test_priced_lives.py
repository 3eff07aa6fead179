"""Random orders with promotions, taxes, fees, gift cards and currencies, through random lives: every proof holds."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from entrepot import orders, pay
from entrepot.identity import Scope
from entrepot.kernel import MINUTE, Refused
from entrepot.orders import FeeDraft, LegalDetails, PromotionDraft, Terms
from entrepot.pay import TaxRateDraft
from tests.orders.market import BULB, CUP, HOME, LAMP, PLATE, Market, wish_for
from tests.proof import count

METHODS = ("tok_ok", "tok_ok", "tok_ok", "tok_decline", "tok_timeout")


def rules(market: Market, chance: Random) -> None:
    """Taxes, fees, rates and promotions by chance."""
    dana, included = market.cast.dana, chance.random() < 0.5
    rates = [TaxRateDraft("DE", "VAT", chance.choice(("19", "7", "8.875")), included=included, reverse=True)]
    rates.append(TaxRateDraft("AT", "VAT", "20", reverse=True))
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno", "", "ATU13585627", "", "", "AT"))
    if chance.random() < 0.5:
        rates.append(TaxRateDraft("DE", "Delivery", "5", category="shipping", included=included))
    market.do(pay.save_tax_rates, dana, rates)
    market.do(orders.set_tax_rounding, dana, chance.choice(("line", "order")))
    market.do(
        orders.save_fee, dana, FeeDraft("Card", bps=chance.randrange(1, 500), fixed={"USD": chance.randrange(50)})
    )
    market.do(pay.save_rates, dana, [pay.ExchangeRate("JPY", "150.5", 0), pay.ExchangeRate("KWD", "0.307", 0)])
    for number in range(chance.randrange(1, 4)):
        scope = chance.choice((market.cast.bruno, market.bea, dana))
        bps, share = chance.choice((500, 3_333, 10_000)), chance.choice((0, 2_500, 10_000))
        kind = chance.choice(("percentage", "buy_x_get_y", "free_shipping"))
        terms = Terms(
            bps=0 if kind == "free_shipping" else bps,
            buy_quantity=2,
            get_quantity=1,
            combines=chance.random() < 0.8,
            seller_bps=share,
            limit_total=chance.choice((None, 2)),
        )
        market.do(orders.save_promotion, scope, PromotionDraft(f"P{number}", kind, terms))


def buy(market: Market, chance: Random, scope: Scope, number: int) -> orders.Placed | None:
    """A cart in some currency, perhaps with a gift card, placed as it was shown."""
    wanted = chance.sample((LAMP, BULB, CUP, PLATE), chance.randrange(1, 4))
    try:
        market.fill(scope, {name: chance.randrange(1, 4) for name in wanted})
        currency = chance.choice(("USD", "USD", "JPY", "KWD"))
        market.do(orders.choose_currency, scope, currency)
        if chance.random() < 0.5:
            wish = pay.IssueCard(currency, chance.randrange(1, 9_000))
            _, code = market.do(pay.issue_gift_card, market.cast.dana, wish)
            market.do(orders.add_gift_card, scope, code)
        tax_id = chance.choice(("", "", "DE136695976"))
        checkout = market.do(orders.quote_cart, scope, HOME, f"b{number}@example.com", tax_id=tax_id)
        assert checkout.total_minor == sum(group.total_minor for group in checkout.groups)
        wish = msgspec.structs.replace(
            wish_for(checkout, chance.choice(METHODS)), expected_due_minor=checkout.due_minor
        )
        return market.do(orders.place, scope, wish)
    except Refused:
        return None


def live(market: Market, chance: Random, scope: Scope, placed: orders.Placed) -> None:
    """What may happen to an order."""
    if chance.random() < 0.2:
        market.clock.advance(31 * MINUTE)
        market.do(orders.expire_if_due, placed.order_id)
    market.settle()
    for seller in market.order(market.cast.dana, placed.order_id).sellers:
        merchant = market.cast.bruno if seller.merchant_id == market.cast.bruno.organisation else market.bea
        for act in (
            lambda s=seller, m=merchant: market.do(orders.cancel, m, s.id, "no"),
            lambda s=seller, m=merchant: market.do(orders.ship, m, s.id, orders.Shipment("own", "1")),
            lambda s=seller: market.do(orders.confirm_receipt, scope, s.id),
        ):
            if chance.random() < 0.6:
                try:
                    act()
                except Refused:
                    continue
        market.settle()


@pytest.mark.parametrize("seed", range(count(6, 120)))
def test_every_proof_holds_whatever_becomes_of_orders(market: Market, seed: int) -> None:
    chance = Random(seed)
    rules(market, chance)
    placed = 0
    for number in range(5):
        scope = Scope.guest(f"ses_{seed * 100 + number:026d}")
        order = buy(market, chance, scope, number)
        if order is not None:
            placed += 1
            live(market, chance, scope, order)
        assert market.breaches() == []
    assert placed
