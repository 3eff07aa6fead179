"""What programs written for other servers send, through OpenAI's own client: done as asked, or refused with a sentence
in its shape and the client's own exception; never with a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from entrepot import identity
from entrepot.cloud.testing import WORDS
from tests.waiting import eventually
from tests.web.served import COST, Served, serving

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
FUNCTION = {"name": "find", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}
CHAT = "/v1/chat/completions"
ROUTES = """
[cloud.routes]
either = { gone = 1.0, talker = 0.000001 }
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market"), ROUTES) as served:
        yield served


def chat(served: Served, **more: Any) -> Any:
    return served.client.chat.completions.create(**{"model": "talker", "messages": HELLO, **more})


def write(served: Served, **more: Any) -> Any:
    return served.client.completions.create(**{"model": "talker", "prompt": "Once", **more})


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": t} for t in ("Hi ", "you")]}]}, {}),
        ({"messages": [{"role": "developer", "content": "日本語 😀 é"}, *HELLO]}, {}),
        ({"messages": [{"role": "user", "content": ""}], "n": 1, "logprobs": False, "user": "u", "store": False}, {}),
        ({"temperature": 0, "top_p": 0, "seed": -1}, {"temperature": 0, "top_p": 0, "seed": -1}),
        ({"stop": ["x", ""]}, {"stop": ["x"]}),
        ({"max_tokens": 500, "max_completion_tokens": 300}, {"max_tokens": 300}),
        ({"frequency_penalty": 1.5, "presence_penalty": -2}, {"frequency_penalty": 1.5, "presence_penalty": -2}),
        ({"tools": [{"type": "function", "function": {**FUNCTION, "description": None, "strict": True}}]}, {}),
        ({"modalities": ["text"], "logit_bias": {}, "response_format": {"type": "text"}, "stream_options": None}, {}),
        ({"messages": [*HELLO, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "4"}], "tools": [TOOL], "parallel_tool_calls": False}, {}),
    ],
)  # fmt: skip
def test_odd_and_legal_is_done_as_asked(served: Served, more: dict[str, Any], sent: dict[str, Any]) -> None:
    served.server.asked.clear()
    assert chat(served, **more).choices[0].message.content == "".join(WORDS)
    [asked] = served.server.asked
    assert asked | sent == asked


@pytest.mark.parametrize(
    ("more", "about"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"frequency_penalty": 5}, "frequency_penalty"),
        ({"seed": 10**30}, "seed"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"functions": [FUNCTION]}, "functions"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "find"}}}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "no"}}}},
            "response_format",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(served: Served, more: dict[str, Any], about: str | None) -> None:
    before = served.spent
    with pytest.raises(openai.BadRequestError) as refused:
        chat(served, **more)
    told: Any = refused.value.body
    assert told["type"] == "invalid_request_error"
    assert told["message"]
    assert told["param"] == about
    assert served.spent == before


def test_a_text_may_come_as_a_list_of_one_and_no_more(served: Served) -> None:
    assert write(served, prompt=["Once"], echo=False, best_of=1).choices[0].text == "".join(WORDS)
    for more in ({"prompt": ["a", "b"]}, {"prompt": [1, 2]}, {"prompt": [[1]]}, {"best_of": 2}, {"suffix": "."}):
        with pytest.raises(openai.BadRequestError):
            write(served, **more)


def test_one_call_of_a_tool_at_a_time_where_that_is_asked(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    call = json.dumps({"name": "find", "arguments": {}})
    monkeypatch.setattr(served.server, "says", (call,))
    message = chat(served, tools=[TOOL], tool_choice="required", parallel_tool_calls=False).choices[0].message
    assert [each.function.name for each in message.tool_calls] == ["find"]


@pytest.mark.parametrize(
    ("key", "model", "refusal"),
    [("ent_wrong", "talker", openai.AuthenticationError), (None, "nobody", openai.NotFoundError),
     (None, "talker@7", openai.NotFoundError), (None, "gone", openai.InternalServerError)],
)  # fmt: skip
def test_a_refusal_is_the_clients_own_exception(served: Served, key: str | None, model: str, refusal: Any) -> None:
    client = served.client.with_options(api_key=key or served.key)
    with pytest.raises(refusal) as refused:
        client.chat.completions.create(model=model, messages=HELLO)  # type: ignore[arg-type]
    assert refused.value.body["message"]


def test_a_file_that_is_none_is_not_found(served: Served) -> None:
    with pytest.raises(openai.NotFoundError):
        served.client.batches.create(input_file_id="file-x", endpoint=CHAT, completion_window="24h")


def test_a_key_that_was_revoked_a_moment_ago_lets_nobody_in(served: Served) -> None:
    """It is known from memory, and asked for again in the transaction that lets the call in."""
    made = served.chen.post("/api/keys", {"name": "short"}).json()
    client = served.client.with_options(api_key=made["secret"])
    for _ in range(2):
        client.chat.completions.create(model="talker", messages=HELLO)  # type: ignore[arg-type]
    chen = served.market.cast.chen
    served.entrepot.database.write_now(lambda tx: identity.revoke_key(tx, chen, made["key"]["id"]))
    served.server.asked.clear()
    before = served.spent
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="talker", messages=HELLO)  # type: ignore[arg-type]
    with pytest.raises(openai.AuthenticationError):
        client.embeddings.create(model="talker", input="a")
    assert (served.server.asked, served.spent) == ([], before)


@pytest.mark.parametrize(
    ("fault", "words", "sentence"),
    [("dies", 2, "broke off"), ("garbage", 2, "no JSON"), ("error-event", 2, "out of memory")],
)
def test_an_upstream_that_fails_in_the_middle_ends_the_stream_with_an_error(
    served: Served, fault: str, words: int, sentence: str
) -> None:
    """What came was given on and is billed; the client raises; the next call works."""
    before = served.spent
    served.server.fault = fault
    text: list[str] = []
    try:
        with pytest.raises(openai.APIError, match=sentence):
            text.extend(event.choices[0].delta.content or "" for event in chat(served, max_tokens=6, stream=True))
    finally:
        served.server.fault = ""
    served.settled()
    assert "".join(text) == "".join(WORDS[:words])
    assert served.spent - before == 10 * words, "what was written, once; its input was never counted"
    assert chat(served).usage.to_dict()["cost"]["nano"] == COST


def test_what_an_upstream_says_twice_is_billed_once(served: Served) -> None:
    served.server.fault = "twice"
    try:
        usage = chat(served, max_tokens=6).usage.to_dict()
    finally:
        served.server.fault = ""
    assert usage["cost"]["nano"] == COST
    served.settled()


def test_an_upstream_that_answers_200_with_an_error_is_at_fault_and_the_next_of_its_route_answers(
    served: Served,
) -> None:
    before = served.spent
    served.server.fault = "error-body"
    try:
        with pytest.raises(openai.InternalServerError, match="quota is used up"):
            chat(served)
    finally:
        served.server.fault = ""
    served.settled()
    assert served.spent == before
    assert chat(served, model="either").choices[0].message.content == "".join(WORDS)
    eventually(lambda: served.spent > before)
