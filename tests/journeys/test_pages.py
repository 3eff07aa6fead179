"""The purchase as people make it in a browser without script: a guest buys, two merchants send, the guest confirms."""

import email
import re
from email.policy import default
from urllib.parse import urlsplit

from entrepot.kernel import format_money
from tests.cast import ALICE, BRUNO, PASSWORD, Person
from tests.journeys.browser import Browser
from tests.journeys.market import BEA, DELIVERY_MINOR, Market
from tests.waiting import eventually
from tests.web.visitors import ADDRESS


def test_a_guest_buys_of_two_merchants_and_follows_the_mailed_link_to_the_end(market: Market) -> None:
    guest = Browser(market.server.address)
    for thing in ("brass reading lamp", "stoneware cup"):
        market.find(thing)  # the index has it
    guest.open("/")
    guest.send("/search", q="reading lamp")
    guest.click("Brass reading lamp")
    guest.click("White")
    guest.send("/cart/lines", quantity="2")
    guest.open("/search", params={"q": "stoneware cup"})
    guest.click("Stoneware cup")
    guest.send("/cart/lines")
    guest.open("/checkout")
    guest.send("/checkout/address", email="guest@example.com", **ADDRESS)
    total = 2 * 5_499 + 1_201 + 2 * DELIVERY_MINOR
    assert format_money(total, "USD") in guest.page.text
    guest.send("/checkout/place")
    placed = urlsplit(guest.page.url)
    order_path = placed.path
    assert order_path.startswith("/orders/ord_")

    for person in (BRUNO, BEA):
        send_the_parcel(market, person)
    elsewhere = Browser(market.server.address)
    elsewhere.open(mailed_link(market, "guest@example.com"))
    assert urlsplit(elsewhere.page.url).path == order_path
    for _ in range(2):
        eventually(lambda: elsewhere.open(elsewhere.page.url) and _can_confirm(elsewhere, order_path))
        elsewhere.send(f"{order_path}/confirm")
    assert not _can_confirm(elsewhere, order_path)
    pay_out(market)


def test_somebody_signs_up_on_the_way_and_finds_their_order(market: Market) -> None:
    browser = Browser(market.server.address)
    market.find("bulb")
    browser.open("/search", params={"q": "light bulb"})
    browser.click("Warm light bulb")
    browser.send("/cart/lines", quantity="3")
    browser.open("/sign-up")
    who = Person(ALICE.name, "newcomer@example.com")
    browser.send("/sign-up", email=who.email, name=who.name, password=PASSWORD.reveal())
    browser.open("/checkout")  # the guest's cart came along
    browser.send("/checkout/address", **ADDRESS)
    browser.send("/checkout/place", method="tok_decline")
    eventually(lambda: "declined" in browser.open(browser.page.url).text)
    browser.open("/checkout")
    browser.send("/checkout/place")
    browser.open("/orders")
    assert len({href for href, _ in browser.page.links if href.startswith("/orders/ord_")}) == 2


def send_the_parcel(market: Market, person: Person) -> None:
    """A merchant signs in, sees the order to send, and sends it by the carrier that needs nobody."""
    merchant = sign_in(market, person)

    def to_send() -> str | None:
        links = merchant.open("/merchant/orders?status=paid").links
        return next((href for href, _ in links if "/merchant/orders/sor_" in href), None)

    merchant.open(eventually(to_send) or "")
    action = next(form.action for form in merchant.page.forms if form.action.endswith("/ship"))
    merchant.send(action, carrier="sandbox")


def pay_out(market: Market) -> None:
    """Dana starts the payouts; Bruno reads his statement."""
    dana = Browser(market.server.address)
    dana.open("/operator")
    assert "/sign-in" in dana.page.url
    assert market.dana.post("/api/operator/payouts").status_code == 200
    paid = eventually(lambda: [p for p in market.bruno.get("/api/merchant/payouts").json()["items"] if p["paid_at"]])
    bruno = sign_in(market, BRUNO)
    bruno.open(f"/merchant/statements/{paid[0]['id']}")
    assert format_money(paid[0]["amount_minor"], "USD") in bruno.page.text


def sign_in(market: Market, person: Person) -> Browser:
    """By the form."""
    browser = Browser(market.server.address)
    browser.open("/sign-in")
    browser.send("/sign-in", email=person.email, password=PASSWORD.reveal())
    return browser


def mailed_link(market: Market, address: str) -> str:
    """The path of the order's link in the newest letter to somebody."""

    def look() -> str | None:
        for path in sorted((market.server.home / "mail").glob("*.eml"), reverse=True):
            letter = email.message_from_bytes(path.read_bytes(), policy=default)
            body = letter.get_body(("plain",))
            found = re.search(r"https?://[^/\s]+(/orders/\S+)", body.get_content() if body else "")
            if letter["To"] == address and found:
                return found[1]
        return None

    return str(eventually(look))


def _can_confirm(browser: Browser, order_path: str) -> bool:
    return any(form.action == f"{order_path}/confirm" for form in browser.page.forms)
