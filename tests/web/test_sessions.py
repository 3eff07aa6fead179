"""Accounts and sessions over HTTP: begun when needed, thrown away when stale, never in a log."""

from collections.abc import Callable
from pathlib import Path

import pytest

from entrepot.app import Entrepot
from tests.cast import ALICE, PASSWORD
from tests.orders.market import CUP, Market
from tests.web.conftest import answering, opened, visited
from tests.web.visitors import PAGE, Visitor

NEW = {"email": "eve@example.com", "password": "a very long password", "name": "Eve"}


def sessions(entrepot: Entrepot) -> int:
    """How many sessions are stored."""
    from sqlalchemy import func, select

    from entrepot.identity import tables
    from entrepot.kernel import prepare

    count = prepare(select(func.count().label("n")).select_from(tables.sessions))
    return int(entrepot.database.read_now(lambda s: s.value(count)))


def test_reading_pages_leaves_no_session_behind(nobody: Visitor, entrepot: Entrepot, market: Market) -> None:
    before = sessions(entrepot)
    for path in ("/", "/search?q=lamp", "/cart", "/api/cart", "/api/search?q=lamp"):
        answer = nobody.get(path, headers=PAGE)
        assert answer.status_code == 200, answer.text
        assert "entrepot=" not in answer.headers.get("set-cookie", "")
    assert sessions(entrepot) == before
    nobody.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 1})
    assert sessions(entrepot) == before + 1


def test_an_account_is_opened_used_and_left(nobody: Visitor) -> None:
    assert nobody.post("/api/accounts", NEW).json() == {"confirm": False}
    assert nobody.get("/api/session").json()["person"]["email"] == NEW["email"]
    kept = dict(nobody.client.cookies)
    assert nobody.change("DELETE", "/api/session").status_code == 200
    assert nobody.get("/api/session").json()["person"] is None
    nobody.client.cookies.update(kept)
    assert nobody.get("/api/session").json()["person"] is None, "the token still opened the session"


def test_signing_in_begins_another_session(visit: Callable[[], Visitor], market: Market) -> None:
    guest = visit()
    guest.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 3})
    planted = guest.client.cookies["entrepot"]
    guest.sign_in(ALICE)
    assert guest.client.cookies["entrepot"] != planted
    assert guest.get("/api/cart").json()["quantity"] >= 3, "the guest's cart came along"


def test_guessing_passwords_is_slowed_down(visit: Callable[[], Visitor]) -> None:
    guesser = visit()
    wrong = {"email": "nobody@example.com", "password": "wrong"}
    answers = [guesser.client.post("/api/session", json=wrong) for _ in range(30)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_stale_cookie_is_thrown_away(nobody: Visitor) -> None:
    nobody.client.cookies["entrepot"] = "stale"
    answer = nobody.get("/api/session")
    assert answer.json()["person"] is None
    assert "entrepot=; " in answer.headers["set-cookie"]


def test_a_cookie_of_any_bytes_is_no_failure(nobody: Visitor) -> None:
    for value in ("\u0000", "é", "%00", "a" * 4_000, '"'):
        answer = nobody.get("/api/session", headers={"cookie": f"entrepot={value}".encode()})
        assert answer.status_code == 200


def test_the_language_is_the_addresss_then_the_choice_then_the_browsers(nobody: Visitor) -> None:
    def language(**options: dict[str, str]) -> str:
        text = nobody.get("/", **options).text
        return "zh" if 'lang="zh"' in text.split(">", 2)[1] else "en"

    chinese = {**PAGE, "accept-language": "de, zh-CN;q=0.9, en;q=0.5"}
    assert language(headers=PAGE) == "en"
    assert language(headers=chinese) == "zh"
    assert language(headers=chinese, params={"lang": "en"}) == "en"
    assert language(headers=chinese) == "en", "the choice is kept"
    assert language(headers=PAGE, params={"lang": "zh"}) == "zh"
    assert language(headers=PAGE, params={"lang": "xx"}) == "zh"


def test_the_language_goes_with_the_session(alice: Visitor) -> None:
    alice.change("PATCH", "/api/session", {"language": "zh"})
    assert alice.get("/api/session").json()["language"] == "zh"
    alice.change("PATCH", "/api/session", {"language": "en"})


def test_a_language_that_is_chosen_by_the_link_stays_chosen_for_whoever_is_signed_in(alice: Visitor) -> None:
    def shown(path: str) -> str:
        return alice.get(path, headers=PAGE).text.split(">", 2)[1].partition('lang="')[2][:2]

    assert (shown("/orders"), shown("/orders?lang=zh"), shown("/cart"), shown("/")) == ("en", "zh", "zh", "zh")
    assert alice.get("/api/session").json()["language"] == "zh"
    assert (shown("/?lang=xx"), shown("/?lang=en"), shown("/cart")) == ("zh", "en", "en")


def test_a_forgotten_password_is_the_same_for_known_and_unknown(nobody: Visitor) -> None:
    answers = [
        nobody.client.post("/api/password/forgotten", json={"email": email})
        for email in (ALICE.email, "unknown@example.com")
    ]
    assert [(each.status_code, each.json()) for each in answers] == [(202, {"done": True})] * 2


def test_where_addresses_are_confirmed_an_account_cannot_be_told_from_a_taken_one(tmp_path: Path) -> None:
    with (
        opened(tmp_path, ENTREPOT_IDENTITY__CONFIRM_EMAIL="true") as entrepot,
        answering(entrepot) as app,
        visited(app) as make,
    ):
        answers = [make().post("/api/accounts", NEW) for _ in range(2)]
        assert [(each.status_code, each.json()) for each in answers] == [(201, {"confirm": True})] * 2


def test_no_secret_reaches_the_log(
    visit: Callable[[], Visitor], market: Market, capfd: pytest.CaptureFixture[str]
) -> None:
    visitor = visit().sign_in(ALICE)
    visitor.post("/api/session", {"email": ALICE.email, "password": "hunter2-in-the-log"})
    visitor.get("/orders?token=hunter3-in-the-log", headers=PAGE)
    visitor.get("/i/hunter4-in-the-log")
    visitor.get("/api/merchant", headers={"authorization": "Bearer hunter5-in-the-log"})
    visitor.post("/api/password/reset", {"token": "hunter6-in-the-log", "password": "hunter7-in-the-log"})
    visitor.post("/api/orders", {"quote_ids": [], "method": "hunter8-in-the-log"})
    out = "".join(capfd.readouterr())
    assert "route=/api/session" in out or '"/api/session"' in out
    secrets = [f"hunter{number}" for number in range(2, 9)]
    secrets += [PASSWORD.reveal(), visitor.client.cookies["entrepot"], visitor.refresh()]
    assert [secret for secret in secrets if secret in out] == []
