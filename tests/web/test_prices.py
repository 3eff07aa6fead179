"""Prices through pages and programs: codes, gift cards, currencies, taxes; and the consoles where they are kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from entrepot import orders
from entrepot.identity import Address
from tests.cast import ALICE, BRUNO, DANA
from tests.orders.market import CUP, DELIVERY_MINOR, LAMP, PRICES, Market
from tests.web.visitors import ADDRESS, PAGE, Visitor, wish

Visit = Callable[[], Visitor]


@pytest.fixture(scope="module")
def dana(visit: Visit) -> Visitor:
    return visit().sign_in(DANA)


@pytest.fixture(scope="module")
def bruno(visit: Visit) -> Visitor:
    return visit().sign_in(BRUNO)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", ["promotions", "taxes", "fees", "exchange", "gift-cards"])
def test_the_operators_pages_stand_in_both_languages(dana: Visitor, path: str, language: str) -> None:
    answer = dana.get(f"/operator/{path}?lang={language}", headers=PAGE)
    assert answer.status_code == 200, answer.text[:500]
    assert "<h1>" in answer.text
    dana.get("/?lang=en", headers=PAGE)


def test_a_merchant_makes_a_promotion_that_a_buyer_uses(market: Market, bruno: Visitor, visit: Visit) -> None:
    fields = {"name": "Spring", "kind": "percentage", "percent": "10", "code": "SPRING", "limit_per_buyer": "1"}
    assert bruno.form("/merchant/promotions", **fields).status_code == 303
    refused = bruno.form("/merchant/promotions", **{**fields, "percent": "110", "code": "MORE"})
    assert (refused.status_code, "at most 100 percent" in refused.text) == (400, True)
    (view,) = bruno.get("/api/promotions").json()["items"]
    assert view["promotion"]["terms"]["bps"] == 1_000
    page = bruno.get(f"/merchant/promotions/{view['promotion']['id']}", headers=PAGE)
    assert 'value="SPRING"' in page.text

    somebody = visit()
    somebody.form("/cart/lines", offer_id=market.offers[LAMP], quantity="1")
    wrong = somebody.form("/cart/codes", code="SPRUNG")
    assert (wrong.status_code, "There is no such code" in wrong.text) == (409, True)
    assert somebody.form("/cart/codes", code="spring").status_code == 303
    cart = somebody.get("/cart", headers=PAGE).text
    assert "Spring" in cart
    assert "$44.99" in cart
    assert somebody.form("/checkout/address", email="a@example.com", **ADDRESS).headers["location"] == "/checkout"
    checkout = somebody.get("/checkout", headers=PAGE).text
    fields = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', checkout.split("/checkout/place")[1])
    )
    assert fields["total_minor"] == fields["due_minor"] == str(PRICES[LAMP] - 500 + DELIVERY_MINOR)
    assert "data-countdown" in checkout
    quote = {name: value for name, value in fields.items() if name.startswith("quote.")}
    sums = {name: fields[name] for name in ("total_minor", "due_minor")}
    placed = somebody.form("/checkout/place", method="tok_ok", note="Ring twice", **quote, **sums)
    assert placed.status_code == 303, placed.text[-3_000:]
    order = somebody.get(placed.headers["location"], headers=PAGE).text
    assert "Ring twice" in order
    assert "Spring" in order
    (view,) = bruno.get("/api/promotions").json()["items"]
    assert view["usage"][0]["seller_minor"] == 500


def test_what_a_promotion_takes_off_reads_as_money(bea: Visitor) -> None:
    fields = {"name": "Five off", "kind": "amount", "amounts": "USD 5.00, EUR 4.50", "code": "FIVE"}
    assert bea.form("/merchant/promotions", **fields).status_code == 303
    page = bea.get("/merchant/promotions", headers=PAGE).text
    assert any(f"{amounts} off" in page for amounts in ("$5.00, €4.50", "€4.50, $5.00"))


def test_a_gift_card_pays_first_and_its_balance_is_shown_to_whoever_has_the_code(
    market: Market, dana: Visitor, visit: Visit
) -> None:
    issued = dana.form("/operator/gift-cards", amount="20.00", currency="USD", note="for Chen")
    code = re.search(r'<code class="big">([0-9A-Z-]+)</code>', issued.text)
    assert code is not None
    chen = visit()
    assert chen.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 1}).status_code == 200
    cart = chen.post("/api/cart/gift-cards", {"code": code[1].lower().replace("-", " ")}).json()
    assert cart["cards"][0]["used_minor"] == PRICES[CUP]
    quoted = chen.post("/api/cart/quote", {"address": ADDRESS, "email": "c@example.com"}).json()
    total = PRICES[CUP] + DELIVERY_MINOR
    assert (quoted["total_minor"], quoted["gift_minor"], quoted["due_minor"]) == (total, total, 0)
    silent = chen.post("/api/orders", wish(quoted))
    assert (silent.status_code, "expected_due_minor" in silent.text) == (422, True)
    placed = chen.post("/api/orders", {**wish(quoted), "expected_due_minor": 0})
    assert placed.status_code == 201, placed.text
    assert chen.decided(placed.json())["status"] == "paid"
    assert placed.json()["gift_minor"] == total
    left = visit().post("/api/gift-cards/balance", {"code": code[1]}).json()
    assert left["available_minor"] == 2_000 - total
    page = visit().form("/gift-card", code=code[1])
    assert "$3.09" in page.text
    assert visit().form("/gift-card", code="2222-2222-2222-2222").status_code == 404


def test_taxes_come_from_a_file_and_are_shown_by_rate(market: Market, dana: Visitor, visit: Visit) -> None:
    lines = "country,region,category,name,percent,included\nFR,,,TVA,20,yes\nFR,,shipping,TVA livraison,5.5,yes\n"
    upload = dana.client.post(
        "/operator/taxes/csv", headers=PAGE, data={"_csrf": dana.refresh()}, files={"file": ("r.csv", lines.encode())}
    )
    assert upload.status_code == 303, upload.text[-2_000:]
    somebody = visit()
    somebody.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 1})
    there = {**ADDRESS, "country": "FR"}
    quoted = somebody.post("/api/cart/quote", {"address": there, "email": "c@example.com"}).json()
    assert quoted["tax_included"] is True
    assert [(each["name"], each["percent"], each["tax_minor"]) for each in quoted["taxes"]] == [
        ("TVA", "20", 200), ("TVA livraison", "5.5", 26),
    ]  # fmt: skip
    assert quoted["total_minor"] == PRICES[CUP] + DELIVERY_MINOR
    page = somebody.get("/checkout", headers=PAGE).text
    assert "of which TVA 20 %" in page
    bad = dana.client.post(
        "/operator/taxes/csv", headers=PAGE, data={"_csrf": dana.refresh()}, files={"file": ("r.csv", b"country\nFR\n")}
    )
    assert (bad.status_code, "is missing" in bad.text) == (400, True)
    other = {"rates": [{"country": "FR", "name": "x", "percent": "1", "included": False, "category": "books"}]}
    assert dana.post("/api/operator/tax-rates", other).status_code == 409


def test_a_buyer_chooses_the_currency_of_the_cart(market: Market, dana: Visitor, visit: Visit) -> None:
    assert dana.form("/operator/exchange", currency="jpy", rate="150.5", source="test").status_code == 303
    somebody = visit()
    somebody.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 2})
    assert "JPY" in somebody.get("/cart", headers=PAGE).text
    assert somebody.form("/cart/currency", currency="JPY").status_code == 303
    cart = somebody.get("/api/cart").json()
    assert (cart["currency"], cart["subtotal_minor"]) == ("JPY", 2 * 1_808)  # 12.01 × 150.5 = 1,807.505, half up
    quoted = somebody.post("/api/cart/quote", {"address": ADDRESS, "email": "c@example.com"}).json()
    assert quoted["shipping_minor"] == 737  # 4.90 × 150.5 = 737.45
    order = somebody.post("/api/orders", wish(quoted)).json()
    assert (order["currency"], order["total_minor"]) == ("JPY", 2 * 1_808 + 737)
    line = order["sellers"][0]["lines"][0]
    assert (line["base_currency"], line["base_price_minor"]) == ("USD", 1_201)
    assert somebody.put("/api/cart/currency", {"currency": "XXX"}).status_code == 200  # empty carts are in any


def test_a_fee_beside_the_commission_is_on_the_line(
    market: Market, dana: Visitor, bruno: Visitor, visit: Visit
) -> None:
    form = {"name": "Card fee", "kind": "extra", "percent": "1", "fixed": "USD 0.30"}
    assert dana.form("/operator/fees", **form).status_code == 303
    assert dana.form("/operator/fees", **{**form, "percent": "", "fixed": ""}).status_code == 400
    order = visit().buy(market.offers[LAMP])
    seen = bruno.get(f"/api/seller-orders/{order['sellers'][0]['id']}").json()
    assert [(fee["name"], fee["amount_minor"]) for fee in seen["lines"][0]["fees"]] == [
        ("commission", 625), ("Card fee", 50 + 30),
    ]  # fmt: skip
    assert order["sellers"][0]["lines"][0]["fees"] is None
    (fee,) = dana.get("/api/operator/fees").json()["items"]
    assert dana.change("DELETE", f"/api/operator/fees/{fee['id']}").status_code == 200


def test_merchants_do_not_buy_from_themselves(market: Market, bruno: Visitor) -> None:
    answer = bruno.put("/api/cart/lines", {"offer_id": market.offers[LAMP], "quantity": 1})
    assert (answer.status_code, "yourself" in answer.text) == (409, True)


def test_addresses_are_picked_changed_and_another_is_on_the_invoice(market: Market, visit: Visit) -> None:
    alice = visit().sign_in(ALICE)
    alice.form("/cart/lines", offer_id=market.offers[CUP], quantity="1")
    billing = {f"billing_{name}": value for name, value in {**ADDRESS, "name": "Adler GmbH"}.items()}
    sent = alice.form("/checkout/address", email="a@example.com", keep="1", other_billing="1", **ADDRESS, **billing)
    assert sent.headers["location"] == "/checkout"
    assert "Adler GmbH" in str(market.see(orders.view_checkout, market.cast.alice).billing)
    (kept,) = alice.get("/api/addresses").json()["addresses"]
    page = alice.get(f"/checkout?edit={kept['id']}", headers=PAGE)
    assert f'name="edit" value="{kept["id"]}"' in page.text
    changed = {**ADDRESS, "line1": "2 Quay Street"}
    assert alice.form("/checkout/address", email="a@example.com", keep="1", edit=kept["id"], **changed).is_redirect
    (kept,) = alice.get("/api/addresses").json()["addresses"]
    assert kept["address"]["line1"] == "2 Quay Street"
    assert isinstance(market.see(orders.view_checkout, market.cast.alice).address, Address)


@pytest.mark.parametrize("who", ["merchant", "operator"])
def test_goods_of_a_promotion_are_found_ticked_and_kept(
    market: Market, bruno: Visitor, dana: Visitor, who: str
) -> None:
    visitor, path = {"merchant": bruno, "operator": dana}[who], f"/{who}/promotions"
    asked = visitor.form(path, name="Half", kind="percentage", percent="", goods_words="lamp", find="1")
    assert asked.status_code == 200
    box = re.search(r'name="(pick\.prd_\w+)" value="1"><span>[^<]*amp', asked.text)
    assert box is not None, "what was found is offered, though the rest of the form is not complete"
    assert 'value="Half"' in asked.text, "what was typed is kept"
    again = visitor.form(path, **{"name": "Half", "goods_words": "", "find": "1", box[1]: "1"})
    assert f'name="{box[1]}" value="1" checked' in again.text
    assert f'name="{box[1]}" value="1">' not in again.text, "what is ticked is not offered again"
    saved = visitor.form(path, **{"name": f"Half {who}", "kind": "percentage", "percent": "50", box[1]: "1"})
    assert saved.status_code == 303
    views = visitor.get("/api/promotions").json()["items"]
    made = next(view["promotion"] for view in views if view["promotion"]["name"] == f"Half {who}")
    assert made["terms"]["products"] == [box[1].removeprefix("pick.")]
    assert f'name="{box[1]}" value="1" checked' in visitor.get(f"{path}/{made['id']}", headers=PAGE).text
    visitor.form(f"{path}/{made['id']}/state", state="ended")
