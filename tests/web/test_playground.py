"""The playground by form alone: a conversation goes on, a refusal stands on the page, documents are put in order."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.cast import BRUNO
from tests.web.served import COST, Served, offer, serving

PAGE = "/cloud/playground"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market")) as served:
        offer(served.entrepot, "prefers-none", "nowhere/x")
        yield served


def test_a_conversation_goes_on_by_form_and_says_what_it_cost(served: Served) -> None:
    before = served.spent
    first = served.chen.form(PAGE, model="talker", text="Hello <you>", history="[]", max_tokens="50")
    assert first.status_code == 200, first.text
    assert "Hello &lt;you&gt;" in first.text
    assert "One word after the other." in first.text
    assert "9 tokens read, 6 written" in first.text
    found = re.search(r'name="history" value="([^"]*)"', first.text)
    assert found is not None
    second = served.chen.form(PAGE, model="talker", text="And then?", history=html.unescape(found[1]), max_tokens="50")
    assert second.text.count("One word after the other.") >= 2
    assert len(served.server.asked[-1]["messages"]) == 3
    assert served.spent - before == 2 * COST


def test_what_is_refused_stands_on_the_page_with_what_was_written(served: Served) -> None:
    for fields, words in (
        ({"model": "talker", "text": " "}, "Write something"),
        ({"model": "nobody", "text": "x"}, "choose another"),
        ({"model": "talker", "text": "my words", "max_tokens": "many"}, "max_tokens"),
        ({"model": "talker", "text": "my words", "temperature": "9"}, "temperature"),
        ({"model": "talker", "text": "my words", "history": "{"}, "begin anew"),
        ({"model": "gone", "text": "my words"}, "could not answer"),
    ):
        answer = served.chen.form(PAGE, **fields)
        assert answer.status_code == 400, fields
        assert words in answer.text, fields
        if fields["text"] == "my words":
            assert "my words" in answer.text
    poor = served.visit().sign_in(BRUNO)
    assert "add credit" in poor.form(PAGE, model="talker", text="x").text


def test_an_answer_is_held_to_a_schema(served: Served) -> None:
    schema = '{"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}'
    before, served.server.says = served.server.says, ('Here: {"age":3}.',)
    try:
        answer = served.chen.form(PAGE, model="talker", text="How old?", schema=schema)
    finally:
        served.server.says = before
    page = html.unescape(answer.text)
    assert '<p class="said">{"age":3}</p>' in page
    assert f">{schema}</textarea>" in page, "it stays for the next turn"


def test_a_tool_that_is_called_is_shown(served: Served) -> None:
    tools = '[{"type": "function", "function": {"name": "clock"}}]'
    before, served.server.says = served.server.says, ('{"name": "clock", "arguments": {}}',)
    try:
        answer = served.chen.form(PAGE, model="talker", text="What time is it?", tools=tools, must_call="1")
    finally:
        served.server.says = before
    assert '<p class="said">clock {}</p>' in answer.text


@pytest.mark.parametrize("field", ["schema", "tools"])
@pytest.mark.parametrize("text", ["{", "7", '"x"', "[" * 5_000])
def test_what_is_no_schema_and_no_tools_is_said_beside_its_field(served: Served, field: str, text: str) -> None:
    answer = served.chen.form(PAGE, model="talker", text="x", **{field: text})
    assert answer.status_code == 400
    assert re.search(rf'<p id="h-{field}" class="error">This is not a JSON', answer.text)


def test_a_model_of_vectors_puts_texts_in_order(served: Served) -> None:
    page = served.chen.get(f"{PAGE}?model=wordllama-l2-supercat-256").text
    assert "a line each" in page
    answer = served.chen.form(
        PAGE, model="wordllama-l2-supercat-256", text="red sofa", documents="HDMI cable\n\nscarlet couch\n"
    )
    assert answer.status_code == 200
    assert answer.text.index('<td data-label="Text">scarlet couch') < answer.text.index('<td data-label="Text">HDMI')
    assert "tokens compared" in answer.text
    assert served.chen.form(PAGE, model="wordllama-l2-supercat-256", text="x").status_code == 400


def test_the_page_opens_with_a_model_for_conversations_and_needs_a_member(served: Served) -> None:
    assert "Your message" in served.chen.get(PAGE).text
    assert served.chen.get(f"{PAGE}?model=nobody").status_code == 404
    assert served.visit().get(PAGE, headers={"accept": "text/html"}).status_code == 303


def test_the_script_speaks_to_the_same_door_with_the_session(served: Served) -> None:
    before = served.spent
    body = {"model": "talker", "messages": [{"role": "user", "content": "x"}], "stream": True}
    answer = served.chen.post("/v1/chat/completions", body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert f'"nano":{COST}' in answer.text
    assert served.spent - before == COST
    refused = served.visit().sign_in(BRUNO).client.post("/v1/chat/completions", json=body)
    assert refused.status_code == 403, "a session's change carries the token of our own pages"
