"""The compute console: credit, models, keys that are shown once, budgets."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from entrepot import cloud, ledger
from entrepot.app import Entrepot
from tests.cast import CHEN
from tests.orders.market import Market
from tests.web.visitors import Visitor


@pytest.fixture(scope="module")
def chen(visit: Callable[[], Visitor], entrepot: Entrepot, market: Market) -> Visitor:
    """Signed in to buy compute, with credit."""
    plan = cloud.credit_plan(str(market.cast.chen.organisation), "USD9", 25 * 10**9, "top_1")
    entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    return visit().sign_in(CHEN)


def test_credit_and_calls_stand_on_the_first_page(chen: Visitor, nobody: Visitor) -> None:
    assert "1 of 3 done" in chen.get("/cloud").text
    key = re.search(r"ent_[\w-]+", chen.form("/cloud/keys", name="page test").text)
    assert key is not None
    asked = {"model": cloud.MODEL, "input": "a red sofa"}
    answer = nobody.client.post("/v1/embeddings", json=asked, headers={"authorization": f"Bearer {key[0]}"})
    assert answer.status_code == 200
    page = chen.get("/cloud").text
    assert "$24.99" in page
    assert cloud.MODEL in page
    assert "exact" in page


def test_a_secret_is_shown_once_and_a_revoked_key_calls_nothing(chen: Visitor, nobody: Visitor) -> None:
    made = chen.form("/cloud/keys", name="once").text
    secret = re.search(r"ent_[\w-]+", made)
    assert secret is not None
    assert secret[0] not in chen.get("/cloud/keys").text
    ids = re.findall(r"/cloud/keys/(key_\w+)/revoke", made)
    for key_id in ids:
        chen.form(f"/cloud/keys/{key_id}/revoke")
    answer = nobody.client.get("/v1/models", headers={"authorization": f"Bearer {secret[0]}"})
    assert answer.status_code == 401


def test_models_are_listed_with_a_card_and_how_to_call_them(chen: Visitor) -> None:
    assert cloud.MODEL in chen.get("/cloud/models").text
    card = chen.get(f"/cloud/models/{cloud.MODEL}").text
    assert "/v1/embeddings" in card
    assert "$0.01" in card
    assert chen.get("/cloud/models/nothing").status_code == 404


def test_a_budget_is_set_seen_and_ended(chen: Visitor) -> None:
    refused = chen.form("/cloud/budgets", name="tests", amount="much", period="day", key_id="")
    assert refused.status_code == 400
    assert "such as 25.00" in refused.text
    chen.form("/cloud/budgets", name="tests", amount="2.50", period="day", key_id="")
    page = chen.get("/cloud/budgets").text
    assert "$2.50" in page
    budget = re.search(r"/cloud/budgets/(bud_\w+)/end", page)
    assert budget is not None
    chen.form(f"/cloud/budgets/{budget[1]}/end")
    assert "No budgets" in chen.get("/cloud/budgets").text
