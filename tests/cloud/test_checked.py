"""Engines that ignore what they are asked are held to it: checked, repaired where safe, asked again, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest

from entrepot.cloud.capabilities import Capabilities
from entrepot.cloud.engines.base import Count, EngineFault, Generation, Message, Piece, Tool, Unable
from entrepot.cloud.engines.checked import Checked
from entrepot.cloud.engines.grammar import grammar_of

SCHEMA = {
    "type": "object", "properties": {"age": {"type": "integer", "maximum": 99}}, "required": ["age"],
    "additionalProperties": False,
}  # fmt: skip
WEATHER = Tool(
    "weather", "tells it", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)
CLOCK = Tool("clock")
HELLO = (Message("user", "Hello"),)


class Stubborn:
    """Answers with what it was given, one answer a call, whatever it is asked."""

    counts_exactly = True

    def __init__(self, *answers: str | Sequence[dict[str, Any]], finish: Any = "stop") -> None:
        self._answers = list(answers)
        self._finish = finish
        self.asked: list[Generation] = []

    async def capabilities(self) -> Capabilities:
        return Capabilities(1_000, chat=True)

    async def generate(self, work: Generation) -> AsyncIterator[Piece]:
        self.asked.append(work)
        answer = self._answers.pop(0)
        if isinstance(answer, str):
            half = len(answer) // 2
            yield Piece(Count(5, 0, 1), answer[:half])
            yield Piece(Count(5, 0, 2), answer[half:])
        else:
            yield Piece(Count(5, 0, 1), tool_calls=tuple(answer))
        yield Piece(Count(5, 0, 3), finish=self._finish)


def delta(name: str, arguments: str) -> dict[str, Any]:
    return {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def ask(engine: Stubborn, **work: Any) -> list[Piece]:
    async def all_pieces() -> list[Piece]:
        return [piece async for piece in Checked(engine).generate(Generation(50, HELLO, **work))]  # type: ignore[arg-type]

    return asyncio.run(all_pieces())


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    "written",
    ['{"age": 3}', '```json\n{"age": 3}\n```', 'Here you are: {"age": 3}. Anything else?', 'No {x} but {"age": 3}'],
)
def test_json_that_fits_is_found_in_what_was_written(written: str) -> None:
    pieces = ask(Stubborn(written), schema=SCHEMA)
    assert msgspec.json.decode(text_of(pieces)) == {"age": 3}
    assert pieces[-1].finish == "stop"
    assert pieces[-1].count == Count(5, 0, 3)


@pytest.mark.parametrize(
    "written", ["I am three", '{"age": "three"}', '{"age": 300}', "{}", '{"age": 3, "x": 1}', "[3"]
)
def test_what_does_not_fit_is_asked_for_once_more_with_what_was_wrong(written: str) -> None:
    engine = Stubborn(written, '{"age": 4}')
    assert text_of(ask(engine, schema=SCHEMA)) == '{"age": 4}'
    assert "did not fit" in str(engine.asked[1].messages[-1].content)
    with pytest.raises(EngineFault, match="does not fit what was asked"):
        ask(Stubborn(written, written), schema=SCHEMA)


def test_an_answer_that_was_cut_short_says_so_and_is_given_as_it_is() -> None:
    pieces = ask(Stubborn('{"age":', finish="length"), schema=SCHEMA)
    assert (text_of(pieces), pieces[-1].finish) == ('{"age":', "length")


def test_a_required_call_that_was_written_in_words_is_read() -> None:
    for written in ('{"name": "weather", "arguments": {"city": "Paris"}}', 'I call {"city": "Paris"}',
                    '{"function": {"name": "weather", "arguments": "{\\"city\\": \\"Paris\\"}"}}'):  # fmt: skip
        pieces = ask(Stubborn(written), tools=(WEATHER,), tool_choice="required")
        (call,) = pieces[-2].tool_calls
        assert call["function"]["name"] == "weather"
        assert msgspec.json.decode(call["function"]["arguments"]) == {"city": "Paris"}
        assert pieces[-1].finish == "tool_calls"
        assert text_of(pieces) == ""


@pytest.mark.parametrize(
    "calls", [[delta("nobody", "{}")], [delta("weather", "{half")], [delta("weather", '{"city": 3}')], "No"]
)
def test_a_call_that_does_not_fit_is_never_handed_on(calls: Any) -> None:
    good = [delta("weather", '{"city": "Paris"}')]
    pieces = ask(Stubborn(calls, good), tools=(WEATHER, CLOCK), tool_choice="weather")
    assert [call["function"]["name"] for piece in pieces for call in piece.tool_calls] == ["weather"]
    with pytest.raises(EngineFault):
        ask(Stubborn(calls, calls), tools=(WEATHER, CLOCK), tool_choice="weather")


def test_another_tool_than_the_one_that_was_chosen_is_not_called() -> None:
    with pytest.raises(EngineFault, match="weather"):
        ask(Stubborn([delta("clock", "{}")], [delta("clock", "{}")]), tools=(WEATHER, CLOCK), tool_choice="weather")


def test_where_a_tool_may_be_called_or_not_words_pass_as_they_come() -> None:
    pieces = ask(Stubborn("Hello there"), tools=(WEATHER,))
    assert [piece.text for piece in pieces] == ["Hello", " there", ""]
    called = ask(Stubborn([delta("weather", '{"city": "Paris"}')]), tools=(WEATHER,))
    assert called[-1].finish == "tool_calls"


@pytest.mark.parametrize("work", [{"schema": SCHEMA}, {"tools": (CLOCK,), "tool_choice": "required"}])
def test_what_is_held_back_is_counted_as_it_is_written(work: dict[str, Any]) -> None:
    written = '{"age": 3}' if "schema" in work else [delta("clock", "{}")]
    first = ask(Stubborn(written), **work)[0]
    assert (first.count.output_tokens, first.text, first.tool_calls) == (1, "", ())


def test_without_wishes_pieces_pass_as_they_are() -> None:
    assert [piece.text for piece in ask(Stubborn("Hello there"))] == ["Hello", " there", ""]


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "https://elsewhere.example/x"}, {"x": "y" * 60_000}])
def test_a_schema_that_cannot_be_kept_to_is_refused_before_the_model_is_asked(schema: dict[str, Any]) -> None:
    engine = Stubborn("x")
    with pytest.raises(Unable, match=r"kept to|characters"):
        ask(engine, schema=schema)
    assert engine.asked == []


def test_where_the_model_may_choose_its_first_sign_tells_a_call_from_words() -> None:
    for written, finish in (('{"name":"weather","arguments":{"city":"Paris"}}', "tool_calls"), ("Hello {you}", "stop")):
        calls = grammar_of(Generation(9, HELLO, tools=(WEATHER,)))
        assert calls is not None
        pieces = [each for sign in written for each in calls.read(Piece(Count(), sign))]
        pieces += calls.read(Piece(Count(), finish="stop"))
        assert pieces[-1].finish == finish
        assert text_of(pieces) == ("" if finish == "tool_calls" else written)
