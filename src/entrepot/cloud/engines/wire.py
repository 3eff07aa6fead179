"""OpenAI's wire format as an engine's client speaks it: a request body out, server-sent events in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from .base import Count, EngineFault, Finish, Generation, Piece, Unable, text_of
from .connecting import Answer

ERROR_MAX = 64 << 10
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


class Function(msgspec.Struct, frozen=True):
    """What a server sends of a called function, in parts."""

    name: str | None = None
    arguments: str | None = None


class Called(msgspec.Struct, frozen=True):
    """A part of a call of a tool."""

    index: int = 0
    id: str | None = None
    type: str | None = None
    function: Function | None = None


class Delta(msgspec.Struct, frozen=True):
    """What an event adds to a conversation's answer."""

    content: str | None = None
    tool_calls: tuple[msgspec.Raw, ...] | None = None


class Choice(msgspec.Struct, frozen=True):
    """What an event says of an answer; `text` is a completion's."""

    text: str | None = None
    delta: Delta | None = None
    finish_reason: str | None = None


class Event(msgspec.Struct, frozen=True):
    """An event of a stream: the parts that are read here."""

    choices: tuple[Choice, ...] | None = None
    usage: dict[str, Any] | None = None
    error: Any = None
    timings: Any = None
    id: Any = None
    model: Any = None


_decode_event = msgspec.json.Decoder(Event).decode
_decode_call = msgspec.json.Decoder(Called).decode


async def read_events(answer: Answer) -> AsyncIterator[Event]:
    """Each event up to `[DONE]`. EngineFault when the stream ends before that, or is no such stream."""
    async for line in _lines(answer):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            return
        try:
            event = _decode_event(data)
        except msgspec.ValidationError as error:
            raise EngineFault(f"The engine sent an event of a wrong shape: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EngineFault("The engine sent an event that is no JSON") from error
        if event.error is not None:
            raise EngineFault(f"The engine broke off: {error_sentence({'error': event.error})}")
        yield event
    raise EngineFault("The engine's answer broke off before its end")


async def read_pieces(answer: Answer) -> AsyncIterator[Piece]:
    """The pieces of a streamed answer, chat or completion. Tokens are counted by events until the exact count comes."""
    count, finish = Count(), None
    evidence: dict[str, Any] | None = None
    async for event in read_events(answer):
        if event.usage:
            count = count_of(event.usage)
            told = {"usage": event.usage, "timings": event.timings, "id": event.id, "model": event.model}
            evidence = {name: value for name, value in told.items() if value is not None}
        for choice in event.choices or ():
            text = choice.text or (choice.delta.content if choice.delta else None) or ""
            calls = _calls(choice.delta)
            finish = _FINISHES.get(choice.finish_reason or "", finish)
            if text or calls:
                if evidence is None:
                    count = Count(count.input_tokens, count.cached_input_tokens, count.output_tokens + 1)
                yield Piece(count, text, calls)
    yield Piece(count, finish=finish or "stop", evidence=evidence)


def _calls(delta: Delta | None) -> tuple[dict[str, Any], ...]:
    """The calls of tools in an event, as they were sent once they have the shape."""
    if delta is None or not delta.tool_calls:
        return ()
    try:
        for raw in delta.tool_calls:
            _decode_call(raw)
        return tuple(msgspec.json.decode(raw) for raw in delta.tool_calls)
    except msgspec.DecodeError as error:
        raise EngineFault(f"The engine called a tool in a wrong shape: {error}") from error


def count_of(usage: dict[str, Any]) -> Count:
    """An engine's usage as a count; what is no number counts as nothing."""
    details = usage.get("prompt_tokens_details")
    details = details if isinstance(details, dict) else {}
    read = whole_number(usage.get("prompt_tokens"))
    return Count(
        read, min(whole_number(details.get("cached_tokens")), read), whole_number(usage.get("completion_tokens"))
    )


def error_sentence(answer: Any) -> str:
    """What an error answer says, cut to a length; never its whole body."""
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or "no reason given")[:300]


def refusal_of(status: int, content: bytes) -> Exception:
    """What an error answer means: 400, 413 and 422 are about the request, everything else is the engine's fault."""
    try:
        sentence = error_sentence(msgspec.json.decode(content))
    except (msgspec.DecodeError, UnicodeDecodeError):
        sentence = "no reason given"
    if status in (400, 413, 422):
        return Unable(sentence)
    return EngineFault(f"The engine answered {status}: {sentence}")


async def check(answer: Answer) -> None:
    """Raise what an answer refuses; return for one that is well."""
    if answer.status >= 300:
        raise refusal_of(answer.status, await answer.read(ERROR_MAX))


def whole_number(value: object) -> int:
    """A count as a server tells it; nothing for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


async def _lines(answer: Answer) -> AsyncIterator[bytes]:
    """Lines of a stream, each within a bound."""
    rest = b""
    async for chunk in answer.chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
        if len(rest) > LINE_LENGTH_MAX:
            raise EngineFault("The engine sent an event without end")
    if rest:
        yield rest
