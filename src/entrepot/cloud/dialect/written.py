"""A text as it is written, in OpenAI's words: whole, or as a stream of events whose last ones carry usage and cost."""

from __future__ import annotations

from typing import Any

import msgspec

from ..engines.base import Piece
from ..engines.gateway import Bill
from .told import (
    AnswerMessage,
    ChatChoice,
    ChatCompletion,
    Completion,
    FunctionCall,
    TextChoice,
    ToolCall,
    text_usage,
)

END = b"data: [DONE]\n\n"


class Head(msgspec.Struct, frozen=True):
    """What every part of an answer begins with, and the currency of its cost. `created` in seconds."""

    id: str
    created: int
    model: str
    currency: str


class Written:
    """Gathers an answer's pieces, and says them. `is_chat` tells the two kinds of answer apart."""

    def __init__(self, head: Head, *, is_chat: bool) -> None:
        self._head = head
        self._is_chat = is_chat
        self._text: list[str] = []
        self._deltas: list[dict[str, Any]] = []
        self._finish: Any = "stop"

    def add(self, piece: Piece) -> None:
        """Take a piece in."""
        self._text.append(piece.text)
        self._deltas += piece.tool_calls
        self._finish = piece.finish or self._finish

    def whole(self, bill: Bill) -> bytes:
        """The answer in one piece."""
        head, text, usage = self._head, "".join(self._text), text_usage(bill, self._head.currency)
        if not self._is_chat:
            choice = TextChoice(0, text, self._finish)
            return msgspec.json.encode(
                Completion(head.id, "text_completion", head.created, head.model, [choice], usage)
            )
        calls = joined(self._deltas)
        message = AnswerMessage("assistant", text or None if calls else text, calls)
        choices = [ChatChoice(0, message, self._finish)]
        return msgspec.json.encode(ChatCompletion(head.id, "chat.completion", head.created, head.model, choices, usage))

    def event(self, piece: Piece, bill: Bill | None = None, *, is_first: bool = False) -> bytes:
        """The event of a piece; the first one's says who speaks, once: clients put the words of deltas together. The
        last one's has the bill."""
        if self._is_chat:
            delta: dict[str, Any] = {"role": "assistant", "content": piece.text or None} if is_first else {}
            if piece.text or (is_first and not piece.tool_calls):
                delta["content"] = piece.text
            if piece.tool_calls:
                delta["tool_calls"] = list(piece.tool_calls)
            choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": piece.finish}
        else:
            choice = {"index": 0, "text": piece.text, "finish_reason": piece.finish}
        return self._event([choice], bill)

    def last_event(self, bill: Bill) -> bytes:
        """The event that carries the usage alone."""
        return self._event([], bill)

    def _event(self, choices: list[dict[str, Any]], bill: Bill | None) -> bytes:
        head = self._head
        kind = "chat.completion.chunk" if self._is_chat else "text_completion"
        body = {"id": head.id, "object": kind, "created": head.created, "model": head.model, "choices": choices}
        if bill is not None:
            body["usage"] = text_usage(bill, head.currency)
        return event_of(body)


def event_of(body: object) -> bytes:
    """A server-sent event."""
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def joined(deltas: list[dict[str, Any]]) -> list[ToolCall]:
    """Calls of tools, put together from their deltas."""
    calls: dict[int, dict[str, str]] = {}
    for delta in deltas:
        call = calls.setdefault(int(delta.get("index") or 0), {"id": "", "name": "", "arguments": ""})
        call["id"] = call["id"] or str(delta.get("id") or "")
        function = delta.get("function") or {}
        call["name"] += function.get("name") or ""
        call["arguments"] += function.get("arguments") or ""
    return [ToolCall(call["id"], FunctionCall(call["name"], call["arguments"])) for _, call in sorted(calls.items())]
