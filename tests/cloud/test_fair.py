"""The fair queue: shares follow weights, a flood harms nobody, batch work gives way and is not forgotten."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from entrepot.cloud.fair import AGEING_S, FairQueue, Ticket


def serve(queue: FairQueue, seconds: float, pace: float = 100.0) -> Counter[str]:
    """Work through the queue for so long, one slot, at a pace; what each tenant's work came to."""
    now, served = 0.0, Counter[str]()
    while now < seconds and (ticket := queue.pop(now)) is not None:
        now += ticket.cost / pace
        queue.done(ticket, now)
        served[ticket.tenant] += int(ticket.cost)
    return served


def test_shares_follow_weights_however_large_the_pieces_are() -> None:
    queue, chance = FairQueue(1, {"a": 1.0, "b": 2.0, "c": 4.0}), Random(1)
    for tenant in "abc":
        for _ in range(2_000):
            queue.push(tenant, chance.randrange(10, 200) if tenant != "b" else 500, "interactive", 0.0)
    served = serve(queue, 500.0)
    total = sum(served.values())
    assert {tenant: round(7 * served[tenant] / total, 1) for tenant in "abc"} == {"a": 1.0, "b": 2.0, "c": 4.0}


def test_a_flood_from_one_tenant_lets_another_in_at_once() -> None:
    queue = FairQueue(1)
    for _ in range(10_000):
        queue.push("flood", 100, "interactive", 0.0)
    for _ in range(50):
        served = queue.pop(0.0)
        assert served is not None
        queue.done(served, 1.0)
    queue.push("quiet", 100, "interactive", 1.0)
    tenants = []
    for _ in range(2):
        ticket = queue.pop(1.0)
        assert ticket is not None
        tenants.append(ticket.tenant)
        queue.done(ticket, 2.0)
    assert "quiet" in tenants


def test_no_more_work_than_slots_runs_at_once() -> None:
    queue = FairQueue(2)
    tickets = [queue.push("a", 1, "interactive", 0.0) for _ in range(3)]
    first, second = queue.pop(0.0), queue.pop(0.0)
    assert {first, second} == set(tickets[:2])
    assert queue.pop(0.0) is None
    assert first is not None
    queue.done(first, 1.0)
    assert queue.pop(1.0) is tickets[2]


def test_interactive_work_goes_before_batch_work_until_that_is_old() -> None:
    queue = FairQueue(1)
    batch = queue.push("a", 10, "batch", 0.0)
    quick = queue.push("b", 10, "interactive", 1.0)
    assert queue.pop(1.0) is quick
    queue.done(quick, 2.0)
    queue.push("b", 10, "interactive", 2.0)
    assert queue.pop(AGEING_S + 1.0) is batch


def test_who_leaves_is_passed_over() -> None:
    queue = FairQueue(1)
    gone, stays = queue.push("a", 1, "interactive", 0.0), queue.push("a", 1, "interactive", 0.0)
    queue.leave(gone)
    assert len(queue) == 1
    assert queue.pop(0.0) is stays


@pytest.mark.parametrize("others", [0, 5, 50])
def test_the_wait_that_is_told_is_the_wait_that_comes(others: int) -> None:
    queue = FairQueue(1)
    warm: list[Ticket | None] = []
    for _ in range(40):  # learn the pace: 100 a second
        queue.push("warm", 100, "interactive", 0.0)
        warm.append(queue.pop(float(len(warm))))
        queue.done(warm[-1], float(len(warm)))  # type: ignore[arg-type]
    now = float(len(warm))
    for number in range(others):
        queue.push(f"tenant-{number}", 100, "interactive", now)
    told = queue.wait_s("me", now)
    mine, began = queue.push("me", 100, "interactive", now), now
    while (ticket := queue.pop(now)) is not mine:
        assert ticket is not None
        now += 1.0
        queue.done(ticket, now)
    assert told == pytest.approx(now - began, abs=1.0)
