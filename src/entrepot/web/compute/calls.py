"""The calls of models: conversations, texts, vectors, documents put in order."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from litestar import Response
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import Refused, new_id

from ..endpoints import endpoint
from ..params import OptionalKey
from ..policy import MEBIBYTE
from ..visit import CurrentVisit, Visit
from .keeping import HEADERS, answer_once
from .leaving import first_of, while_here
from .told import told

_CALL: dict[str, Any] = {
    "access": "member",
    "rate": "compute",
    "status": 200,
    "bytes_max": 8 * MEBIBYTE,
    "checks_key": True,
}


@endpoint("POST", "/v1/chat/completions", asks=cloud.AskChat, tells=cloud.ChatCompletion, streams=True, **_CALL)
async def create_chat_completion(visit: Visit, asked: cloud.AskChat, key: OptionalKey = None) -> Response[Any]:
    """Answer a conversation.

    With `stream` as events; the last carries usage and cost, and is sent when the call was settled.
    """
    return await _answer(visit, asked, key)


@endpoint("POST", "/v1/completions", asks=cloud.AskCompletion, tells=cloud.Completion, streams=True, **_CALL)
async def create_completion(visit: Visit, asked: cloud.AskCompletion, key: OptionalKey = None) -> Response[Any]:
    """Continue a text."""
    return await _answer(visit, asked, key)


@endpoint("POST", "/v1/embeddings", asks=cloud.AskEmbeddings, tells=cloud.Embeddings, **_CALL)
async def create_embeddings(visit: Visit, asked: cloud.AskEmbeddings, key: OptionalKey = None) -> Response[Any]:
    """Make a vector of unit length of each text."""
    return await _answer(visit, asked, key)


@endpoint("POST", "/v1/rerank", asks=cloud.AskRerank, tells=cloud.Reranking, **_CALL)
async def create_reranking(visit: Visit, asked: cloud.AskRerank, key: OptionalKey = None) -> Response[Any]:
    """Order documents by how well they answer a query."""
    return await _answer(visit, asked, key)


async def _answer(visit: CurrentVisit, asked: cloud.Asked, key: str | None) -> Response[Any]:
    visit.state["model"] = asked.model
    if key is not None:
        return await answer_once(visit, asked, key)
    entrepot, began = visit.entrepot, time.perf_counter()
    request = visit.state["request_id"] = new_id("req", visit.now, entrepot.database.random)
    call = cloud.Call(request, visit.scope, asked.model, checks_key=visit.checks_key)
    head = cloud.Head(request, visit.now // 1_000_000, asked.model, entrepot.settings.cloud.currency)
    exchange = cloud.Exchange(entrepot.gateway, call, asked, head)
    try:
        if not exchange.is_stream:
            return told(await while_here(visit, exchange.whole()), _took(began))
        events = exchange.stream()
        first = await while_here(visit, first_of(events))  # what refuses the call refuses it here, with its own status
    except Refused:
        await visit.confirm_key()
        raise
    return Stream(_all(first, events), media_type=cloud.EVENTS, headers={**HEADERS, **_took(began)})


def _took(began: float) -> dict[str, str]:
    """How long it took until there was something to send, as OpenAI tells it."""
    return {"openai-processing-ms": f"{(time.perf_counter() - began) * 1_000:.0f}"}


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(rest) as events:  # type: ignore[type-var]
        yield first
        async for event in events:
            yield event


ROUTES: tuple[ControllerRouterHandler, ...] = (
    create_chat_completion,
    create_completion,
    create_embeddings,
    create_reranking,
)
