"""Buying in a browser: by keyboard alone, without script; what a page says while it is busy, or was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.cast import BRUNO
from tests.pages.conftest import Site
from tests.pages.market import BEN
from tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

TABS_MAX = 150
PRESS_TWICE = """async () => {
  const button = document.querySelector(".buy .primary");
  const look = () => ({ busy: button.getAttribute("aria-busy"), disabled: button.disabled });
  const before = look();
  button.click();
  await new Promise((done) => setTimeout(done, 10));
  const after = look();
  button.click();
  return [before, after];
}"""
GUEST = {
    "email": "guest@example.com",
    "name": "Gustav Gast",
    "line1": "2 Pier",
    "postal_code": "20457",
    "city": "Hamburg",
}


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what the selector names has the focus; it must then be seen to have it."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate("getFocusMark()"), f"{selector} does not show that it has the focus"
            return
    raise AssertionError(f"{TABS_MAX} tabs did not lead to {selector}")


FOCUS_MARK = """window.getFocusMark = () => {
  for (let at = document.activeElement; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) return true;
  }
  return false;
};"""


def test_the_keyboard_alone_leads_from_the_search_to_a_paid_order(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.add_init_script(FOCUS_MARK)
    page.goto("/")
    tab_to(page, "#q")
    page.keyboard.type("brass harbour")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    tab_to(page, ".card .title")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/brass-harbour-lamp*")
    tab_to(page, ".chip:not([aria-current])")
    page.keyboard.press("Enter")
    page.wait_for_url("**variant=*")
    tab_to(page, ".buy .primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart")
    tab_to(page, "a[href='/checkout']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout")
    for name, value in GUEST.items():
        tab_to(page, f"#f-{name}")
        page.keyboard.type(value)
    tab_to(page, "#f-country")
    page.keyboard.type("Germany")
    page.keyboard.press("Enter")
    tab_to(page, "form[action='/checkout/address'] .primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action='/checkout/place']")
    tab_to(page, "form[action='/checkout/place'] .primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*")
    page.get_by_text("Thank you!").wait_for()


def test_everything_can_be_bought_without_script(new_page: Callable[..., Page]) -> None:
    page = new_page(width=390, java_script_enabled=False)
    page.goto("/")
    page.fill("#q", "stoneware cup")
    page.press("#q", "Enter")
    page.click(".card .title")
    page.click(".buy .primary")
    page.fill("input[name=quantity]", "2")
    page.click("button:has-text('Update')")
    assert page.input_value("input[name=quantity][type=number]") == "2"
    page.click("a[href='/checkout']")
    for name, value in GUEST.items():
        page.fill(f"#f-{name}", value)
    page.select_option("#f-country", "DE")
    page.click("button:has-text('Go on')")
    page.click("form[action='/checkout/place'] .primary")
    page.wait_for_url("**/orders/*")

    def paid() -> bool:
        page.reload()
        return "Paid" in page.inner_text("#order")

    eventually(paid)


def test_filters_work_without_script_on_a_phone(new_page: Callable[..., Page]) -> None:
    page = new_page(width=390, java_script_enabled=False)
    page.goto("/search")
    panel = page.locator("#filters")
    assert not panel.is_visible()
    page.click("a[href='#filters']")
    assert panel.is_visible()
    page.click("#filters a:has-text('Home')")
    page.click("a[href='#filters']")
    page.locator("#filters summary", has_text="Colour").first.click()
    page.check("#filters input[value=black]")  # what the market calls the shop's "Ink"
    page.click("#filters .foot button")
    assert not panel.is_visible()
    assert "filter.category=home" in page.url
    assert page.locator(".card").count() == 1


def test_a_button_that_was_pressed_is_busy_until_the_answer(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page()
    page.goto(f"/p/{site.market.slugs['plate']}")
    posts: list[Route] = []  # held until both presses were seen: an answer in between would take the page away
    page.route("**/*", lambda route: posts.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_request(lambda request: request.method == "POST"):
        looks = page.evaluate(PRESS_TWICE)
    page.wait_for_timeout(100)
    assert looks == [{"busy": None, "disabled": False}, {"busy": "true", "disabled": True}]
    assert len(posts) == 1
    posts[0].continue_()
    page.wait_for_url("**/cart")
    assert len(posts) == 1
    assert page.input_value("input[name=quantity][type=number]") == "1"


def test_what_was_refused_stands_beside_the_form_with_what_was_typed(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/sign-in")
    page.fill("#f-email", "alice@example.com")
    page.fill("#f-password", "not the password")
    page.click("main .primary")
    page.get_by_role("alert").wait_for()
    assert page.input_value("#f-email") == "alice@example.com"


def test_an_address_that_does_not_fit_is_said_at_its_field(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page()
    page.goto(f"/p/{site.market.slugs['pot']}")
    page.click(".buy .primary")
    page.goto("/checkout")
    for name, value in {**GUEST, "city": " "}.items():
        page.fill(f"#f-{name}", value)
    page.select_option("#f-country", "DE")
    page.click("button:has-text('Go on')")
    page.get_by_role("alert").wait_for()
    assert page.get_attribute("#f-city", "aria-invalid") == "true"
    assert page.inner_text("#d-city")
    assert page.input_value("#f-line1") == GUEST["line1"]


def test_a_cart_says_what_has_changed_since(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page()
    page.goto(f"/p/{site.market.slugs['bulb-1']}")
    page.click(".buy .primary")
    merchant = new_page(BRUNO)
    merchant.goto("/merchant/listings?q=Lamp+bulb+number+1")
    merchant.get_by_role("link", name="Lamp bulb number 1").click()
    merchant.locator("input[name=price]").first.fill("4.44")
    merchant.get_by_role("button", name="Save").first.click()
    merchant.get_by_text("Saved.").wait_for()
    page.goto("/cart")
    assert "$4.44" in page.inner_text(".note.warn")


def test_a_card_that_is_declined_leads_back_to_the_cart(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page(BEN)
    page.goto(f"/p/{site.market.slugs['bulb-2']}")
    page.click(".buy .primary")
    page.goto("/checkout")
    if page.locator("button[name=saved]").count():
        page.locator("button[name=saved]").first.click()
    page.select_option("#method", "tok_decline")
    page.click("form[action='/checkout/place'] .primary")
    page.get_by_text("The payment failed.").wait_for()
    page.get_by_role("link", name="Try again").click()
    page.wait_for_url("**/checkout")


def test_the_gallery_follows_the_chosen_colour(new_page: Callable[..., Page], site: Site) -> None:
    page = new_page()
    page.goto(f"/p/{site.market.slugs['lamp']}")
    shown = []
    for colour in ("Brass", "Green", "Ink"):
        page.locator(f".swatch:has(img[alt='{colour}'])").click()
        page.wait_for_selector(f".swatch[aria-current] img[alt='{colour}']")
        shown.append(page.get_attribute("#picture-1 img", "src"))
    assert len(set(shown)) == 3
    assert "−" in page.inner_text(".badge.sale")


def test_a_chosen_theme_lasts(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/help")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[data-theme-toggle]")
    page.goto("/search")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
