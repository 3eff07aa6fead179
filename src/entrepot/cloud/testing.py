"""A double of a server that speaks OpenAI's wire format, on loopback, with the faults that real ones have.

    async with double() as (server, address): ...
    python -m entrepot.cloud.testing             as a process of its own, until its standard input closes

It prints its address. What it answers depends on nothing but the request and `fault`, so that usage can be reckoned.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

import msgspec

WORDS = ("One", " word", " after", " the", " other", ".")
READ = 9
"""Tokens that every conversation counts as, of which `CACHED` come from a cache."""
CACHED = 4
SLOW_S = 0.45
STRANGE: tuple[Any, ...] = (
    [1], "text", {"choices": {"0": "x"}}, {"choices": ["x"]}, {"choices": [{"delta": "x"}]},
    {"choices": [{"delta": {"content": 7}}]}, {"choices": [{"delta": {"tool_calls": "x"}}]}, {"usage": "many"},
    {"usage": {"prompt_tokens": -1, "completion_tokens": "6"}}, {"usage": {"prompt_tokens_details": []}},
)  # fmt: skip
"""JSON that is none of the format's events."""


class Double:
    """Answers every request with the same words. `fault` names what goes wrong with the next ones.

    - `refuse`: 400 with a sentence; `busy`: 429; `broken`: 500 without JSON
    - `mute`: says nothing for ever; `hangs`: the same after two words
    - `dies`: the connection ends after two words; `short`: the stream ends there as if it were whole
    - `garbage`: an event that is no JSON; `strange-N`: JSON of a wrong shape, the N-th of `STRANGE`
    - `error-body`: 200 with an error in one piece, where a stream was asked for
    - `noise`: bytes that are no HTTP; `error-event`: an error in the middle of the stream
    - `twice`: every event comes twice, the end and the usage too
    - `no-usage`: never tells what it counted; `too-much`: counts more than it was allowed to write
    """

    def __init__(self) -> None:
        self.fault = ""
        self.says: tuple[str, ...] = WORDS
        """The words of its streams."""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.left = asyncio.Event()
        """Set when a client closed its connection in the middle of an answer."""
        self.pace_s = 0.0
        """How long it takes for a word; the model `slow` takes `SLOW_S` in any case."""
        self.gate = asyncio.Event()
        """Streams wait for it before their first word. It is set."""
        self.gate.set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        try:
            while await self._one(reader, writer):
                pass
        except ConnectionError:
            self.left.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has no more to ask, or the loop ends
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection is kept."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        body = msgspec.json.decode(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
        self.asked.append(body)
        self.keys.append(headers.get("authorization", ""))
        path = head[0].split(" ")[1]
        if refusal := {"refuse": 400, "busy": 429, "broken": 500}.get(self.fault):
            sentence = {"error": {"message": "no such thing"}}
            await _answer(writer, refusal, b"oops" if self.fault == "broken" else msgspec.json.encode(sentence))
            return False
        if self.fault == "error-body":
            await _answer(writer, 200, msgspec.json.encode({"error": {"message": "the quota is used up"}}))
            return False
        if self.fault == "noise":
            writer.write(b"\x16\x03\x01 what?\r\n\r\n" * 20)
            return False
        if body.get("stream"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            pace_s = SLOW_S if body.get("model") == "slow" else self.pace_s
            return await self._stream(reader, writer, _events(body, path, self.fault, self.says), pace_s)
        await _answer(writer, 200, msgspec.json.encode(_whole(path, body)))
        return True

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, events: list[bytes], pace_s: float
    ) -> bool:
        await self.gate.wait()
        if not (pace_s or self.fault):
            writer.write(b"".join(map(_chunk, events)) + b"0\r\n\r\n")
            await writer.drain()
            return True
        gone = asyncio.ensure_future(reader.read(1))
        try:
            for number, event in enumerate(events):
                stops = self.fault == "mute" or (self.fault == "hangs" and number == 2)
                if await self._is_gone(gone, 600 if stops else pace_s):
                    return False
                if self.fault == "dies" and number == 2:
                    return False
                writer.write(_chunk(event))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            gone.cancel()
        return False

    async def _is_gone(self, gone: asyncio.Future[bytes], wait_s: float) -> bool:
        done, _ = await asyncio.wait([gone], timeout=wait_s)
        if done:
            self.left.set()
        return bool(done)


def _events(body: dict[str, Any], path: str, fault: str, says: tuple[str, ...]) -> list[bytes]:
    """What a stream consists of."""
    chat = path.endswith("chat/completions")
    words = says[: body["max_tokens"]]
    told: list[Any] = [_word(word, chat) for word in words]
    if fault == "error-event":
        told[2:] = [{"error": {"message": "out of memory"}}]
    if fault.startswith("strange-"):
        told.insert(2, STRANGE[int(fault.removeprefix("strange-"))])
    told.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "length" if words != says else "stop"}]})
    if fault != "no-usage":
        told.append({"choices": [], "usage": _usage(len(words) + 1_000 * (fault == "too-much")), "id": "up_1"})
    events = [b"data: " + msgspec.json.encode(each) + b"\n\n" for each in told]
    if fault == "garbage":
        events.insert(2, b"data: {half\n\n")
    if fault == "short":
        return events[:2]
    events.append(b"data: [DONE]\n\n")
    return [event for event in events for _ in range(2)] if fault == "twice" else events


def _word(word: str, chat: bool) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": word}} if chat else {"index": 0, "text": word}]}


def _usage(written: int) -> dict[str, Any]:
    return {"prompt_tokens": READ, "completion_tokens": written, "prompt_tokens_details": {"cached_tokens": CACHED}}


def _whole(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """An answer in one piece."""
    if path.endswith("embeddings"):
        rows = [{"index": n, "embedding": [len(text), 1.0, 2.0]} for n, text in enumerate(body["input"])]
        return {"data": rows[::-1], "usage": {"prompt_tokens": 3 * len(rows), "total_tokens": 3 * len(rows)}}
    if path.endswith("rerank"):
        texts = body["documents"]
        results = [{"index": n, "relevance_score": text.count(body["query"])} for n, text in enumerate(texts)]
        return {"results": results[::-1], "usage": {"total_tokens": 5 * len(texts)}}
    words = WORDS[: body["max_tokens"]]
    message = {"role": "assistant", "content": "".join(words)}
    choice = {"index": 0, "message": message, "finish_reason": "stop" if words == WORDS else "length"}
    return {"id": "up_1", "object": "chat.completion", "choices": [choice], "usage": _usage(len(words))}


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


async def _answer(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


@asynccontextmanager
async def double() -> AsyncIterator[tuple[Double, str]]:
    """A double that listens, and its address up to `/v1`."""
    made, connections = Double(), WeakSet[asyncio.StreamWriter]()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Coroutine[None, None, None]:
        connections.add(writer)
        return made.handle(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield made, f"http://127.0.0.1:{port}/v1"
    finally:
        server.close()
        for writer in connections:  # also those of whom nothing was read yet
            writer.close()


async def _serve() -> None:
    """Serve until standard input closes. A line read from it names the fault from then on, and a pace in seconds."""
    loop = asyncio.get_running_loop()
    async with double() as (made, address):
        _say(address)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            made.fault, _, pace = line.rstrip("\n").partition(" ")
            made.pace_s = float(pace or 0)
            made.asked.clear()
            made.keys.clear()
            _say("so be it")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not built for every system
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve())
