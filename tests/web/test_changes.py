"""A change must come from our own pages: every route that changes something refuses what another site can send."""

from collections.abc import Callable

import pytest
from litestar import Litestar

from tests.orders.market import LAMP, Market
from tests.web.routes import Operation, operations
from tests.web.visitors import PAGE, Visitor

JSON = {"content-type": "application/json"}


def changing(app: Litestar) -> list[Operation]:
    """Operations that take the session's cookie as a right to change something."""
    found = [each for each in operations(app) if each.changes and not each.handler.opt.get("signed")]
    assert len(found) > 30
    return found


def send(visitor: Visitor, operation: Operation, **headers: str) -> int:
    """What this operation answers to a body that says nothing."""
    api = operation.template.startswith("/api/")
    body = {"content": b"{}"} if api else {"data": {"nothing": "x"}}
    first = {**(JSON if api else PAGE), "idempotency-key": "k"}
    answer = visitor.client.request(operation.method, operation.path(), headers={**first, **headers}, **body)
    return answer.status_code


def test_every_change_by_the_sessions_cookie_needs_the_token(app: Litestar, dana: Visitor) -> None:
    answers = {str(operation): send(dana, operation) for operation in changing(app)}
    assert {operation: status for operation, status in answers.items() if status != 403} == {}


REFUSED = (403, 429)
"""Codes may be tried a few times a minute only, wherever the tries come from."""


def test_every_change_from_another_site_is_refused(app: Litestar, dana: Visitor) -> None:
    token = dana.refresh()
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/page"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answers = {
            str(operation): send(dana, operation, **headers, **{"x-csrf-token": token}) for operation in changing(app)
        }
        assert {operation: status for operation, status in answers.items() if status not in REFUSED} == {}, headers


def test_a_change_from_another_site_is_refused_even_without_a_session(app: Litestar, nobody: Visitor) -> None:
    answers = {str(operation): send(nobody, operation, origin="https://evil.example") for operation in changing(app)}
    assert {operation: status for operation, status in answers.items() if status not in REFUSED} == {}


def test_a_token_of_another_session_is_worth_nothing(alice: Visitor, bruno: Visitor) -> None:
    foreign = bruno.refresh()
    answer = alice.client.patch("/api/session", json={"language": "en"}, headers={"x-csrf-token": foreign})
    assert answer.status_code == 403
    assert alice.change("PATCH", "/api/session", {"language": "en"}).status_code == 200


def test_our_own_origin_and_the_token_are_enough(alice: Visitor) -> None:
    alice.refresh()
    for headers in ({"origin": "http://shop.example"}, {"sec-fetch-site": "same-origin"}):
        assert alice.change("PATCH", "/api/session", {"language": "en"}, headers=headers).status_code == 200


def test_a_guests_form_from_before_the_session_still_works(visit: Callable[[], Visitor], market: Market) -> None:
    guest = visit()
    before = guest.refresh()
    line = {"offer_id": market.offers[LAMP], "quantity": 1}
    assert guest.client.put("/api/cart/lines", json=line).status_code == 200
    assert guest.client.cookies.get("entrepot")
    again = guest.client.put("/api/cart/lines", json=line, headers={"x-csrf-token": before})
    assert again.status_code == 200


def test_a_key_needs_no_token_and_a_wrong_one_is_refused(bruno: Visitor, nobody: Visitor) -> None:
    secret = bruno.post("/api/keys", {"name": "stock"}).json()["secret"]
    bearer = {"authorization": f"Bearer {secret}"}
    place = {"name": "Yard", "address": {"name": "B", "line1": "1 Yard", "city": "Kiel", "postal_code": "24103",
                                         "country": "DE"}}  # fmt: skip
    assert nobody.client.post("/api/merchant/locations", json=place, headers=bearer).status_code == 201
    assert nobody.client.get("/api/merchant", headers={"authorization": "Bearer ent_wrong"}).status_code == 401
    assert nobody.client.get("/api/merchant", headers={"authorization": "Basic eDp5"}).status_code == 401


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_bodies_in_other_media_types_are_not_read(alice: Visitor, media_type: str) -> None:
    headers = {"content-type": media_type, "x-csrf-token": alice.refresh()}
    answer = alice.client.patch("/api/session", content=b'{"language":"zh"}', headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"language":"\\ud800"}', b"{}x"])
def test_a_body_that_is_no_json_of_the_right_shape_is_refused(alice: Visitor, body: bytes) -> None:
    headers = {"content-type": "application/json", "x-csrf-token": alice.refresh()}
    answer = alice.client.patch("/api/session", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_text_with_a_nul_is_refused_by_name(alice: Visitor) -> None:
    answer = alice.post("/api/keys", {"name": "a\0b"})
    assert answer.status_code in (400, 401, 403)
    named = alice.post("/api/accounts", {"email": "x@y.example", "password": "p", "name": "a\0b"})
    assert named.status_code == 400
    assert "name" in named.json()["fields"]


def test_a_number_in_quotes_is_no_number(alice: Visitor, market: Market) -> None:
    answer = alice.put("/api/cart/lines", {"offer_id": market.offers[LAMP], "quantity": "2"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["quantity"])


def test_what_is_too_large_is_not_read(alice: Visitor) -> None:
    headers = {"content-type": "application/json", "x-csrf-token": alice.refresh()}
    answer = alice.client.patch("/api/session", content=b" " * 300_000, headers=headers)
    assert answer.status_code == 413
