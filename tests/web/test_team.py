"""The people of an organisation: let in by their address, seen by each other only, and out again."""

from __future__ import annotations

from collections.abc import Callable

from tests.cast import BRUNO, PASSWORD
from tests.orders.market import Market
from tests.web.visitors import Visitor

COLLEAGUE = "colleague@example.com"


def test_a_colleague_is_let_in_works_and_is_let_out(
    visit: Callable[[], Visitor], market: Market, bruno: Visitor
) -> None:
    refused = bruno.form("/account/people", email=COLLEAGUE)
    assert refused.status_code == 400
    assert "Nobody has an account here" in refused.text
    assert f'value="{COLLEAGUE}"' in refused.text
    colleague = visit()
    colleague.post("/api/accounts", {"email": COLLEAGUE, "password": PASSWORD.reveal(), "name": "Cleo"})
    assert bruno.form("/account/people", email=f" {COLLEAGUE.upper()} ").headers["location"] == "/account/people"
    page = bruno.get("/account/people").text
    assert "Cleo" in page
    assert BRUNO.email in page
    organisation = str(market.cast.bruno.organisation)
    assert colleague.get("/account/people").status_code == 403  # they act for nobody until they choose to
    assert colleague.form("/account/organisation", organisation=organisation).status_code == 303
    assert colleague.get("/merchant").status_code == 200
    [user_id] = [each["user_id"] for each in bruno.get("/api/members").json()["members"] if each["name"] == "Cleo"]
    assert bruno.form(f"/account/people/{user_id}/remove").headers["location"] == "/account/people"
    assert colleague.get("/merchant").status_code == 403


def test_the_last_one_stays_and_strangers_are_nobody(bruno: Visitor, bea: Visitor, alice: Visitor) -> None:
    [own] = [each["user_id"] for each in bruno.get("/api/members").json()["members"]]
    kept = bruno.form(f"/account/people/{own}/remove")
    assert kept.status_code == 400
    assert "keeps its last member" in kept.text
    assert bruno.change("DELETE", f"/api/members/{own}").status_code == 409
    assert bea.change("DELETE", f"/api/members/{own}").status_code == 404
    assert alice.get("/api/members").status_code == 403


def test_a_key_lets_nobody_in(bruno: Visitor, nobody: Visitor) -> None:
    key = bruno.post("/api/keys", {"name": "k"}).json()["secret"]
    headers = {"authorization": f"Bearer {key}"}
    assert nobody.client.post("/api/members", json={"email": BRUNO.email}, headers=headers).status_code == 403
