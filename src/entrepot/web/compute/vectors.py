"""Vectors of texts, and documents in the order in which they answer a query."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import numpy as np
from litestar import Response, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import Invalid, new_id

from ..endpoints import body_as
from ..visit import CurrentVisit, Visit
from .asked import AskEmbeddings, AskRerank
from .told import JSON, total_of


@post("/v1/embeddings", status_code=200, include_in_schema=False, opt={"access": "member", "rate": "compute"})
async def embeddings(visit: Visit) -> Response[bytes]:
    """A vector of unit length for each text."""
    asked: AskEmbeddings = await body_as(AskEmbeddings)(visit)
    embedded, bill = await visit.entrepot.gateway.embed(_call(visit, asked.model), asked.texts)
    vectors = _shortened(embedded.vectors, asked.dimensions)
    rows = [
        {"object": "embedding", "index": place, "embedding": _written(row, asked.encoding_format)}
        for place, row in enumerate(vectors)
    ]
    usage = total_of(bill, visit.entrepot.settings.cloud.currency)
    return _answer({"object": "list", "data": rows, "model": asked.model, "usage": usage})


@post("/v1/rerank", status_code=200, include_in_schema=False, opt={"access": "member", "rate": "compute"})
async def rerank(visit: Visit) -> Response[bytes]:
    """Documents, the best first."""
    asked: AskRerank = await body_as(AskRerank)(visit)
    ranked, bill = await visit.entrepot.gateway.rerank(_call(visit, asked.model), asked.query, asked.documents)
    order = sorted(range(len(ranked.scores)), key=lambda place: (-ranked.scores[place], place))[: asked.top_n]
    results = [
        {
            "index": place,
            "relevance_score": ranked.scores[place],
            **({"document": {"text": asked.documents[place]}} if asked.return_documents else {}),
        }
        for place in order
    ]
    usage = total_of(bill, visit.entrepot.settings.cloud.currency)
    return _answer({"object": "list", "model": asked.model, "results": results, "usage": usage})


def _call(visit: CurrentVisit, model: str) -> cloud.Call:
    return cloud.Call(new_id("req", visit.now, visit.entrepot.database.random), visit.scope, model)


def _shortened(vectors: cloud.Vectors, dimensions: int | None) -> cloud.Vectors:
    """The first columns, at unit length again."""
    if dimensions is None or not vectors.size:
        return vectors
    if dimensions > vectors.shape[1]:
        raise Invalid(
            f"This model's vectors have {vectors.shape[1]} dimensions", fields={"dimensions": "ask for fewer"}
        )
    cut = vectors[:, :dimensions]
    norms = np.linalg.norm(cut, axis=1, keepdims=True)
    shortened: cloud.Vectors = np.divide(cut, norms, out=np.zeros_like(cut), where=norms > 0)
    return shortened


def _written(row: cloud.Vectors, encoding: str) -> Any:
    if encoding == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    return row.tolist()


def _answer(body: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), media_type=JSON)


ROUTES: tuple[ControllerRouterHandler, ...] = (embeddings, rerank)
