"""Buying as somebody would who wishes us ill, through HTTP: odd currencies, limits, two tabs, things that change."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from entrepot import catalog
from tests.cast import BRUNO, DANA
from tests.orders.market import BEA, BULB, CUP, LAMP, PLATE, PRICES, Market
from tests.waiting import eventually
from tests.web.visitors import ADDRESS, PAGE, Visitor, wish

Visit = Callable[[], Visitor]
_mails = itertools.count(1)


@pytest.fixture(scope="module")
def dana(visit: Visit) -> Visitor:
    return visit().sign_in(DANA)


@pytest.fixture(scope="module")
def bruno(visit: Visit) -> Visitor:
    return visit().sign_in(BRUNO)


@pytest.fixture(scope="module")
def bea(visit: Visit) -> Visitor:
    return visit().sign_in(BEA)


def fill(buyer: Visitor, market: Market, wanted: dict[str, int]) -> None:
    for name, quantity in wanted.items():
        answer = buyer.put("/api/cart/lines", {"offer_id": market.offers[name], "quantity": quantity})
        assert answer.status_code == 200, answer.text


def quote(buyer: Visitor) -> dict[str, Any]:
    answer = buyer.post("/api/cart/quote", {"address": ADDRESS, "email": f"m{next(_mails)}@example.com"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def place_by_form(buyer: Visitor, quoted: dict[str, Any]) -> Any:
    quotes = {f"quote.{place}": each for place, each in enumerate(quoted["quote_ids"])}
    total = str(quoted["total_minor"])
    return buyer.form("/checkout/place", method="tok_ok", total_minor=total, due_minor=total, **quotes)


def ask_price(bea: Visitor, market: Market, name: str, price_minor: int) -> None:
    change = bea.change("PATCH", f"/api/merchant/offers/{market.offers[name]}", {"price_minor": price_minor})
    assert change.status_code == 200, change.text


def promote(who: Visitor, code: str, **terms: Any) -> None:
    made = who.post("/api/promotions", {"name": code, "code": code, **terms})
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(("currency", "rate"), [("KWD", "0.307"), ("JPY", "150.5")])
def test_refunds_in_any_order_of_stacked_prices_in_odd_currencies_give_back_just_what_was_paid(
    market: Market, dana: Visitor, bruno: Visitor, bea: Visitor, visit: Visit, currency: str, rate: str
) -> None:
    dana.post("/api/operator/exchange-rates", {"rates": [{"currency": currency, "rate": rate}]})
    rates = [{"name": "VAT", "percent": "19"}, {"name": "VAT", "percent": "7.7777", "category": "shipping"}]
    dana.post("/api/operator/tax-rates", {"rates": [{"country": "DE", **each} for each in rates]})
    promote(bruno, f"{currency}1", kind="percentage", bps=3_333)
    promote(dana, f"{currency}2", kind="percentage", bps=777, seller_bps=3_333)
    promote(dana, f"{currency}3", kind="buy_x_get_y", buy_quantity=2, get_quantity=1, bps=10_000, seller_bps=5_001)
    buyer = visit()
    fill(buyer, market, {LAMP: 1, BULB: 7, CUP: 3, PLATE: 11})
    buyer.put("/api/cart/currency", {"currency": currency})
    for number in (1, 2, 3):
        buyer.post("/api/cart/codes", {"code": f"{currency}{number}"})
    quoted = quote(buyer)
    assert (quoted["currency"], [code["applied"] for code in quoted["codes"]]) == (currency, [True] * 3)
    order = buyer.post("/api/orders", wish(quoted)).json()
    eventually(lambda: buyer.get(f"/api/orders/{order['id']}").json()["status"] == "paid")
    chance = Random(currency)
    for seller in order["sellers"]:
        merchant = bruno if seller["merchant_id"] == market.cast.bruno.organisation else bea
        refund_oddly(merchant, seller["id"], chance)
    market.settle()
    assert market.breaches() == []


def refund_oddly(merchant: Visitor, seller_order_id: str, chance: Random) -> None:
    """Small and large, of lines and of the delivery, too much at times, until nothing is left."""
    path = f"/api/seller-orders/{seller_order_id}"
    refunds = f"/api/merchant/orders/{seller_order_id}/refunds"
    for _ in range(6):
        now = merchant.get(path).json()
        line = chance.choice(now["lines"])
        left = line["left_minor"]
        over = merchant.post(refunds, {"amounts": {line["id"]: left + 1}, "reason": "too much"})
        assert (over.status_code, "more than was paid" in over.text) == (409, True)
        some = merchant.post(refunds, {"amounts": {line["id"]: chance.randint(1, max(1, left))}, "reason": "some"})
        assert some.status_code == (201 if left else 409), some.text
    before = merchant.get(path).json()
    cancelled = merchant.post(f"/api/seller-orders/{seller_order_id}/cancel", {"reason": "the rest"})
    assert cancelled.status_code == 200, cancelled.text
    after = merchant.get(path).json()
    assert (after["left_minor"], after["refunded_minor"]) == (0, before["total_minor"])


def test_two_tabs_make_one_order_and_the_second_is_led_to_it(market: Market, visit: Visit) -> None:
    buyer = visit()
    fill(buyer, market, {BULB: 1})
    quoted = quote(buyer)
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: buyer.post("/api/orders", wish(quoted)), range(2)))
    made, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (made.status_code, refused.status_code) == (201, 409)
    assert refused.json()["fields"]["order_id"] == made.json()["id"]
    assert place_by_form(buyer, quoted).headers["location"] == f"/orders/{made.json()['id']}"
    assert market.breaches() == []


def test_the_largest_order_adds_up_and_a_larger_one_is_refused(market: Market, bea: Visitor, visit: Visit) -> None:
    buyer = visit()
    fill(buyer, market, {PLATE: 999})
    for quantity in (1_000, -1, 2**63):
        line = {"offer_id": market.offers[PLATE], "quantity": quantity}
        assert buyer.put("/api/cart/lines", line).status_code == 400
    assert buyer.form("/cart/lines", offer_id=market.offers[PLATE], quantity="1").status_code == 422
    ask_price(bea, market, PLATE, 10**12)
    order = buyer.post("/api/orders", wish(quote(buyer))).json()
    assert order["items_minor"] == 999 * 10**12
    assert "9,990,000,000,000.00" in buyer.get(f"/orders/{order['id']}", headers=PAGE).text
    ask_price(bea, market, PLATE, PRICES[PLATE])
    assert market.breaches() == []


def test_a_price_that_changed_is_told_beside_the_new_total(market: Market, bea: Visitor, visit: Visit) -> None:
    buyer = visit()
    fill(buyer, market, {CUP: 1})
    quoted = quote(buyer)
    ask_price(bea, market, CUP, 1_300)
    page = place_by_form(buyer, quoted)
    assert page.status_code == 409
    assert "A fine cup was $12.01 and is now $13.00" in page.text
    assert place_by_form(buyer, quote(buyer)).status_code == 303
    ask_price(bea, market, CUP, PRICES[CUP])


@pytest.mark.parametrize("method", ["tok_slow", "tok_webhook_twice"])
def test_what_is_cancelled_while_it_is_charged_costs_nothing_in_the_end(
    market: Market, visit: Visit, method: str
) -> None:
    buyer, before = visit(), market.left(LAMP)
    fill(buyer, market, {LAMP: 1})
    order = buyer.post("/api/orders", wish(quote(buyer), method)).json()
    form = {"reason": "no", "seller_order_id": order["sellers"][0]["id"]}
    assert [buyer.form(f"/orders/{order['id']}/cancel", **form).status_code for _ in range(2)] == [303, 303]

    def over() -> bool:
        market.clock.advance(40_000_000)
        market.settle()
        shown = buyer.get(f"/api/orders/{order['id']}").json()
        [seller] = shown["sellers"]
        return (shown["stage"], seller["left_minor"] * bool(shown["paid_at"])) == ("cancelled", 0)

    eventually(over)
    assert market.left(LAMP) == before
    assert buyer.get(f"/orders/{order['id']}", headers=PAGE).status_code == 200
    assert market.breaches() == []


def test_an_invoice_address_that_is_wrong_is_told_beside_its_own_fields(market: Market, visit: Visit) -> None:
    buyer = visit()
    fill(buyer, market, {BULB: 1})
    billing = {f"billing_{name}": text for name, text in ADDRESS.items()} | {"billing_postal_code": "2"}
    page = buyer.form("/checkout/address", **ADDRESS, email="b@example.com", other_billing="1", **billing)
    assert page.status_code == 400
    assert 'id="d-billing_postal_code" class="error"' in page.text
    assert 'id="d-postal_code" class="error"' not in page.text


def test_a_merchant_who_is_suspended_meanwhile_sells_nothing_and_owes_what_was_sold(
    market: Market, bea: Visitor, visit: Visit
) -> None:
    buyer, other = visit(), visit()
    for each in (buyer, other):
        fill(each, market, {CUP: 1, BULB: 1})
    quoted = quote(buyer)
    bought = other.post("/api/orders", wish(quote(other))).json()
    eventually(lambda: other.get(f"/api/orders/{bought['id']}").json()["status"] == "paid")
    market.do(catalog.suspend_merchant, market.cast.dana, str(market.bea.organisation), "fraud")
    page = place_by_form(buyer, quoted)
    assert (page.status_code, "A fine cup cannot be bought at the moment" in page.text) == (409, True)
    assert "A fine cup cannot be bought at the moment" in buyer.get("/checkout", headers=PAGE).text
    [part] = [each for each in bought["sellers"] if each["merchant_id"] == market.bea.organisation]
    assert other.get(f"/api/seller-orders/{part['id']}").json()["can_cancel"]
    cancelled = other.post(f"/api/seller-orders/{part['id']}/cancel", {"reason": "not from them"})
    assert cancelled.status_code == 200, cancelled.text
    assert market.breaches() == []
