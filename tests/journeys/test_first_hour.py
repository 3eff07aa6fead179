"""A merchant's first hour, in a browser: sign up, import, mend what was refused, change 500 prices, be found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cast import PASSWORD
from tests.journeys.market import set_up
from tests.journeys.server import Server, serving
from tests.processor import processor_s
from tests.waiting import WAIT_S, eventually
from tests.web.visitors import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GOODS, BROKEN = 510, 10
EDITED_S = 20
"""Five hundred prices change within seconds of a processor's time."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A market that was just opened."""
    with serving(tmp_path_factory.mktemp("home"), {}) as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A browser of somebody who was never here."""
    context = browser.new_context(base_url=server.address, viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(WAIT_S * 1_000)
    yield context.new_page()
    context.close()


def _feed(folder: Path) -> Path:
    """Five hundred goods, of which every fifty-first row has a price that is none."""
    lines = ["Handle,Title,Vendor,Variant Price,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Published"]
    for n in range(GOODS):
        price = "twelve" if n % (GOODS // BROKEN) == 0 else f"{10 + n}.50"
        lines.append(f"lantern-{n},Garden lantern {n},Fjell,{price},L-{n},shopify,5,TRUE")
    path = folder / "products_export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _settled(page: Page) -> None:
    """Until the page does not say any more that something is under way."""

    def over() -> bool:
        page.reload()
        return not page.locator("progress").count()

    eventually(over, lambda: page.inner_text("main"))


def _import(page: Page, feed: Path) -> dict[str, int]:
    """Upload a file in the console; returns what its page counts."""
    page.goto("/merchant/imports")
    page.set_input_files("#feed", str(feed))
    page.click("form[action='/merchant/imports'] .primary")
    page.wait_for_url(re.compile("/merchant/imports/imp_"))
    _settled(page)
    figures = page.locator(".figure").all_inner_texts()
    return {name.strip().lower(): int(number.replace(",", "")) for name, number in map(_two, figures)}


def _two(text: str) -> tuple[str, str]:
    name, number = [line for line in text.splitlines() if line.strip()][:2]
    return name, number


def _sign_up(page: Page, dana: Visitor) -> None:
    """An account, a shop, the operator's word, and the place that goods leave from."""
    page.goto("/sign-up")
    page.fill("[name=name]", "Nina")
    page.fill("[name=email]", "nina@example.com")
    page.fill("[name=password]", PASSWORD.reveal())
    page.click("main form .primary")
    page.goto("/sell")
    page.fill("[name=name]", "Nina's Lanterns")
    page.select_option("[name=country]", "DE")
    page.select_option("[name=currency]", "USD")
    page.click("main form .primary")
    page.wait_for_url("**/merchant")
    (waiting,) = dana.get("/api/operator/merchants?status=pending").json()["items"]
    assert dana.post(f"/api/operator/merchants/{waiting['id']}/approve", {"commission_bps": 800}).status_code == 200
    page.goto("/merchant/imports")
    page.locator("main .note.warn a").click()  # what is counted needs a place: said before, not after
    form = page.locator("form[action='/merchant/locations']")
    form.locator("[name=location_name]").fill("Workshop")
    for name, text in (("name", "Nina"), ("line1", "1 Quay Street"), ("postal_code", "20095"), ("city", "Hamburg")):
        form.locator(f"[name={name}]").fill(text)
    form.locator("[name=country]").select_option("DE")
    form.locator("button.primary").click()
    page.get_by_text("Workshop").first.wait_for()


def _found(page: Page, words: str) -> str:
    page.goto(f"/search?q={words.replace(' ', '+')}")
    return page.inner_text("main")


def test_a_merchants_first_hour(page: Page, server: Server, tmp_path: Path) -> None:
    _sign_up(page, set_up(server))

    counted = _import(page, _feed(tmp_path))
    assert (counted["new"], counted["refused"]) == (GOODS - BROKEN, BROKEN)
    assert page.locator("table tbody tr").count() == BROKEN, "each refused row is listed with its reason"
    with page.expect_download() as download:
        page.locator("a[href$='/refused']").click()
    refused = tmp_path / download.value.suggested_filename
    download.value.save_as(refused)
    refused.write_text(refused.read_text(encoding="utf-8").replace("twelve", "12.00"), encoding="utf-8")
    counted = _import(page, refused)
    assert (counted["new"], counted["refused"]) == (BROKEN, 0)

    page.goto("/merchant/listings?q=lantern")
    assert f"{GOODS} listings" in page.inner_text("#count")
    page.locator("button[name=all]").click()
    page.wait_for_url("**/merchant/edits/new*")
    page.select_option("[name=price_how]", "raise")
    page.fill("[name=price_value]", "10")
    page.select_option("[name=price_unit]", "percent")
    page.select_option("[name=price_ending]", "99")
    page.click("main form .primary")
    assert f"Change {GOODS} values" in page.inner_text("main")
    began_s = processor_s(server.process.pid)
    page.click("form[action='/merchant/edits'] .primary")
    page.wait_for_url(re.compile("/merchant/edits/blk_"))
    _settled(page)
    assert processor_s(server.process.pid) - began_s < EDITED_S
    assert page.locator(".figure", has_text=str(GOODS)).count() == 1

    eventually(lambda: "$121.99" in _found(page, "Garden lantern 101"))  # 111.50 and a tenth, ending on .99
    eventually(lambda: json.loads(page.request.get("/api/search?q=garden+lantern").text())["total"] == GOODS)
