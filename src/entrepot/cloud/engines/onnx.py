"""Transformers by ONNX Runtime: sentence embeddings, and orders of documents, from a model and its tokeniser.

Texts are sorted by length and run in batches of a bounded number of tokens, because a batch costs as much as its
longest text times its size. What the model gives tells what it is: a vector for each token is averaged over the real
tokens, a vector for each text is taken as it is, and a single number for each pair of texts is a score: such a model
reads query and document together (a cross-encoder), and orders documents better than angles between vectors do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..capabilities import Capabilities
from .base import Embedded, EngineFault, Ranked, Unable, Vectors
from .static import open_tokenizer
from .vectors import VectorEngine, at_unit_length

TOKENS_MAX = 256
PAIR_TOKENS_MAX = 512
BATCH_TOKENS_MAX = 4_096
SCORES_ONLY = "This model orders documents and nothing else: use /v1/rerank"


class _Loaded:
    """A session with its tokeniser, and what the model gives."""

    def __init__(self, session: Any, tokenizer: Any) -> None:
        self.session = session
        self.tokenizer = tokenizer
        self.wanted = {each.name for each in session.get_inputs()}
        shape = session.get_outputs()[0].shape
        self.scores = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)

    def run(self, batch: Sequence[Any]) -> tuple[Any, npt.NDArray[np.int64]]:
        """What the model gives for these encoded texts, and which of the tokens are real."""
        longest = max(len(each.ids) for each in batch)
        ids = np.zeros((len(batch), longest), np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for place, each in enumerate(batch):
            ids[place, : len(each.ids)] = each.ids
            mask[place, : len(each.ids)] = 1
            types[place, : len(each.ids)] = each.type_ids
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        try:
            found = self.session.run(None, {name: array for name, array in given.items() if name in self.wanted})[0]
        except Exception as error:
            raise EngineFault("The model failed at its work: does its tokeniser belong to it?") from error
        return found, mask


class Onnx(VectorEngine):
    """A model file with its `tokenizer.json`."""

    def __init__(self, model: Path, tokenizer: bytes, *, threads: int = 1, tokens_max: int = TOKENS_MAX) -> None:
        super().__init__()
        self._model = model
        self._words = tokenizer
        self._threads = threads
        self._tokens_max = tokens_max
        self._loaded: _Loaded | None = None

    async def capabilities(self) -> Capabilities:
        """What it can do; loads it."""
        if (await asyncio.to_thread(self._load)).scores:
            await self.rerank("a", ["b"])
            return Capabilities(context=PAIR_TOKENS_MAX, rerank=True)
        vectors = (await self.embed(["a"])).vectors
        return Capabilities(context=self._tokens_max, dimensions=vectors.shape[1])

    def embed_now(self, texts: Sequence[str]) -> Embedded:
        """Vectors, on this thread. Unable for a model that gives scores."""
        loaded = self._loaded or self._load()
        if loaded.scores:
            raise Unable(SCORES_ONLY)
        encoded = _cut(loaded.tokenizer, self._tokens_max, list(texts))
        rows: list[Any] = [None] * len(encoded)
        for places in batches([len(each.ids) for each in encoded]):
            found, mask = loaded.run([encoded[place] for place in places])
            for place, row in zip(places, _pooled(found, mask), strict=True):
                rows[place] = row
        vectors: Vectors = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
        return Embedded(vectors, sum(len(each.ids) for each in encoded))

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """By the model's own scores where it gives them, else by angles between vectors."""
        if not (await asyncio.to_thread(self._load)).scores:
            return await super().rerank(query, documents)
        return await asyncio.to_thread(self.score_now, query, documents)

    def score_now(self, query: str, documents: Sequence[str]) -> Ranked:
        """The model's scores of pairs, on this thread."""
        loaded = self._loaded or self._load()
        encoded = _cut(loaded.tokenizer, PAIR_TOKENS_MAX, [(query, document) for document in documents])
        scores = [0.0] * len(encoded)
        for places in batches([len(each.ids) for each in encoded]):
            found, _ = loaded.run([encoded[place] for place in places])
            for place, score in zip(places, np.asarray(found, np.float32).reshape(len(places)), strict=True):
                scores[place] = float(score)
        return Ranked(tuple(scores), sum(len(each.ids) for each in encoded))

    async def close(self) -> None:
        """Let the model go."""
        with self._loading:
            self._loaded = None

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = _Loaded(self._open_session(), open_tokenizer(self._words))
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


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places, shortest text first, cut so that no batch has more than so many tokens, padding counted. A text that is
    longer by itself is a batch of its own."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[place] * (len(batch) + 1) > BATCH_TOKENS_MAX:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _cut(tokenizer: Any, most: int, texts: list[Any]) -> list[Any]:
    """Texts, or pairs of texts, as tokens; of a pair the longer is cut first."""
    tokenizer.enable_truncation(most)
    return list(tokenizer.encode_batch(texts)) if texts else []


def _pooled(found: Any, mask: npt.NDArray[np.int64]) -> Vectors:
    """A vector for each text: the mean of its tokens', or what the model made of it itself."""
    if found.ndim == 2:
        return at_unit_length(np.asarray(found, np.float32))
    if found.ndim != 3 or found.shape[:2] != mask.shape:
        raise EngineFault("The model gives neither vectors nor scores: it cannot be served")
    weights = mask[:, :, None].astype(np.float32)
    return at_unit_length((found * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1))
