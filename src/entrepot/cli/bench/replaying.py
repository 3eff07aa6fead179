"""A model's queue in simulated time: arrivals in, who was served when out. Also the ideal, and the queue without care.

The ideal is the fluid one: at every moment each tenant who has work is served by weight, however small the pieces. No
queue that finishes what it began can do better for everybody.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from entrepot.cloud.fair import FairQueue, Ticket


class Arrival(msgspec.Struct, frozen=True):
    """Work that arrives at a second: what it is estimated to cost, and what it turns out to."""

    at: float
    tenant: str
    estimate: float
    cost: float


class Served(msgspec.Struct, frozen=True):
    """Work that was done; `told_s` is the wait that was estimated as it came."""

    arrival: Arrival
    began_at: float
    ended_at: float
    told_s: float = 0.0

    @property
    def wait_s(self) -> float:
        """How long it waited."""
        return self.began_at - self.arrival.at


def replay(arrivals: Iterable[Arrival], weights: Mapping[str, float], slots: int, pace: float) -> list[Served]:
    """The fair queue: `slots` places, each of which works off `pace` of cost a second."""
    queue, told, waiting = FairQueue(slots, weights), dict[int, float](), dict[int, Arrival]()
    served: list[Served] = []
    ends: list[tuple[float, int, Ticket]] = []

    def begin(now: float) -> None:
        while (ticket := queue.pop(now)) is not None:
            arrival = waiting.pop(ticket.order)
            end = now + arrival.cost / pace
            served.append(Served(arrival, now, end, told.pop(ticket.order)))
            ticket.spent = arrival.cost
            heapq.heappush(ends, (end, ticket.order, ticket))

    def finish(until: float) -> None:
        while ends and ends[0][0] <= until:
            end, _, ticket = heapq.heappop(ends)
            queue.done(ticket, end)
            begin(end)

    for arrival in arrivals:
        finish(arrival.at)
        wait = queue.wait_s(arrival.tenant, arrival.at)
        ticket = queue.push(arrival.tenant, arrival.estimate, "interactive", arrival.at)
        waiting[ticket.order], told[ticket.order] = arrival, wait
        begin(arrival.at)
    finish(float("inf"))
    return served


def in_order(arrivals: Iterable[Arrival], slots: int, pace: float) -> list[Served]:
    """Whoever comes first is served first: what happens without a fair queue."""
    free = [0.0] * slots
    served = []
    for arrival in arrivals:
        began = max(heapq.heappop(free), arrival.at)
        end = began + arrival.cost / pace
        heapq.heappush(free, end)
        served.append(Served(arrival, began, end))
    return served


def ideal(arrivals: Sequence[Arrival], weights: Mapping[str, float], speed: float) -> list[Served]:
    """The fluid ideal: each tenant's line, first come first served, at their share of `speed` of those who have work.

    The work of one slot at most cannot be told from it: `wait_s` is what was waited beyond the work by itself.
    """
    lines: dict[str, deque[tuple[Arrival, float]]] = {tenant: deque() for tenant in weights}
    left: dict[str, float] = dict.fromkeys(weights, 0.0)
    served: list[Served] = []
    now = 0.0
    for until, arrival in [*((each.at, each) for each in arrivals), (float("inf"), None)]:
        while active := [tenant for tenant in weights if lines[tenant]]:
            total = sum(weights[tenant] for tenant in active)
            rate = {tenant: speed * weights[tenant] / total for tenant in active}
            step = min(left[tenant] / rate[tenant] for tenant in active)
            step = min(step, until - now)
            for tenant in active:
                left[tenant] -= rate[tenant] * step
            now += step
            for tenant in active:
                if left[tenant] <= 1e-9:
                    done, began = lines[tenant].popleft()
                    served.append(Served(done, began, now))
                    if lines[tenant]:
                        left[tenant] = lines[tenant][0][0].cost
                        lines[tenant][0] = (lines[tenant][0][0], now)
            if now >= until:
                break
        now = max(now, until) if until < float("inf") else now
        if arrival is not None:
            if not lines[arrival.tenant]:
                left[arrival.tenant] = arrival.cost
            lines[arrival.tenant].append((arrival, now))
    return served


def shares(served: Iterable[Served], since: float, until: float) -> dict[str, float]:
    """Each tenant's part of the work that was done in a time."""
    work: dict[str, float] = {}
    for each in served:
        took = each.ended_at - each.began_at
        part = max(min(each.ended_at, until) - max(each.began_at, since), 0.0) / took if took else 0.0
        work[each.arrival.tenant] = work.get(each.arrival.tenant, 0.0) + each.arrival.cost * part
    total = sum(work.values()) or 1.0
    return {tenant: done / total for tenant, done in work.items()}
