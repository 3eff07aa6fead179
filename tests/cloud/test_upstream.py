"""An engine elsewhere: every fault of its server becomes one of two plain errors, and leaving stops its work."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest

from entrepot.cloud.capabilities import Capabilities
from entrepot.cloud.engines import wire
from entrepot.cloud.engines.base import EngineFault, Generation, Message, Piece, Tool, Unable
from entrepot.cloud.engines.connecting import Answer, Patience
from entrepot.cloud.engines.upstream import Upstream
from entrepot.cloud.engines.wire import read_pieces
from entrepot.cloud.testing import WORDS, _events
from entrepot.kernel import Secret
from tests.cloud.wires import Double, double
from tests.waiting import WAIT_S

ABLE = Capabilities(context=1_000, chat=True)
HELLO = Generation(10, messages=(Message("user", "Hello"),))


def run(work: Callable[[Upstream, Double], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with double() as (server, address):
            engine = Upstream(address, "their-name", ABLE, Secret("sk-theirs"))
            try:
                await work(engine, server)
            finally:
                await engine.close()

    asyncio.run(whole())


async def write(engine: Upstream, work: Generation = HELLO) -> list[Piece]:
    return [piece async for piece in engine.generate(work)]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("busy", "429"),
        ("broken", "500"),
        ("dies", "broke off"),
        ("garbage", "no JSON"),
        ("error-event", "out of memory"),
    ],
)
def test_a_fault_of_the_server_is_an_engine_fault(fault: str, sentence: str) -> None:
    async def work(engine: Upstream, server: Double) -> None:
        server.fault = fault
        with pytest.raises(EngineFault, match=sentence):
            await write(engine)
        server.fault = ""
        assert (await write(engine))[-1].count.output_tokens == 6

    run(work)


def test_a_request_that_the_server_refuses_is_the_callers(  # its sentence goes to the caller, not a retry
) -> None:
    async def work(engine: Upstream, server: Double) -> None:
        server.fault = "refuse"
        with pytest.raises(Unable, match="no such thing"):
            await write(engine)

    run(work)


def test_a_server_that_does_not_listen_is_an_engine_fault() -> None:
    async def work() -> None:
        engine = Upstream("http://127.0.0.1:9/v1", "m", ABLE)
        with pytest.raises(EngineFault, match="does not answer"):
            await write(engine)
        with pytest.raises(EngineFault):
            await engine.embed(["a"])
        await engine.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("fault", "words", "sentence"), [("", 6, ""), ("garbage", 2, "no JSON"), ("endless", 6, "without end")]
)
def test_what_comes_at_once_is_one_piece_and_what_came_before_a_fault_is_counted(
    fault: str, words: int, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        events = _events({"max_tokens": 10}, "/v1/chat/completions", fault, WORDS)
        if fault == "endless":
            monkeypatch.setattr(wire, "LINE_LENGTH_MAX", 1_000)
            events = [*events[:6], b"x" * 1_001]
        reader = asyncio.StreamReader()
        body = b"".join(events)
        reader.feed_data(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        answer, pieces = Answer(reader, Patience(5.0)), list[Piece]()
        await answer.read_head()
        with pytest.raises(EngineFault, match=sentence) if fault else nullcontext():
            async for piece in read_pieces(answer):
                pieces.append(piece)
        assert pieces[0].text == "".join(WORDS[:words])
        assert pieces[0].count.output_tokens == words
        assert len(pieces) == (1 if fault else 2)

    asyncio.run(work())


def test_an_answer_leaves_nothing_that_the_event_loop_has_to_close() -> None:
    """Each generator that is left in the middle costs a task and two turns of the loop, in every call."""

    async def work(engine: Upstream, server: Double) -> None:
        left = list[object]()
        first, _ = hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(first, left.append)
        try:
            await write(engine)
            gc.collect()
        finally:
            sys.set_asyncgen_hooks(*hooks)
        assert left == []

    run(work)


def test_without_a_count_from_the_server_its_events_are_counted() -> None:
    async def work(engine: Upstream, server: Double) -> None:
        server.fault = "no-usage"
        last = (await write(engine))[-1]
        assert (last.count.output_tokens, last.evidence) == (6, None)

    run(work)


def test_leaving_in_the_middle_closes_the_connection() -> None:
    async def work(engine: Upstream, server: Double) -> None:
        server.pace_s = 0.05
        stream = engine.generate(HELLO)
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.wait_for(server.left.wait(), WAIT_S)

    run(work)


def test_what_is_sent_is_in_openais_shape_under_their_key() -> None:
    async def work(engine: Upstream, server: Double) -> None:
        tool = Tool("look", "looks", {"type": "object"})
        asked = Generation(
            5, messages=(Message("user", [{"type": "text", "text": "Hi"}]),), tools=(tool,), tool_choice="look",
            schema={"type": "object"}, stop=("x",), temperature=0.5,
        )  # fmt: skip
        await write(engine, asked)
        body = server.asked[0]
        assert body["messages"] == [{"role": "user", "content": "Hi"}]
        assert body["tool_choice"] == {"type": "function", "function": {"name": "look"}}
        assert body["response_format"]["json_schema"]["strict"] is True
        assert (body["model"], body["stop"], body["stream_options"]) == ("their-name", ["x"], {"include_usage": True})
        assert server.keys == ["bearer sk-theirs"]

    run(work)
