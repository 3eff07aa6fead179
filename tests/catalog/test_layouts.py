"""Catalogues in Parquet: the good rows come in, each broken one is named, a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot.kernel import Blobs
from tests.catalog.feeds import report, run
from tests.catalog.layouts import CATALOGUES, Catalogue, Written, write_catalogue, write_magento
from tests.catalog.shop import Shop

pytest.importorskip("pyarrow", reason="reading Parquet needs the extra: pip install 'entrepot[parquet]'")


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: each.format)
def test_good_rows_of_a_layout_come_in_and_each_broken_one_is_named(
    shop: Shop, blobs: Blobs, tmp_path: Path, catalogue: Catalogue
) -> None:
    check(shop, blobs, write_catalogue(tmp_path / "feed", catalogue), catalogue.format)


def test_good_products_of_magento_come_in_and_each_broken_one_is_named(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    check(shop, blobs, write_magento(tmp_path / "feed"), "magento-luma")


def check(shop: Shop, blobs: Blobs, written: Written, format: str) -> None:
    """Import it twice."""
    job = run(shop, blobs, written.folder)
    assert job.format == format
    lines = report(shop, job)
    found = {(each.line, each.field) for each in lines if each.refused}
    assert [each for each in written.expected if each not in found] == []
    named = {line for line, _ in written.expected}
    assert [each for each in lines if each.refused and each.line not in named] == []
    assert all(each.reason for each in lines)
    assert job.counts.created == written.good
    assert job.counts.refused == len(written.expected)
    again = run(shop, blobs, written.folder)
    assert (again.counts.created, again.counts.changed, again.counts.unchanged) == (0, 0, written.good)
