"""Texts: conversations answered and prompts continued, whole or as a stream of events.

Refusals come before the first event, as ordinary answers. The last event of a stream carries usage and cost, and is
sent after the call was settled; an engine that fails in the middle ends the stream with an event that says so.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Response, post
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import Refused, new_id

from ..endpoints import body_as
from ..visit import CurrentVisit, Visit
from .asked import AskChat, AskCompletion, Writing
from .told import JSON, failure_body, usage_of

EVENTS = "text/event-stream"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


@post("/v1/chat/completions", status_code=200, include_in_schema=False, opt={"access": "member", "rate": "compute"})
async def chat_completions(visit: Visit) -> Response[Any]:
    """Answer a conversation."""
    asked: AskChat = await body_as(AskChat)(visit)
    return await _write(visit, asked, asked.work(), _Chat(visit, asked.model))


@post("/v1/completions", status_code=200, include_in_schema=False, opt={"access": "member", "rate": "compute"})
async def completions(visit: Visit) -> Response[Any]:
    """Continue a text."""
    asked: AskCompletion = await body_as(AskCompletion)(visit)
    return await _write(visit, asked, asked.work(), _Text(visit, asked.model))


class _Shape:
    """The shape of one kind of answer."""

    kind = ""
    chunk = ""

    def __init__(self, visit: CurrentVisit, model: str) -> None:
        self.request = new_id("req", visit.now, visit.entrepot.database.random)
        self.currency = visit.entrepot.settings.cloud.currency
        self._head = {"id": self.request, "created": int(time.time()), "model": model}

    def event(self, piece: cloud.Piece | None, usage: dict[str, Any] | None = None) -> dict[str, Any]:
        """An event of a stream; without a piece one that carries the usage alone."""
        choices = [] if piece is None else [self.choice(piece)]
        return {**self._head, "object": self.chunk, "choices": choices, **({"usage": usage} if usage else {})}

    def whole(self, text: str, calls: list[dict[str, Any]], finish: str, usage: dict[str, Any]) -> dict[str, Any]:
        """An answer in one piece."""
        return {**self._head, "object": self.kind, "choices": [self.answer(text, calls, finish)], "usage": usage}

    def choice(self, piece: cloud.Piece) -> dict[str, Any]:
        """What an event says of the answer."""
        raise NotImplementedError

    def answer(self, text: str, calls: list[dict[str, Any]], finish: str) -> dict[str, Any]:
        """The whole answer."""
        raise NotImplementedError


class _Chat(_Shape):
    kind = "chat.completion"
    chunk = "chat.completion.chunk"

    def choice(self, piece: cloud.Piece) -> dict[str, Any]:
        delta: dict[str, Any] = {"role": "assistant"}
        if piece.text:
            delta["content"] = piece.text
        if piece.tool_calls:
            delta["tool_calls"] = list(piece.tool_calls)
        return {"index": 0, "delta": delta, "finish_reason": piece.finish}

    def answer(self, text: str, calls: list[dict[str, Any]], finish: str) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text or None if calls else text}
        if calls:
            message["tool_calls"] = [{name: call[name] for name in call if name != "index"} for call in calls]
        return {"index": 0, "message": message, "finish_reason": finish}


class _Text(_Shape):
    kind = "text_completion"
    chunk = "text_completion"

    def choice(self, piece: cloud.Piece) -> dict[str, Any]:
        return {"index": 0, "text": piece.text, "finish_reason": piece.finish}

    def answer(self, text: str, calls: list[dict[str, Any]], finish: str) -> dict[str, Any]:
        return {"index": 0, "text": text, "finish_reason": finish}


async def _write(visit: CurrentVisit, asked: Writing, work: cloud.Generation, shape: _Shape) -> Response[Any]:
    call = cloud.Call(shape.request, visit.scope, asked.model)
    pieces = visit.entrepot.gateway.generate(call, work)
    if not asked.stream:
        return await _whole(pieces, shape)
    first = await anext(pieces)  # what refuses the call refuses it here, with a status of its own
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage
    return Stream(_events(first, pieces, shape, with_usage=with_usage), media_type=EVENTS, headers=_HEADERS)


async def _whole(pieces: AsyncIterator[cloud.Piece | cloud.Bill], shape: _Shape) -> Response[Any]:
    text: list[str] = []
    calls: list[dict[str, Any]] = []
    finish, usage = "stop", dict[str, Any]()
    async with aclosing(pieces) as all_pieces:  # type: ignore[type-var]
        async for piece in all_pieces:
            if isinstance(piece, cloud.Bill):
                usage = usage_of(piece, shape.currency)
                continue
            text.append(piece.text)
            calls += piece.tool_calls
            finish = piece.finish or finish
    answer = shape.whole("".join(text), _joined(calls), finish, usage)
    return Response(msgspec.json.encode(answer), media_type=JSON, status_code=200)


async def _events(
    first: cloud.Piece | cloud.Bill, rest: AsyncIterator[cloud.Piece | cloud.Bill], shape: _Shape, *, with_usage: bool
) -> AsyncIterator[bytes]:
    usage: dict[str, Any] | None = None
    piece: cloud.Piece | cloud.Bill | None = first
    async with aclosing(rest) as pieces:  # type: ignore[type-var]
        try:
            while piece is not None:
                if isinstance(piece, cloud.Bill):
                    usage = usage_of(piece, shape.currency)
                else:
                    yield _event(shape.event(piece, usage))
                piece = await anext(pieces, None)
            if with_usage:
                yield _event(shape.event(None, usage))
            yield b"data: [DONE]\n\n"
        except Refused as refusal:
            yield _event(failure_body(503, refusal.kind.value, refusal.sentence, {}))


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def _joined(deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls of tools, put together from their deltas."""
    calls: dict[int, dict[str, Any]] = {}
    for delta in deltas:
        call = calls.setdefault(
            int(delta.get("index", 0)), {"type": "function", "function": {"name": "", "arguments": ""}}
        )
        call |= {name: delta[name] for name in ("id", "type") if delta.get(name)}
        function = delta.get("function") or {}
        call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""
    return [calls[index] for index in sorted(calls)]


ROUTES: tuple[ControllerRouterHandler, ...] = (chat_completions, completions)
