"""Rights that reach too far: a link used for another order, a token made from a cookie, a click of the demo's cast."""

import io
from collections.abc import Callable

import httpx
import pytest
from PIL import Image

from entrepot import catalog, identity, orders
from entrepot.app import Entrepot
from entrepot.kernel import Secret, write_fact
from entrepot.web.demo import CAST
from tests.cast import BRUNO
from tests.orders.market import CUP, PLATE, Market
from tests.web.visitors import PAGE, Visitor


def part_of(order: dict[str, object]) -> str:
    """The id of an order's only part."""
    return str(order["sellers"][0]["id"])  # type: ignore[index]


@pytest.mark.parametrize("act", ["cancel", "confirm"])
def test_a_link_opens_its_own_order_and_no_other_of_the_same_guest(
    visit: Callable[[], Visitor], entrepot: Entrepot, market: Market, act: str
) -> None:
    guest, friend = visit(), visit()
    shared, private = guest.buy(market.offers[CUP]), guest.buy(market.offers[PLATE])
    token = orders.sign_order(entrepot.secret_key, str(shared["id"]))
    answer = friend.form(
        f"/orders/{shared['id']}/{act}", token=token, seller_order_id=part_of(private), reason="Not mine"
    )
    assert answer.status_code == 404
    assert guest.get(f"/api/orders/{private['id']}").json()["sellers"][0]["status"] == "paid"


def test_a_cookie_makes_no_token_of_another_session(visit: Callable[[], Visitor], entrepot: Entrepot) -> None:
    bruno, thief = visit().sign_in(BRUNO), visit()
    cookie = bruno.client.cookies["entrepot"]
    session = entrepot.database.read_now(lambda s: identity.find_session(s, Secret(cookie)))
    assert session is not None
    thief.client.cookies.set("entrepot-csrf", session.id)
    made = thief.refresh()
    answer = bruno.client.delete("/api/session", headers={"x-csrf-token": made})
    assert answer.status_code == 403


def test_signing_in_again_ends_the_session_before(visit: Callable[[], Visitor]) -> None:
    browser, kept = visit().sign_in(BRUNO), visit()
    kept.client.cookies.set("entrepot", browser.client.cookies["entrepot"])
    browser.sign_in(BRUNO)
    assert browser.get("/api/session").json()["person"] is not None
    assert kept.get("/api/session").json()["person"] is None


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"])
def test_the_cast_does_not_sign_in_through_a_proxy(
    visit: Callable[[], Visitor], entrepot: Entrepot, header: str
) -> None:
    user_id = entrepot.database.read_now(lambda s: identity.find_credentials(s, BRUNO.email)).user_id  # type: ignore[union-attr]
    player = {"name": "Bruno", "user_id": user_id, "organisation": None, "start": "/merchant"}
    entrepot.database.write_now(lambda tx: write_fact(tx, CAST, [player]))
    near = visit()
    near.client.base_url = httpx.URL("http://127.0.0.1:8000")
    assert "Bruno" in near.get("/sign-in", headers=PAGE).text
    assert "Bruno" not in near.get("/sign-in", headers={**PAGE, header: "203.0.113.9"}).text
    data = {"_csrf": near.refresh(), "demo": "Bruno"}
    near.client.post("/sign-in", data=data, headers={**PAGE, header: "203.0.113.9"})
    assert near.get("/api/session").json()["person"] is None


def test_nobody_sends_a_body_to_a_page_of_members(nobody: Visitor) -> None:
    """Refused before it is read: else anybody could have the server hold 100 MB."""
    headers = {"content-type": "multipart/form-data; boundary=x", "x-csrf-token": nobody.refresh()}
    answer = nobody.client.post("/merchant/imports", content=b"not even a form", headers=headers)
    assert answer.status_code == 401


def test_what_everybody_may_keep_carries_nobodys_cookies(nobody: Visitor, entrepot: Entrepot) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (200, 30, 30)).save(file, "PNG")
    picture = catalog.store_picture(entrepot.blobs, file.getvalue()).sha256
    nobody.client.cookies.set("entrepot", "stale")
    answer = nobody.get(f"/m/{picture}/160.webp?lang=zh")
    assert "public" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
