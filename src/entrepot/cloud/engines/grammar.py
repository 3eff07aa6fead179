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
from .schemas import Checker

_HEAD = "%llguidance {}\n"
_WORDS = "words: /[^{][\\s\\S]*/"
_CALL = '{"name": …, "arguments": …}'


class Calls:
    """The grammar of an answer, and, for a call of a tool, how its pieces are gathered and read. Where the model may
    choose (`is_call` None), its first sign tells: words do not begin with a brace."""

    def __init__(self, grammar: str, instruction: str, *, is_call: bool | None) -> None:
        self.grammar = grammar
        self.instruction = instruction
        self._is_call = is_call
        self._written = ""

    def read(self, piece: Piece) -> list[Piece]:
        """What a piece means: itself, or, once the call is whole, the call."""
        if self._is_call is None and piece.text:
            self._is_call = piece.text.startswith("{")
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

    With `tool_choice` auto it is a call, or the answer in words, or in the schema that is asked for.
    """
    if work.tools and work.tool_choice != "none":
        chosen = _chosen(work)
        schema = {"anyOf": [_call_of(tool) for tool in chosen]} if len(chosen) > 1 else _call_of(chosen[0])
        if work.tool_choice != "auto":
            return Calls(compile_schema(schema), _instruction(chosen), is_call=True)
        if work.schema is None:
            return Calls(f"{_HEAD}start: call | words\ncall: {_json(schema)}\n{_WORDS}", _offer(chosen), is_call=None)
    if work.schema is not None:
        return Calls(compile_schema(work.schema), "", is_call=False)
    return None


def compile_schema(schema: dict[str, Any]) -> str:
    """A JSON Schema as a grammar of llguidance, without free white space; Unable when it is too large or no schema.

    It is checked here because llama.cpp says nothing of a grammar that it cannot read, and writes freely instead.
    """
    return f"{_HEAD}start: {_json(schema)}"


def _json(schema: dict[str, Any]) -> str:
    Checker(schema)
    strict = {**schema, "x-guidance": {"whitespace_flexible": False}}
    return f"%json {msgspec.json.encode(strict).decode()}"


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
        "properties": {"name": {"const": tool.name}, "arguments": tool.parameters or {"type": "object"}},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _instruction(tools: list[Tool]) -> str:
    return f"Answer by calling one function, as {_CALL}. Functions:\n{_listed(tools)}"


def _offer(tools: list[Tool]) -> str:
    return (
        f"Where one of these functions helps, answer with nothing but a call of it, as {_CALL}; otherwise in words. "
        f"Functions:\n{_listed(tools)}"
    )


def _listed(tools: list[Tool]) -> str:
    return "\n".join(f"- {tool.name}: {tool.description or 'no description'}" for tool in tools)
