"""An engine elsewhere: any server that speaks OpenAI's API, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from entrepot.kernel import Secret

from ..capabilities import Capabilities
from .base import Embedded, EngineFault, Generation, Piece, Ranked, text_of
from .connecting import Connections, Patience
from .wire import body_of, check, read_pieces, tools_of, whole_number

T = TypeVar("T")

ANSWER_MAX = 64 << 20
TOKENS_PER_MESSAGE = 16
"""What a conversation's template adds around a message, at most."""


class Row(msgspec.Struct, frozen=True):
    """A vector as a server sends it."""

    embedding: list[float]
    index: int = 0


class Vectors(msgspec.Struct, frozen=True):
    """What a server answers to texts."""

    data: list[Row]
    usage: dict[str, Any] | None = None


class Score(msgspec.Struct, frozen=True):
    """A document's score as a server sends it."""

    index: int
    relevance_score: float


class Scores(msgspec.Struct, frozen=True):
    """What a server answers to documents."""

    results: list[Score]
    usage: dict[str, Any] | None = None


class Upstream:
    """A model of a server at `base_url` (ending in `/v1`), under the name it has there.

    `declared` says what the model can do, since the wire format does not tell. The server's own count is the bill;
    before that an input counts as its bytes, which it can never exceed.
    """

    counts_exactly = False

    def __init__(
        self, base_url: str, model: str, declared: Capabilities, key: Secret | None = None, *,
        patience: Patience | None = None,
    ) -> None:  # fmt: skip
        self._model = model
        self._declared = declared
        self._server = Connections(base_url, key, patience=patience)

    async def capabilities(self) -> Capabilities:
        """What was declared."""
        return self._declared

    async def count(self, work: Generation) -> int:
        """A bound: the bytes of everything that is sent."""
        if work.prompt is not None:
            return len(work.prompt.encode()) + TOKENS_PER_MESSAGE
        sent = sum(len(text_of(message).encode()) + TOKENS_PER_MESSAGE for message in work.messages)
        return sent + len(msgspec.json.encode([msgspec.to_builtins(tool) for tool in work.tools]))

    async def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """The answer as the server streams it; a caller that stops reading closes the connection, which stops it."""
        path = "chat/completions" if work.prompt is None else "completions"
        body = msgspec.json.encode({**body_of(work, self._model), **tools_of(work)})
        async with self._server.ask(path, body) as answer:
            await check(answer)
            async for piece in read_pieces(answer):
                yield piece

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors as the server makes them, at unit length."""
        answer = await self._post("embeddings", {"model": self._model, "input": list(texts)}, Vectors)
        rows = sorted(answer.data, key=lambda row: row.index)
        if [row.index for row in rows] != list(range(len(texts))):
            raise EngineFault(f"The engine sent {len(rows)} vectors for {len(texts)} texts")
        if len({len(row.embedding) for row in rows}) > 1:
            raise EngineFault("The engine sent vectors of different lengths")
        vectors = np.asarray([row.embedding for row in rows], np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
        return Embedded(vectors, _tokens(answer.usage))

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """Scores as the server gives them."""
        body = {"model": self._model, "query": query, "documents": list(documents)}
        answer = await self._post("rerank", body, Scores)
        scores = [0.0] * len(documents)
        for row in answer.results:
            if not 0 <= row.index < len(scores):
                raise EngineFault("The engine scored a document that was not asked about")
            scores[row.index] = row.relevance_score
        return Ranked(tuple(scores), _tokens(answer.usage))

    async def close(self) -> None:
        """Close the connections."""
        self._server.close()

    async def _post(self, path: str, body: dict[str, Any], into: type[T]) -> T:
        async with self._server.ask(path, msgspec.json.encode(body)) as answer:
            await check(answer)
            content = await answer.read(ANSWER_MAX)
        try:
            return msgspec.json.decode(content, type=into)
        except msgspec.ValidationError as error:
            raise EngineFault(f"The engine's answer has a wrong shape: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EngineFault("The engine's answer is no JSON") from error


def _tokens(usage: dict[str, Any] | None) -> int:
    told = usage or {}
    return whole_number(told.get("total_tokens", told.get("prompt_tokens")))
