"""OpenAI's wire format as an engine's client speaks it: a request body out, server-sent events in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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
    for name in ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"):
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


async def read_pieces(answer: Answer) -> AsyncIterator[Piece]:
    """The pieces of a streamed answer, chat or completion. Tokens are counted by events until the exact count comes.

    What came at once is one piece: each costs its way to the caller. EngineFault, after what came before it, when the
    stream ends before its `[DONE]`, or is no such stream.
    """
    reading, source = _Reading(), _Lines(answer)
    while lines := await source.next():
        fault = reading.take(lines)
        if (piece := reading.piece()) is not None:
            yield piece
        if fault is not None:
            raise fault
        if reading.is_over:
            yield reading.last()
            return
    raise EngineFault("The engine's answer broke off before its end")


class _Reading:
    """A stream as it is read: what was counted, and what came and was not given on yet."""

    def __init__(self) -> None:
        self.is_over = False
        self._count = Count()
        self._finish: Finish | None = None
        self._evidence: dict[str, Any] | None = None
        self._text: list[str] = []
        self._calls: tuple[dict[str, Any], ...] = ()

    def take(self, lines: Sequence[bytes]) -> EngineFault | None:
        """Read lines up to the end; returns what is wrong with them, with what came before it kept."""
        try:
            for line in lines:
                if line.startswith(b"data:") and not self.is_over:
                    self._take(line[5:].strip())
                elif line.startswith(b"{"):  # an answer that is no stream: an error, most likely
                    _event(line)
        except EngineFault as fault:
            return fault
        return None

    def piece(self) -> Piece | None:
        """What came since the piece before, if anything."""
        if not (self._text or self._calls):
            return None
        piece = Piece(self._count, "".join(self._text), self._calls)
        self._text, self._calls = [], ()
        return piece

    def last(self) -> Piece:
        """The end, with the exact count where one came."""
        return Piece(self._count, finish=self._finish or "stop", evidence=self._evidence)

    def _take(self, data: bytes) -> None:
        if data == b"[DONE]":
            self.is_over = True
            return
        event = _event(data)
        if event.usage:
            self._count = count_of(event.usage)
            told = {"usage": event.usage, "timings": event.timings, "id": event.id, "model": event.model}
            self._evidence = {name: value for name, value in told.items() if value is not None}
        for choice in event.choices or ():
            text = choice.text or (choice.delta.content if choice.delta else None)
            calls = _calls(choice.delta)
            self._finish = _FINISHES.get(choice.finish_reason or "", self._finish)
            if text:
                self._text.append(text)
            self._calls += calls
            if (text or calls) and self._evidence is None:
                before = self._count
                self._count = Count(before.input_tokens, before.cached_input_tokens, before.output_tokens + 1)


def _event(data: bytes) -> Event:
    try:
        event = _decode_event(data)
    except msgspec.ValidationError as error:
        raise EngineFault(f"The engine sent an event of a wrong shape: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EngineFault("The engine sent an event that is no JSON") from error
    if event.error is not None:
        raise EngineFault(f"The engine broke off: {error_sentence({'error': event.error})}")
    return event


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


class _Lines:
    """The lines of a stream, each within a bound."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._rest = b""

    async def next(self) -> list[bytes]:
        """As many whole lines as come at once; none at the end."""
        whole: list[bytes] = []
        while not whole:
            if len(self._rest) > LINE_LENGTH_MAX:
                raise EngineFault("The engine sent an event without end")
            if not (part := await self._answer.next()):
                whole, self._rest = [self._rest] if self._rest else [], b""
                break
            *whole, self._rest = (self._rest + part).split(b"\n")
        return whole
