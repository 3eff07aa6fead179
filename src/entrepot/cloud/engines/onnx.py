"""Sentence embeddings by ONNX Runtime: a transformer and its tokeniser, read from files, never unpickled.

Texts are sorted by length and run in batches of a bounded number of tokens, because a batch costs as much as its
longest text times its size. Vectors are means over the real tokens, at unit length.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..capabilities import Capabilities
from .base import Embedded, EngineFault, Generation, Piece, Ranked, Unable, Vectors, no_text

TOKENS_MAX = 256
BATCH_TOKENS_MAX = 4_096
SENTENCE = "This model makes vectors and nothing else: use /v1/embeddings"


class Onnx:
    """A model file with its `tokenizer.json`. `prefix` is put before each text where a model was trained so."""

    counts_exactly = True

    def __init__(self, model: Path, tokenizer: bytes, *, threads: int = 1, tokens_max: int = TOKENS_MAX) -> None:
        self._model = model
        self._tokenizer_json = tokenizer
        self._threads = threads
        self._tokens_max = tokens_max
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    async def capabilities(self) -> Capabilities:
        """What it can do; loads it."""
        vectors = (await self.embed(["a"])).vectors
        return Capabilities(context=self._tokens_max, dimensions=vectors.shape[1])

    async def count(self, work: Generation) -> int:
        """It reads no conversations."""
        raise Unable(SENTENCE)

    def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """It writes nothing."""
        return no_text(SENTENCE)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors, in the order of the texts."""
        return await asyncio.to_thread(self.embed_now, texts)

    def embed_now(self, texts: Sequence[str]) -> Embedded:
        """The same, on this thread."""
        session, tokenizer = self._loaded or self._load()
        encoded = [each.ids for each in tokenizer.encode_batch_fast(list(texts))] if texts else []
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place]))
        rows: list[Any] = [None] * len(encoded)
        for places in _batches(order, [len(ids) for ids in encoded]):
            for place, row in zip(places, self._run(session, [encoded[place] for place in places]), strict=True):
                rows[place] = row
        vectors: Vectors = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
        return Embedded(vectors, sum(map(len, encoded)))

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """By the angle between the query's vector and each document's."""
        embedded = await self.embed([query, *documents])
        scores = embedded.vectors[1:] @ embedded.vectors[0]
        return Ranked(tuple(float(score) for score in scores), embedded.tokens)

    async def close(self) -> None:
        """Let the model go."""
        with self._loading:
            self._loaded = None

    def _run(self, session: Any, batch: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, batch))
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros_like(ids)
        for place, tokens in enumerate(batch):
            ids[place, : len(tokens)] = tokens
            mask[place, : len(tokens)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {each.name for each in session.get_inputs()}
        hidden = session.run(None, {name: array for name, array in given.items() if name in wanted})[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        vectors: Vectors = np.divide(means, norms, out=np.zeros_like(means), where=norms > 0).astype(np.float32)
        return vectors

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                self._loaded = (self._open_session(), self._open_tokenizer())
            return self._loaded

    def _open_session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise EngineFault("The model file cannot be loaded: is it whole, and an ONNX file?") from error

    def _open_tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_buffer(self._tokenizer_json)
        except Exception as error:
            raise EngineFault("The tokeniser cannot be loaded: is it a tokenizer.json?") from error
        tokenizer.no_padding()  # such files often pad every text to one length, which costs ten times the work
        tokenizer.enable_truncation(self._tokens_max)
        return tokenizer


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places in the order given, cut so that no batch has more than so many tokens, padding counted."""
    batch: list[int] = []
    for place in order:
        if batch and lengths[place] * (len(batch) + 1) > BATCH_TOKENS_MAX:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
