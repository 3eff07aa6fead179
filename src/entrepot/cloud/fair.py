"""The fair queue of a model: who may use it next, by weight and by what their work is estimated to cost.

Start-time fair queueing (Goyal, Vin and Cheng, 1996). Each tenant waits in a line of their own; the head of a line is
stamped with the virtual time at which the tenant's last work ends, which runs slower the more weight they have, and the
smallest stamp goes first. So a flood from one tenant waits behind itself, and nobody else behind it. Estimates are
scaled by how the tenant's earlier ones turned out, and when work has ended the tenant's next stamp is corrected by what
it really was.

Interactive work goes before batch work of any tenant, until a line's batch work has waited so long that its age has
made it as urgent; then the two take turns. A tenant with a reserved share weighs at least as much as gives them that.

Time is an argument: whoever owns a model's slots calls `push`, `pop` and `done`. Each looks at every tenant who waits.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Mapping
from typing import Literal

import msgspec

Class = Literal["interactive", "batch"]

AGEING_S = 60.0
"""Batch work that waited so long goes with the interactive."""
MEMORY = 0.9
"""How much of what was learned about the pace is kept with each piece of work."""
COST_PER_S_FIRST = 1_000.0
"""How much work a slot is thought to do in a second, in units of cost, before any was measured."""
FIRST_S = 0.1
"""For how long it is thought to have done so: real work soon outweighs it."""
TENANTS_KEPT = 64
"""Of so many it is remembered what they brought of late, though they wait for nothing."""
ARRIVALS_S = 30.0
"""Over how long the rate is measured at which a tenant brings work."""


class Ticket(msgspec.Struct, eq=False):
    """Work that waits. `cost` is its estimate, in the queue's own units, `spent` what it turned out to be; times in
    seconds."""

    tenant: str
    cost: float
    kind: Class
    pushed_at: float
    order: int = 0
    weight: float = 1.0
    expected: float = 0.0
    began_at: float = 0.0
    has_left: bool = False
    spent: float | None = None


class _Line:
    """A tenant's work that waits, and the virtual time up to which they were served."""

    def __init__(self, now: float) -> None:
        self.interactive: deque[Ticket] = deque()
        self.batch: deque[Ticket] = deque()
        self.finish = 0.0
        self.running = 0
        self.took_aged = False
        self._estimated = self._turned_out = 1e-9
        self._waiting = 0.0
        self._brought = 0.0
        self._looked_at = now

    @property
    def waits(self) -> bool:
        return bool(self.interactive or self.batch)

    @property
    def scale(self) -> float:
        """What this tenant's work turns out to be, for each unit that it was estimated to be."""
        return self._turned_out / self._estimated

    @property
    def waiting_cost(self) -> float:
        """What the interactive work that waits is likely to be."""
        return self._waiting * self.scale

    def count(self, ticket: Ticket, sign: int) -> None:
        """Interactive work comes to wait, or waits no more."""
        if ticket.kind == "interactive":
            self._waiting += sign * ticket.cost

    def bring(self, cost: float, now: float) -> None:
        """Note that work came."""
        self._brought = self._brought * self._fading(now) + cost
        self._looked_at = now

    def arrivals(self, now: float) -> float:
        """What this tenant brings a second, of late."""
        return self._brought * self._fading(now) / ARRIVALS_S * self.scale

    def learn(self, ticket: Ticket, spent: float) -> None:
        """Note what work turned out to be."""
        self._estimated = self._estimated * MEMORY + ticket.cost
        self._turned_out = self._turned_out * MEMORY + spent

    def _fading(self, now: float) -> float:
        return math.exp((self._looked_at - now) / ARRIVALS_S)

    def urgent(self, now: float) -> Ticket | None:
        """The head that competes with everybody's interactive work: interactive, or batch that has aged."""
        quick = _head(self.interactive)
        aged = _head(self.batch)
        if aged is None or now - aged.pushed_at < AGEING_S:
            return quick
        return quick if quick is not None and self.took_aged else aged


class FairQueue:
    """Work of many tenants for `slots` places. `reserved` are shares, below 1, that tenants have at least."""

    def __init__(
        self, slots: int, weights: Mapping[str, float] | None = None, reserved: Mapping[str, float] | None = None
    ) -> None:
        assert slots > 0
        self.slots = slots
        self.weights = dict(weights or {})
        self.reserved = dict(reserved or {})
        self._lines: dict[str, _Line] = {}
        self._running: set[Ticket] = set()
        self._virtual = 0.0
        self._order = itertools.count()
        self._took = FIRST_S
        self._worked = COST_PER_S_FIRST * FIRST_S

    def __len__(self) -> int:
        return sum(self.waiting().values())

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._running) or any(line.waits for line in self._lines.values())

    def running(self) -> dict[str, int]:
        """How much of whose work runs."""
        return {name: line.running for name, line in self._lines.items() if line.running}

    def waiting(self) -> dict[str, int]:
        """How much of whose work waits."""
        found = {name: sum(not each.has_left for each in (*line.interactive, *line.batch))
                 for name, line in self._lines.items()}  # fmt: skip
        return {name: count for name, count in found.items() if count}

    @property
    def pace(self) -> float:
        """How much a slot works off in a second."""
        return self._worked / self._took

    def push(self, tenant: str, cost: float, kind: Class, now: float) -> Ticket:
        """Let work wait; `pop` says when it is its turn."""
        line = self._lines.get(tenant)
        if line is None:
            line = self._lines[tenant] = _Line(now)
        ticket = Ticket(tenant, max(cost, 1.0), kind, now, next(self._order))
        (line.interactive if kind == "interactive" else line.batch).append(ticket)
        line.count(ticket, 1)
        if kind == "interactive":
            line.bring(ticket.cost, now)
        return ticket

    def pop(self, now: float) -> Ticket | None:
        """The work whose turn it is, when a slot is free."""
        if len(self._running) >= self.slots:
            return None
        ticket = self._next(now)
        if ticket is None:
            self._rest()
            return None
        self._take(ticket)
        ticket.began_at = now
        return ticket

    def done(self, ticket: Ticket, now: float) -> None:
        """Give a slot back; what the work turned out to be, where it is known, is in the ticket."""
        self._running.discard(ticket)
        line = self._lines[ticket.tenant]
        line.running -= 1
        spent = ticket.cost if ticket.spent is None else ticket.spent
        line.learn(ticket, spent)
        line.finish += (spent - ticket.expected) / ticket.weight
        if len(self._lines) > TENANTS_KEPT and not line.waits and not line.running and line.finish <= self._virtual:
            del self._lines[ticket.tenant]  # whoever comes back begins where everybody is
        took = now - ticket.began_at
        if took > 0:  # a turn that was given up at once says nothing of the pace
            self._worked = self._worked * MEMORY + spent
            self._took = self._took * MEMORY + took

    def leave(self, ticket: Ticket) -> None:
        """Stop waiting."""
        ticket.has_left = True
        line = self._lines[ticket.tenant]
        line.count(ticket, -1)
        for waiting in (line.interactive, line.batch):
            _head(waiting)  # lets go of those at the head who left

    def wait_s(self, tenant: str, now: float) -> float:
        """How long interactive work of this tenant that came now would wait: for what runs, for what goes before it,
        and for what others are likely to bring meanwhile, up to their shares."""
        if len(self._running) < self.slots and not any(line.interactive for line in self._lines.values()):
            return 0.0
        pace = self._pace_now(now)
        speed = pace * self.slots
        running = sum(max(each.expected - (now - each.began_at) * pace, 0.0) for each in self._running)
        mine = self._lines.get(tenant)
        own = mine.waiting_cost if mine is not None else 0.0
        stamp = self._start(mine) + own / self._weight(tenant)
        wait = 0.0
        for _ in range(4):  # the longer it is, the more others bring: a few rounds come near
            ahead = sum(
                self._ahead(name, line, stamp, wait, now) for name, line in self._lines.items() if name != tenant
            )
            wait = (running + own + ahead) / speed
        return wait

    def _pace_now(self, now: float) -> float:
        """The pace, slower when what runs should have ended long ago."""
        late = [each for each in self._running if (now - each.began_at) * self.pace > each.expected]
        worked = self._worked + sum(each.expected for each in late)
        return worked / (self._took + sum(now - each.began_at for each in late))

    def _ahead(self, tenant: str, line: _Line, stamp: float, wait: float, now: float) -> float:
        """How much of another's work goes before a stamp, when it comes up after so long a wait."""
        comes = line.waiting_cost + line.arrivals(now) * wait
        room = (stamp - self._start(line)) * self._weight(tenant)
        head = _head(line.interactive)
        last = head.cost * line.scale if head is not None else 0.0  # what begins before the stamp ends after it
        return min(comes, room + last) if room >= 0 else 0.0

    def _next(self, now: float) -> Ticket | None:
        """The smallest stamp among urgent heads, else among batch; of equals the one that came first."""
        lines = self._lines.values()
        urgent = [(self._start(line), head.order, head) for line in lines if (head := line.urgent(now)) is not None]
        if urgent:
            return min(urgent)[2]
        batch = [(self._start(line), head.order, head) for line in lines if (head := _head(line.batch)) is not None]
        return min(batch)[2] if batch else None

    def _take(self, ticket: Ticket) -> None:
        line = self._lines[ticket.tenant]
        (line.interactive if ticket.kind == "interactive" else line.batch).popleft()
        line.took_aged = ticket.kind == "batch"
        line.count(ticket, -1)
        ticket.weight, ticket.expected = self._weight(ticket.tenant), ticket.cost * line.scale
        self._virtual = self._start(line)
        line.finish = self._virtual + ticket.expected / ticket.weight
        line.running += 1
        self._running.add(ticket)

    def _start(self, line: _Line | None) -> float:
        return max(self._virtual, line.finish) if line is not None else self._virtual

    def _weight(self, tenant: str) -> float:
        """A tenant's weight; of one with a reserved share at least what gives it beside those who are there now."""
        own = self.weights.get(tenant, 1.0)
        share = self.reserved.get(tenant, 0.0)
        if not share:
            return own
        others = sum(
            self.weights.get(name, 1.0)
            for name, line in self._lines.items()
            if name != tenant and (line.waits or line.running)
        )
        return max(own, share / (1 - share) * others)

    def _rest(self) -> None:
        """Nobody waits. Tenants whose work is long over are forgotten; once nobody works, time begins anew."""
        if not self._running:
            self._lines.clear()
            self._virtual = 0.0


def _head(waiting: deque[Ticket]) -> Ticket | None:
    """The first who has not left."""
    while waiting and waiting[0].has_left:
        waiting.popleft()
    return waiting[0] if waiting else None
