"""Answers that must fit a JSON Schema, and calls of tools: what a model wrote is read, repaired where that is safe, or
found not to fit, with a sentence.

Safe is what changes no value: a fence around the JSON or words before and after it are taken away. What a model left
out or got wrong is never made up.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from json import JSONDecodeError, JSONDecoder
from typing import Any

import msgspec

from .base import Generation, Tool, Unable

SCHEMA_LENGTH_MAX = 50_000
STARTS_MAX = 64
"""At so many places of a text it is tried whether JSON begins there."""


class Misfit(Exception):
    """What was written does not fit; the sentence says why, to the model and to the caller."""


class Checker:
    """A schema that answers are held to. Unable when it is none, is too large, or points elsewhere."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        import jsonschema_rs

        try:
            length = len(msgspec.json.encode(schema))
        except RecursionError:
            raise Unable("This schema is nested too deeply") from None
        if length > SCHEMA_LENGTH_MAX:
            raise Unable(f"A schema may have {SCHEMA_LENGTH_MAX:,} characters")
        try:
            self._validator = jsonschema_rs.validator_for(dict(schema), retriever=_fetch_nothing)
        except Exception as error:
            raise Unable(f"This schema cannot be kept to: {str(error).splitlines()[0][:200]}") from error

    def check(self, value: Any) -> None:
        """Misfit, naming the place, for what does not fit."""
        error = next(iter(self._validator.iter_errors(value)), None)
        if error is not None:
            place = "/".join(map(str, error.instance_path)) or "the answer"
            raise Misfit(f"{place}: {error.message.splitlines()[0][:200]}")


class Call(msgspec.Struct, frozen=True):
    """A call of a tool, its arguments as they were written."""

    name: str
    arguments: str
    id: str = ""

    def delta(self, index: int) -> dict[str, Any]:
        """The call in OpenAI's shape of a delta."""
        function = {"name": self.name, "arguments": self.arguments}
        return {
            "index": index, "id": self.id or f"call_{secrets.token_hex(12)}", "type": "function", "function": function,
        }  # fmt: skip


def fit_text(text: str, checker: Checker) -> str:
    """A text as JSON that fits; Misfit when none of it does."""
    problem = Misfit("it is not JSON")
    for written, value in _values(text):
        try:
            checker.check(value)
        except Misfit as misfit:
            problem = misfit
        else:
            return written
    raise problem


def fit_calls(calls: Sequence[Call], tools: Mapping[str, Checker], *, only: str | None = None) -> list[Call]:
    """Calls of tools that there are, with arguments that fit; `only` is the one tool that may be called."""
    for call in calls:
        if call.name not in tools or (only is not None and call.name != only):
            raise Misfit(f"there is no function {call.name[:60]!r} to call: {only or ', '.join(tools)}")
        try:
            value = msgspec.json.decode(call.arguments or "{}")
        except msgspec.DecodeError:
            raise Misfit(f"the arguments of {call.name} are not JSON") from None
        try:
            tools[call.name].check(value)
        except Misfit as misfit:
            raise Misfit(f"the arguments of {call.name} do not fit: {misfit}") from None
    return list(calls)


def calls_in(text: str, tools: Mapping[str, Checker], *, only: str | None = None) -> list[Call]:
    """The call that a model wrote in words, `{"name": …, "arguments": …}`, or as the arguments alone where there is one
    tool. Misfit when there is none that fits."""
    problem = Misfit("it calls no function")
    alone = only or (next(iter(tools)) if len(tools) == 1 else None)
    for written, value in _values(text):
        call = call_of(value)
        if call is None and alone is not None and isinstance(value, dict):
            call = Call(alone, written)
        if call is None:
            continue
        try:
            return fit_calls([call], tools, only=only)
        except Misfit as misfit:
            problem = misfit
    raise problem


def checkers_of(tools: Sequence[Tool]) -> dict[str, Checker]:
    """What each tool's arguments are held to, by its name."""
    return {tool.name: Checker(tool.parameters or {"type": "object"}) for tool in tools}


def instruction_of(work: Generation, problem: str) -> str:
    """What a model is told that did not keep to what was asked."""
    wanted = _schema_of(work) if work.schema is not None else _tools_of(work)
    return f"Your last answer did not fit: {problem}. Answer with nothing but {wanted}"


def request_of(work: Generation) -> str | None:
    """What a model is told in words of tools and schemas, where its engine has no other way; None where nothing is."""
    calls = bool(work.tools) and work.tool_choice != "none"
    if calls and work.tool_choice != "auto":
        return f"Answer with nothing but {_tools_of(work)}"
    otherwise = f"Answer with nothing but {_schema_of(work)}" if work.schema is not None else None
    if calls:
        return f"Where a function helps, answer with nothing but {_tools_of(work)}. {otherwise or 'Otherwise in words'}"
    return otherwise


def _schema_of(work: Generation) -> str:
    return f"JSON that fits this schema: {msgspec.json.encode(work.schema).decode()}"


def _tools_of(work: Generation) -> str:
    tools = [tool for tool in work.tools if work.tool_choice in ("auto", "required", tool.name)]
    listed = msgspec.json.encode(tools).decode()
    return f'a call of one function, as JSON {{"name": …, "arguments": …}}. Functions: {listed}'


def _values(text: str) -> list[tuple[str, Any]]:
    """What of a text is JSON, the whole first, then objects and lists within it, the longest first."""
    found: list[tuple[str, Any]] = []
    try:
        found.append((text.strip(), msgspec.json.decode(text)))
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass
    else:
        return found
    decoder, at, tried = JSONDecoder(), 0, 0
    while tried < STARTS_MAX and (begin := _start(text, at)) >= 0:
        tried += 1
        try:
            value, end = decoder.raw_decode(text, begin)
        except (JSONDecodeError, RecursionError):
            at = begin + 1
        else:
            found.append((text[begin:end], value))
            at = end
    return sorted(found, key=lambda each: -len(each[0]))


def _start(text: str, at: int) -> int:
    places = [place for sign in "{[" if (place := text.find(sign, at)) >= 0]
    return min(places, default=-1)


def call_of(value: Any) -> Call | None:
    """A call as models write one, `{"name": …, "arguments": …}`, also within `function`; None for what is none."""
    if not isinstance(value, dict):
        return None
    inner = value.get("function", value)
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    arguments = inner.get("arguments", inner.get("parameters"))
    if isinstance(arguments, str):
        return Call(inner["name"], arguments)
    return Call(inner["name"], msgspec.json.encode(arguments).decode()) if isinstance(arguments, dict) else None


def _fetch_nothing(address: str) -> Any:
    raise ValueError(f"a schema may not point to {address[:100]}: put everything into it")
