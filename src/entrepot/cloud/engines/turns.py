"""Turns at a model: callers of an event loop wait for theirs in the fair queue."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ..fair import Class, FairQueue, Ticket
from ..refusals import Busy
from ..types import SHOP


class Turns:
    """The waiting callers of one model."""

    def __init__(self, slots: int, weights: Mapping[str, float], shop_share: float = 0.0) -> None:
        self._queue = FairQueue(slots, weights, {SHOP: shop_share})
        self._waiting: dict[int, asyncio.Future[None]] = {}

    @property
    def queue(self) -> FairQueue:
        """The queue behind them, to be looked at."""
        return self._queue

    @property
    def is_busy(self) -> bool:
        """Whether anybody works or waits."""
        return self._queue.is_busy

    def check_wait(self, tenant: str, wait_s_max: float) -> None:
        """Busy, with an honest estimate, when a call of this tenant would wait longer than that. It is told to come
        again when the wait will have become bearable, should nobody bring more work."""
        wait = self._queue.wait_s(tenant, time.monotonic())
        if wait > wait_s_max:
            seconds = math.ceil(wait - wait_s_max) + 1
            raise Busy(
                f"This model is busy: a call would wait about {math.ceil(wait)} s, longer than is let in. Try again in "
                f"{seconds} s",
                retry_after_s=seconds,
            )

    @asynccontextmanager
    async def turn(self, tenant: str, cost: float, kind: Class) -> AsyncIterator[Ticket]:
        """Wait for a turn, and have it until the end of the block, which may note in the ticket what was `spent`."""
        ticket = self._queue.push(tenant, cost, kind, time.monotonic())
        turn = self._waiting[id(ticket)] = asyncio.get_running_loop().create_future()
        self._advance()
        try:
            await turn
        except BaseException:
            self._give_up(ticket, turn)
            raise
        try:
            yield ticket
        finally:
            self._queue.done(ticket, time.monotonic())
            self._advance()

    def _advance(self) -> None:
        while (ticket := self._queue.pop(time.monotonic())) is not None:
            turn = self._waiting.pop(id(ticket))
            if turn.cancelled():
                self._queue.done(ticket, time.monotonic())
            else:
                turn.set_result(None)

    def _give_up(self, ticket: Ticket, turn: asyncio.Future[None]) -> None:
        """A caller left while it waited, or in the very moment that its turn came."""
        if self._waiting.pop(id(ticket), None) is not None:
            self._queue.leave(ticket)
        elif turn.done() and not turn.cancelled():
            self._queue.done(ticket, time.monotonic())
            self._advance()
