"""A purchase from both sides, in the browser alone: found, bought from two merchants, sent, confirmed, paid out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.cast import ALICE, BRUNO, DANA
from tests.pages.conftest import Site
from tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page


def amount(text: str) -> int:
    """Minor units of what a page says."""
    found = re.search(r"\$([\d,]+)\.(\d\d)", text)
    assert found, text
    return int(found[1].replace(",", "")) * 100 + int(found[2])


def put_in_cart(page: Page, words: str, title: str) -> None:
    """Search, open the product, and take it."""
    page.fill("#q", words)
    page.press("#q", "Enter")
    page.wait_for_url("**/search?q=*")
    page.get_by_role("link", name=title).first.click()
    page.wait_for_url("**/p/*")


def buy(page: Page) -> None:
    """A lamp of a chosen colour and size, and a pot of another merchant, paid for together."""
    page.goto("/")
    put_in_cart(page, "harbour lamp", "Brass harbour lamp")
    page.locator(".swatch:has(img[alt=Green])").click()
    page.wait_for_selector(".swatch[aria-current] img[alt=Green]")
    page.get_by_role("link", name="Large").click()
    page.wait_for_selector(".chip[aria-current]:has-text('Large')")
    page.click(".buy .primary")
    page.wait_for_url("**/cart")
    put_in_cart(page, "teapot", "Stoneware teapot")
    page.click(".buy .primary")
    page.wait_for_url("**/cart")
    assert page.locator("section.box").count() == 2
    assert "Green / Large" in page.inner_text("main")
    page.get_by_role("link", name="Go to checkout").click()
    page.locator("button[name=saved]").first.click()
    page.click("form[action='/checkout/place'] .primary")
    page.wait_for_url("**/orders/*")
    page.get_by_text("Thank you!").wait_for()


def test_a_purchase_reaches_its_owner_and_the_money_its_merchant(new_page: Callable[..., Page], site: Site) -> None:
    alice, bruno = new_page(ALICE), new_page(BRUNO)
    bruno.goto("/merchant/money")
    before = bruno.locator("table tbody tr").count()
    buy(alice)
    part = alice.get_by_role("region", name="Bruno's Lamps")
    assert "Harbour holds" in part.inner_text()

    bruno.goto("/merchant/orders?status=paid")
    bruno.locator("tbody a").first.click()
    assert "Green / Large" in bruno.inner_text("main")
    mine = amount(bruno.locator("dd.sum").first.inner_text())
    bruno.select_option("#f-carrier", "own")
    bruno.fill("#f-tracking_no", "HB-2026-77")
    bruno.get_by_role("button", name="It is on its way").click()
    bruno.get_by_text("The parcel is booked").wait_for()
    for code in ("handed_over", "out_for_delivery", "delivered"):
        bruno.select_option("select[name=code]", code)
        with bruno.expect_navigation():
            bruno.locator("section:has(select[name=code]) .button").click()

    alice.reload()
    assert "HB-2026-77" in part.inner_text()
    assert "In the van" in part.inner_text()
    part.get_by_role("button", name="I have it").click()
    alice.get_by_text("the shop is being paid").wait_for()
    assert "has been paid" in part.inner_text()
    other = alice.get_by_role("region", name="Bea's Cups")
    assert "Harbour holds" in other.inner_text()

    bruno.goto("/merchant/money")  # this day's payout was sent already, so the next would leave tomorrow
    bruno.get_by_role("button", name="Send it now").click()
    bruno.get_by_text("It is being sent").wait_for()
    rows = bruno.locator("table tbody tr")

    def paid() -> bool:
        bruno.goto("/merchant/money")
        return rows.count() > before and "Paid" in rows.first.inner_text()

    eventually(paid)
    assert amount(rows.first.inner_text()) == mine
    rows.first.get_by_role("link").click()
    assert amount(bruno.locator("tfoot").inner_text()) == mine

    dana = new_page(DANA)
    dana.goto("/operator/verify")
    dana.get_by_role("button", name="Run every proof").click()
    dana.get_by_text("No proof is broken").wait_for()
