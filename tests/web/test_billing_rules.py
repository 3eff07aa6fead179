"""The billing rules as docs/compute-api.md writes them, a test each, over HTTP: what is billed, and what is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from entrepot import cloud
from entrepot.identity import Scope
from tests.waiting import WAIT_S, eventually
from tests.web.served import COST, EMBEDDING, PRICES, Served, offer, serving

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "talker", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {**HELLO, "stream": True, "stream_options": {"include_usage": True}}
ROUTES = """
[cloud.routes]
either = { gone = 1.0, talker = 0.000001 }
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market"), ROUTES) as served:
        offer(served.entrepot, "caching", "one/caching", {**PRICES, "cached_input_tokens": 500_000})
        yield served


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def test_a_whole_answer_is_billed_as_it_was_counted_and_says_so(served: Served) -> None:
    before = served.spent
    answer = served.post(CHAT, HELLO).json()
    usage = answer["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (9, 6, 15)
    assert usage["cost"] == {"amount": "0.000000069", "currency": "USD", "nano": COST}
    assert served.spent - before == COST
    rows = served.entrepot.database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    mine = {row.meter: (row.quantity, row.price) for row in rows if row.request == answer["id"]}
    assert mine == {"input_tokens": (9, 9), "output_tokens": (6, 60)}, "the answer names the rows of its bill"


def test_a_streams_last_events_carry_usage_and_cost_and_come_after_the_settling(served: Served) -> None:
    before, text = served.spent, ""
    answer = served.post(CHAT, STREAM)
    text = answer.text
    assert text.endswith("data: [DONE]\n\n")
    found = events(text)
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["cost"]["nano"] == COST
    assert found[-2]["choices"][0]["finish_reason"] == "stop"
    assert found[-2]["usage"] == found[-1]["usage"]
    assert all("usage" not in event for event in found[:-2])
    plain = events(served.post(CHAT, {**HELLO, "stream": True}).text)
    assert plain[-1]["usage"]["cost"]["nano"] == COST, "the last event tells it also when nobody asked for one more"
    assert served.spent - before == 2 * COST


def test_what_came_from_a_cache_costs_its_own_price_where_there_is_one(served: Served) -> None:
    before = served.spent
    usage = served.post(CHAT, {**HELLO, "model": "caching"}).json()["usage"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 4}
    assert served.spent - before == usage["cost"]["nano"] == 5 * 1 + 2 + 60


def test_a_fallback_is_billed_once_by_the_model_that_answered(served: Served) -> None:
    before = served.spent
    answer = served.post(CHAT, {**HELLO, "model": "either"})
    assert answer.status_code == 200
    assert served.spent - before == COST
    served.settled()


def test_an_engine_that_fails_before_it_wrote_costs_nothing(served: Served) -> None:
    before = served.spent
    for fault in ("broken", "busy"):
        served.server.fault = fault
        try:
            assert served.post(CHAT, HELLO).status_code == 503
            assert served.post(CHAT, STREAM).status_code == 503
            assert served.post("/v1/embeddings", {"model": "talker", "input": "a"}).status_code == 503
        finally:
            served.server.fault = ""
    served.settled()
    assert served.spent == before


def test_an_engine_that_fails_in_the_middle_is_billed_for_what_it_wrote_and_the_stream_says_so(served: Served) -> None:
    before = served.spent
    served.server.fault = "dies"
    try:
        found = events(served.post(CHAT, STREAM).text)
    finally:
        served.server.fault = ""
    assert "could not answer" in found[-1]["error"]["message"]
    served.settled()
    assert served.spent - before == 20, "two words were written"


def test_a_whole_answer_whose_engine_fails_in_the_middle_costs_nothing(served: Served) -> None:
    """Nobody had anything of it: neither its words nor what they cost."""
    before = served.spent
    served.server.fault = "dies"
    try:
        assert served.post(CHAT, HELLO).status_code == 503
        assert served.post("/v1/completions", {"model": "talker", "prompt": "Hello"}).status_code == 503
    finally:
        served.server.fault = ""
    served.settled()
    assert served.spent == before


def test_a_refused_call_costs_nothing(served: Served) -> None:
    before = served.spent
    for body in ({**HELLO, "n": 2}, {**HELLO, "model": "nobody"}, {**HELLO, "temperature": 9}, {"model": "talker"},
                 {**HELLO, "tools": [], "tool_choice": "no such tool"}):  # fmt: skip
        answer = served.post(CHAT, body)
        assert answer.status_code in (400, 404), body
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert served.post("/v1/embeddings", {"model": "talker", "input": "a", "dimensions": 4}).status_code == 400
    served.settled()
    assert served.spent == before


def test_a_client_that_retries_is_billed_for_each_answer_it_was_given(served: Served) -> None:
    """Without a key two calls are two; OpenAI's client tries again by itself when an engine is away."""
    before = served.spent
    client = openai.OpenAI(
        api_key=served.key, base_url="http://shop.example/v1", http_client=served.plain(), max_retries=3
    )
    served.server.fault = "busy"
    asked = len(served.server.asked)

    class Mends(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if len(served.server.asked) > asked:
                served.server.fault = ""
            return served._calls.handle_request(request)

    try:
        mending = client.with_options(http_client=httpx.Client(transport=Mends()))
        answer = mending.chat.completions.create(model="talker", messages=HELLO["messages"])
    finally:
        served.server.fault = ""
    assert answer.choices[0].message.content
    assert len(served.server.asked) - asked == 2
    assert served.spent - before == COST


@pytest.mark.parametrize("kind", ["stream", "whole", "embedding"])
def test_whoever_leaves_stops_the_engine_and_pays_for_what_was_written(served: Served, kind: str) -> None:
    before = served.spent
    served.server.left.clear()
    served.server.pace_s = 0.5
    try:
        written = asyncio.run_coroutine_threadsafe(_leave(served, kind), served._calls._loop).result(WAIT_S)
        served.settled()
        assert 0 <= served.spent - before < COST
        if kind == "stream":
            assert served.spent - before >= written * 10 > 0, "what came was billed"
            eventually(served.server.left.is_set)
    finally:
        served.server.pace_s = 0.0


async def _leave(served: Served, kind: str) -> int:
    """Call as a server would have it, and be gone after a while; how many pieces of text had come."""
    body = {"model": "talker", "input": "a"} if kind == "embedding" else STREAM if kind == "stream" else HELLO
    content = json.dumps(body).encode()
    path = "/v1/embeddings" if kind == "embedding" else CHAT
    headers = [(b"authorization", f"Bearer {served.key}".encode()), (b"content-type", b"application/json"),
               (b"host", b"shop.example"), (b"content-length", str(len(content)).encode())]  # fmt: skip
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": headers, "scheme": "http", "root_path": "",
        "server": ("shop.example", 80), "client": ("127.0.0.1", 50_000),
    }  # fmt: skip
    gone, got, sent, asked = asyncio.Event(), list[bytes](), False, len(served.server.asked)

    async def receive() -> Any:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": content, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and b'"content"' in message.get("body", b""):
            got.append(message["body"])

    app = served.app
    call = asyncio.ensure_future(app(scope, receive, send))
    while not (len(got) >= 2 or (kind != "stream" and len(served.server.asked) > asked)):
        assert not call.done(), call.result()
        await asyncio.sleep(0.02)
    gone.set()
    await call
    return len(got)


def test_the_prices_in_force_when_a_call_was_let_in_are_its_prices(served: Served) -> None:
    before = served.spent
    offer(served.entrepot, "dearer", "one/dearer", {"input_tokens": 2_000_000, "output_tokens": 20_000_000})
    assert served.post(CHAT, {**HELLO, "model": "dearer"}).json()["usage"]["cost"]["nano"] == 2 * COST
    assert served.spent - before == 2 * COST


def test_every_bill_replays_to_the_same_total(served: Served) -> None:
    served.post("/v1/embeddings", {"model": "talker", "input": "a"})
    replay = served.entrepot.database.read_now(lambda s: cloud.replay(s, served.organisation, 0, 2**62))
    assert replay.differences == ()
    assert replay.charged == replay.rated == served.spent >= EMBEDDING


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        ("GET", "/v1", {}, b"", 404),
        ("GET", "/v1/nothing", {}, b"", 404),
        ("GET", "/v1/models/nobody", {}, b"", 404),
        ("PUT", "/v1/models", {}, b"", 405),
        ("POST", CHAT, {"content-type": "application/json"}, b"{half", 400),
        ("POST", CHAT, {"content-type": "application/json"}, b"[" * 5_000, 400),
        ("POST", CHAT, {"content-type": "text/plain"}, b"x", 415),
        ("POST", CHAT, {"content-type": "application/json", "content-length": "9000001"}, b" " * 9_000_001, 413),
        ("POST", CHAT, {"authorization": "Bearer ent_wrong", "content-type": "application/json"}, b"{}", 401),
        ("POST", "/v1/files", {"content-type": "application/json"}, b"{}", 415),
        ("GET", "/v1/files?limit=0", {}, b"", 400),
        ("GET", "/v1/files/nothing", {}, b"", 404),
        ("GET", "/v1/batches?after=x", {}, b"", 400),
    ],
)
def test_whatever_is_refused_is_told_in_openais_shape(
    served: Served, method: str, path: str, headers: dict[str, str], content: bytes, status: int
) -> None:
    sent = {"authorization": f"Bearer {served.key}", **headers}
    answer = served.plain().request(method, path, headers=sent, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert len(error["message"]) > 10
