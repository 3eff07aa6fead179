"""Idempotency-Key at /v1: the same answer again, streams included, billed once, whatever died in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from entrepot.cloud import answers, settling, tables
from entrepot.kernel import DAY, Prepared, prepare
from tests.cast import BRUNO
from tests.waiting import eventually
from tests.web.served import COST, EMBEDDING, Served, serving

HELLO = {"model": "talker", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {**HELLO, "stream": True, "stream_options": {"include_usage": True}}
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market")) as served:
        yield served


@pytest.mark.parametrize(
    ("path", "body", "price"),
    [
        (CHAT, HELLO, COST),
        (CHAT, STREAM, COST),
        ("/v1/completions", {"model": "talker", "prompt": "Hello"}, COST),
        ("/v1/embeddings", {"model": "talker", "input": "a"}, EMBEDDING),
        ("/v1/rerank", {"model": "talker", "query": "x", "documents": ["x"]}, 5 * 3),
    ],
    ids=["chat", "stream", "text", "vectors", "ranking"],
)
def test_the_same_request_gets_the_same_answer_and_is_billed_once(
    served: Served, path: str, body: dict[str, Any], price: int, request: pytest.FixtureRequest
) -> None:
    before, asked = served.spent, len(served.server.asked)
    key = request.node.name
    first, second = (served.post(path, body, idempotency_key=key) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert second.headers["idempotent-replayed"] == "true"
    assert (served.spent - before, len(served.server.asked) - asked) == (price, 1)
    if body is STREAM:
        assert first.text.endswith("data: [DONE]\n\n")
        assert f'"nano":{COST}' in first.text


def test_another_body_under_the_same_key_is_refused(served: Served) -> None:
    served.post(CHAT, HELLO, idempotency_key="other-body")
    answer = served.post(CHAT, {**HELLO, "max_tokens": 3}, idempotency_key="other-body")
    assert answer.status_code == 409
    assert "different request" in answer.json()["error"]["message"]


def test_a_key_is_its_callers_own_and_its_routes(served: Served) -> None:
    before = served.spent
    served.post(CHAT, HELLO, idempotency_key="mine")
    served.post("/v1/embeddings", {"model": "talker", "input": "a"}, idempotency_key="mine")
    bruno = served.visit().sign_in(BRUNO)
    assert bruno.post(CHAT, HELLO, key="mine").status_code == 429, "Bruno has no credit: he gets no answer of Chen's"
    assert served.spent - before == COST + EMBEDDING


def test_what_was_refused_or_failed_may_be_tried_again_under_its_key(served: Served) -> None:
    before = served.spent
    refused = served.post(CHAT, {**HELLO, "model": "gone"}, idempotency_key="again")
    assert refused.status_code == 503
    for fault in ("broken", "dies"):
        served.server.fault = fault
        try:
            failed = served.post(CHAT, STREAM, idempotency_key=f"again-{fault}")
        finally:
            served.server.fault = ""
        assert failed.status_code == 503 or '"error"' in failed.text
        eventually(lambda fault=fault: _row(served, f"again-{fault}") is None)  # type: ignore[misc]
        assert served.spent == before, "an answer that cannot be kept is not billed"
        whole = served.post(CHAT, STREAM, idempotency_key=f"again-{fault}")
        assert whole.text.endswith("data: [DONE]\n\n")
        before += COST
        assert served.spent == before
    served.settled()


def test_two_at_once_are_one(served: Served) -> None:
    before, found = served.spent, []
    served.server.pace_s = 0.05

    def ask() -> None:
        found.append(served.post(CHAT, STREAM, idempotency_key="at-once").text)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        served.server.pace_s = 0.0
    assert len(set(found)) == 1
    assert served.spent - before == COST


def test_a_call_that_another_took_over_is_not_billed_a_second_time(served: Served) -> None:
    """The first is taken for dead while it still works: both answer, and one is billed."""
    before, database, gate = served.spent, served.entrepot.database, served.server.gate

    def ask() -> httpx.Response:
        return served.post(CHAT, HELLO, idempotency_key="orphan")

    gate.clear()
    with ThreadPoolExecutor(2) as threads:
        try:
            first = threads.submit(ask)
            eventually(lambda: database.read_now(settling.list_open_requests))
            left = _row(served, "orphan")
            database.write_now(lambda tx: tx.run(_disown))
            second = threads.submit(ask)
            eventually(lambda: database.read_now(lambda s: answers.last_attempt(s, left.request)) == 2)
        finally:
            served._calls._loop.call_soon_threadsafe(gate.set)
    assert second.result().status_code == 200
    assert second.result().json()["id"] == left.request, "the same call, another attempt"
    assert first.result().status_code == 409
    assert served.spent - before == COST
    assert database.read_now(lambda s: answers.last_attempt(s, left.request)) == 2
    served.settled()


def test_an_answer_is_kept_for_a_day_and_its_key_for_ever(served: Served) -> None:
    before = served.spent
    served.post(CHAT, HELLO, idempotency_key="old")
    served.market.clock.advance(DAY + 1)
    served.entrepot.database.write_now(answers.forget_answers)
    late = served.post(CHAT, HELLO, idempotency_key="old")
    assert late.status_code == 409
    assert "kept no more" in late.json()["error"]["message"]
    assert served.spent - before == COST


@pytest.mark.parametrize("key", ["x" * 201, "zwölf"])
def test_a_key_that_is_none_is_refused(served: Served, key: str) -> None:
    bearer = (b"authorization", f"Bearer {served.key}".encode())
    answer = served.plain().post(CHAT, json=HELLO, headers=[bearer, (b"idempotency-key", key.encode())])
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def _row(served: Served, key: str) -> Any:
    return served.entrepot.database.read_now(
        lambda s: s.one(answers._lock, actor=_actor(served), route=f"POST {CHAT}", key=key)
    )


def _actor(served: Served) -> str:
    return str(served.chen.get("/api/keys").json()["keys"][0]["id"])


_disown: Prepared[Any] = prepare(update(tables.answers).where(tables.answers.c.key == "orphan").values(created_at=0))
