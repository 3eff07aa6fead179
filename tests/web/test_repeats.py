"""The same request, sent again, has its effect once; too many requests are told to wait."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from sqlalchemy import bindparam, select

from entrepot.app import Entrepot
from entrepot.kernel import prepare, tables
from tests.orders.market import CUP, LAMP, Market, open_market
from tests.web.conftest import answering, opened, visited
from tests.web.visitors import ADDRESS, Visitor, wish

SHED = {"name": "Shed", "address": ADDRESS}


def test_a_repeated_change_happens_once_and_gets_the_same_answer(bruno: Visitor) -> None:
    first = bruno.post("/api/merchant/locations", SHED, key="shed-1")
    again = bruno.post("/api/merchant/locations", SHED, key="shed-1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    names = [place["name"] for place in bruno.get("/api/merchant/locations").json()["locations"]]
    assert names.count("Shed") == 1


def test_the_same_key_for_another_body_is_a_conflict(bruno: Visitor) -> None:
    bruno.post("/api/merchant/locations", SHED, key="shed-2")
    other = bruno.post("/api/merchant/locations", {**SHED, "name": "Barn"}, key="shed-2")
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]


def test_keys_are_the_callers_own(bruno: Visitor, bea: Visitor) -> None:
    hers, his = (who.post("/api/merchant/locations", SHED, key="shed-3").json() for who in (bea, bruno))
    assert hers["id"] != his["id"]


def test_the_same_key_elsewhere_is_another_request(bruno: Visitor, market: Market) -> None:
    bruno.post("/api/merchant/locations", SHED, key="shed-4")
    change = {"price_minor": 4_998}
    answer = bruno.change("PATCH", f"/api/merchant/offers/{market.offers[LAMP]}", change, key="shed-4")
    assert answer.status_code == 200


def test_an_order_placed_many_times_at_once_is_one_order(alice: Visitor, market: Market) -> None:
    before = len(alice.get("/api/orders?most=200").json()["items"])
    alice.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 1})
    quoted = alice.post("/api/cart/quote", {"address": ADDRESS, "email": "alice@example.com"}).json()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: alice.post("/api/orders", wish(quoted), key="order-1"), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert alice.decided(answers[0].json())["status"] == "paid"
    assert len(alice.get("/api/orders?most=200").json()["items"]) == before + 1


def test_a_refused_request_may_be_tried_again_with_its_key(alice: Visitor, market: Market) -> None:
    alice.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 1})
    quoted = alice.post("/api/cart/quote", {"address": ADDRESS, "email": "alice@example.com"}).json()
    wrong = {**wish(quoted), "expected_total_minor": 1}
    assert alice.post("/api/orders", wrong, key="order-2").status_code == 409
    assert alice.post("/api/orders", wish(quoted), key="order-2").status_code == 201


def test_only_ids_are_kept_with_a_key(alice: Visitor, entrepot: Entrepot) -> None:
    made = alice.post("/api/addresses", ADDRESS, key="home-1").json()
    kept = prepare(select(tables.idempotency.c.result).where(tables.idempotency.c.key == bindparam("key")))
    stored = entrepot.database.read_now(lambda s: s.value(kept, key="home-1"))
    assert json.loads(stored) == {"id": made["id"]}
    alice.change("DELETE", f"/api/addresses/{made['id']}")
    assert alice.post("/api/addresses", ADDRESS, key="home-1").status_code == 404


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 201, "ü"])
def test_a_key_that_cannot_be_kept_is_refused(bruno: Visitor, key: str) -> None:
    headers = {"idempotency-key": key.encode(), "x-csrf-token": bruno.refresh().encode()}
    answer = bruno.client.post("/api/merchant/locations", json=SHED, headers=headers)
    assert answer.status_code == 400


def test_the_upload_of_the_same_feed_is_one_import(bruno: Visitor) -> None:
    def upload(content: bytes) -> tuple[int, str]:
        headers = {"idempotency-key": "feed-1", "x-csrf-token": bruno.refresh()}
        answer = bruno.client.post("/api/merchant/imports", files={"feed": ("a.jsonl", content)}, headers=headers)
        return answer.status_code, answer.json().get("id", "")

    line = b'{"external_id":"hook","title":"Hook","variants":[{"price_minor":100,"currency":"USD"}]}\n'
    assert upload(line) == upload(line)
    assert upload(line)[0] == 202
    assert upload(line + b"\n")[0] == 409


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Visitor]:
    """A market that takes three changes and five readings a minute."""
    with opened(tmp_path) as entrepot, open_market(entrepot.database, tmp_path / "market"):
        rates = {"write": RateLimitItemPerMinute(3), "read": RateLimitItemPerMinute(5)}
        with answering(entrepot, rates) as app, visited(app) as make:
            yield make()


def test_too_many_requests_are_told_how_long_to_wait(narrow: Visitor) -> None:
    changes = [narrow.client.patch("/api/session", json={"language": "en"}).status_code for _ in range(5)]
    assert changes == [200, 200, 200, 429, 429]
    refused = narrow.client.patch("/api/session", json={"language": "en"})
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json()["type"].endswith("too_many")
    assert [narrow.get("/api/cart").status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_guest_who_begins_session_after_session_has_the_allowance_of_one(tmp_path: Path) -> None:
    with (
        opened(tmp_path) as entrepot,
        open_market(entrepot.database, tmp_path / "market") as market,
        answering(entrepot, {"search": RateLimitItemPerMinute(4)}) as app,
        visited(app) as make,
    ):
        answers = []
        for _ in range(6):
            guest = make()
            guest.put("/api/cart/lines", {"offer_id": next(iter(market.offers.values())), "quantity": 1})
            answers.append(guest.get("/api/search").status_code)
    assert answers == [200] * 4 + [429] * 2


def test_machines_that_watch_are_never_told_to_wait(narrow: Visitor) -> None:
    assert [narrow.get("/healthz").status_code for _ in range(10)] == [200] * 10
