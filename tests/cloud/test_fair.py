"""The fair queue: shares follow weights, a flood harms nobody, batch work gives way and is not forgotten."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from entrepot.cli.bench import fair, replaying
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


def test_whoever_overstates_their_work_loses_nothing_by_it_and_gains_nothing() -> None:
    """One says ten times what it will be, the other the truth: both get half."""
    queue, now, served = FairQueue(1), 0.0, Counter[str]()
    for tenant, cost in [("loud", 1_000.0), ("true", 100.0)] * 300:
        queue.push(tenant, cost, "interactive", 0.0)
    for _ in range(400):
        ticket = queue.pop(now)
        assert ticket is not None
        now += 1.0
        ticket.spent = 100.0
        queue.done(ticket, now)
        served[ticket.tenant] += 1
    assert abs(served["loud"] - served["true"]) <= 20


def test_aged_batch_work_takes_turns_with_what_is_quick_and_starves_nobody() -> None:
    queue = FairQueue(1)
    for _ in range(1_000):
        queue.push("batches", 10, "batch", 0.0)
    now, served = AGEING_S + 1, Counter[tuple[str, str]]()
    for _ in range(100):
        queue.push("batches", 10, "interactive", now)
        queue.push("quick", 10, "interactive", now)
        for _ in range(2):
            ticket = queue.pop(now)
            assert ticket is not None
            queue.done(ticket, now)
            served[ticket.tenant, ticket.kind] += 1
    assert served["quick", "interactive"] >= 99, "another's old batch does not hold up what is quick"
    assert served["batches", "interactive"] >= 49, "nor does one's own hold up more than every second turn"
    assert served["batches", "batch"] >= 49


def test_the_shop_has_its_share_however_many_others_want_the_model() -> None:
    queue = FairQueue(1, reserved={"platform": 0.25})
    for _ in range(500):
        for tenant in ["platform", *(f"stranger-{number}" for number in range(20))]:
            queue.push(tenant, 10, "interactive", 0.0)
    served = serve(queue, 200.0)
    assert served["platform"] / sum(served.values()) == pytest.approx(0.25, abs=0.01)


def test_when_to_come_again_is_told_truly() -> None:
    """Whoever is told to come again in so many seconds finds a wait that is let in, when nobody brought more."""
    queue, now, most = FairQueue(2), 0.0, 20.0
    for number in range(400):
        queue.push(f"tenant-{number % 3}", 100, "interactive", now)
    running = [queue.pop(now), queue.pop(now)]
    for _ in range(20):  # a second each, two at a time: the pace is learned
        now += 1.0
        for place, ticket in enumerate(running):
            assert ticket is not None
            queue.done(ticket, now)
            running[place] = queue.pop(now)
    told = queue.wait_s("late", now) - most
    assert queue.wait_s("tenant-0", now) - most > 0 > told, "a flood waits behind itself"
    again = now + queue.wait_s("tenant-0", now) - most
    while now < again:
        now += 1.0
        for place, ticket in enumerate(running):
            assert ticket is not None
            queue.done(ticket, now)
            running[place] = queue.pop(now)
    assert queue.wait_s("tenant-0", now) <= most + 1.0


def test_a_replayed_hour_shares_by_weight_and_the_flood_harms_nobody() -> None:
    """The bench's own replay, over calls that are made up: `entrepot bench fair` runs it over a real hour."""
    chance = Random(7)
    calls, at = list[tuple[float, int, int]](), 0.0
    for _ in range(4_000):
        at += chance.expovariate(2.0)
        calls.append((at, chance.randrange(50, 4_000), chance.randrange(5, 400)))
    arrivals = fair.arrivals_of(calls, 10.0)
    served = replaying.replay(arrivals, fair.WEIGHTS, fair.SLOTS, fair.pace_of(arrivals, 3.0))
    got = replaying.shares(served, arrivals[-1].at * 0.1, arrivals[-1].at)
    assert got == pytest.approx({"one": 1 / 7, "two": 2 / 7, "four": 4 / 7}, abs=0.02)
    measured = {each.what: each for each in fair.flooded(calls)}
    for tenant in ("two", "four"):
        bar = measured[f"flood: {tenant} waits, p99"]
        assert bar.ratio is not None
        assert bar.ratio < 2.5, "all slots may be busy with calls that have begun"
        assert measured[f"flood: {tenant}, in order of arrival, p99"].value > 20 * bar.value, "the control is harmed"


def test_the_fluid_ideal_serves_by_weight_and_in_order() -> None:
    arrivals = [replaying.Arrival(0.0, tenant, 100.0, 100.0) for tenant in ("one", "two", "two")]
    served = replaying.ideal(arrivals, {"one": 1.0, "two": 2.0}, 10.0)
    ends = [(each.arrival.tenant, round(each.ended_at, 6)) for each in served]
    assert ends == [("two", 15.0), ("one", 30.0), ("two", 30.0)]


def test_work_that_should_have_ended_long_ago_makes_the_wait_that_is_told_longer() -> None:
    queue = FairQueue(1)
    for _ in range(4):
        queue.push("a", 1_000, "interactive", 0.0)
    assert queue.pop(0.0) is not None
    assert queue.wait_s("b", 0.5) == pytest.approx(0.5, abs=0.1), "the pace that is thought of first"
    assert queue.wait_s("a", 60.0) > 60.0, "what is ahead will take as long as this has"
