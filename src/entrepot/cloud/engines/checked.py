"""An engine that may ignore what it is asked: its schemas and calls of tools are checked here before anybody sees them.

An answer that must fit is gathered, checked, repaired where that is safe, and asked for once more with what was wrong;
one that fits neither time is the engine's fault: it is not billed, and the next of its route is tried. So such an
answer is not streamed as it is written, unless its engine `keeps` what is asked: then it passes as it comes, and is
only looked at. With tools that may be called or not, words pass through as they come, and only the calls are held back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

import msgspec

from ..capabilities import Capabilities
from .base import Count, Embedded, Engine, EngineFault, Generation, Message, Piece, Ranked, Unable
from .schemas import Call, Checker, Misfit, calls_in, checkers_of, fit_calls, fit_text, instruction_of

ROUNDS = 2
_SIGNS = frozenset('{["-0123456789tfn') | {""}
"""How JSON begins."""


class Checked:
    """The engine behind it, held to what is asked."""

    def __init__(self, engine: Engine, keeps: Callable[[Generation], bool] = lambda _: False) -> None:
        """`keeps` tells of which work the engine cannot leave the schema."""
        self._engine = engine
        self._keeps = keeps

    @property
    def counts_exactly(self) -> bool:
        """As the engine behind it."""
        return self._engine.counts_exactly

    async def capabilities(self) -> Capabilities:
        """As the engine behind it."""
        return await self._engine.capabilities()

    async def count(self, work: Generation) -> int:
        """As the engine behind it."""
        return await self._engine.count(work)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """As the engine behind it."""
        return await self._engine.embed(texts)

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """As the engine behind it."""
        return await self._engine.rerank(query, documents)

    async def close(self) -> None:
        """As the engine behind it."""
        await self._engine.close()

    async def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """The answer, which fits; EngineFault when the engine does not bring one that does."""
        if work.schema is None and (not work.tools or work.tool_choice == "none"):
            async with aclosing(self._engine.generate(work)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield piece
            return
        problem = ""
        for number in range(ROUNDS):
            answer = _Answer(work, passes=self._keeps(work))
            asked = work if number == 0 else _again(work, problem)
            async with aclosing(self._engine.generate(asked)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    for each in answer.take(piece):
                        yield each
            try:
                for each in answer.end():
                    yield each
                return
            except Misfit as misfit:
                problem = str(misfit)
                if answer.has_passed:
                    break
        raise EngineFault(f"its answer does not fit what was asked: {problem}")


class _Answer:
    """One answer as it comes: what may pass at once, and what is held back until it is whole."""

    def __init__(self, work: Generation, *, passes: bool = False) -> None:
        self._tools = checkers_of(work.tools) if work.tool_choice != "none" else {}
        self._schema = Checker(work.schema) if work.schema is not None else None
        self._must_call = bool(self._tools) and work.tool_choice != "auto"
        self._one_call = work.one_call
        self._only = work.tool_choice if work.tool_choice not in ("auto", "none", "required") else None
        if self._only is not None and self._only not in self._tools:
            raise Unable(f"tool_choice names {self._only!r}, which is not among the tools", "tool_choice")
        self._text: list[str] = []
        self._deltas: list[dict[str, object]] = []
        self._last: Piece | None = None
        self._seen = Count()
        self._passes = passes
        self._holds = self._must_call or (self._schema is not None and not passes)
        self.has_passed = False

    def take(self, piece: Piece) -> list[Piece]:
        """What of a piece may be seen now."""
        self._seen = piece.count
        self._deltas += piece.tool_calls
        if piece.finish is not None:
            self._last = piece
        self._text.append(piece.text)
        if self._holds or not piece.text:
            # What is held back was written all the same: whoever leaves now is billed for it.
            return [Piece(piece.count)] if piece.finish is None else []
        if self._schema is not None and not self.has_passed and piece.text.lstrip()[:1] not in _SIGNS:
            raise EngineFault("it left the schema that it was asked to keep to")
        self.has_passed = True
        return [msgspec.structs.replace(piece, tool_calls=(), finish=None)]

    def end(self) -> list[Piece]:
        """The rest of the answer. Misfit when it is not what was asked for; one that was cut short stays as it is."""
        assert self._last is not None, "an answer has an end"
        last = msgspec.structs.replace(self._last, text="", tool_calls=())
        text, calls = "".join(self._text), _calls_of(self._deltas)
        if last.finish == "length":
            held = self._holds and not self._must_call
            return [*([Piece(self._seen, text)] if held and text else []), last]
        if calls or self._must_call:
            calls = fit_calls(calls, self._tools, only=self._only) or calls_in(text, self._tools, only=self._only)
            deltas = tuple(call.delta(index) for index, call in enumerate(calls[:1] if self._one_call else calls))
            return [Piece(self._seen, tool_calls=deltas), msgspec.structs.replace(last, finish="tool_calls")]
        if self._schema is not None:
            text = fit_text(text, self._schema)
            told = [Piece(self._seen, text)] if self._holds else []
            return [*told, msgspec.structs.replace(last, finish="stop")]
        return [last]


def _calls_of(deltas: Sequence[dict[str, object]]) -> list[Call]:
    """Calls, put together from their deltas."""
    parts: dict[int, list[str]] = {}
    for delta in deltas:
        index = delta.get("index")
        call = parts.setdefault(index if isinstance(index, int) else 0, ["", "", ""])
        function = delta.get("function")
        told = function if isinstance(function, dict) else {}
        for place, value in enumerate((delta.get("id"), told.get("name"), told.get("arguments"))):
            if isinstance(value, str):
                call[place] = call[place] or value if place == 0 else call[place] + value
    return [Call(name, arguments, id_) for _, (id_, name, arguments) in sorted(parts.items())]


def _again(work: Generation, problem: str) -> Generation:
    """The same work, with what was wrong."""
    instruction = instruction_of(work, problem)
    if work.prompt is not None:
        return msgspec.structs.replace(work, prompt=f"{work.prompt}\n\n{instruction}\n")
    return msgspec.structs.replace(work, messages=(*work.messages, Message("user", instruction)))
