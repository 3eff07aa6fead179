"""What people meet who use the official client's own helpers: streams put together, answers parsed, errors by place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from entrepot import cloud
from entrepot.identity import Scope
from tests.web.served import Served, serving

CHAT = "/v1/chat/completions"
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather", "strict": True,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
                       "additionalProperties": False},
    },
}  # fmt: skip
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market")) as served:
        yield served


@pytest.fixture
def says(served: Served) -> Iterator[Any]:
    """Has the double say something else for a test."""
    before = served.server.says

    def act(words: Any) -> None:
        served.server.says = words

    yield act
    served.server.says = before


def test_a_stream_that_the_client_puts_together_is_one_message_of_the_assistant(served: Served) -> None:
    with served.client.chat.completions.stream(model="talker", messages=HELLO) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_completion().choices[0].message
    whole = served.client.chat.completions.create(model="talker", messages=HELLO).choices[0].message
    assert (message.role, message.content) == ("assistant", whole.content)
    assert kinds[-1] == "content.done"


@pytest.mark.parametrize("more", [{}, {"stream": True}, {"extra_headers": {"idempotency-key": "named-1"}}])
def test_a_call_has_one_name_in_its_headers_its_answer_and_its_bill(served: Served, more: dict[str, Any]) -> None:
    raw = served.client.chat.completions.with_raw_response.create(model="talker", messages=HELLO, **more)
    answer = [*raw.parse()][-1] if "stream" in more else raw.parse()
    assert raw.headers["x-request-id"] == answer.id
    rows = served.entrepot.database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    assert answer.id in {row.request for row in rows}


def test_how_long_the_first_word_took_is_told(served: Served) -> None:
    for stream in (False, True):
        raw = served.client.chat.completions.with_raw_response.create(model="talker", messages=HELLO, stream=stream)
        assert int(raw.headers["openai-processing-ms"]) >= 0


def test_what_would_be_refused_again_is_not_sent_again(served: Served) -> None:
    patient, sent = served.client.with_options(max_retries=2), list[int]()
    http = served.plain()
    http.event_hooks = {"response": [lambda answer: sent.append(answer.status_code)]}
    key = {"idempotency-key": "once-1"}
    patient.chat.completions.create(model="talker", messages=HELLO, extra_headers=key)
    with pytest.raises(openai.ConflictError, match="send a new key"):
        patient.with_options(http_client=http).chat.completions.create(
            model="talker", messages=HELLO, max_tokens=2, extra_headers=key
        )
    assert sent == [409]


def test_who_speaks_is_said_once_and_no_event_is_empty(served: Served) -> None:
    stream = served.client.chat.completions.create(model="talker", messages=HELLO, stream=True)
    deltas = [(choice.delta, choice.finish_reason) for event in stream for choice in event.choices]
    assert [delta.role for delta, _ in deltas] == ["assistant"] + [None] * (len(deltas) - 1)
    assert all(delta.content or finish for delta, finish in deltas)


def test_a_call_of_a_tool_that_the_client_puts_together_is_parsed(served: Served, says: Any) -> None:
    says(('{"name": "weather", "arguments": {"city": "Paris"}}',))
    with served.client.chat.completions.stream(
        model="talker", messages=HELLO, tools=[WEATHER], tool_choice="required"
    ) as stream:
        kinds = [event.type for event in stream]
        completion = stream.get_final_completion()
    [call] = completion.choices[0].message.tool_calls or []
    assert completion.choices[0].message.role == "assistant"
    assert call.function.parsed_arguments == {"city": "Paris"}
    assert "tool_calls.function.arguments.done" in kinds


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "talker"}, "messages"),
        ({"messages": HELLO}, "model"),
        ({"model": "talker", "messages": [{"content": "x"}]}, "messages[0].role"),
        ({"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "objekt"}}}]},
         "tools[0].function.parameters"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "strng"}}}},
         "response_format"),
        ({"tools": [CLOCK], "tool_choice": {"type": "allowed_tools", "allowed_tools": {
            "mode": "auto", "tools": [{"type": "function", "function": {"name": "nope"}}]}}}, "tool_choice"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_place(served: Served, body: dict[str, Any], param: str) -> None:
    whole = body if "model" in body or "messages" in body else {"model": "talker", "messages": HELLO, **body}
    answer = served.post(CHAT, whole)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_of_many_tools_those_that_are_allowed_can_be_called(served: Served, says: Any) -> None:
    says(('{"name": "clock", "arguments": {}}',))

    def call(name: str) -> str:
        choice: Any = {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": name}}]},
        }
        answer: Any = served.client.chat.completions.create(
            model="talker", messages=HELLO, tools=[WEATHER, CLOCK], tool_choice=choice
        )
        [asked] = answer.choices[0].message.tool_calls
        return str(asked.function.name)

    assert call("clock") == "clock"
    with pytest.raises(openai.InternalServerError, match="no function 'clock'"):
        call("weather")


def test_a_version_that_can_be_called_can_be_looked_up(served: Served) -> None:
    assert served.client.models.retrieve("talker@1").id == "talker@1"
    with pytest.raises(openai.NotFoundError):
        served.client.models.retrieve("talker@7")


def test_who_sends_no_key_is_told_to(served: Served) -> None:
    answer = served.plain().post(CHAT, json={"model": "talker", "messages": HELLO})
    assert answer.status_code == 401
    assert "Authorization: Bearer" in answer.json()["error"]["message"]
