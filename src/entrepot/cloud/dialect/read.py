"""Vectors and ranked documents in OpenAI's words."""

from __future__ import annotations

import base64

import msgspec
import numpy as np

from ..engines.base import Embedded, Ranked, Vectors
from ..engines.gateway import Bill
from .asked import AskEmbeddings, AskRerank
from .told import Embedding, Embeddings, RankedDocument, RankedText, Reranking, read_usage


def tell_vectors(asked: AskEmbeddings, embedded: Embedded, bill: Bill, currency: str) -> bytes:
    """A vector of unit length for each text."""
    vectors = shortened(embedded.vectors, asked.dimensions)
    rows = [Embedding("embedding", place, _written(row, asked)) for place, row in enumerate(vectors)]
    return msgspec.json.encode(Embeddings("list", rows, asked.model, read_usage(bill, currency)))


def tell_ranking(asked: AskRerank, ranked: Ranked, bill: Bill, currency: str) -> bytes:
    """Documents, the best first; of equals the one that was sent first."""
    scores, texts = ranked.scores, asked.texts
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[: asked.top_n]
    results = [
        RankedDocument(place, scores[place], RankedText(texts[place]) if asked.return_documents else None)
        for place in order
    ]
    return msgspec.json.encode(Reranking("list", asked.model, results, read_usage(bill, currency)))


def shortened(vectors: Vectors, dimensions: int | None) -> Vectors:
    """The first columns, at unit length again."""
    if dimensions is None or not vectors.size:
        return vectors
    cut = vectors[:, :dimensions]
    norms = np.linalg.norm(cut, axis=1, keepdims=True)
    whole: Vectors = np.divide(cut, norms, out=np.zeros_like(cut), where=norms > 0)
    return whole


def _written(row: Vectors, asked: AskEmbeddings) -> list[float] | str:
    if asked.encoding_format == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    return [float(each) for each in row]
