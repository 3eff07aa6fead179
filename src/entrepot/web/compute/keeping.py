"""Idempotency-Key at `/v1`: the answer is kept, and sent again to whoever asks again; it is billed once.

1. The key is claimed. Whoever finds it open waits a while for the answer of the first, then is asked to come again.
2. The call runs as a task of its own: it goes on when its caller leaves, since they may come back for the answer.
3. The answer is stored in the commit that bills it. Without one the key is freed, and the call may be tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Response
from litestar.response import Stream

from entrepot import cloud
from entrepot.kernel import Conflict, Tx, new_id, request_key

from ..visit import CurrentVisit
from .told import JSON

WAIT_S = 30.0
LOOK_S = 0.2
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

_running: set[asyncio.Task[None]] = set()
"""Calls under way; the event loop itself does not keep them alive."""


async def answer_once(visit: CurrentVisit, asked: cloud.Asked, key: str) -> Response[Any]:
    """What was answered under this key; or the answer now, kept under it."""
    found = await _claim(visit, key)
    if isinstance(found, cloud.KeptAnswer):
        headers = {**HEADERS, "idempotent-replayed": "true"}
        return Response(found.answer.encode(), media_type=found.media_type, status_code=200, headers=headers)
    visit.state["request_id"] = found.request
    told = _Told()
    task = asyncio.ensure_future(_run(visit, asked, found, told))
    _running.add(task)
    task.add_done_callback(_running.discard)
    first = await told.next()
    assert first is not None, "an answer has a first part"
    if isinstance(asked, cloud.AskChat | cloud.AskCompletion) and asked.stream:
        return Stream(told.all(first), media_type=cloud.EVENTS, headers=HEADERS)
    return Response(first, media_type=JSON, status_code=200, headers=HEADERS)


class _Told:
    """What the task has told so far; None, or an error, is its end."""

    def __init__(self) -> None:
        self._parts: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()

    def put(self, part: bytes | BaseException | None) -> None:
        self._parts.put_nowait(part)

    async def next(self) -> bytes | None:
        part = await self._parts.get()
        if isinstance(part, BaseException):
            raise part
        return part

    async def all(self, first: bytes) -> AsyncIterator[bytes]:
        part: bytes | None = first
        while part is not None:
            yield part
            part = await self.next()


async def _claim(visit: CurrentVisit, key: str) -> cloud.Claim | cloud.KeptAnswer:
    entrepot = visit.entrepot
    route = f"{visit.request.method} {visit.request.scope['path']}"
    checked = request_key(visit.scope.actor, route, key, await visit.request.body())
    request = new_id("req", visit.now, entrepot.database.random)
    for _ in range(int(WAIT_S / LOOK_S)):
        found = await visit.write(lambda tx: cloud.claim_answer(tx, checked, request, entrepot.name))
        if found is not None:
            return found
        await asyncio.sleep(LOOK_S)
    raise Conflict(
        "The first request with this Idempotency-Key is still being answered: try again soon", retry_after_s=5
    )


async def _run(visit: CurrentVisit, asked: cloud.Asked, claim: cloud.Claim, told: _Told) -> None:
    entrepot = visit.entrepot

    def store(tx: Tx, _: cloud.Bill, media_type: str, answer: bytes) -> None:
        cloud.store_answer(tx, claim, media_type, answer.decode())

    call = cloud.Call(claim.request, visit.scope, asked.model, attempts_before=claim.attempts)
    head = cloud.Head(claim.request, visit.now // 1_000_000, asked.model, entrepot.settings.cloud.currency)
    exchange = cloud.Exchange(entrepot.gateway, call, asked, head, store)
    try:
        if exchange.is_stream:
            async for event in exchange.stream():
                told.put(event)
            told.put(None)
        else:
            told.put(await exchange.whole())
    except BaseException as error:
        told.put(error)
        if not isinstance(error, Exception):
            raise
    finally:  # an answer that was stored stays; otherwise the key is free
        entrepot.database.submit(lambda tx: cloud.free_answer(tx, claim))
