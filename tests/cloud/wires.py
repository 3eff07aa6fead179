"""A double of a server that speaks OpenAI's wire format, on loopback, with the faults that real ones have."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

WORDS = ("One", " word", " after", " the", " other", ".")


class Double:
    """Answers every request with the same words. `fault` names what goes wrong with the next ones.

    - `refuse`: 400 with a sentence; `busy`: 429; `broken`: 500 without JSON
    - `dies`: the stream ends after two words; `garbage`: an event that is no JSON; `mute`: says nothing for ever
    - `no-usage`: never tells what it counted; `error-event`: an error in the middle of the stream
    """

    def __init__(self) -> None:
        self.fault = ""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.left = asyncio.Event()
        """Set when a client closed its connection in the middle of an answer."""
        self.pace_s = 0.0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
        self.asked.append(body)
        self.keys.append(headers.get("authorization", ""))
        path = lines[0].split(" ")[1]
        statuses = {"refuse": 400, "busy": 429, "broken": 500}
        if self.fault in statuses:
            error = b"oops" if self.fault == "broken" else json.dumps({"error": {"message": "no such thing"}}).encode()
            await self._answer(writer, statuses[self.fault], error)
            return False
        if body.get("stream"):
            await self._stream(reader, writer, body, chat=path.endswith("chat/completions"))
            return False
        await self._answer(writer, 200, json.dumps(self._whole(path, body)).encode())
        return True

    def _whole(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("embeddings"):
            rows = [{"index": n, "embedding": [len(text), 1.0, 2.0]} for n, text in enumerate(body["input"])]
            return {"data": rows[::-1], "usage": {"prompt_tokens": 3 * len(rows), "total_tokens": 3 * len(rows)}}
        texts = body["documents"]
        results = [{"index": n, "relevance_score": text.count(body["query"])} for n, text in enumerate(texts)]
        return {"results": results[::-1], "usage": {"total_tokens": 5 * len(texts)}}

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any], *, chat: bool
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        await writer.drain()
        gone = asyncio.ensure_future(reader.read(1))
        words = WORDS[: body["max_tokens"]]
        for number, word in enumerate(words):
            if self.fault == "mute" or self.pace_s:
                done, _ = await asyncio.wait([gone], timeout=60 if self.fault == "mute" else self.pace_s)
                if done:
                    self.left.set()
                    return
            if self.fault == "dies" and number == 2:
                return
            if self.fault == "garbage" and number == 2:
                writer.write(b"data: {half\n\n")
                continue
            if self.fault == "error-event" and number == 2:
                await self._event(writer, {"error": {"message": "out of memory"}})
                return
            choice = {"index": 0, "delta": {"content": word}} if chat else {"index": 0, "text": word}
            await self._event(writer, {"choices": [choice]})
        finish = "length" if len(words) < len(WORDS) else "stop"
        await self._event(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if self.fault != "no-usage":
            usage = {"prompt_tokens": 9, "completion_tokens": len(words), "prompt_tokens_details": {"cached_tokens": 4}}
            await self._event(writer, {"choices": [], "usage": usage, "id": "up_1"})
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    async def _event(self, writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
        writer.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        await writer.drain()

    async def _answer(self, writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()


@asynccontextmanager
async def double() -> AsyncIterator[tuple[Double, str]]:
    """A double that listens, and its address up to `/v1`."""
    made = Double()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield made, f"http://127.0.0.1:{port}/v1"
    finally:
        server.close()
