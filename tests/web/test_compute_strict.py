"""Refusals and edges of /v1 as OpenAI documents them, asked by its own client: what a strict stranger looks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from litestar import Litestar

from entrepot import cloud, ledger
from entrepot.app import Entrepot
from entrepot.cloud.engines.schemas import Checker
from entrepot.kernel import TooMany, remembered
from tests.cast import CHEN
from tests.orders.market import Market
from tests.waiting import WAIT_S
from tests.web.loop import Calls, running_loop
from tests.web.test_compute import SCHEMA, offer_package
from tests.web.visitors import Visitor

HELLO: Any = [{"role": "user", "content": "Say hello"}]
TOOL: Any = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
CHAT = "smollm2-135m-instruct"


@pytest.fixture(scope="module")
def loop_of(app: Litestar, entrepot: Entrepot) -> Iterator[Callable[[], httpx.Client]]:
    """Makes clients of the application; in the end its models are let go, as at the end of serving."""
    with running_loop() as loop:
        yield lambda: httpx.Client(transport=Calls(app, loop), base_url="http://shop.example")
        asyncio.run_coroutine_threadsafe(entrepot.gateway.close(), loop).result(WAIT_S)


@pytest.fixture(scope="module")
def chen(entrepot: Entrepot, market: Market, visit: Callable[[], Visitor]) -> Visitor:
    """Chen, signed in; the organisation has credit, and there is a model for conversations."""
    offer_package(entrepot, CHAT, {"input_tokens": 20_000_000, "output_tokens": 80_000_000})
    plan = cloud.credit_plan(str(market.cast.chen.organisation), "USD9", 10**9, "top_1")
    entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    return visit().sign_in(CHEN)


@pytest.fixture(scope="module")
def client(loop_of: Callable[[], httpx.Client], chen: Visitor) -> openai.OpenAI:
    """OpenAI's client, with a key of Chen's."""
    key = str(chen.post("/api/keys", {"name": "strict"}).json()["secret"])
    return openai.OpenAI(api_key=key, base_url="http://shop.example/v1", http_client=loop_of(), max_retries=0)


CHATS: list[tuple[dict[str, Any], str | None, str]] = [
    ({"model": "gpt-99"}, None, "model_not_found"),
    ({"max_tokens": 0}, "max_tokens", "invalid"),
    ({"max_completion_tokens": -1}, "max_completion_tokens", "invalid"),
    ({"max_tokens": 900_000}, "messages", "context_length_exceeded"),
    ({"n": 2}, "n", "invalid"),
    ({"logprobs": True}, "logprobs", "invalid"),
    ({"top_logprobs": 2}, "top_logprobs", "invalid"),
    ({"stream_options": {"include_usage": True}}, "stream_options", "invalid"),
    ({"messages": []}, "messages", "invalid"),
    ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid"),
    ({"messages": [*HELLO, {"role": "tool", "content": "12"}]}, "messages[1].tool_call_id", "invalid"),
    ({"messages": [{"role": "user", "content": [PICTURE]}]}, "messages", "invalid"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "no"}}}, "tool_choice", "invalid"),
    ({"tool_choice": "required"}, "tool_choice", "invalid"),
    ({"response_format": {"type": "json_schema"}}, "response_format", "invalid"),
    ({"temperature": 3}, "temperature", "invalid"),
    ({"functions": [{"name": "old"}]}, "functions", "invalid"),
]


@pytest.mark.parametrize(("changed", "param", "code"), CHATS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_conversation_that_is_refused_says_what_is_wrong(
    client: openai.OpenAI, changed: dict[str, Any], param: str | None, code: str, stream: bool
) -> None:
    if stream and "stream_options" in changed:
        pytest.skip("they go together")
    body: dict[str, Any] = {"model": CHAT, "messages": HELLO, "max_tokens": 4, **changed}
    with pytest.raises(openai.APIStatusError) as refusal:
        client.chat.completions.create(**body, stream=stream)
    assert refusal.value.status_code == (404 if code == "model_not_found" else 400)
    assert (refusal.value.param, refusal.value.code, refusal.value.type) == (param, code, "invalid_request_error")


VECTORS: list[tuple[Any, str]] = [
    ([101, 7592, 102], "tokens"), ([[101], [102]], "tokens"), ("", "empty"), (["a", ""], "empty"), ([], "length"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "word"), VECTORS)
def test_what_has_no_vector_is_refused(client: openai.OpenAI, given: Any, word: str) -> None:
    with pytest.raises(openai.BadRequestError, match=word) as refusal:
        client.embeddings.create(model=cloud.MODEL, input=given)
    assert refusal.value.param == "input"


def test_who_comes_too_fast_is_told_with_openais_code() -> None:
    status, failure = cloud.failure_of(TooMany("At most 3 requests a minute", retry_after_s=2))
    assert (status, failure.error.code, failure.error.type) == (429, "rate_limit_exceeded", "rate_limit_error")


def test_a_key_that_was_revoked_a_moment_ago_is_told_so_before_anything_else(
    loop_of: Callable[[], httpx.Client], chen: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is wrong with the request: what does not reach the transaction that lets a call in, asks too."""
    monkeypatch.setattr(remembered, "KEPT_S", 60.0)
    made = chen.post("/api/keys", {"name": "lost"}).json()
    headers = {"authorization": f"Bearer {made['secret']}", "content-type": "application/json"}
    raw = loop_of()
    bodies: list[tuple[bytes, str]] = [
        (b"{half", "application/json"), (b'{"model": 7}', "application/json"), (b"{}", "text/plain"),
        (b'{"model": "gpt-99", "input": "a"}', "application/json"),
        (b'{"model": "%b", "input": ["a", ""]}' % cloud.MODEL.encode(), "application/json"),
        (b'{"model": "%b", "input": "a"}' % cloud.MODEL.encode(), "application/json"),
    ]  # fmt: skip
    good = raw.post("/v1/embeddings", content=bodies[-1][0], headers=headers)
    assert good.status_code == 200
    assert chen.change("DELETE", f"/api/keys/{made['key']['id']}").status_code < 300
    for body, media_type in bodies:
        told = raw.post("/v1/embeddings", content=body, headers={**headers, "content-type": media_type})
        assert (told.status_code, told.json()["error"]["code"]) == (401, "invalid_api_key"), body


def test_schemas_of_every_shape_are_kept_to(client: openai.OpenAI) -> None:
    """By reference, one of several, and one that contains itself."""
    leaf = {"type": "object", "properties": {"v": {"type": "integer", "maximum": 9, "minimum": 0}}, "required": ["v"]}
    by_ref = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"], "$defs": {"a": leaf}}
    either = {"type": "object", "properties": {"a": {"anyOf": [leaf, {"type": "null"}]}}, "required": ["a"]}
    tree = {**leaf, "properties": {**leaf["properties"], "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}  # type: ignore[dict-item]
    for schema in (SCHEMA, by_ref, either, tree):
        wish: Any = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
        answer = client.chat.completions.create(
            model=CHAT, messages=HELLO, max_tokens=60, temperature=0, response_format=wish
        )
        choice = answer.choices[0]
        if choice.finish_reason == "stop":
            Checker(schema).check(json.loads(choice.message.content or ""))
        else:
            assert (choice.message.content or "").startswith("{")
