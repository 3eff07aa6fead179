"""An engine elsewhere: any server that speaks OpenAI's API, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import numpy as np

from entrepot.kernel import Secret

from ..capabilities import Capabilities
from .base import Embedded, EngineFault, Generation, Piece, Ranked, Unable, text_of
from .wire import body_of, error_sentence, read_pieces, tools_of

ANSWER_MAX = 64 << 20
ERROR_MAX = 64 << 10
CONNECT_S = 5.0
SILENCE_S = 120.0
"""An engine that says nothing for so long has failed."""
TOKENS_PER_MESSAGE = 16
"""What a conversation's template adds around a message, at most."""


class Upstream:
    """A model of a server at `base_url` (ending in `/v1`), under the name it has there.

    `declared` says what the model can do, since the wire format does not tell. The server's own count is the bill;
    before that an input counts as its bytes, which it can never exceed.
    """

    counts_exactly = False

    def __init__(
        self, base_url: str, model: str, declared: Capabilities, key: Secret | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._model = model
        self._declared = declared
        self._base_url = base_url.rstrip("/") + "/"
        self._key = key
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

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
        what = "The engine does not answer"
        async with AsyncExitStack() as stack:
            try:
                body = {**body_of(work, self._model), **tools_of(work)}
                response = await stack.enter_async_context(self._open().stream("POST", path, json=body))
                await _check(response)
                what = "The engine's answer broke off"
                async for piece in read_pieces(response):
                    yield piece
            except httpx.HTTPError as error:
                raise EngineFault(f"{what}: {type(error).__name__}") from error

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors as the server makes them, at unit length."""
        answer = await self._post("embeddings", {"model": self._model, "input": list(texts)})
        rows = sorted(answer.get("data") or (), key=lambda row: row.get("index", 0))
        if len(rows) != len(texts):
            raise EngineFault(f"The engine sent {len(rows)} vectors for {len(texts)} texts")
        vectors = np.asarray([row["embedding"] for row in rows], np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
        return Embedded(vectors, _tokens(answer))

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """Scores as the server gives them."""
        body = {"model": self._model, "query": query, "documents": list(documents)}
        answer = await self._post("rerank", body)
        scores = [0.0] * len(documents)
        for row in answer.get("results") or ():
            place = row.get("index")
            if not isinstance(place, int) or not 0 <= place < len(scores):
                raise EngineFault("The engine scored a document that was not asked about")
            scores[place] = float(row["relevance_score"])
        return Ranked(tuple(scores), _tokens(answer))

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            headers = {"authorization": f"Bearer {self._key.reveal()}"} if self._key else {}
            self._client = httpx.AsyncClient(
                base_url=self._base_url, headers=headers, transport=self._transport, follow_redirects=False,
                timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S), trust_env=False,
            )  # fmt: skip
        return self._client

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._open().post(path, json=body)
        except httpx.HTTPError as error:
            raise EngineFault(f"The engine does not answer: {type(error).__name__}") from error
        await _check(response)
        if len(response.content) > ANSWER_MAX:
            raise EngineFault("The engine's answer is too large")
        try:
            answer = msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise EngineFault("The engine's answer is no JSON object") from error
        return answer


def refusal_of(status: int, sentence: str) -> Exception:
    """What an error answer means: 400, 413 and 422 are about the request, everything else is the engine's fault."""
    if status in (400, 413, 422):
        return Unable(sentence)
    return EngineFault(f"The engine answered {status}: {sentence}")


async def _check(response: httpx.Response) -> None:
    if response.status_code < 300:
        return
    content = (await response.aread())[:ERROR_MAX]
    try:
        sentence = error_sentence(msgspec.json.decode(content))
    except msgspec.DecodeError:
        sentence = "no reason given"
    raise refusal_of(response.status_code, sentence)


def _tokens(answer: dict[str, Any]) -> int:
    usage = answer.get("usage") or {}
    tokens = usage.get("total_tokens", usage.get("prompt_tokens"))
    return tokens if isinstance(tokens, int) and tokens >= 0 else 0
