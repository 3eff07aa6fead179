"""Static embeddings: a vector for each token, averaged. The small model that is always there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from ..capabilities import Capabilities
from ..embedding import DIMENSIONS, TOKENS_MAX, static_model
from .base import Embedded, Generation, Piece, Ranked, Unable, no_text

SENTENCE = "This model makes vectors and nothing else: use /v1/embeddings"


class Static:
    """The shop's own static model, for everybody."""

    counts_exactly = True

    async def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(context=TOKENS_MAX, dimensions=DIMENSIONS)

    async def count(self, work: Generation) -> int:
        """It reads no conversations."""
        raise Unable(SENTENCE)

    def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """It writes nothing."""
        return no_text(SENTENCE)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Means of the tokens' vectors; a text without tokens gets zeros."""
        vectors, tokens = await asyncio.to_thread(static_model.embed, texts)
        return Embedded(vectors, tokens)

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """By the angle between the query's vector and each document's."""
        embedded = await self.embed([query, *documents])
        scores = embedded.vectors[1:] @ embedded.vectors[0]
        return Ranked(tuple(float(score) for score in scores), embedded.tokens)

    async def close(self) -> None:
        """Nothing to let go of: the shop uses it too."""
