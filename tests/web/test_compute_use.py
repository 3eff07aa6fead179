"""The shop is a tenant: what it pays is on the operator's page and equals the rows; customers see their own use."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from entrepot import cloud, ledger
from entrepot.app import Entrepot
from entrepot.cloud import accounts, admission, embedding, settling
from entrepot.discovery.warming import SAMPLE
from entrepot.identity import Scope
from entrepot.web.pages.cloud.usage import draw_bars
from entrepot.web.texts import has_text
from tests.cast import CHEN
from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import Visitor

SYSTEM = Scope.system()


@pytest.fixture(scope="module")
def chen(visit: Callable[[], Visitor], entrepot: Entrepot, market: Market) -> Visitor:
    """Signed in to buy compute, with credit."""
    plan = cloud.credit_plan(str(market.cast.chen.organisation), "USD9", 25 * 10**9, "top_1")
    entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    return visit().sign_in(CHEN)


Call = Callable[..., str]


@pytest.fixture(scope="module")
def call(chen: Visitor, visit: Callable[[], Visitor]) -> Call:
    """Calls the model with a new key of Chen's; returns the key's id."""
    program = visit()

    def act(text: str = "a red sofa", name: str = "use") -> str:
        secret = re.search(r"ent_[\w-]+", chen.form("/cloud/keys", name=name).text)
        assert secret is not None
        asked = {"model": cloud.MODEL, "input": text}
        answer = program.client.post("/v1/embeddings", json=asked, headers={"authorization": f"Bearer {secret[0]}"})
        assert answer.status_code == 200
        [key, *_] = [each["id"] for each in chen.get("/api/keys").json()["keys"] if each["name"] == name]
        return str(key)

    return act


def rows_of(entrepot: Entrepot, surface: str | None = None) -> list[cloud.Usage]:
    entrepot.meter.flush()
    rows = entrepot.database.read_now(lambda s: cloud.list_usage(s, SYSTEM, 0, 10_000))
    return [row for row in rows if row.organisation == cloud.SHOP and surface in (None, row.surface)]


def test_every_vector_of_the_shop_is_a_row_of_usage(
    entrepot: Entrepot, dana: Visitor, nobody: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the encoder was asked for is metered: the tokens it counted are the tokens that were billed."""
    tokens: list[int] = []
    plain = embedding.StaticModel.embed

    def counted(self: embedding.StaticModel, texts: Any) -> Any:
        vectors, used = plain(self, texts)
        if list(texts) not in (["ready"], [SAMPLE]):  # the model is loaded and warmed beforehand, for nobody
            tokens.append(used)
        return vectors, used

    eventually(lambda: sum(row.items for row in rows_of(entrepot, "indexing")) >= 4)  # what stands in the market
    monkeypatch.setattr(embedding.StaticModel, "embed", counted)
    before = sum(row.quantity for row in rows_of(entrepot))
    for q in ("a red lamp for the table", "cups nobody asked for before", "a red lamp for the table"):
        assert nobody.client.get("/api/search", params={"q": q}).status_code == 200
    assert entrepot.reindex() > 0
    rows = rows_of(entrepot)
    assert sum(row.quantity for row in rows) - before == sum(tokens) > 0
    assert {"search", "reindex"} <= {row.surface for row in rows}


def test_whatever_compute_is_used_for_has_a_name(entrepot: Entrepot) -> None:
    named = {"api", "batch", "search", "indexing", "import", "reindex", "instead", "image", "training", "crash"}
    used = named | {row.surface for row in rows_of(entrepot)}
    assert [each for each in sorted(used) if not has_text(f"compute.surface.{each}")] == []


def test_a_search_is_paid_for_by_its_own_request(entrepot: Entrepot, nobody: Visitor) -> None:
    answer = nobody.client.get("/api/search", params={"q": "an unheard of teapot"}).json()
    [row] = [row for row in rows_of(entrepot, "search") if row.ref == answer["request_id"]]
    assert row.price == row.quantity * 10 > 0, "a hundredth of the currency for a million tokens"
    assert row.items == 1


def test_an_import_pays_for_the_listings_it_brought(entrepot: Entrepot, bruno: Visitor) -> None:
    price = [{"price_minor": 900, "currency": "USD", "quantity": 3}]
    lines = [json.dumps({"external_id": f"j{n}", "title": f"Teapot {n}", "variants": price}) for n in range(5)]
    headers = {"x-csrf-token": bruno.refresh()}
    files = {"feed": ("pots.jsonl", "\n".join(lines).encode())}
    job = bruno.client.post("/api/merchant/imports", files=files, headers=headers).json()

    def paid() -> list[cloud.Usage]:
        return [row for row in rows_of(entrepot, "import") if row.ref == job["id"]]

    eventually(lambda: sum(row.items for row in paid()) == 5)
    assert sum(row.price for row in paid()) > 0


def test_cost_per_search_and_per_listing_on_the_operators_page_equal_the_rows(
    entrepot: Entrepot, dana: Visitor, nobody: Visitor
) -> None:
    for q in ("a lamp", "a lamp", "a brass lamp", "cups for tea"):
        nobody.client.get("/api/search", params={"q": q})

    def look() -> tuple[list[cloud.Usage], Any] | None:
        """Page and rows of the same moment: whatever warms up meanwhile is metered too."""
        rows, seen = rows_of(entrepot), dana.get("/api/operator/compute?days=1").json()
        return (rows, seen) if rows_of(entrepot) == rows else None

    rows, seen = eventually(look) or ([], None)
    assert seen["shop_price"] == sum(row.price for row in rows) > 0
    for line in seen["surfaces"]:
        mine = [row for row in rows if row.surface == line["surface"]]
        assert line["price"] == sum(row.price for row in mine)
        assert line["items"] == sum(row.items for row in mine)
        assert line["requests"] == len({row.request for row in mine})
        all_items = max(line["items"] + line["spared"], 1)
        assert abs(Decimal(line["each"]) - Decimal(line["price"]) / all_items) <= Decimal("0.0005")
    search = next(line for line in seen["surfaces"] if line["surface"] == "search")
    assert search["spared"] >= 1
    earned = entrepot.database.read_now(lambda s: ledger.balance_of(s, accounts.earned("USD9")))
    assert earned.balance >= seen["shop_price"]
    page = dana.get("/operator/compute?days=1").text
    assert "What the shop pays, by surface" in page
    assert f"{search['items']:,}" in page


def test_the_operator_sees_capacity_shares_and_reserves(entrepot: Entrepot, dana: Visitor, call: Call) -> None:
    call()
    seen = dana.get("/api/operator/compute").json()
    [model] = [each for each in seen["capacity"]["models"] if each["model"] == cloud.MODEL]
    assert model["running"] == model["waiting"] == 0
    [tenant] = model["tenants"]
    assert (tenant["share"], tenant["calls"]) == (1.0, 1)
    assert seen["capacity"]["memory_mib_max"] == 2_048
    assert seen["reserves"] == {"open": 0, "held": 0, "stuck": []}
    assert [each["holder"] for each in seen["standing"]]
    page = dana.get("/operator/compute").text
    assert "Nothing is stuck" in page
    assert cloud.MODEL in page


def test_what_was_left_is_closed_when_the_operator_asks(entrepot: Entrepot, dana: Visitor, call: Call) -> None:
    call()
    organisation = entrepot.database.read_now(rows_of_all)[0].organisation
    ask = admission.Ask("req_left", organisation, "key_x", cloud.MODEL, {"embedding_tokens": 50}, "api")
    gone = f"{entrepot.name.split('/')[0]}/999999999/dead"
    entrepot.database.write_now(lambda tx: admission.admit(tx, ask, "USD9", gone, cloud.Limits()))
    seen = dana.get("/api/operator/compute").json()["reserves"]
    assert [each["request"] for each in seen["stuck"]] == ["req_left"]
    assert "Close what was left" in dana.get("/operator/compute").text
    assert dana.form("/operator/compute/reconcile").status_code == 303
    assert "is being closed" in dana.get("/operator/compute").text
    eventually(lambda: entrepot.database.read_now(settling.list_open_requests) == [])


def rows_of_all(snapshot: Any) -> list[cloud.Usage]:
    return [row for row in cloud.list_usage(snapshot, SYSTEM, 0) if row.organisation != cloud.SHOP]


def test_reconciling_may_be_asked_for_through_the_api(dana: Visitor, bruno: Visitor) -> None:
    assert dana.post("/api/operator/compute/reconcile").json() == {"done": True}
    assert bruno.post("/api/operator/compute/reconcile").status_code in (403, 404)


def test_the_cloud_is_measured(entrepot: Entrepot, dana: Visitor, nobody: Visitor, call: Call) -> None:
    call()
    told = nobody.get("/metrics").text
    calls = re.search(r'entrepot_compute_calls_total\{model="([^"]+)",outcome="exact"\} (\d+)', told)
    assert calls is not None
    assert (calls[1], int(calls[2]) >= 1) == (cloud.MODEL, True)
    for name in (
        "used_total", "spend_nano_total", "queue_wait_seconds_bucket", "queue_wait_seconds_count", "running",
        "waiting", "memory_bytes", "reserves_open", "reserves_nano", "usage_unwritten",
    ):  # fmt: skip
        assert f"\nentrepot_compute_{name}" in told, name
    assert "entrepot_compute_engine_restarts_total" in told


@pytest.mark.parametrize("days", ["0", "367", "many", "9" * 500])
def test_a_time_that_is_none_is_refused_by_programs_and_passed_over_by_pages(days: str, dana: Visitor) -> None:
    for path in ("/api/operator/compute", "/api/cloud/usage"):
        assert dana.get(path, params={"days": days}).status_code == 400
    for path in ("/operator/compute", "/cloud/usage"):
        assert dana.get(path, params={"days": days}).status_code == 200


@pytest.mark.parametrize("path", ["/operator/compute", "/api/operator/compute"])
def test_nobody_else_sees_it(path: str, chen: Visitor, bruno: Visitor, nobody: Visitor) -> None:
    assert {who.get(path).status_code for who in (chen, bruno)} <= {403, 404}
    assert nobody.get(path).status_code in (303, 401, 403, 404)


def test_a_customer_sees_their_own_use_as_it_is_billed(
    entrepot: Entrepot, chen: Visitor, bruno: Visitor, call: Call
) -> None:
    first, second = call(name="first"), call("three words more", name="second")
    seen = chen.get("/api/cloud/usage?days=7").json()
    mine = entrepot.database.read_now(rows_of_all)
    assert seen["price"] == sum(row.price for row in mine) > 0
    assert seen["requests"] == len(mine)
    assert seen["under_way"] == {"calls": 0, "held": 0}
    one = chen.get(f"/api/cloud/usage?days=7&key={second}").json()
    assert [cell["caller"] for cell in one["cells"]] == [second]
    assert bruno.get("/api/cloud/usage").json()["cells"] == []
    page = chen.get(f"/cloud/usage?days=7&key={first}").text
    assert "first" in page
    assert page.count('<rect class="ground"') == 7, "a bar a day"
    assert 'rect class="tone-1"' in page
    assert f'<option value="{first}" selected>first</option>' in page
    assert "Nothing was used" in bruno.get("/cloud/usage").text


def test_the_file_to_keep_adds_up_to_the_bill(entrepot: Entrepot, chen: Visitor, call: Call) -> None:
    call(name="=cmd()")
    answer = chen.get("/cloud/usage.csv?days=30")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    mine = entrepot.database.read_now(rows_of_all)
    assert sum(int(line["cost_nano"]) for line in lines) == sum(row.price for row in mine)
    assert sum(Decimal(line["cost"]) for line in lines) * 10**9 == sum(row.price for row in mine)
    assert {line["currency"] for line in lines} == {"USD"}
    assert "'=cmd()" in {line["key_name"] for line in lines}, "no spreadsheet takes a name for a formula"


def test_bars_show_parts_of_a_whole() -> None:
    cells = [
        cloud.UsageCell(0, "a", "", "api", 1, 0, 0, 1, 30),
        cloud.UsageCell(0, "b", "", "api", 1, 0, 0, 1, 70),
        cloud.UsageCell(1, "b", "", "api", 1, 0, 0, 1, 50),
    ]
    bars = draw_bars([0, 1, 2], cells, {"b": 1, "a": 2})
    assert [[(part.tone, part.y, part.height) for part in bar.parts] for bar in bars] == [
        [(1, 30.0, 70.0), (2, 0.0, 30.0)],
        [(1, 50.0, 50.0)],
        [],
    ]
    free = [cloud.UsageCell(0, "a", "", "api", 4, 0, 0, 1, 0)]
    assert [part.height for part in draw_bars([0], free, {"a": 1})[0].parts] == [100.0], "calls, where nothing was paid"
