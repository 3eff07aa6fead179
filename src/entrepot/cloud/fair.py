"""The fair queue: who may use a model next, by weight and by what their work is estimated to cost.

Start-time fair queueing (Goyal, Vin and Cheng, 1996): each tenant's work is stamped with a virtual time that runs
slower the more weight it has, and the smallest stamp goes first. So a flood from one tenant waits behind itself, and
nobody else behind it. Interactive work goes before batch work of any tenant, until the batch has waited so long that
its age has made it as urgent. Time is an argument: whoever owns a model's slots calls `push`, `pop` and `done`.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from typing import Literal

import msgspec

Class = Literal["interactive", "batch"]

AGEING_S = 60.0
"""Batch work that waited so long goes with the interactive."""
SMOOTHING = 0.2
COST_PER_S_FIRST = 1_000.0
"""How much work a slot is thought to do in a second, in units of cost, before any was measured."""


class Ticket(msgspec.Struct, eq=False):
    """Work that waits. `cost` is its estimate, in the queue's own units; times in seconds."""

    tenant: str
    cost: float
    kind: Class
    pushed_at: float
    start: float = 0.0
    began_at: float = 0.0


class FairQueue:
    """Work of many tenants for `slots` places."""

    def __init__(self, slots: int, weights: dict[str, float] | None = None) -> None:
        assert slots > 0
        self.slots = slots
        self.weights = dict(weights or {})
        self._running: set[Ticket] = set()
        self._virtual = 0.0
        self._finish: dict[str, float] = {}
        self._heap: list[tuple[float, int, Ticket]] = []
        self._batch: list[tuple[float, int, Ticket]] = []
        self._order = itertools.count()
        self._gone: set[int] = set()
        self._pace = COST_PER_S_FIRST

    def __len__(self) -> int:
        return len(self._heap) + len(self._batch) - len(self._gone)

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._running) or len(self) > 0

    def running(self) -> dict[str, int]:
        """How much work of each tenant is under way."""
        return dict(Counter(ticket.tenant for ticket in self._running))

    def waiting(self) -> dict[str, int]:
        """How much work of each tenant waits."""
        waits = (each for heap in (self._heap, self._batch) for _, _, each in heap if id(each) not in self._gone)
        return dict(Counter(ticket.tenant for ticket in waits))

    def push(self, tenant: str, cost: float, kind: Class, now: float) -> Ticket:
        """Let work wait; `pop` says when it is its turn."""
        ticket = Ticket(tenant, max(cost, 1.0), kind, now)
        ticket.start = max(self._virtual, self._finish.get(tenant, 0.0))
        self._finish[tenant] = ticket.start + ticket.cost / self.weights.get(tenant, 1.0)
        heap = self._heap if kind == "interactive" else self._batch
        heapq.heappush(heap, (ticket.start, next(self._order), ticket))
        return ticket

    def pop(self, now: float) -> Ticket | None:
        """The work whose turn it is, when a slot is free."""
        if len(self._running) >= self.slots:
            return None
        ticket = self._take(now)
        if ticket is None:
            if not self._running:  # nobody waits or works: time begins anew, and old stamps mean nothing
                self._finish.clear()
                self._virtual = 0.0
            return None
        self._virtual = max(self._virtual, ticket.start)
        ticket.began_at = now
        self._running.add(ticket)
        return ticket

    def done(self, ticket: Ticket, now: float, cost: float | None = None) -> None:
        """Give a slot back; `cost` is what the work turned out to be, from which the pace is learned."""
        self._running.discard(ticket)
        took = now - ticket.began_at
        if took > 0:  # a turn that was given up at once says nothing of the pace
            self._pace += SMOOTHING * ((cost or ticket.cost) / took - self._pace)

    def leave(self, ticket: Ticket) -> None:
        """Stop waiting."""
        self._gone.add(id(ticket))

    def wait_s(self, tenant: str, now: float) -> float:
        """How long work of this tenant that came now would wait: what runs and what goes before it, at the measured
        pace."""
        if len(self._running) < self.slots and not len(self):
            return 0.0
        start = max(self._virtual, self._finish.get(tenant, 0.0))
        ahead = sum(each.cost for stamp, _, each in self._heap if stamp <= start and id(each) not in self._gone)
        running = sum(max(each.cost - (now - each.began_at) * self._pace, 0.0) for each in self._running)
        return (ahead + running) / (self._pace * self.slots)

    def _take(self, now: float) -> Ticket | None:
        self._drop_gone(self._heap)
        self._drop_gone(self._batch)
        old = self._batch and now - self._batch[0][2].pushed_at >= AGEING_S
        if self._heap and not (old and self._batch[0][0] <= self._heap[0][0]):
            return heapq.heappop(self._heap)[2]
        return heapq.heappop(self._batch)[2] if self._batch else None

    def _drop_gone(self, heap: list[tuple[float, int, Ticket]]) -> None:
        while heap and id(heap[0][2]) in self._gone:
            self._gone.discard(id(heapq.heappop(heap)[2]))
