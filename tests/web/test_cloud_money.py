"""The money of compute over HTTP: pages and JSON, for a customer, a merchant and the operator."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from entrepot import cloud
from entrepot.app import Entrepot
from tests.cast import CHEN
from tests.cloud.money import use
from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import Visitor

METER = "embedding_tokens"


@pytest.fixture(scope="module")
def chen(visit: Callable[[], Visitor], market: Market) -> Visitor:
    """Signed in to buy compute, without any credit."""
    return visit().sign_in(CHEN)


@pytest.fixture(scope="module")
def lab(market: Market) -> str:
    """Chen's organisation."""
    return str(market.cast.chen.organisation)


def keyed(visitor: Visitor, path: str, body: dict[str, Any] | None, key: str) -> Any:
    headers = {"idempotency-key": key, "x-csrf-token": visitor.refresh(), "content-type": "application/json"}
    return visitor.client.post(path, json=body, headers=headers)


def form_key(page: str) -> str:
    found = re.search(r'name="_key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def left(visitor: Visitor) -> int:
    return int(visitor.get("/api/cloud/credit").json()["standing"]["left"])


def test_credit_is_bought_on_the_page_once_however_often_the_form_is_sent(chen: Visitor) -> None:
    page = chen.get("/cloud/credit")
    assert "No credit is left" in page.text
    key = form_key(page.text)
    for _ in range(2):
        done = chen.form("/cloud/credit/topups", chosen="25", amount="", method="tok_ok", _key=key)
        assert done.status_code == 303
        eventually(lambda: "The money has come" in chen.get(done.headers["location"]).text)  # noqa: B023
    assert left(chen) == 25 * 10**9
    page = chen.get("/cloud/credit").text
    assert "$25.00" in page
    assert page.count("Payment</td>") == 1


@pytest.mark.parametrize(
    ("amount", "method", "sentence"),
    [("1", "tok_ok", "at a time"), ("much", "tok_ok", "not an amount"), ("", "tok_ok", "not an amount"),
     ("10.001", "tok_ok", "more decimals"), ("10", "manual:delivery", ""), ("10", "stripe:checkout", "")],
)  # fmt: skip
def test_what_cannot_be_paid_is_said_beside_the_form(chen: Visitor, amount: str, method: str, sentence: str) -> None:
    before = left(chen)
    key = form_key(chen.get("/cloud/credit").text)
    answer = chen.form("/cloud/credit/topups", chosen="", amount=amount, method=method, _key=key)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert sentence in answer.text
    assert left(chen) == before


def test_a_payment_that_is_declined_says_so(chen: Visitor) -> None:
    before = left(chen)
    key = form_key(chen.get("/cloud/credit").text)
    answer = chen.form("/cloud/credit/topups", chosen="10", method="tok_decline", _key=key)
    eventually(lambda: "Nothing was charged" in chen.get(answer.headers["location"]).text)
    assert left(chen) == before


def test_the_same_key_at_the_api_pays_once(chen: Visitor) -> None:
    before = left(chen)
    body = {"amount_minor": 10_00, "method": "tok_ok"}
    first = keyed(chen, "/api/cloud/topups", body, "top-1")
    again = keyed(chen, "/api/cloud/topups", body, "top-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert keyed(chen, "/api/cloud/topups", {**body, "amount_minor": 11_00}, "top-1").status_code == 409
    bare = chen.client.post("/api/cloud/topups", json=body, headers={"x-csrf-token": chen.refresh()})
    assert bare.status_code == 400  # money moves with a key only
    wait_paid(chen, first.json()["id"])
    assert left(chen) == before + 10 * 10**9


def wait_paid(visitor: Visitor, topup_id: str) -> None:
    eventually(lambda: visitor.get(f"/api/cloud/topups/{topup_id}").json()["topup"]["state"] == "paid")


@pytest.fixture(scope="module")
def billed(chen: Visitor, entrepot: Entrepot, lab: str, market: Market) -> dict[str, Any]:
    """An invoice of three calls."""
    market.do(cloud.publish_prices, market.cast.dana, cloud.MODEL, {METER: 12_345_678_901_234})
    give(chen, market, entrepot, lab)
    for number in range(3):
        use(entrepot.database, f"req_page{number}", {METER: 2_001 + number}, cloud.MODEL, lab)
    made = keyed(chen, "/api/cloud/invoices", None, "invoice-1")
    assert made.status_code == 201, made.text
    again = keyed(chen, "/api/cloud/invoices", None, "invoice-1")
    assert again.json() == made.json()
    found: dict[str, Any] = made.json()
    return found


def give(chen: Visitor, market: Market, entrepot: Entrepot, lab: str) -> None:
    limits, unit = cloud.limits_of(entrepot.settings.cloud), "USD9"
    market.do(cloud.grant_credit, market.cast.dana, lab, unit, 5 * 10**9, "welcome", limits)
    market.do(cloud.set_credit_line, market.cast.dana, lab, unit, 100 * 10**9, limits)


def test_an_invoice_opens_to_lines_and_lines_to_calls(chen: Visitor, billed: dict[str, Any]) -> None:
    invoice = billed["invoice"]
    assert "Invoice now" not in chen.get("/cloud/invoices").text
    page = chen.get(f"/cloud/invoices/{invoice['id']}").text
    assert billed["label"] in page
    assert "Paid by grants" in page
    assert cloud.write_nano(invoice["usage_nano"]) in page  # to the last nano unit
    assert len(billed["lines"]) == 1
    line = chen.get(f"/cloud/invoices/{invoice['id']}/rows?line=1").text
    assert line.count('class="id"') == 3
    rows = chen.get(f"/api/cloud/invoices/{invoice['id']}/rows?line=1&most=2").json()
    rest = chen.get(f"/api/cloud/invoices/{invoice['id']}/rows?line=1&most=2&after={rows['next']}").json()
    every = rows["items"] + rest["items"]
    assert sum(row["price"] for row in every) == invoice["usage_nano"] == billed["lines"][0]["price"]
    assert chen.get(f"/cloud/invoices/{invoice['id']}/rows?line=2").status_code == 404


def test_files_of_an_invoice_and_of_a_month_add_up(chen: Visitor, billed: dict[str, Any]) -> None:
    invoice = billed["invoice"]
    own = chen.get(f"/cloud/invoices/{invoice['id']}/export?format=csv")
    assert own.headers["content-type"].startswith("text/csv")
    assert billed["label"] in own.headers["content-disposition"]
    again = cloud.replay_export(own.text.splitlines())
    assert (again.rated, again.differences) == (invoice["usage_nano"], ())
    focus = list(csv.DictReader(chen.get(f"/api/cloud/invoices/{invoice['id']}/export?format=focus").text.splitlines()))
    assert sum(Decimal(row["BilledCost"]) for row in focus) == Decimal(invoice["amount_minor"]) / 100
    month = chen.get("/cloud/export?month=2026-01&format=csv").text
    assert month.count("req_page") == 3
    assert "req_page" not in chen.get("/cloud/export?month=2025-12&format=csv").text
    assert chen.get("/api/cloud/export?since=2026-01-01&until=2026-01-02").text.count("req_page") == 3
    assert chen.get("/api/cloud/export?since=2026-13").status_code == 422
    assert chen.get("/cloud/export?month=2026-13").status_code == 422
    assert chen.get(f"/cloud/invoices/{invoice['id']}/export?format=pdf").status_code in (400, 404, 422)


def test_what_is_due_is_shown_and_paid_by_the_next_money(chen: Visitor, billed: dict[str, Any]) -> None:
    owed = chen.get("/api/cloud/credit").json()["standing"]["due_minor"]
    assert owed == billed["open_minor"] > 0
    assert "Pay $" in chen.get("/cloud/invoices").text
    done = keyed(chen, "/api/cloud/topups", {"amount_minor": owed + 5_00, "method": "tok_ok"}, "pay-due")
    wait_paid(chen, done.json()["id"])
    assert chen.get("/api/cloud/credit").json()["standing"]["due_minor"] == 0
    assert chen.get(f"/api/cloud/invoices/{billed['invoice']['id']}").json()["open_minor"] == 0


def test_details_stand_on_the_next_invoice(chen: Visitor, entrepot: Entrepot, lab: str, billed: Any) -> None:
    chen.form("/cloud/credit/details", name="Lab & Co <x>", address="Street 1\nTown", tax_id="DE 811 907 980")
    use(entrepot.database, "req_details", {METER: 5}, cloud.MODEL, lab)
    made = keyed(chen, "/api/cloud/invoices", None, "invoice-2").json()
    page = chen.get(f"/cloud/invoices/{made['invoice']['id']}").text
    assert "Lab &amp; Co &lt;x&gt;" in page
    assert "DE 811 907 980" in page
    assert "DE 811 907 980" not in chen.get(f"/cloud/invoices/{billed['invoice']['id']}").text
    assert chen.form("/cloud/credit/details", name="x" * 201).status_code == 400


def test_a_budget_is_set_changed_told_and_ended(chen: Visitor) -> None:
    refused = chen.form("/cloud/budgets", name="n", amount="5", period="day", key_id="", alerts="lots")
    assert refused.status_code == 400
    assert "such as 50, 80, 100" in refused.text
    chen.form("/cloud/budgets", name="nightly", amount="2.50", period="day", key_id="", alerts="50, 99.5 %")
    page = chen.get("/cloud/budgets").text
    assert "told at 50, 99.5 %" in page
    budget = next(each["budget"] for each in chen.get("/api/cloud/budgets").json()["budgets"])
    assert budget["alert_bps"] == [5_000, 9_950]
    path = f"/cloud/budgets/{budget['id']}"
    assert chen.form(path, amount="x", alerts="50").status_code == 400
    chen.form(path, amount="3.75", alerts="")
    assert "$3.75" in chen.get("/cloud/budgets").text
    assert chen.put(f"/api/cloud/budgets/{budget['id']}", {"amount": 10**9, "alert_bps": [1]}).status_code == 200
    gone = chen.client.delete(f"/api/cloud/budgets/{budget['id']}", headers={"x-csrf-token": chen.refresh()})
    assert gone.status_code == 200
    assert chen.get("/api/cloud/budgets").json() == {"budgets": []}


def test_alerts_and_netting_are_chosen(chen: Visitor, bruno: Visitor) -> None:
    chen.form("/cloud/credit/alert", alert_below="5.5")
    assert chen.get("/api/cloud/credit").json()["billing"]["alert_below"] == 5_500_000_000
    assert chen.form("/cloud/credit/alert", alert_below="-1").status_code == 400
    assert "Pay from sales" not in chen.get("/cloud/credit").text
    assert "Pay from sales" in bruno.get("/cloud/credit").text
    bruno.form("/cloud/credit/netting", netted="1")
    assert bruno.get("/api/cloud/credit").json()["billing"]["netted"] is True
    assert bruno.put("/api/cloud/billing", {"netted": False, "tax_id": "X"}).json()["netted"] is False


def test_the_operator_grants_records_and_sets_lines(dana: Visitor, chen: Visitor, lab: str, billed: Any) -> None:
    assert lab in dana.get("/operator/compute/customers").text
    path = f"/operator/compute/customers/{lab}"
    before = left(chen)
    for _ in range(2):
        key = form_key(dana.get(path).text)
        dana.form(f"{path}/grants", amount="1.5", ref="sorry", _key=key)
    assert left(chen) == before + 1_500_000_000
    dana.form(f"{path}/payments", amount="2.00", ref="wire-1", _key=form_key(dana.get(path).text))
    assert left(chen) == before + 3_500_000_000
    assert dana.form(f"{path}/payments", amount="2.001", ref="wire-2", _key="k9").status_code == 400
    dana.form(f"{path}/line", amount="120", _key=form_key(dana.get(path).text))
    found = "/operator/compute/customers"
    assert dana.get(found, params={"q": lab}).headers["location"] == path
    name = next(each["name"] for each in dana.get(f"/api{found}").json()["items"] if each["organisation"] == lab)
    assert dana.get(found, params={"q": f" {name} "}).headers["location"] == path
    for nobody in ("Nobody's Lab", "org_none", "org_/../../x"):
        assert "No organisation has this very name" in dana.get(found, params={"q": nobody}).text
    listed = dana.get("/api/operator/compute/customers").json()["items"]
    assert next(each for each in listed if each["organisation"] == lab)["line"] == 120 * 10**9
    assert len(dana.get("/api/operator/compute/invoices").json()["items"]) >= 1
    assert "market&#39;s own account" in dana.get("/cloud/credit").text


def test_prices_are_versions_from_a_day_on(dana: Visitor, chen: Visitor) -> None:
    page = dana.get(f"/operator/compute/prices?model={cloud.MODEL}").text
    assert "holds now" in page
    fields = {"model": cloud.MODEL, METER: "0.02", "begins": "2027-01-01", "_key": form_key(page)}
    dana.form("/operator/compute/prices", **fields)
    assert "to come" in dana.get("/operator/compute/prices").text
    past = dana.form("/operator/compute/prices", **{**fields, "begins": "2020-01-01", "_key": "k2"})
    assert (past.status_code, "now or later" in past.text) == (400, True)
    none = dana.form("/operator/compute/prices", model="nothing", _key="k3", **{METER: "1"})
    assert none.status_code == 400
    books = chen.get(f"/api/cloud/prices?model={cloud.MODEL}").json()["books"]
    assert books[0]["effective_at"].startswith("2027-01-01")
    made = keyed(dana, "/api/operator/compute/prices", {"model": cloud.MODEL, "nano": {METER: 7}}, "p1")
    assert made.status_code == 201, made.text
    assert made.json()["version"] == books[0]["version"] + 1


def test_a_call_that_was_answered_stands_on_the_next_invoice(
    chen: Visitor, nobody: Visitor, entrepot: Entrepot, billed: Any
) -> None:
    made = chen.post("/api/keys", {"name": "invoices"}).json()
    asked = {"model": cloud.MODEL, "input": "a red sofa under five hundred"}
    header = {"authorization": f"Bearer {made['secret']}"}
    answer = nobody.client.post("/v1/embeddings", json=asked, headers=header)
    assert answer.status_code == 200, answer.text
    invoice = keyed(chen, "/api/cloud/invoices", None, "invoice-3").json()
    rows = chen.get(f"/api/cloud/invoices/{invoice['invoice']['id']}/rows?line=1").json()["items"]
    mine = [row for row in rows if row["actor"] == made["key"]["id"]]
    assert [row["price"] for row in mine] == [answer.json()["usage"]["cost"]["nano"]]
    assert "invoices</td>" in chen.get(f"/cloud/invoices/{invoice['invoice']['id']}/rows?line=1").text
    breaches = [each for proof in cloud.PROOFS for each in entrepot.database.read_now(proof.check).breaches]
    assert breaches == []


def test_a_key_may_not_lift_the_budget_that_bounds_it(chen: Visitor, nobody: Visitor) -> None:
    made = chen.post("/api/keys", {"name": "bound"}).json()
    body = {"name": "small", "amount": 0, "period": "month", "key_id": made["key"]["id"]}
    budget = chen.post("/api/cloud/budgets", body).json()
    header = {"authorization": f"Bearer {made['secret']}"}
    path = f"/api/cloud/budgets/{budget['id']}"
    assert nobody.client.put(path, json={"amount": 10**12}, headers=header).status_code == 403
    assert nobody.client.delete(path, headers=header).status_code == 403
    asked = {"model": cloud.MODEL, "input": "more than nothing"}
    refused = nobody.client.post("/v1/embeddings", json=asked, headers=header)
    assert refused.json()["error"]["code"] == "insufficient_quota"
