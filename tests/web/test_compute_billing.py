"""Tax, credit that ends and credit that goes back, over HTTP: what a customer and the operator see and do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from entrepot import cloud, pay
from entrepot.app import Entrepot
from tests.cast import BRUNO, CHEN, DANA
from tests.cloud.money import use
from tests.orders.market import Market
from tests.web.test_cloud_money import form_key, keyed, wait_paid
from tests.web.visitors import Visitor

METER = "embedding_tokens"


@pytest.fixture(scope="module")
def chen(visit: Callable[[], Visitor], market: Market) -> Visitor:
    """A customer in France, of a market in Germany."""
    rates = [pay.TaxRateDraft("FR", "TVA", "20", valid_from=0, reverse=True)]
    market.do(pay.save_tax_rates, market.cast.dana, rates)
    market.do(cloud.save_party, market.cast.dana, cloud.Party("Market", "Berlin", "", "", "DE"))
    visitor = visit().sign_in(CHEN)
    said = visitor.form("/cloud/credit/details", name="Lab", address="Paris", tax_id="", country="FR", region="")
    assert said.status_code == 303, said.text
    return visitor


@pytest.fixture(scope="module")
def dana(visit: Callable[[], Visitor], market: Market) -> Visitor:
    return visit().sign_in(DANA)


@pytest.fixture(scope="module")
def lab(market: Market) -> str:
    return str(market.cast.chen.organisation)


def test_credit_is_paid_with_its_tax_and_the_page_says_so(chen: Visitor) -> None:
    page = chen.get("/cloud/credit").text
    assert "TVA, 20 %, comes on top" in page
    made = keyed(chen, "/api/cloud/topups", {"amount_minor": 50_00, "method": "tok_ok"}, "top").json()
    assert (made["amount_minor"], made["tax_minor"]) == (60_00, 10_00)
    wait_paid(chen, made["id"])
    told = chen.get("/api/cloud/credit").json()
    assert (told["standing"]["left"], told["tax"]["ppm"]) == (50 * 10**9, 200_000)
    assert "$50.00 of credit, and $10.00 set aside for tax" in chen.get(f"/cloud/credit/topups/{made['id']}").text


def test_a_tax_number_that_is_none_is_refused_beside_its_field_and_a_good_one_ends_the_tax(chen: Visitor) -> None:
    wrong = chen.form("/cloud/credit/details", name="Lab", address="", tax_id="FR41303265045", country="FR", region="")
    assert wrong.status_code == 400
    assert re.search(r'id="f-tax_id"[^>]*value="FR41303265045"[^>]*aria-invalid="true"', wrong.text)
    answer = chen.put("/api/cloud/billing", {"tax_id": "FR 40 303 265 045"})
    assert answer.json()["tax_id"] == "FR40303265045"
    assert "you account for it yourself" in chen.get("/cloud/credit").text
    chen.put("/api/cloud/billing", {"tax_id": ""})
    assert chen.get("/api/cloud/credit").json()["tax"]["kind"] == "taxed"


def test_an_invoice_shows_net_tax_and_gross_of_every_line(
    chen: Visitor, entrepot: Entrepot, lab: str, market: Market
) -> None:
    market.do(cloud.publish_prices, market.cast.dana, cloud.MODEL, {METER: 10**12})
    use(entrepot.database, "req_tax", {METER: 10_000}, cloud.MODEL, lab)
    use(entrepot.database, "req_batch", {METER: 10_000}, cloud.MODEL, lab, "batch")
    made: dict[str, Any] = keyed(chen, "/api/cloud/invoices", None, "inv").json()
    assert (made["invoice"]["amount_minor"], made["invoice"]["tax_minor"]) == (15_00, 3_00)
    assert sum(each["tax_minor"] for each in made["lines"]) == 3_00
    assert {each["tier"] for each in made["lines"]} == {"standard", "batch"}
    page = chen.get(f"/cloud/invoices/{made['invoice']['id']}").text
    for words in ("TVA 20 %", "$18.00", "Without tax", "With tax", "batch", "France", "Germany"):
        assert words in page
    assert "Reverse charge" not in page


def test_a_grant_that_ends_stands_on_the_page_with_its_day(chen: Visitor, dana: Visitor, lab: str) -> None:
    path = f"/operator/compute/customers/{lab}"
    key = form_key(dana.get(path).text)
    past = dana.form(f"{path}/grants", amount="5.00", ref="trial", expires="2001-01-01", _key=key)
    assert past.status_code == 400
    assert 'aria-invalid="true"' in past.text
    done = dana.form(f"{path}/grants", amount="5.00", ref="trial", expires="2031-02-03")
    assert done.status_code == 303
    told = chen.get("/api/cloud/credit").json()["grants"]
    assert [(each["ref"], each["left"]) for each in told] == [("trial", 5 * 10**9)]
    page = chen.get("/cloud/credit").text
    assert "Grants that end" in page
    assert "trial" in page


def test_credit_is_asked_back_paid_back_or_declined(chen: Visitor, dana: Visitor, lab: str) -> None:
    told = chen.get("/api/cloud/credit").json()["repayable"]
    assert told == {"amount_minor": 35_00, "tax_minor": 7_00, "elsewhere_minor": 0}
    key = form_key(chen.get("/cloud/credit").text)
    much = chen.form("/cloud/credit/repayments", amount="35.01", _key=key)
    assert much.status_code == 400
    assert "Up to $35.00 can be paid back now" in much.text
    assert chen.form("/cloud/credit/repayments", amount="10.00").status_code == 303
    assert "You asked for $10.00 back" in chen.get("/cloud/credit").text
    [wish] = dana.get("/api/operator/compute/repayments").json()["items"]
    assert lab in dana.get("/operator/compute/customers").text
    path = f"/operator/compute/repayments/{wish['id']}"
    assert dana.form(f"{path}/decline", reason="").status_code == 400
    assert dana.form(f"{path}/decline", reason="A question is open").status_code == 303
    assert "A question is open" in chen.get("/cloud/credit").text
    again = keyed(chen, "/api/cloud/repayments", {"amount_minor": 35_00}, "back-1")
    assert again.json()["id"] == keyed(chen, "/api/cloud/repayments", {"amount_minor": 35_00}, "back-1").json()["id"]
    paid = dana.post(f"/api/operator/compute/repayments/{again.json()['id']}/pay", None).json()
    assert (paid["state"], paid["amount_minor"], paid["tax_minor"]) == ("paid", 35_00, 7_00)
    assert chen.get("/api/cloud/credit").json()["standing"]["left"] == 5 * 10**9  # the grant stays


def test_nobody_decides_or_keeps_anothers_credit(chen: Visitor, visit: Callable[[], Visitor], market: Market) -> None:
    [wish, *_] = chen.get("/api/cloud/repayments").json()["items"]
    bruno = visit().sign_in(BRUNO)
    assert bruno.change("DELETE", f"/api/cloud/repayments/{wish['id']}").status_code == 404
    assert bruno.post(f"/api/operator/compute/repayments/{wish['id']}/pay", None).status_code in (403, 404)
    assert chen.form(f"/operator/compute/repayments/{wish['id']}/pay").status_code in (403, 404)


def test_prices_of_batches_stand_on_the_models_page_and_are_set_by_the_operator(chen: Visitor, dana: Visitor) -> None:
    page = dana.get(f"/operator/compute/prices?model={cloud.MODEL}").text
    key = form_key(page)
    done = dana.form(
        "/operator/compute/prices", model=cloud.MODEL, begins="", share="", batch="25", _key=key, **{METER: "4.00"}
    )
    assert done.status_code == 303, done.text
    card = chen.get(f"/cloud/models/{cloud.MODEL}").text
    assert "In batches" in card
    assert "$4.00" in card
    assert "$1.00" in card
    [newest, *_] = chen.get(f"/api/cloud/prices?model={cloud.MODEL}").json()["books"]
    assert (newest["batch_bps"], newest["tier"]) == (2_500, "standard")
    wrong = dana.form("/operator/compute/prices", model=cloud.MODEL, batch="101", **{METER: "4.00"})
    assert wrong.status_code == 400
