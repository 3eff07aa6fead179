"""Beginning to use compute: whoever just signed up comes to credit, a key and an answer, by pages or by the API."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from entrepot import cloud
from tests.cast import PASSWORD
from tests.waiting import eventually
from tests.web.visitors import PAGE, Visitor

Visits = Callable[[], Visitor]


def signed_up(visit: Visits, name: str) -> Visitor:
    visitor = visit()
    account = {"email": f"{name}@example.com", "password": PASSWORD.reveal(), "name": name}
    assert visitor.post("/api/accounts", account).status_code == 201
    return visitor


def test_what_models_cost_is_said_to_whoever_asks(nobody: Visitor) -> None:
    page = nobody.get("/cloud/start", headers=PAGE)
    assert page.status_code == 200
    assert cloud.MODEL in page.text
    assert "per 1M" in page.text
    assert "/sign-up?next=/cloud/start" in page.text


def test_a_console_that_needs_an_organisation_leads_to_where_one_begins(visit: Visits) -> None:
    eve = signed_up(visit, "eve")
    for path, begins in (("/cloud", "/cloud/start"), ("/cloud/keys", "/cloud/start"), ("/merchant", "/sell")):
        answer = eve.get(path, headers=PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, begins)
    assert eve.get("/api/keys").status_code == 403
    assert eve.form("/cloud/keys", name="k").status_code == 403


def test_three_steps_lead_to_the_first_answer(visit: Visits, nobody: Visitor) -> None:
    eve = signed_up(visit, "stella")
    assert eve.form("/cloud/start", name="").status_code == 400
    assert eve.form("/cloud/start", name="Stella's lab").headers["location"] == "/cloud"
    assert "0 of 3 done" in eve.get("/cloud").text
    paid = eve.form("/cloud/credit/topups", chosen="25", method="tok_ok")
    assert paid.headers["location"].startswith("/cloud/credit/topups/")
    eventually(lambda: "1 of 3 done" in eve.get("/cloud").text)
    key = re.search(r"ent_[\w-]+", eve.form("/cloud/keys", name="first").text)
    assert key is not None
    page = eve.get("/cloud").text
    assert "2 of 3 done" in page
    assert "curl" in page
    asked = {"model": cloud.MODEL, "input": "a red sofa"}
    answer = nobody.client.post("/v1/embeddings", json=asked, headers={"authorization": f"Bearer {key[0]}"})
    assert answer.status_code == 200
    assert "of 3 done" not in eve.get("/cloud").text


def test_the_api_founds_an_organisation_once_for_a_key_and_acts_for_it(visit: Visits) -> None:
    finn = signed_up(visit, "finn")
    made = finn.post("/api/organisations", {"name": "Finn"}, key="found-1")
    assert (made.status_code, made.json()["kind"]) == (201, "developer")
    assert finn.post("/api/organisations", {"name": "Finn"}, key="found-1").json() == made.json()
    session = finn.get("/api/session").json()
    assert (session["organisation"], len(session["organisations"])) == (made.json()["id"], 1)
    assert finn.post("/api/keys", {"name": "k"}).status_code == 201
    assert visit().post("/api/organisations", {"name": "Nobody"}).status_code == 401


def test_a_person_of_two_organisations_chooses_on_the_account_page(visit: Visits) -> None:
    rita = signed_up(visit, "rita")
    first, second = (rita.post("/api/organisations", {"name": name}).json()["id"] for name in ("One", "Two"))
    page = rita.get("/account").text
    assert first in page
    assert f'value="{second}"' not in page  # she acts for it now
    assert rita.form("/account/organisation", organisation=first, next="/cloud").headers["location"] == "/cloud"
    assert rita.get("/api/session").json()["organisation"] == first


def test_nobody_acts_for_anothers_organisation(visit: Visits) -> None:
    owner, thief = signed_up(visit, "ola"), signed_up(visit, "theo")
    theirs = owner.post("/api/organisations", {"name": "Ola"}).json()["id"]
    assert thief.form("/account/organisation", organisation=theirs).status_code == 404


@pytest.mark.parametrize(("chosen", "amount", "paid"), [("10", "99", "$10.00"), ("other", "12", "$12.00")])
def test_what_is_chosen_is_paid(visit: Visits, chosen: str, amount: str, paid: str) -> None:
    una = signed_up(visit, f"una-{chosen}")
    una.post("/api/organisations", {"name": "Una"})
    assert 'value="25" checked' in una.get("/cloud/credit").text  # the usual amount, where nothing was written
    answer = una.form("/cloud/credit/topups", chosen=chosen, amount=amount, method="tok_ok")
    assert paid in una.get(answer.headers["location"]).text
    refused = una.form("/cloud/credit/topups", chosen="other", amount="much", method="tok_ok").text
    assert 'value="other" checked' in refused  # what was written is kept
    assert 'value="much"' in refused
