"""Static embeddings: a vector for each token, averaged. The small model that is always there, and others like it.

Another's is a safetensors file with a matrix of a row for each token, and the tokeniser that numbers them. A `weights`
beside it, one number a token, weighs the mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from entrepot.kernel import Invalid

from ..capabilities import Capabilities
from ..embedding import DIMENSIONS, TOKENS_MAX, static_model
from .base import Embedded, EngineFault, Vectors
from .safetensors import read_header, read_matrix
from .vectors import VectorEngine, at_unit_length

MATRICES = ("embeddings", "embedding.weight", "embeddings.weight", "embedding")
CHARACTERS_MAX = 8_000


class Static(VectorEngine):
    """The shop's own static model, for everybody."""

    async def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(context=TOKENS_MAX, dimensions=DIMENSIONS)

    def embed_now(self, texts: Sequence[str]) -> Embedded:
        """Means of the tokens' vectors; a text without tokens gets zeros."""
        return Embedded(*static_model.embed(texts))

    async def close(self) -> None:
        """Nothing to let go of: the shop uses it too."""


class Table(VectorEngine):
    """A static model from files."""

    def __init__(self, weights: Path, tokenizer: bytes) -> None:
        super().__init__()
        self._weights = weights
        self._words = tokenizer
        self._loaded: tuple[Any, Vectors, Vectors | None] | None = None

    async def capabilities(self) -> Capabilities:
        """What it can do; loads it."""
        _, table, _ = await asyncio.to_thread(self._load)
        return Capabilities(context=TOKENS_MAX, dimensions=int(table.shape[1]))

    def embed_now(self, texts: Sequence[str]) -> Embedded:
        """Means of the tokens' vectors; a text without tokens gets zeros."""
        tokenizer, table, weights = self._loaded or self._load()
        rows = np.zeros((len(texts), table.shape[1]), np.float32)
        encoded = tokenizer.encode_batch_fast([text[:CHARACTERS_MAX] for text in texts], add_special_tokens=False)
        used = 0
        for place, each in enumerate(encoded):
            ids = [token for token in each.ids[:TOKENS_MAX] if token < len(table)]
            used += min(len(each.ids), TOKENS_MAX)
            if ids:
                found = table[ids]
                rows[place] = found.sum(axis=0) if weights is None else weights[ids] @ found
        return Embedded(at_unit_length(rows), used)

    async def close(self) -> None:
        """Let the model go."""
        with self._loading:
            self._loaded = None

    def _load(self) -> tuple[Any, Vectors, Vectors | None]:
        with self._loading:
            if self._loaded is None:
                table, weights = read_table(self._weights)
                self._loaded = (open_tokenizer(self._words), table, weights)
            return self._loaded


def read_table(path: Path) -> tuple[Vectors, Vectors | None]:
    """The matrix of a static model, and its weights. EngineFault for a file without one."""
    try:
        tensors, begin = read_header(path)
        name = next((each for each in MATRICES if each in tensors and len(tensors[each].shape) == 2), None)
        if name is None:
            raise Invalid(f"it has no matrix named {MATRICES[0]}, a row for each token")
        table = read_matrix(path, tensors[name], begin)
        weights = read_matrix(path, tensors["weights"], begin) if "weights" in tensors else None
    except Invalid as problem:
        raise EngineFault(f"The weights cannot be loaded: {problem.sentence}") from None
    if not table.size or not np.isfinite(table).all() or (weights is not None and weights.shape != (len(table),)):
        raise EngineFault("The weights cannot be loaded: their numbers do not fit together")
    return table, weights


def open_tokenizer(words: bytes) -> Any:
    """A tokeniser from its JSON, which neither pads nor cuts."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_buffer(words)
    except Exception as error:
        raise EngineFault("The tokeniser cannot be loaded: is it a tokenizer.json?") from error
    tokenizer.no_padding()  # such files often pad every text to one length, which costs ten times the work
    tokenizer.no_truncation()
    return tokenizer
