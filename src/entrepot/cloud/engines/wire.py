"""OpenAI's wire format as an engine's client speaks it: a request body out, server-sent events in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec

from .base import Count, EngineFault, Finish, Generation, Piece, text_of

LINE_LENGTH_MAX = 1 << 20
_FINISHES: dict[str, Finish] = {"stop": "stop", "length": "length", "tool_calls": "tool_calls"}


def body_of(work: Generation, model: str) -> dict[str, Any]:
    """The body of a streamed request for this work."""
    body: dict[str, Any] = {
        "model": model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": work.output_tokens_max,
    }
    if work.prompt is None:
        body["messages"] = [{**msgspec.to_builtins(message), "content": text_of(message)} for message in work.messages]
    else:
        body["prompt"] = work.prompt
    for name in ("temperature", "top_p", "seed"):
        if (value := getattr(work, name)) is not None:
            body[name] = value
    if work.stop:
        body["stop"] = list(work.stop)
    return body


def tools_of(work: Generation) -> dict[str, Any]:
    """The part of a body that speaks of tools and of the answer's schema."""
    part: dict[str, Any] = {}
    if work.tools:
        part["tools"] = [{"type": "function", "function": msgspec.to_builtins(tool)} for tool in work.tools]
        named = work.tool_choice not in ("auto", "none", "required")
        part["tool_choice"] = (
            {"type": "function", "function": {"name": work.tool_choice}} if named else work.tool_choice
        )
    if work.schema is not None:
        schema = {"name": "answer", "schema": work.schema, "strict": True}
        part["response_format"] = {"type": "json_schema", "json_schema": schema}
    return part


async def read_events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The JSON of each event up to `[DONE]`. EngineFault when the stream ends before that, or is no such stream."""
    async for line in _lines(response):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            return
        try:
            event = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise EngineFault("The engine sent an event that is no JSON") from error
        if not isinstance(event, dict):
            raise EngineFault("The engine sent an event that is no object")
        if "error" in event:
            raise EngineFault(f"The engine broke off: {error_sentence(event)}")
        yield event
    raise EngineFault("The engine's answer broke off before its end")


async def read_pieces(response: httpx.Response) -> AsyncIterator[Piece]:
    """The pieces of a streamed answer, chat or completion. Tokens are counted by events until the exact count comes."""
    count, finish = Count(), None
    evidence: dict[str, Any] | None = None
    async for event in read_events(response):
        if usage := event.get("usage"):
            count = count_of(usage)
            evidence = {key: event[key] for key in ("usage", "timings", "id", "model") if key in event}
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            text = choice.get("text") or delta.get("content") or ""
            calls = tuple(delta.get("tool_calls") or ())
            finish = _FINISHES.get(choice.get("finish_reason") or "", finish)
            if text or calls:
                if evidence is None:
                    count = msgspec.structs.replace(count, output_tokens=count.output_tokens + 1)
                yield Piece(count, text, calls)
    yield Piece(count, finish=finish or "stop", evidence=evidence)


def count_of(usage: dict[str, Any]) -> Count:
    """An engine's usage as a count; what is no number counts as nothing."""
    details = usage.get("prompt_tokens_details") or {}
    read = _whole(usage.get("prompt_tokens"))
    return Count(read, min(_whole(details.get("cached_tokens")), read), _whole(usage.get("completion_tokens")))


def error_sentence(answer: Any) -> str:
    """What an error answer says, cut to a length; never its whole body."""
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or "no reason given")[:300]


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """Lines of a stream, each within a bound."""
    rest = b""
    async for chunk in response.aiter_raw():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
        if len(rest) > LINE_LENGTH_MAX:
            raise EngineFault("The engine sent an event without end")
    if rest:
        yield rest
