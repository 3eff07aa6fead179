"""Schemas and tools as grammars: what llama.cpp would only be asked for, it cannot leave.

A JSON Schema becomes a grammar in which nothing but the schema's own texts is free, white space least of all: a small
model would fill its whole allowance with it. A choice of tools becomes a schema of one call, `{"name": …, "arguments":
…}`, which is read back into OpenAI's shape.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from .base import Generation, Piece, Tool, Unable

SCHEMA_LENGTH_MAX = 50_000


class Calls:
    """The grammar of an answer, and, for a call of a tool, how its pieces are gathered and read."""

    def __init__(self, grammar: str, instruction: str, *, is_call: bool) -> None:
        self.grammar = grammar
        self.instruction = instruction
        self._is_call = is_call
        self._written = ""

    def read(self, piece: Piece) -> list[Piece]:
        """What a piece means: itself, or, once the call is whole, the call."""
        if not self._is_call:
            return [piece]
        self._written += piece.text
        if piece.finish is None:
            return [msgspec.structs.replace(piece, text="")]
        try:
            call = msgspec.json.decode(self._written, type=dict[str, Any])
        except msgspec.DecodeError:  # the allowance ended in the middle of it
            return [msgspec.structs.replace(piece, text="", finish="length")]
        function = {"name": call["name"], "arguments": msgspec.json.encode(call["arguments"]).decode()}
        asked = {"index": 0, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}
        return [msgspec.structs.replace(piece, text="", tool_calls=(asked,), finish="tool_calls")]


def grammar_of(work: Generation) -> Calls | None:
    """The grammar that this work must be written in; None when it is free.

    With `tool_choice` auto a model that knows nothing of tools answers in words, as if there were none.
    """
    if work.tools and work.tool_choice not in ("auto", "none"):
        chosen = _chosen(work)
        schema = {"anyOf": [_call_of(tool) for tool in chosen]} if len(chosen) > 1 else _call_of(chosen[0])
        return Calls(compile_schema(schema), _instruction(chosen), is_call=True)
    if work.schema is not None:
        return Calls(compile_schema(work.schema), "", is_call=False)
    return None


def compile_schema(schema: dict[str, Any]) -> str:
    """A JSON Schema as a grammar of llguidance, without free white space; Unable when it is too large or no schema.

    It is checked here because llama.cpp says nothing of a grammar that it cannot read, and writes freely instead.
    """
    import jsonschema_rs

    strict = {**schema, "x-guidance": {"whitespace_flexible": False}}
    text = msgspec.json.encode(strict).decode()
    if len(text) > SCHEMA_LENGTH_MAX:
        raise Unable(f"A schema may have {SCHEMA_LENGTH_MAX:,} characters, this one has {len(text):,}")
    try:
        jsonschema_rs.validator_for(schema, retriever=_fetch_nothing)
    except Exception as error:
        raise Unable(f"This schema cannot be kept to: {str(error).splitlines()[0][:200]}") from error
    return f"%llguidance {{}}\nstart: %json {text}"


def _fetch_nothing(address: str) -> Any:
    raise ValueError(f"a schema may not point to {address[:100]}: put everything into it")


def _chosen(work: Generation) -> list[Tool]:
    if work.tool_choice == "required":
        return list(work.tools)
    chosen = [tool for tool in work.tools if tool.name == work.tool_choice]
    if not chosen:
        raise Unable(f"tool_choice names {work.tool_choice!r}, which is not among the tools")
    return chosen


def _call_of(tool: Tool) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": tool.parameters or {"type": "object"}},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _instruction(tools: list[Tool]) -> str:
    lines = [f"- {tool.name}: {tool.description or 'no description'}" for tool in tools]
    return 'Answer by calling one function, as {"name": …, "arguments": …}. Functions:\n' + "\n".join(lines)
