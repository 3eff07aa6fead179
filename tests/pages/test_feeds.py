"""The pages of feeds: columns that are asked about, a report with rows to mend, exports; each fits and reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from entrepot import catalog
from entrepot.catalog import ColumnMapping
from entrepot.identity import Scope
from tests.cast import BRUNO
from tests.pages.conftest import HEIGHTS, Site, Visitors
from tests.waiting import eventually

SHEET = "货号;Name;Price EUR;Left;Color;A column with quite a long name of its own;图片\r\n" + "".join(
    f"{n};Kettle {n};{'free' if n % 3 == 1 else '12,50'};{n};Red;{'words ' * 30};https://x.example/{n}.jpg\r\n"
    for n in range(30)
)


@pytest.fixture(scope="module")
def imports(site: Site) -> dict[str, str]:
    """The addresses of an import that asks, and of one that is over and has rows to mend."""
    entrepot = site.market.entrepot
    database, blobs = entrepot.database, entrepot.blobs
    known = database.read_now(lambda s: catalog.get_import(s, Scope.system(), site.market.import_id))
    seller, scope = known.merchant_id, Scope("usr_bruno", known.merchant_id, frozenset({"merchant"}))
    sha256 = catalog.feeds_in(blobs).put(SHEET.encode())
    feed = catalog.uploaded_feed(blobs, sha256, "stock of the workshop.csv")
    asks = database.write_now(lambda tx: catalog.start_import(tx, scope, seller, feed))
    said = ("external_id", "title", "price", "quantity", "attribute", "", "picture")
    mapping = ColumnMapping(feed.header, dict(zip(feed.header, said, strict=True)))
    ended = database.write_now(lambda tx: catalog.start_import(tx, scope, seller, feed, dry_run=True, mapping=mapping))
    eventually(lambda: database.read_now(lambda s: catalog.get_import(s, scope, ended.id)).state == "done")
    return {
        "columns": f"/merchant/imports/{asks.id}",
        "report": f"/merchant/imports/{ended.id}",
        "imports": "/merchant/imports",
        "exports": "/merchant/exports",
    }


@pytest.mark.parametrize("width", HEIGHTS)
@pytest.mark.parametrize("name", ["columns", "report", "imports", "exports"])
def test_a_page_of_feeds_fits_reads_and_answers(
    name: str, width: int, site: Site, visitors: Visitors, imports: dict[str, str]
) -> None:
    page, complaints = visitors.look(BRUNO, width)
    page.emulate_media(color_scheme="light")
    answer = page.goto(site.address + imports[name], wait_until="load")
    assert answer is not None
    assert answer.status == 200
    if folder := os.environ.get("ENTREPOT_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
    assert page.evaluate("audit.width()") == []
    assert page.evaluate("audit.all()") == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("audit.contrast()") == []
    assert complaints == []
