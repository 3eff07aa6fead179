"""Prices of batches: a version has them beside its others, and what was used in a batch is rated by them for ever."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import cloud
from entrepot.cloud import builtin, pricing, rating
from entrepot.cloud.meters import METERS
from entrepot.identity import Scope
from entrepot.kernel import Database, Invalid, Tx
from tests.cloud.money import CHEN, CURRENCY, DANA, breaches, give, invoice, sell, use

USED = {"input_tokens": 1_000_003, "output_tokens": 11}


def test_a_batch_is_rated_by_its_own_prices_and_stands_on_a_line_of_its_own(database: Database) -> None:
    sell(database, batch_bps=5_000)
    give(database, 10**9, "g")
    alone = use(database, "req_1", USED)
    batch = use(database, "req_2", USED, tier="batch")
    assert alone == 150_000_450 + 6_600
    assert batch == 75_000_225 + 3_300
    found = invoice(database)
    lines = database.read_now(lambda s: cloud.lines_of(s, found.id))
    assert sorted((each.meter, each.tier, each.unit_nano) for each in lines) == [
        ("input_tokens", "batch", 75_000_000), ("input_tokens", "standard", 150_000_000),
        ("output_tokens", "batch", 300_000_000), ("output_tokens", "standard", 600_000_000),
    ]  # fmt: skip
    for each in lines:
        rows = database.read_now(lambda s, line=each.line: cloud.rows_of_line(s, CHEN, found.id, line))
        assert [row.request for row in rows] == ["req_2" if each.tier == "batch" else "req_1"]
    assert breaches(database) == []


def test_a_later_version_changes_nothing_of_a_batch_that_was_used_before(database: Database) -> None:
    sell(database, batch_bps=5_000)
    give(database, 10**9, "g")
    first = use(database, "req_1", USED, tier="batch")
    sell(database, batch_bps=10_000)
    assert use(database, "req_2", USED, tier="batch") > first
    again = database.read_now(lambda s: cloud.replay(s, "org_chen", 0, 2**62))
    assert again.differences == ()
    text = b"".join(cloud.export_usage(database, CHEN, cloud.ExportWish("csv", CURRENCY))).decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["tier"] for row in rows} == {"batch"}
    assert cloud.replay_export(text.splitlines()).differences == ()
    focus = b"".join(cloud.export_usage(database, CHEN, cloud.ExportWish("focus", CURRENCY))).decode()
    for row in csv.DictReader(focus.splitlines()):
        assert row["SkuId"].endswith("/batch")
        assert json.loads(row["SkuPriceDetails"]) == {"x_Tier": "batch"}


def test_whoever_sets_prices_and_says_nothing_of_batches_keeps_what_they_pay(database: Database) -> None:
    def publish(batch_bps: int | None) -> cloud.PriceBook:
        def act(tx: Tx) -> cloud.PriceBook:
            return pricing.publish_prices(tx, DANA, "own", {"input_tokens": 7}, batch_bps=batch_bps)

        return database.write_now(act)

    assert [publish(bps).batch_bps for bps in (None, 3_000, None)] == [5_000, 3_000, 3_000]
    with pytest.raises(Invalid):
        publish(10_001)
    versions = database.read_now(lambda s: cloud.list_price_books(s, "own"))
    assert [(each.version, each.tier) for each in versions] == [(3, "standard"), (2, "standard"), (1, "standard")]
    assert versions[0].batch_nano == {"input_tokens": 3}


def test_a_makers_batches_cost_the_same_until_the_maker_says_otherwise(database: Database) -> None:
    draft = cloud.ModelDraft("theirs", "embedding", "static", cloud.Licence("MIT"))
    able = cloud.Capabilities(context=10, dimensions=4)

    def act(tx: Tx) -> list[int]:
        model = cloud.add_model(tx, CHEN, draft, able)
        nano = {"embedding_tokens": 100}
        told = [cloud.set_prices(tx, CHEN, model.id, nano, batch_bps=bps).batch_bps for bps in (None, 4_000, None)]
        cloud.submit_model(tx, CHEN, model.id)
        cloud.publish_model(tx, DANA, model.id)
        return told

    assert database.write_now(act) == [10_000, 4_000, 4_000]
    now = database.read_now(lambda s: cloud.find_price_book(s, "theirs", s.now))
    assert now is not None
    assert (now.batch_bps, now.maker_bps) == (4_000, 7_000)  # a share that is agreed leaves batches as they are


def test_a_built_in_model_that_was_withdrawn_stays_so_and_ranks_at_a_price(database: Database) -> None:
    database.write_now(builtin.ensure_builtin)
    book = database.read_now(lambda s: cloud.find_price_book(s, cloud.MODEL, s.now))
    assert book is not None
    assert set(book.nano) == {"embedding_tokens", "rerank_tokens"}
    assert (min(book.nano.values()) > 0, book.batch_bps) == (True, 5_000)
    own = database.read_now(lambda s: cloud.find_live(s, cloud.MODEL))
    assert own is not None
    database.write_now(lambda tx: cloud.withdraw_model(tx, Scope.system(), own.id))
    database.write_now(builtin.ensure_builtin)
    assert database.read_now(lambda s: cloud.find_live(s, cloud.MODEL)) is None
    assert len(database.read_now(lambda s: cloud.list_price_books(s, cloud.MODEL))) == 1


@given(st.dictionaries(st.sampled_from(sorted(METERS)), st.integers(0, 10**15)), st.integers(0, 10_000))
def test_a_price_of_batches_is_its_share_rounded_up_once(nano: dict[str, int], bps: int) -> None:
    made = rating.batch_prices(nano, bps)
    assert made.keys() == nano.keys()
    for meter, price in made.items():
        assert 0 <= price * 10_000 - nano[meter] * bps < 10_000
