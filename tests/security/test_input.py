"""What was never meant to be sent: deep JSON, figures without an end, formulas. Refused in words, never a failure."""

import time

import pytest

from entrepot.discovery.index.filters import read_range
from entrepot.kernel import Invalid
from tests.orders.market import LAMP, Market
from tests.waiting import eventually
from tests.web.visitors import PAGE, Visitor

MANY_DIGITS = "9" * 5_000
"""More than Python turns into a number."""


@pytest.mark.parametrize(
    "body", [b"[" * 50_000, b'{"email":' * 20_000, b'{"email":' + b"[" * 2_000 + b"]" * 2_000 + b"}"]
)
def test_json_without_a_bottom_is_refused(nobody: Visitor, body: bytes) -> None:
    answer = nobody.client.post("/api/session", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "deep" in answer.json()["detail"]


@pytest.mark.parametrize("query", [f"filter.price={MANY_DIGITS}..", f"price_from={MANY_DIGITS}"])
def test_a_price_without_an_end_is_no_failure_of_ours(nobody: Visitor, query: str) -> None:
    assert nobody.get(f"/search?{query}", headers=PAGE).status_code < 500


def test_a_total_without_an_end_is_not_the_total(nobody: Visitor, market: Market) -> None:
    nobody.put("/api/cart/lines", {"offer_id": market.offers[LAMP], "quantity": 1})
    placed = nobody.form("/checkout/place", total_minor=MANY_DIGITS, method="tok_ok")
    assert placed.status_code < 500


@pytest.mark.parametrize("count", [MANY_DIGITS, "-5", "many", "1.5"])
def test_a_count_that_is_none_is_refused_and_says_so(bruno: Visitor, market: Market, count: str) -> None:
    listing = bruno.get("/api/merchant/listings").json()["items"][0]
    offer = listing["offers"][0]
    answer = bruno.form(
        f"/merchant/offers/{offer['id']}",
        listing_id=listing["id"],
        price="49.99",
        **{f"on_hand.{market.locations[LAMP]}": count, f"before.{market.locations[LAMP]}": "10"},
    )
    assert answer.status_code == 400
    assert "pieces" in answer.text


def test_formulas_in_a_report_stay_text(bruno: Visitor) -> None:
    row = '{"external_id":"x","title":"X","=HYPERLINK(1)":"=1+1","variants":[{"price_minor":1,"currency":"USD"}]}'
    sent = bruno.client.post(
        "/merchant/imports",
        data={"_csrf": bruno.refresh(), "dry_run": "1"},
        files={"feed": ("feed.jsonl", row.encode())},
        headers=PAGE,
    )
    job = sent.headers["location"].rpartition("/")[2]
    eventually(lambda: bruno.get(f"/api/merchant/imports/{job}").json()["state"] == "done")
    for path in (f"/merchant/imports/{job}/errors.csv", f"/api/merchant/imports/{job}/errors.csv"):
        report = bruno.get(path).text
        assert "HYPERLINK" in report
        assert ",=" not in report


@pytest.mark.parametrize("text", ["9" * 60_000, " " * 60_000, "1" * 30_000 + ".." + "1" * 30_000])
def test_a_range_without_an_end_is_refused_at_once(text: str) -> None:
    """Such a text once kept the whole process busy for two minutes."""
    begun = time.thread_time()
    with pytest.raises(Invalid):
        read_range("price", text)
    assert time.thread_time() - begun < 0.5


def test_a_thousand_filters_are_refused_at_once(nobody: Visitor) -> None:
    query = "&".join(f"filter.a{number}=b" for number in range(1_500))
    assert nobody.get(f"/search?{query}", headers=PAGE).status_code == 422
