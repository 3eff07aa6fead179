"""Every format in its exporter's own habits: the good rows come in, each broken one is named, mended ones follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot.catalog.imports import gathering
from entrepot.kernel import Blobs
from tests.catalog.exporters import FEEDS, GOOD, Fixture, google_xml_feed, shopify_feed
from tests.catalog.feeds import bring, report
from tests.catalog.shop import Shop, state


def saved(folder: Path, fixture: Fixture) -> Path:
    path = folder / fixture.name
    path.write_bytes(fixture.content)
    return path


@pytest.mark.parametrize("format", list(FEEDS))
def test_good_rows_come_in_and_each_broken_one_is_named_by_line_field_and_reason(
    shop: Shop, blobs: Blobs, tmp_path: Path, format: str
) -> None:
    fixture = FEEDS[format]()
    path = saved(tmp_path, fixture)
    job = bring(shop, blobs, path)
    assert job.format == format
    assert job.counts.created == len(fixture.good) >= GOOD
    lines = report(shop, job)
    found = {(each.line, each.field) for each in lines if each.refused}
    assert [each for each in fixture.expected if each not in found] == []
    named = {line for line, _ in fixture.expected}
    assert [each for each in lines if each.refused and each.line not in named] == []
    assert all(each.reason for each in lines)
    assert job.counts.refused >= len(fixture.expected)
    again = bring(shop, blobs, path)
    assert (again.counts.created, again.counts.changed) == (0, 0)
    assert again.counts.unchanged == job.counts.created


@pytest.mark.parametrize(
    "fixture",
    [shopify_feed("\n", ";"), shopify_feed("\r\n", "\t"), shopify_feed("\n", "|", "utf-8-sig"),
     shopify_feed("\r\n", ",", "utf-16")],
    ids=["semicolons", "tabs", "bars", "utf-16"],
)  # fmt: skip
def test_ways_through_spreadsheets_bring_the_same(shop: Shop, blobs: Blobs, tmp_path: Path, fixture: Fixture) -> None:
    assert bring(shop, blobs, saved(tmp_path, shopify_feed())).counts.created == GOOD
    there = state(shop)
    again = bring(shop, blobs, saved(tmp_path, fixture))
    assert again.counts.unchanged == GOOD
    assert state(shop) == there


def test_atom_is_read_as_rss_is(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    fixture = google_xml_feed(atom=True)
    job = bring(shop, blobs, saved(tmp_path, fixture))
    assert (job.format, job.counts.created) == ("google-xml", GOOD)
    assert job.counts.refused == len(fixture.expected)


def scattered(path: Path, products: int) -> Path:
    """The first variant of every product, then the second of each, then the third."""
    rows = [
        f"{name}-{size}\tLamp {size}\t5 USD\thttps://x.example/{name}.jpg\tin_stock\t{name}\t{size}"
        for size in "SML"
        for name in (f"g{number}" for number in range(products))
    ]
    head = "id\ttitle\tprice\timage_link\tavailability\titem_group_id\tsize"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_variants_that_stand_apart_are_one_product(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = scattered(tmp_path / "g.tsv", 40)
    assert bring(shop, blobs, path).counts.created == 40
    assert [each.label for each in shop.product("g7").variants] == ["S", "M", "L"]
    assert bring(shop, blobs, path).counts.unchanged == 40


def test_variants_that_stand_too_far_apart_are_refused_and_not_halved(
    shop: Shop, blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "KEPT_BYTES_MAX", 1_000)
    job = bring(shop, blobs, scattered(tmp_path / "g.tsv", 40))
    assert job.counts.created + job.counts.refused == 40
    assert job.counts.refused > 20
    assert all("too far apart" in each.reason for each in report(shop, job))
