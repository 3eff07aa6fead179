"""Tools and schemas of models that transformers runs: asked for in words, checked, asked for once more, or refused.

torch is nobody's dependency: a double stands for the library and for a model that says what it was given to say.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from entrepot.cloud import registry
from entrepot.cloud.engines.base import EngineFault, Generation, Message, Piece, Tool
from entrepot.cloud.engines.checked import Checked
from entrepot.cloud.engines.opening import open_engine
from entrepot.cloud.engines.transformers import Transformers
from entrepot.cloud.types import Settings
from entrepot.kernel import Blobs

SCHEMA = {
    "type": "object", "properties": {"age": {"type": "integer", "maximum": 99}}, "required": ["age"],
    "additionalProperties": False,
}  # fmt: skip
WEATHER = Tool(
    "weather", "tells it",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
)  # fmt: skip
CALL = '{"name": "weather", "arguments": {"city": "Paris"}}'


class Ids(np.ndarray):
    """Tokens as torch holds them."""

    device = "cpu"


class Words:
    """A tokeniser whose tokens are characters."""

    chat_template = "{role}: {content}"
    pad_token_id = 0

    def __call__(self, text: str, **_: Any) -> Any:
        return SimpleNamespace(input_ids=[ord(sign) for sign in text])

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> str:
        return "".join(f"{each['role']}: {each['content']}\n" for each in messages)

    def decode(self, ids: list[int], **_: Any) -> str:
        return "".join(map(chr, ids))


class Saying:
    """A model that says one thing after the other, and keeps what it read."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.read: list[str] = []
        self.config = SimpleNamespace()
        self.generation_config = SimpleNamespace(eos_token_id=None)

    def generate(self, ids: Ids, *, streamer: Any, max_new_tokens: int, stopping_criteria: Any, **_: Any) -> None:
        self.read.append("".join(map(chr, ids[0].tolist())))
        streamer.put(ids)
        for sign in self._answers.pop(0)[:max_new_tokens]:
            if stopping_criteria[0]()[0]:
                return
            streamer.put(np.array([ord(sign)]))


def engine_that_says(*answers: str) -> tuple[Checked, Saying]:
    """The engine as `open_engine` makes it, with doubles where the library would be."""
    model = Saying(*answers)
    torch = SimpleNamespace(
        tensor=lambda rows, **_: np.array(rows).view(Ids), ones_like=np.ones_like,
        inference_mode=contextlib.nullcontext, manual_seed=lambda _: None,
        full=lambda shape, value, **_: np.full(shape, value),
    )  # fmt: skip
    engine = Transformers({}, "chat")
    engine._loaded = SimpleNamespace(  # type: ignore[assignment]
        torch=torch, device="cpu", tokenizer=Words(), model=model, context=9_000
    )
    return Checked(engine), model


def ask(engine: Checked, most: int = 300, **work: Any) -> list[Piece]:
    messages = work.pop("messages", (Message("user", "Paris?"),))

    async def whole() -> list[Piece]:
        return [piece async for piece in engine.generate(Generation(most, messages, **work))]

    return asyncio.run(whole())


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def calls_of(pieces: list[Piece]) -> list[tuple[str, str]]:
    calls = [call["function"] for piece in pieces for call in piece.tool_calls]
    return [(call["name"], call["arguments"].replace(" ", "")) for call in calls]


def test_a_schema_is_asked_for_in_words_and_what_fits_is_the_answer() -> None:
    engine, model = engine_that_says('Here: {"age": 3}')
    pieces = ask(engine, schema=SCHEMA)
    assert text_of(pieces) == '{"age": 3}'
    assert pieces[-1].finish == "stop"
    assert '"maximum":99' in model.read[0]
    assert model.read[0].startswith("system: ")


def test_what_does_not_fit_is_asked_for_once_more_with_what_was_wrong() -> None:
    engine, model = engine_that_says('{"age": 300}', '{"age": 3}')
    assert text_of(ask(engine, schema=SCHEMA)) == '{"age": 3}'
    assert "did not fit" in model.read[1]
    engine, model = engine_that_says("I am three", "three")
    with pytest.raises(EngineFault, match="does not fit"):
        ask(engine, schema=SCHEMA)
    assert len(model.read) == 2


def test_a_tool_that_must_be_called_is_called_or_the_answer_fails() -> None:
    engine, model = engine_that_says(f"Sure: {CALL}")
    pieces = ask(engine, tools=(WEATHER,), tool_choice="required")
    assert calls_of(pieces) == [("weather", '{"city":"Paris"}')]
    assert (pieces[-1].finish, text_of(pieces)) == ("tool_calls", "")
    assert '"city"' in model.read[0], "it is told what arguments there are"
    engine, _ = engine_that_says("It rains", '{"name": "weather", "arguments": {"town": 1}}')
    with pytest.raises(EngineFault, match="does not fit"):
        ask(engine, tools=(WEATHER,), tool_choice="weather")


def test_where_it_may_choose_words_stay_words_and_a_call_is_one() -> None:
    engine, _ = engine_that_says("It rains {a lot}")
    pieces = ask(engine, tools=(WEATHER,))
    assert (text_of(pieces), calls_of(pieces), pieces[-1].finish) == ("It rains {a lot}", [], "stop")
    assert len([piece for piece in pieces if piece.text]) > 1, "words pass as they are written"
    engine, _ = engine_that_says(CALL)
    pieces = ask(engine, tools=(WEATHER,))
    assert (text_of(pieces), pieces[-1].finish) == ("", "tool_calls")
    assert calls_of(pieces) == [("weather", '{"city":"Paris"}')]
    engine, _ = engine_that_says("{x} is a set")
    assert text_of(ask(engine, tools=(WEATHER,))) == "{x} is a set", "what only begins like one is no call"


def test_tools_that_may_not_be_called_are_not_spoken_of() -> None:
    engine, model = engine_that_says("It rains")
    assert text_of(ask(engine, tools=(WEATHER,), tool_choice="none")) == "It rains"
    assert model.read == ["user: Paris?\n"]


def test_what_it_reads_is_what_is_counted_and_one_system_message_stands_first() -> None:
    engine, model = engine_that_says('{"age": 3}')
    messages = (Message("system", "Be brief"), Message("user", "Paris?"))
    ask(engine, schema=SCHEMA, messages=messages)
    assert model.read[0].count("system: ") == 1
    assert model.read[0].startswith("system: Be brief\n")
    counted = asyncio.run(engine.count(Generation(9, messages, schema=SCHEMA)))
    assert counted == len(model.read[0])


def test_a_model_that_transformers_serves_is_checked(tmp_path: Any) -> None:
    blobs = Blobs(tmp_path)
    files = (registry.ModelFile("config", "config.json", blobs.put(b"{}"), 2),)
    draft = registry.ModelDraft("t", "chat", "transformers", registry.Licence("MIT"), files=files)
    assert isinstance(open_engine(draft, blobs, Settings()), Checked)
