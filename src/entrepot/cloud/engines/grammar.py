"""Schemas and tools as grammars: what llama.cpp would only be asked for, it cannot leave.

A JSON Schema becomes a grammar in which nothing but the schema's own texts is free, white space least of all: a small
model would fill its whole allowance with it. A choice of tools becomes a schema of one call, `{"name": …, "arguments":
…}`, which is read back into OpenAI's shape.

Not everything that a schema can say can be said by a grammar (`not`, `uniqueItems`, one of several that overlap). What
cannot is left out of the grammar, and `is_kept` is false: whoever reads the answer checks it (`checked`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from .base import Finish, Generation, Piece, Tool, Unable
from .schemas import Call, Checker, call_of

_HEAD = "%llguidance {}\n"
_WORDS = "/[^{][\\s\\S]*/"
_CALL = '{"name": …, "arguments": …}'
_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}

_BEYOND = frozenset({
    "not", "if", "then", "else", "oneOf", "uniqueItems", "contains", "minContains", "maxContains", "propertyNames",
    "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
    "$recursiveRef",
})  # fmt: skip
"""What of a schema llguidance leaves out, or takes more loosely, where it is told to be lenient."""
_ODD_PATTERN = re.compile(r"\(\?(?!:)|\\[bBAZzGKRX1-9k]|[*+?}]\+")
"""Signs of regular expressions that it cannot compile: it would then keep to nothing of the schema."""
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_INNER = frozenset({
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "additionalItems", "allOf", "anyOf", "oneOf", "prefixItems",
})  # fmt: skip


class Calls:
    """The grammar of an answer, and, for a call of a tool, how its pieces are gathered and read. Where the model may
    choose (`is_call` None), its first sign tells: words do not begin with a brace. What does is a call, or words after
    all."""

    def __init__(self, grammar: str, instruction: str, *, is_call: bool | None, names: Sequence[str] = ()) -> None:
        self.grammar = grammar
        self.instruction = instruction
        self._is_call = is_call
        self._may_be_words = is_call is None
        self._names = frozenset(names)
        self._written = ""

    def read(self, piece: Piece) -> list[Piece]:
        """What a piece means: itself, or, once the call is whole, the call."""
        if self._is_call is None and (text := piece.text.lstrip()):
            self._is_call = text.startswith("{")
        if not self._is_call:
            return [piece]
        self._written += piece.text
        if piece.finish is None:
            return [msgspec.structs.replace(piece, text="")]
        return self._end(piece, piece.finish)

    def _end(self, piece: Piece, finish: Finish) -> list[Piece]:
        call = self._call()
        if call is not None:
            called = msgspec.structs.replace(piece, text="", tool_calls=(call.delta(0),), finish=None, evidence=None)
            return [called, msgspec.structs.replace(piece, text="", finish="tool_calls")]
        if self._may_be_words and finish != "length":
            return [msgspec.structs.replace(piece, text=self._written)]
        return [msgspec.structs.replace(piece, text="", finish="length")]  # the allowance ended in the middle of it

    def _call(self) -> Call | None:
        try:
            call = call_of(msgspec.json.decode(self._written))
        except (msgspec.DecodeError, RecursionError):
            return None
        return call if call is not None and call.name in self._names else None


def grammar_of(work: Generation) -> Calls | None:
    """The grammar that this work must be written in; None when it is free.

    With `tool_choice` auto it is a call, or the answer in words, or in the schema that is asked for.
    """
    if work.tools and work.tool_choice != "none":
        chosen = _chosen(work)
        names = [tool.name for tool in chosen]
        schema = {"anyOf": [_call_of(tool) for tool in chosen]} if len(chosen) > 1 else _call_of(chosen[0])
        if work.tool_choice != "auto":
            return Calls(compile_schema(schema), _instruction(chosen), is_call=True, names=names)
        words = _WORDS if work.schema is None else _json(work.schema)
        grammar = f"{_HEAD}start: call | words\ncall: {_json(schema)}\nwords: {words}"
        return Calls(grammar, _offer(chosen), is_call=None, names=names)
    if work.schema is not None:
        return Calls(compile_schema(work.schema), "", is_call=False)
    return None


def written_calls(work: Generation) -> Calls | None:
    """What reads a model's calls of tools from its words, where no grammar makes it write one: a call that must come is
    looked for by whoever checks the answer."""
    if not work.tools or work.tool_choice != "auto":
        return None
    return Calls("", "", is_call=None, names=[tool.name for tool in work.tools])


def is_kept(work: Generation) -> bool:
    """Whether the grammar of this work says all that is asked: what was written in it needs no check."""
    called = [tool.parameters for tool in work.tools] if work.tool_choice != "none" else []
    asked = called if work.schema is None else [*called, work.schema]
    return not any(_BEYOND & part.keys() or _odd_patterns(part) for schema in asked for part in _parts(schema))


def compile_schema(schema: dict[str, Any]) -> str:
    """A JSON Schema as a grammar of llguidance, without free white space; Unable when it is too large or no schema.

    It is checked here because llama.cpp says nothing of a grammar that it cannot read, and writes freely instead. So
    what a grammar cannot say is left out of it.
    """
    return f"{_HEAD}start: {_json(schema)}"


def _json(schema: dict[str, Any]) -> str:
    Checker(schema)
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    for part in _parts(plain):
        for pattern in _odd_patterns(part):
            part.pop("pattern", None)
            part.get("patternProperties", {}).pop(pattern, None)
    loose = {**plain, "x-guidance": {"whitespace_flexible": False, "lenient": True}}
    return f"%json {msgspec.json.encode(loose).decode()}"


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and every schema in it."""
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        yield part
        for name, value in part.items():
            if name in _NAMED and isinstance(value, dict):
                waiting += value.values()
            elif name in _INNER:
                waiting += value if isinstance(value, list) else [value]


def _odd_patterns(part: dict[str, Any]) -> list[str]:
    named = part.get("patternProperties")
    patterns = [part.get("pattern"), *(named if isinstance(named, dict) else ())]
    return [each for each in patterns if isinstance(each, str) and _ODD_PATTERN.search(each)]


def _chosen(work: Generation) -> list[Tool]:
    if work.tool_choice in ("required", "auto"):
        return list(work.tools)
    chosen = [tool for tool in work.tools if tool.name == work.tool_choice]
    if not chosen:
        raise Unable(f"tool_choice names {work.tool_choice!r}, which is not among the tools", "tool_choice")
    return chosen


def _call_of(tool: Tool) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": _arguments(tool.parameters)},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _arguments(parameters: dict[str, Any]) -> dict[str, Any]:
    """The schema of a call's arguments: none where none are described, instead of whatever comes to mind."""
    described = parameters.keys() - {"type", "title", "description", "required", "$schema"}
    return _NOTHING if described <= {"properties"} and not parameters.get("properties") else parameters


def _instruction(tools: list[Tool]) -> str:
    return f"Answer by calling one function, as {_CALL}. Functions:\n{_listed(tools)}"


def _offer(tools: list[Tool]) -> str:
    return (
        f"Where one of these functions helps, answer with nothing but a call of it, as {_CALL}; otherwise in words. "
        f"Functions:\n{_listed(tools)}"
    )


def _listed(tools: list[Tool]) -> str:
    return "\n".join(f"- {tool.name}: {tool.description or 'no description'}" for tool in tools)
