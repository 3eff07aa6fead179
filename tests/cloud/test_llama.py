"""llama.cpp in a child process: schemas and tools are kept to, deaths are survived, nothing outlives its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from entrepot import cloud
from entrepot.cloud.engines.base import Engine, EngineFault, Generation, Message, Piece, Tool, Unable
from entrepot.cloud.engines.checked import Checked
from entrepot.cloud.engines.grammar import compile_schema, is_kept
from entrepot.cloud.engines.llama import Budget, Llama
from entrepot.cloud.engines.schemas import Checker
from tests.cloud import tiny
from tests.processor import processor_s
from tests.waiting import WAIT_S, eventually

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "maximum": 99}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WEATHER = Tool("weather", "tells the weather", {
    "type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"],
    "additionalProperties": False,
})  # fmt: skip
TIME = Tool("time", "tells the time")
Work = Callable[[Llama], Coroutine[None, None, None]]


@pytest.fixture(scope="module")
def path() -> Path:
    found = cloud.find_package("smollm2-135m-instruct")
    if found is None or not tiny.is_installed("xllamacpp"):
        reason = "the weights of SmolLM2 are not installed: run `make models`"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return found[1]


@pytest.fixture(scope="module")
def loaded(path: Path) -> Iterator[Callable[[Work], None]]:
    """Has an engine do work that leaves it as it was; one for the file, for loading takes longer than the work."""
    with asyncio.Runner() as runner:
        engine = Llama(path, "smollm2")
        yield lambda work: runner.run(work(engine))
        runner.run(engine.close())


def run(path: Path, work: Work, budget: Budget | None = None) -> None:
    async def whole() -> None:
        engine = Llama(path, "smollm2", budget)
        try:
            await work(engine)
        finally:
            await engine.close()

    asyncio.run(whole())


def ask(words: str, most: int = 80, **more: object) -> Generation:
    return Generation(most, messages=(Message("user", words),), temperature=0.0, seed=1, **more)  # type: ignore[arg-type]


async def write(engine: Engine, work: Generation) -> list[Piece]:
    return [piece async for piece in engine.generate(work)]


async def starts(engine: Llama) -> None:
    """Until its child runs, and has not loaded anything yet."""
    for _ in range(int(WAIT_S / 0.001)):
        if engine.process_id is not None:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("no child was started")


def test_it_goes_on_loading_when_whoever_asked_first_leaves(path: Path) -> None:
    restarts: list[bool] = []

    async def whole() -> None:
        engine = Llama(path, "smollm2", when_restarted=lambda: restarts.append(True))
        first = asyncio.ensure_future(engine.capabilities())
        try:
            await starts(engine)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            known = await asyncio.gather(*(engine.capabilities() for _ in range(3)))
            assert (engine.starts, restarts) == (1, [])
            assert {each.chat for each in known} == {True}
        finally:
            await engine.close()

    asyncio.run(whole())


def test_what_is_loading_as_it_is_closed_ends_and_says_so(path: Path) -> None:
    async def whole() -> None:
        engine = Llama(path, "smollm2")
        waiting = asyncio.ensure_future(engine.capabilities())
        await starts(engine)
        await engine.close()
        with pytest.raises(EngineFault, match="ended while it was loading"):
            await waiting
        assert engine.process_id is None

    asyncio.run(whole())


def test_it_is_probed_when_it_is_loaded(path: Path) -> None:
    async def work(engine: Llama) -> None:
        known = await engine.capabilities()
        assert (known.chat, known.completion, known.context) == (True, True, 1_024)
        assert await engine.count(ask("Hello")) > await engine.count(Generation(1, prompt="Hello")) >= 1

    run(path, work, Budget(context=1_024))


def test_a_schema_is_kept_to_without_a_space_to_spare(loaded: Callable[[Work], None]) -> None:
    async def work(engine: Llama) -> None:
        pieces = await write(engine, ask("Describe a person as JSON", schema=SCHEMA))
        person = json.loads("".join(piece.text for piece in pieces))
        assert set(person) == {"name", "age"}
        assert isinstance(person["age"], int)
        assert pieces[-1].finish == "stop"

    loaded(work)


@pytest.mark.parametrize("choice", ["required", "weather"])
def test_a_tool_that_must_be_called_is_called(loaded: Callable[[Work], None], choice: str) -> None:
    async def work(engine: Llama) -> None:
        asked = ask("What is the weather in Paris?", tools=(WEATHER, TIME), tool_choice=choice)
        pieces = await write(engine, asked)
        assert pieces[-1].finish == "tool_calls"
        (call,) = pieces[-2].tool_calls
        assert call["function"]["name"] in (("weather", "time") if choice == "required" else ("weather",))
        assert isinstance(json.loads(call["function"]["arguments"]), dict)
        assert not any(piece.text for piece in pieces)
        assert pieces[-1].count.input_tokens <= await engine.count(asked)

    loaded(work)


def test_a_call_that_does_not_fit_says_that_its_length_ended(loaded: Callable[[Work], None]) -> None:
    async def work(engine: Llama) -> None:
        pieces = await write(engine, ask("Weather?", 3, tools=(WEATHER,), tool_choice="required"))
        assert (pieces[-1].finish, pieces[-1].tool_calls) == ("length", ())

    loaded(work)


BEYOND: tuple[dict[str, object], ...] = (
    {"oneOf": [{"const": 1}, {"const": 2}]},
    {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 2, "maxItems": 2},
    {"type": "object", "properties": {"at": {"type": "string", "format": "uri", "maxLength": 9}}, "required": ["at"],
     "additionalProperties": False},
    {"enum": ["a", "b"], "not": {"const": "a"}},
    {"type": "object", "properties": {"a": {"enum": ["ab"], "pattern": "^(?=a)ab$"}}, "required": ["a"],
     "additionalProperties": False},
)  # fmt: skip
"""What a grammar cannot say, or not all of it: llama.cpp alone would say nothing, and write freely."""


@pytest.mark.parametrize("schema", BEYOND)
def test_a_schema_that_no_grammar_can_say_is_kept_to_or_the_answer_fails(
    loaded: Callable[[Work], None], schema: dict[str, object]
) -> None:
    async def work(engine: Llama) -> None:
        asked = ask("Answer", 30, schema=schema)
        try:
            text = "".join([piece.text async for piece in Checked(engine, is_kept).generate(asked)])
        except EngineFault:  # asked twice, and it fits neither time
            return
        Checker(schema).check(json.loads(text))

    loaded(work)


def test_what_a_grammar_can_say_passes_as_it_is_written(loaded: Callable[[Work], None]) -> None:
    async def work(engine: Llama) -> None:
        pieces = [piece async for piece in Checked(engine, is_kept).generate(ask("A person", schema=SCHEMA))]
        assert len([piece for piece in pieces if piece.text]) > 3

    loaded(work)


def test_a_schema_that_nothing_fits_is_no_answer(loaded: Callable[[Work], None]) -> None:
    async def work(engine: Llama) -> None:
        nothing = ask("Say hello", 20, schema={"type": "integer", "minimum": 5, "maximum": 3})
        with pytest.raises(EngineFault, match="left the schema"):
            await write(Checked(engine, is_kept), nothing)

    loaded(work)


@pytest.mark.parametrize("parameters", [{}, {"type": "object", "properties": {}}])
def test_a_function_without_parameters_is_called_with_none(
    loaded: Callable[[Work], None], parameters: dict[str, object]
) -> None:
    async def work(engine: Llama) -> None:
        pieces = await write(engine, ask("Ping it", 30, tools=(Tool("ping", "", parameters),), tool_choice="required"))
        assert pieces[-2].tool_calls[0]["function"]["arguments"] == "{}"

    loaded(work)


BROKEN = (
    {"$ref": "#/nowhere"},
    {"type": "nonsense"},
    {"type": "string", "pattern": "("},
    {"type": "object", "properties": {"a": "x"}},
)


def test_a_schema_that_cannot_be_kept_to_is_refused_and_harms_nothing(loaded: Callable[[Work], None]) -> None:
    async def work(engine: Llama) -> None:
        for schema in BROKEN:
            with pytest.raises(Unable):
                await write(engine, ask("Answer", schema=schema))
        nested: dict[str, object] = {"type": "integer", "maximum": 9}
        for _ in range(200):
            nested = {"type": "array", "items": nested, "maxItems": 1}
        await write(engine, ask("Answer", 5, schema=nested))
        assert engine.starts == 1

    loaded(work)
    with pytest.raises(Unable, match="characters"):
        compile_schema({"enum": ["x" * 60_000]})


def test_an_input_longer_than_the_context_is_refused(path: Path) -> None:
    async def work(engine: Llama) -> None:
        with pytest.raises(Unable):
            await write(engine, ask("word " * 2_000))

    run(path, work, Budget(context=512))


async def read_and_kill(engine: Llama) -> None:
    """Kill the child after the first piece, and read on."""
    child = engine.process_id
    async for _ in engine.generate(ask("Tell a very long story", 400)):
        if child is not None:
            os.kill(child, signal.SIGKILL)
            child = None


def test_a_child_that_was_killed_is_started_anew(path: Path) -> None:
    async def work(engine: Llama) -> None:
        await engine.capabilities()
        with pytest.raises(EngineFault):
            await read_and_kill(engine)
        assert (await write(engine, ask("Hello", 4)))[-1].finish
        assert engine.starts == 2

    run(path, work)


def test_a_file_that_is_no_model_is_an_engine_fault(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF but not really")

    async def work(engine: Llama) -> None:
        with pytest.raises(EngineFault, match="is the file whole"):
            await engine.capabilities()

    if not tiny.is_installed("xllamacpp"):
        pytest.skip("xllamacpp is not installed")
    run(file, work)


def test_a_reader_who_leaves_stops_the_work(path: Path) -> None:
    async def work(engine: Llama) -> None:
        await write(engine, ask("Hello", 8))
        child = engine.process_id
        assert child is not None
        stream = engine.generate(ask("Tell a very long story", 1_500))
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        began_s = processor_s(child)
        await write(engine, ask("Hello", 8))
        assert processor_s(child) - began_s < 5, "the story is still being written"

    run(path, work, Budget(parallel=1))


def test_no_child_outlives_its_parent(path: Path) -> None:
    program = textwrap.dedent(f"""
        import asyncio, os, pathlib
        from entrepot.cloud.engines.llama import Llama
        async def main():
            engine = Llama(pathlib.Path({str(path)!r}), "m")
            await engine.capabilities()
            print(engine.process_id, flush=True)
            os.kill(os.getpid(), 9)
        asyncio.run(main())
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=WAIT_S, check=False)
    child = int(done.stdout)

    def is_gone() -> bool:
        try:
            return not Path(f"/proc/{child}/cmdline").read_bytes()  # ended, and nobody has looked yet
        except (FileNotFoundError, ProcessLookupError):
            return True

    eventually(is_gone)
