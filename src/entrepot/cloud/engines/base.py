"""The port to engines: what a model is asked to do, and what comes back piece by piece with its counts.

An engine is the one asynchronous part of the rooms. It knows no prices and no customers; it counts tokens, stops when
its caller stops reading, and says plainly when it cannot do what it is asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from entrepot.kernel import Invalid

from ..capabilities import Capabilities
from ..refusals import TooLong

Vectors = npt.NDArray[np.float32]
Finish = Literal["stop", "length", "tool_calls"]


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A turn of a conversation, in OpenAI's shape; `content` is text, or parts of which only text is read."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class Tool(msgspec.Struct, frozen=True):
    """A function that a model may ask for: its name, what it does, and the JSON Schema of its arguments."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class Generation(msgspec.Struct, frozen=True):
    """A text to be written: as the answer in a conversation (`messages`), or as the continuation of `prompt`.

    `output_tokens_max` is kept to; when it `may_shrink`, it is what the input leaves room for. `schema` is a JSON
    Schema that the whole answer must fit; `tool_choice` is `auto`, `none`, `required` or the name of a tool; with
    `one_call` no more than one of them is called.
    """

    output_tokens_max: int
    messages: tuple[Message, ...] = ()
    prompt: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    schema: dict[str, Any] | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    one_call: bool = False
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    may_shrink: bool = False


class Count(msgspec.Struct, frozen=True):
    """Tokens so far: read, of them from a cache, and written. Cumulative, never falling."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0


class Piece(msgspec.Struct, frozen=True):
    """Something of an answer: text, or part of a call of a tool (in OpenAI's shape of a delta), or its end.

    `count` is what was counted by now; the last piece carries `finish` and the exact count. `evidence` is what the
    engine itself reported, kept with the bill.
    """

    count: Count
    text: str = ""
    tool_calls: tuple[dict[str, Any], ...] = ()
    finish: Finish | None = None
    evidence: dict[str, Any] | None = None


class Embedded(msgspec.Struct, frozen=True):
    """A row of unit length for each text (float32), and the tokens that took."""

    vectors: Vectors
    tokens: int


class Ranked(msgspec.Struct, frozen=True):
    """A score for each document, higher is nearer to the query, and the tokens that took."""

    scores: tuple[float, ...]
    tokens: int


class EngineFault(Exception):
    """An engine failed: it died, did not answer, or answered nonsense. Another attempt may do better."""


class Unable(Exception):
    """What is asked cannot be done by this model at all; the sentence is for the caller, `param` the part at fault."""

    def __init__(self, sentence: str, param: str | None = None) -> None:
        super().__init__(sentence)
        self.param = param

    def as_refusal(self) -> Invalid:
        """The same for whoever called."""
        return Invalid(str(self), fields={self.param: str(self)} if self.param else None)


class Overlong(Unable):
    """More than the model can look at."""

    def as_refusal(self) -> Invalid:
        """The same for whoever called."""
        return TooLong(str(self), fields={self.param: str(self)} if self.param else None)


class Engine(Protocol):
    """One model, ready to work. Every call raises EngineFault when the engine fails and Unable when it cannot do it."""

    @property
    def counts_exactly(self) -> bool:
        """Whether `count` tells the tokens themselves, or only a bound."""
        ...

    async def capabilities(self) -> Capabilities:
        """What the model can do; loads it when it is not loaded."""
        ...

    async def count(self, work: Generation) -> int:
        """How many tokens the input is, exactly; at most what the model will read."""
        ...

    def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """The answer, piece by piece. Closing the iterator stops the work."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors of texts."""
        ...

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """How well each document answers the query."""
        ...

    async def close(self) -> None:
        """Let go of everything; a later call loads the model again."""
        ...


def text_of(message: Message) -> str:
    """A message's text; Unable for parts that are none."""
    if message.content is None:
        return ""
    if isinstance(message.content, str):
        return message.content
    parts = []
    for part in message.content:
        if part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise Unable("Only text is understood here, no pictures or sounds: send parts of type text", "messages")
        parts.append(part["text"])
    return "".join(parts)


async def no_text(sentence: str) -> AsyncIterator[Piece]:
    """What a model that writes nothing answers when it is asked to: Unable, with this sentence."""
    if sentence:
        raise Unable(sentence)
    yield Piece(Count())
