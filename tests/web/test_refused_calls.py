"""Whose program is refused finds at /cloud how many calls were, why, and by which budget; refusing costs no commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from entrepot import cloud
from entrepot.web.compute.refusing import write_counted
from entrepot.web.house import House
from tests.web.served import Served, serving

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "talker", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market")) as served:
        yield served


def told(served: Served, **wish: str) -> list[tuple[str, int, str]]:
    """What is told of refused calls, once it is written; as it happens in a second or so."""
    house: House = served.app.state.house
    asyncio.run(write_counted(house))
    found = served.chen.client.get("/api/cloud/refusals", params=wish).json()["refused"]
    return [(each["reason"], each["calls"], each["said"]) for each in found]


def make_key(served: Served, name: str) -> tuple[str, str]:
    made = served.chen.post("/api/keys", {"name": name}).json()
    return made["key"]["id"], made["secret"]


def ask(served: Served, secret: str, body: Any = HELLO) -> int:
    headers = {"authorization": f"Bearer {secret}"}
    return served.plain().post(CHAT, json=body, headers=headers).status_code


def test_calls_that_a_budget_refuses_are_counted_with_its_name_and_write_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = make_key(served, "bounded")
    budget = {"name": "pocket money", "amount": 1, "period": "day", "key_id": key}
    assert served.chen.post("/api/cloud/budgets", budget).status_code == 201
    assert ask(served, secret) == 429
    written: list[object] = []
    monkeypatch.setattr(cloud, "write_refused", lambda tx, rows: written.append(rows))
    answers = [served.plain().post(CHAT, json=HELLO, headers={"authorization": f"Bearer {secret}"}) for _ in range(4)]
    told_so = [(each.status_code, each.json()["error"]["type"], each.json()["error"]["code"]) for each in answers]
    assert told_so == [(429, "insufficient_quota", "insufficient_quota")] * 4
    assert written == [], "a refusal is counted, and waits"
    monkeypatch.undo()
    [(reason, calls, said)] = told(served, key=key)
    assert (reason, calls) == ("budget", 5)
    assert "'pocket money'" in said
    page = served.chen.get("/cloud/usage").text
    assert "A budget is used up" in page
    assert "pocket money" in page
    assert "bounded" in page
    assert "5 calls were refused in the last 24 hours" in served.chen.get("/cloud").text


def test_calls_by_a_revoked_key_are_counted_for_whose_it_was(served: Served) -> None:
    key, secret = make_key(served, "stolen")
    assert served.chen.change("DELETE", f"/api/keys/{key}").status_code < 300
    assert [ask(served, secret) for _ in range(3)] == [401] * 3
    assert ask(served, "ent_nobody") == 401
    assert [row[:2] for row in told(served, key=key)] == [("key", 3)]
    assert "The key was revoked" in served.chen.get("/cloud/usage").text


def test_what_does_not_fit_and_what_does_not_exist_is_told_with_what_was_answered(served: Served) -> None:
    key, secret = make_key(served, "clumsy")
    assert ask(served, secret, {**HELLO, "model": "gpt-4o"}) == 404
    assert ask(served, secret, {**HELLO, "temperature": 9}) == 400
    assert ask(served, secret, {**HELLO, "model": "gone"}) == 503
    assert ask(served, secret) == 200
    found = {reason: said for reason, _, said in told(served, key=key)}
    assert set(found) == {"model", "invalid", "unavailable"}, "and what was answered is not among them"
    assert "gpt-4o" in found["model"]
    assert "temperature" in found["invalid"]
    assert told(served, key=key, model="gpt-4o") == [("model", 1, found["model"])]


def test_what_cannot_be_written_now_is_written_later(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = make_key(served, "unlucky")

    def full(tx: object, rows: object) -> None:
        raise OSError("no space left")

    assert ask(served, secret, {**HELLO, "model": "nobody"}) == 404
    monkeypatch.setattr(cloud, "write_refused", full)
    assert told(served, key=key) == []
    monkeypatch.undo()
    assert [row[:2] for row in told(served, key=key)] == [("model", 1)]


def test_monitoring_counts_them_by_their_reason(served: Served) -> None:
    assert served.post(CHAT, {**HELLO, "model": "no-such-model"}).status_code == 404
    assert 'entrepot_compute_refused_total{reason="model"}' in served.visit().get("/metrics").text
