"""A caller who leaves: what was being done for them stops, whether a stream or an answer that was to come whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from entrepot.kernel import Unavailable

from ..visit import CurrentVisit

T = TypeVar("T")


class Left(Unavailable):
    """The caller has left: nobody reads this."""


async def while_here(visit: CurrentVisit, work: Coroutine[Any, Any, T]) -> T:
    """Do something for as long as the caller waits for it. Left once they have."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(visit))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise Left("The caller has left")
    finally:
        for task in (doing, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


async def first_of(events: AsyncIterator[bytes]) -> bytes:
    """The first event; what refuses the call is raised here, while there is no answer yet."""
    return await anext(events)


async def _left(visit: CurrentVisit) -> None:
    while (await visit.request.receive())["type"] != "http.disconnect":
        pass
