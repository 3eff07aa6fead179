"""What engines of vectors have in common: they write nothing, and order documents by the angle to the query."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np

from .base import Embedded, Generation, Piece, Ranked, Unable, Vectors, no_text

SENTENCE = "This model makes vectors and nothing else: use /v1/embeddings"


class VectorEngine:
    """An engine that makes vectors on a thread. A making says how (`embed_now`), loading what it needs when it is first
    asked, under `_loading`."""

    counts_exactly = True

    def __init__(self) -> None:
        self._loading = threading.Lock()

    def embed_now(self, texts: Sequence[str]) -> Embedded:
        """Vectors of texts, on this thread."""
        raise NotImplementedError

    async def count(self, work: Generation) -> int:
        """It reads no conversations."""
        raise Unable(SENTENCE)

    def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """It writes nothing."""
        return no_text(SENTENCE)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors, in the order of the texts."""
        return await asyncio.to_thread(self.embed_now, texts)

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """By the angle between the query's vector and each document's."""
        embedded = await self.embed([query, *documents])
        scores = embedded.vectors[1:] @ embedded.vectors[0]
        return Ranked(tuple(float(score) for score in scores), embedded.tokens)


def at_unit_length(rows: Vectors) -> Vectors:
    """The rows at unit length; a row of zeros stays one."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    made: Vectors = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return made.astype(np.float32, copy=False)
