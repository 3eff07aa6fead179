"""A model's way through the market: sent by its maker, published, found, used by a stranger, earned on, paid out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entrepot import cloud, group, ledger, pay
from entrepot.app import Entrepot
from entrepot.identity import Scope
from tests.cast import BRUNO, CHEN, DANA
from tests.cloud import tiny
from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import PAGE, Visitor

NAME = "red-sofas"
TOKEN = 10**7
"""What a token costs in these tests: a cent, in thousand-millionths of a dollar."""
TEXT = "red sofa couch"
CALLED = 3 * TOKEN
SHARE = CALLED * 7 // 10


@pytest.fixture(scope="module")
def chen(visit: Callable[[], Visitor], market: Market) -> Visitor:
    """Signed in to publish."""
    return visit().sign_in(CHEN)


@pytest.fixture(scope="module")
def key(visit: Callable[[], Visitor], entrepot: Entrepot, market: Market) -> str:
    """An API key of Bruno's shop, which has credit: to Chen a stranger."""
    plan = cloud.credit_plan(str(market.cast.bruno.organisation), "USD9", 10**9, "top_1")
    entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    return str(visit().sign_in(BRUNO).post("/api/keys", {"name": "stranger"}).json()["secret"])


def send(maker: Visitor, folder: Path, name: str = NAME, **fields: str) -> Any:
    """Send a small model of vectors."""
    files = [("files", ("table.safetensors", tiny.table(folder).read_bytes())),
             ("files", ("tokenizer.json", tiny.tokenizer()))]  # fmt: skip
    data = {"name": name, "licence": "MIT", "card": "Knows red sofas.\n\nAnd <b>little</b> else.", **fields}
    return maker.change("POST", "/api/cloud/models", data=data, files=files)


def found_by(visitor: Visitor, q: str) -> list[dict[str, Any]]:
    return [hit for hit in visitor.get("/api/search", params={"q": q}).json()["hits"] if hit["external_id"] == NAME]


def call(visitor: Visitor, key: str, text: str = TEXT, model: str = NAME) -> Any:
    headers = {"authorization": f"Bearer {key}"}
    return visitor.client.post("/v1/embeddings", json={"model": model, "input": text}, headers=headers)


def breaches(entrepot: Entrepot) -> list[str]:
    return [each for verdict in group.verify(entrepot.database) for each in verdict.breaches]


@pytest.fixture(scope="module")
def sent(chen: Visitor, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a model that was sent, priced, and waits for the operator."""
    answer = send(chen, tmp_path_factory.mktemp("model"))
    assert answer.status_code == 201, answer.text
    model = answer.json()["model"]
    assert (model["state"], model["engine"], model["capabilities"]["dimensions"]) == ("draft", "static", 4)
    assert chen.post(f"/api/cloud/models/{model['id']}/submit", {}).status_code == 409  # without a price
    nano = {"embedding_tokens": TOKEN * 1_000_000}
    assert chen.put(f"/api/cloud/models/{model['id']}/prices", {"nano": nano}).status_code == 200
    submitted = chen.post(f"/api/cloud/models/{model['id']}/submit", {"share_bps": 7_000})
    assert submitted.json()["model"]["state"] == "submitted", submitted.text
    return str(model["id"])


@pytest.fixture(scope="module")
def published(sent: str, visit: Callable[[], Visitor], nobody_yet: None) -> str:
    """The same, published by the operator."""
    dana = visit().sign_in(DANA)
    assert [each["id"] for each in dana.get("/api/operator/models").json()["models"]] == [sent]
    answer = dana.post(f"/api/operator/models/{sent}/publish", {})
    assert (answer.json()["model"]["state"], answer.json()["maker_bps"]) == ("live", 7_000), answer.text
    return sent


@pytest.fixture(scope="module")
def nobody_yet(sent: str, visit: Callable[[], Visitor], key: str) -> None:
    """Before it is published nobody finds it, and nobody calls it."""
    visitor = visit()
    assert found_by(visitor, "red sofas model") == []
    assert call(visitor, key).status_code == 404


def test_what_is_published_is_found_with_its_price_by_the_meter(published: str, nobody: Visitor) -> None:
    hit = eventually(lambda: found_by(nobody, NAME))[0]
    assert (hit["external_id"], hit["merchant"], hit["brand"]) == (NAME, "Compute", "Chen Compute")
    assert hit["meters"] == [{"meter": "embedding_tokens", "nano": TOKEN * 1_000_000, "per": 1_000_000}]
    assert (hit["price"], hit["currency"]) == (1_000_000, "USD")
    facets = nobody.get("/api/search", params={"filter.model_kind": "embeddings"}).json()
    assert [each["external_id"] for each in facets["hits"]] == [NAME]
    product = nobody.get(f"/api/products/{hit['id']}").json()
    assert (product["kind"], product["ref"]) == ("model", published)


def test_its_page_shows_what_it_costs_and_how_to_call_it_and_leads_to_compute(published: str, nobody: Visitor) -> None:
    hit = eventually(lambda: found_by(nobody, NAME))[0]
    page = nobody.get(hit["url"], headers={"accept": "text/html"}).text
    assert f'href="/cloud/models/{NAME}"' in page
    assert "/v1/embeddings" in page
    assert "$10,000.00" in page
    assert "&lt;b&gt;little&lt;/b&gt;" in page
    assert 'action="/cart/lines"' not in page
    listed = nobody.get("/search", params={"q": NAME}, headers={"accept": "text/html"}).text
    assert "tokens made into vectors" in listed


def test_no_cart_takes_it(published: str, nobody: Visitor, alice: Visitor) -> None:
    hit = eventually(lambda: found_by(nobody, NAME))[0]
    for visitor in (nobody, alice):
        visitor.refresh()
        answer = visitor.put("/api/cart/lines", {"offer_id": hit["offer_id"], "quantity": 1})
        assert answer.status_code == 409
        assert "paid by the meter" in answer.json()["detail"]


def test_a_strangers_use_earns_its_maker_the_agreed_share(
    published: str, chen: Visitor, nobody: Visitor, key: str, entrepot: Entrepot, market: Market
) -> None:
    answer = call(nobody, key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["usage"]["cost"]["nano"] == CALLED
    earnings = chen.get("/api/cloud/earnings").json()["earnings"]
    assert earnings["share"] == SHARE
    assert earnings["models"] == [{"model": NAME, "calls": 1, "price": CALLED, "share": SHARE}]
    maker = Scope("usr_x", market.cast.chen.organisation)
    entrepot.database.write_now(lambda tx: cloud.pay_makers(tx, "USD"))
    due = entrepot.database.read_now(lambda s: pay.money_on_the_way(s, maker))
    assert [(line.currency, line.payable_minor) for line in due] == [("USD", 2)]
    assert chen.get("/api/cloud/earnings").json()["earnings"]["waiting"] == SHARE - 2 * TOKEN
    entrepot.database.write_now(lambda tx: cloud.pay_makers(tx, "USD"))
    assert entrepot.database.read_now(lambda s: pay.money_on_the_way(s, maker))[0].payable_minor == 2
    assert breaches(entrepot) == []


def test_what_was_earned_is_paid_out_with_a_statement(
    published: str, chen: Visitor, nobody: Visitor, key: str, entrepot: Entrepot, market: Market
) -> None:
    call(nobody, key)
    entrepot.database.write_now(lambda tx: cloud.pay_makers(tx, "USD"))
    made = entrepot.database.write_now(lambda tx: pay.request_payouts(tx, Scope.system(), 1))
    payout = next(each for each in made if each.merchant_id == market.cast.chen.organisation)
    statement = entrepot.database.read_now(lambda s: pay.get_statement(s, Scope.system(), payout.id))
    assert set(statement.totals) == {"cloud.maker.paid"}
    assert statement.totals["cloud.maker.paid"] == payout.amount_minor == 4
    page = chen.get(f"/merchant/statements/{payout.id}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Use of your models" in page.text
    assert breaches(entrepot) == []


def test_another_share_counts_from_then_on(
    published: str, chen: Visitor, dana: Visitor, nobody: Visitor, key: str
) -> None:
    before = chen.get("/api/cloud/earnings").json()["earnings"]["share"]
    assert dana.put(f"/api/operator/models/{published}/share", {"share_bps": 10_000}).status_code == 200
    call(nobody, key, "red sofa")
    assert chen.get("/api/cloud/earnings").json()["earnings"]["share"] == before + 2 * TOKEN
    assert dana.put(f"/api/operator/models/{published}/share", {"share_bps": 7_000}).status_code == 200


def test_other_prices_are_shown_at_once(published: str, chen: Visitor, nobody: Visitor) -> None:
    nano = {"embedding_tokens": 2_000_000}
    chen.put(f"/api/cloud/models/{published}/prices", {"nano": nano})

    def shown() -> list[tuple[int, int]]:
        return [(hit["meters"][0]["nano"], hit["price"]) for hit in found_by(nobody, NAME)]

    eventually(lambda: shown() == [(2_000_000, 1)], shown)  # a fifth of a cent, rounded up


def test_another_organisation_neither_sees_nor_changes_it(sent: str, bruno: Visitor) -> None:
    for method, path, body in (
        ("GET", "", None), ("PUT", "/prices", {"nano": {"embedding_tokens": 0}}), ("POST", "/submit", {}),
        ("POST", "/withdraw", None),
    ):  # fmt: skip
        answer = bruno.change(method, f"/api/cloud/models/{sent}{path}", body)
        assert answer.status_code == 404, (method, path, answer.text)
    assert bruno.post(f"/api/operator/models/{sent}/publish", {}).status_code == 403
    assert sent not in bruno.get("/api/cloud/models").text


def test_what_could_be_a_program_is_refused(chen: Visitor) -> None:
    for name, content, said in (
        ("model.safetensors", b"\x80\x04evil", "pickle"), ("model.pt", b"anything", "pickle"),
        ("model.gguf", b"PK\x03\x04", "pickle"), ("model.onnx", b"\x08\x08(dp0\nS'x'\n.", "whole"),
    ):  # fmt: skip
        answer = chen.change(
            "POST", "/api/cloud/models", data={"name": "evil", "licence": "MIT"}, files=[("files", (name, content))]
        )
        assert answer.status_code == 422, answer.text
        assert said in answer.json()["detail"]
    words = [("files", ("table.safetensors", b"")), ("files", ("tokenizer.json", b"\x80\x04."))]
    answer = chen.change("POST", "/api/cloud/models", data={"name": "evil", "licence": "MIT"}, files=words)
    assert answer.status_code == 422


def test_a_licence_that_forbids_it_stops_it_and_one_with_terms_must_be_agreed_to(
    chen: Visitor, dana: Visitor, bruno: Visitor, nobody: Visitor, key: str, tmp_path: Path
) -> None:
    closed = send(chen, tmp_path, "closed", licence="CC-BY-NC-4.0").json()["model"]["id"]
    free = {"nano": {"embedding_tokens": 0}}
    chen.put(f"/api/cloud/models/{closed}/prices", free)
    refused = chen.post(f"/api/cloud/models/{closed}/submit", {})
    assert refused.status_code == 409
    assert "does not allow it to be sold" in refused.json()["detail"]
    terms = {"licence": "llama3.2", "licence_url": "https://example.com/terms"}
    gated = send(chen, tmp_path, "gated", **terms).json()["model"]["id"]
    chen.put(f"/api/cloud/models/{gated}/prices", free)
    assert chen.post(f"/api/cloud/models/{gated}/submit", {}).status_code == 200
    assert dana.post(f"/api/operator/models/{gated}/publish", {}).status_code == 200
    assert call(nobody, key, model="gated").status_code == 403
    assert bruno.post(f"/api/cloud/models/{gated}/agree").status_code == 200
    assert call(nobody, key, model="gated").status_code == 200
    child = send(chen, tmp_path, "child", base="gated").json()
    assert child["made_from"] == ["gated@1"]
    chen.put(f"/api/cloud/models/{child['model']['id']}/prices", free)
    refused = chen.post(f"/api/cloud/models/{child['model']['id']}/submit", {})
    assert refused.status_code == 409
    assert "agree" in refused.json()["detail"]


def test_a_refused_model_tells_its_maker_why(chen: Visitor, dana: Visitor, tmp_path: Path) -> None:
    model = send(chen, tmp_path, "doubtful").json()["model"]["id"]
    chen.put(f"/api/cloud/models/{model}/prices", {"nano": {"embedding_tokens": 1}})
    chen.post(f"/api/cloud/models/{model}/submit", {})
    assert dana.post(f"/api/operator/models/{model}/refuse", {"reason": "Its card says too little"}).status_code == 200
    told = chen.get(f"/api/cloud/models/{model}").json()["model"]
    assert (told["state"], told["reason"]) == ("refused", "Its card says too little")
    assert "Its card says too little" in chen.get("/api/notices").text


def test_what_is_withdrawn_is_gone_and_stays_earned(
    published: str, chen: Visitor, nobody: Visitor, key: str, entrepot: Entrepot
) -> None:
    before = chen.get("/api/cloud/earnings").json()["earnings"]["share"]
    assert chen.post(f"/api/cloud/models/{published}/withdraw").status_code == 200
    eventually(lambda: not found_by(nobody, NAME))
    assert call(nobody, key).status_code == 404
    assert chen.get("/api/cloud/earnings").json()["earnings"]["share"] == before
    assert breaches(entrepot) == []


def test_the_same_by_the_pages(chen: Visitor, dana: Visitor, nobody: Visitor, tmp_path: Path) -> None:
    def post(visitor: Visitor, path: str, files: Any = None, **fields: str) -> Any:
        return visitor.client.post(path, data={"_csrf": visitor.refresh(), **fields}, files=files, headers=PAGE)

    said = {"name": "by-page", "licence": "MIT", "card": "Sent by a form."}
    refused = post(chen, "/cloud/publishing/new", [("files", ("model.pt", b"x"))], **said)
    assert refused.status_code == 400
    assert "pickle" in refused.text
    assert 'value="by-page"' in refused.text
    files = [
        ("files", ("t.safetensors", tiny.table(tmp_path).read_bytes())),
        ("files", ("tokenizer.json", tiny.tokenizer())),
    ]
    sent = post(chen, "/cloud/publishing/new", files, **said)
    assert sent.status_code == 303
    place = sent.headers["location"]
    model = place.rpartition("/")[2]
    assert "such as 25.00" in post(chen, f"{place}/prices", embedding_tokens="much").text
    post(chen, f"{place}/prices", embedding_tokens="0.015")
    assert "Submit" in chen.get(place, headers=PAGE).text
    post(chen, f"{place}/submit")
    assert "by-page@1" in dana.get("/operator/models", headers=PAGE).text
    assert post(dana, f"/operator/models/{model}/publish", share="a lot").status_code == 400
    assert post(dana, f"/operator/models/{model}/publish", share="62.5").status_code == 303
    assert "you earn 62.5 %" in chen.get(place, headers=PAGE).text
    assert "$0.015" in chen.get("/cloud/models/by-page", headers=PAGE).text
    assert chen.get("/merchant/money", headers=PAGE).status_code == 200
    post(dana, f"/operator/models/{model}/withdraw")
    assert chen.get("/cloud/models/by-page", headers=PAGE).status_code == 404
