"""A business of another country buys without tax: what its pages, the merchant's and the printed invoice say."""

from collections.abc import Callable

import pytest

from entrepot import orders
from tests.cast import BRUNO, DANA
from tests.orders.market import CUP, LAMP, Market
from tests.waiting import eventually
from tests.web.visitors import ADDRESS, PAGE, Visitor, wish

Visit = Callable[[], Visitor]
GERMAN, AUSTRIAN = "DE136695976", "ATU13585627"


@pytest.fixture(scope="module")
def dana(visit: Visit) -> Visitor:
    return visit().sign_in(DANA)


@pytest.fixture(scope="module")
def bruno(visit: Visit) -> Visitor:
    return visit().sign_in(BRUNO)


def open_area(dana: Visitor, bruno: Visitor) -> None:
    """Germany and Austria take part, and Bruno sells from Austria."""
    rates = [
        {"country": country, "name": "VAT", "percent": percent, "reverse": True}
        for country, percent in (("DE", "19"), ("AT", "20"))
    ]
    assert dana.post("/api/operator/tax-rates", {"rates": rates}).status_code == 201
    who = {"name": "Bruno Lamps", "address": "Ring 1\n1010 Wien", "country": "AT", "tax_id": "atu 1358 5627"}
    assert bruno.form("/merchant/invoices", **who).status_code == 303


def test_a_business_buys_without_tax_and_every_page_says_so(
    market: Market, dana: Visitor, bruno: Visitor, visit: Visit
) -> None:
    open_area(dana, bruno)
    console = bruno.get("/merchant/invoices", headers=PAGE).text
    assert AUSTRIAN in console
    somebody = visit()
    for name in (LAMP, CUP):
        somebody.put("/api/cart/lines", {"offer_id": market.offers[name], "quantity": 1})
    form = {**ADDRESS, "email": "c@example.com"}
    refused = somebody.form("/checkout/address", **form, tax_id="DE1")
    assert refused.status_code == 400
    assert "no tax number of DE" in refused.text
    assert 'value="DE1"' in refused.text
    assert somebody.form("/checkout/address", **form, tax_id="DE 136 695 976").status_code == 303
    checkout = somebody.get("/checkout", headers=PAGE).text
    for words in (GERMAN, "reverse charge", "Tax is charged here", "$42.01", "$12.01"):
        assert words in checkout
    assert GERMAN in somebody.get("/checkout?edit=1", headers=PAGE).text
    quoted = somebody.get("/api/cart/checkout").json()
    assert sorted(group["reverse_charge"] for group in quoted["groups"]) == [False, True]
    order = somebody.post("/api/orders", wish(quoted)).json()
    [seller_id] = [seller["id"] for seller in order["sellers"] if seller["reverse_charge"]]
    assert order["tax_id"] == GERMAN
    assert "reverse charge" in somebody.get(f"/orders/{order['id']}", headers=PAGE).text
    assert GERMAN in bruno.get(f"/merchant/orders/{seller_id}", headers=PAGE).text
    assert bruno.form(f"/merchant/orders/{seller_id}/ship", carrier="sandbox").status_code == 303
    eventually(lambda: bool(market.see(orders.list_invoices, market.cast.bruno)))
    [invoice] = market.see(orders.list_invoices, market.cast.bruno)
    printed = bruno.get(f"/merchant/invoices/{invoice.id}", headers=PAGE).text
    for words in (GERMAN, AUSTRIAN, "Reverse charge", "Prices are without tax"):
        assert words in printed
    assert "Prices include tax" not in printed
    assert market.breaches() == []
