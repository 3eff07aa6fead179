"""The fair queue under a real hour of calls (azure-llm-trace-2023), compressed: shares and waits beside the ideal.

Three tenants of weights 1, 2 and 4 send a third of the calls each. First all of them more than the model can do: what
each gets, beside its weight. Then less than it can do, and the one of weight 1 floods it for a third of the time: what
the others wait, beside no flood, beside a queue in order of arrival, and beside the fluid ideal. Both in simulated
time; the shares once more in real time, through the turns of the gateway. What a call is estimated to cost is what it
may write at most, as callers say it; what it costs is what the trace says was written.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from entrepot.cloud.engines.gateway import READING
from entrepot.cloud.engines.turns import Turns
from entrepot.kernel import Unavailable

from .replaying import Arrival, Served, ideal, in_order, replay, shares
from .report import Measured

WEIGHTS = {"one": 1.0, "two": 2.0, "four": 4.0}
SLOTS = 8
ESTIMATE = 512
"""What a caller lets be written who does not know better."""
FLOOD = 12
"""So many times its calls the flooding tenant sends."""
REAL_S = 10.0
"""How long the part in real time takes."""


def measure_fair(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure; needs the trace under ENTREPOT_DATA. The queue is in memory, so neither database has a part in it."""
    calls = read_trace(data_folder() / "azure-llm-trace-2023")
    return [*saturated(calls), *flooded(calls), *asyncio.run(in_real_time(calls))]


def data_folder() -> Path:
    """Where data sets lie."""
    found = os.environ.get("ENTREPOT_DATA")
    if not found:
        raise Unavailable("Set ENTREPOT_DATA to the folder that holds azure-llm-trace-2023: the bench replays it")
    return Path(found)


def read_trace(folder: Path) -> list[tuple[float, int, int]]:
    """The calls of both services in order: second, tokens read, tokens written."""
    if not folder.is_dir():
        raise Unavailable(f"There is no {folder}: set ENTREPOT_DATA to the folder that holds it")
    rows = [row for name in ("code", "conv") for row in _rows(folder / f"{name}.csv.gz")]
    rows.sort()
    return [(at - rows[0][0], read, written) for at, read, written in rows]


def _rows(file: Path) -> list[tuple[float, int, int]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return [
            (datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp(), int(row["ContextTokens"]),
             int(row["GeneratedTokens"]))
            for row in csv.DictReader(text)
        ]  # fmt: skip


def arrivals_of(
    calls: Sequence[tuple[float, int, int]], compress: float, flood: tuple[str, float, float] | None = None
) -> list[Arrival]:
    """The calls as work of the three tenants, so many times as fast; with a flood from one between two times."""
    chance, tenants = Random(1), sorted(WEIGHTS)
    found = []
    for at, read, written in calls:
        tenant = chance.choice(tenants)
        arrival = Arrival(at / compress, tenant, READING * read + ESTIMATE, READING * read + written)
        floods = flood is not None and tenant == flood[0] and flood[1] <= arrival.at < flood[2]
        found += [arrival] * (FLOOD if floods else 1)
    return found


def pace_of(arrivals: Sequence[Arrival], load: float) -> float:
    """The pace of a slot at which these arrivals are so much of what the slots can do."""
    span = arrivals[-1].at - arrivals[0].at
    return sum(each.cost for each in arrivals) / span / load / SLOTS


def saturated(calls: Sequence[tuple[float, int, int]]) -> list[Measured]:
    """More than the model can do: shares by weight, and whether the wait that was told came."""
    arrivals = arrivals_of(calls, 60.0)
    served = replay(arrivals, WEIGHTS, SLOTS, pace_of(arrivals, 3.0))
    span = arrivals[-1].at
    got = shares(served, span * 0.1, span)
    waited = [each for each in served if each.wait_s > 1.0 and each.arrival.at < span * 0.5]
    errors = sorted(abs(each.told_s - each.wait_s) / each.wait_s for each in waited)
    return [
        *_shares("saturated", got),
        Measured("saturated: the wait told, off by, p50", _part(errors, 0.5), "of the wait", less_is_better=True),
        Measured("saturated: the wait told, off by, p90", _part(errors, 0.9), "of the wait", less_is_better=True),
    ]


def flooded(calls: Sequence[tuple[float, int, int]]) -> list[Measured]:
    """A flood of the tenant of weight 1: what the others wait while it lasts."""
    calm = arrivals_of(calls, 60.0)
    pace, span = pace_of(calm, 0.6), calm[-1].at
    during = (span / 3, span * 2 / 3)
    flood = arrivals_of(calls, 60.0, ("one", *during))
    quiet, fair = replay(calm, WEIGHTS, SLOTS, pace), replay(flood, WEIGHTS, SLOTS, pace)
    careless, fluid = in_order(flood, SLOTS, pace), ideal(flood, WEIGHTS, pace * SLOTS)
    rows = []
    for tenant in ("two", "four"):
        alone, there = _waits(quiet, tenant, during), _waits(fair, tenant, during)
        rows += [
            Measured(f"flood: {tenant} waits without it, p99", _ms(alone, 0.99), "ms"),
            Measured(f"flood: {tenant} waits, p50", _ms(there, 0.5), "ms"),
            Measured(
                f"flood: {tenant} waits, p99", _ms(there, 0.99), "ms", "without the flood",
                _ms(there, 0.99) / max(_ms(alone, 0.99), 1.0), 2.0, 1.25, less_is_better=True,
            ),
            Measured(f"flood: {tenant}, in order of arrival, p99", _ms(_waits(careless, tenant, during), 0.99), "ms"),
            Measured(f"flood: {tenant}, in the fluid ideal, p99", _ms(_waits(fluid, tenant, during), 0.99), "ms"),
        ]  # fmt: skip
    rows.append(Measured("flood: one waits for itself, p99", _ms(_waits(fair, "one", during), 0.99), "ms"))
    return rows


async def in_real_time(calls: Sequence[tuple[float, int, int]]) -> list[Measured]:
    """More than the model can do, through the gateway's turns, with engines that only take their time."""
    part = calls[: len(calls) // 5]
    arrivals = arrivals_of(part, part[-1][0] / REAL_S)
    pace, turns = pace_of(arrivals, 3.0), Turns(SLOTS, WEIGHTS)
    began, served = time.monotonic(), list[Served]()

    async def call(arrival: Arrival) -> None:
        async with turns.turn(arrival.tenant, arrival.estimate, "interactive") as ticket:
            start = time.monotonic() - began
            await asyncio.sleep(arrival.cost / pace)
            ticket.spent = arrival.cost
        served.append(Served(arrival, start, time.monotonic() - began))

    waiting = []
    for arrival in arrivals:
        await asyncio.sleep(max(began + arrival.at - time.monotonic(), 0))
        waiting.append(asyncio.ensure_future(call(arrival)))
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return _shares("real time", shares(served, REAL_S * 0.1, REAL_S))


def _shares(what: str, got: Mapping[str, float]) -> list[Measured]:
    total = sum(WEIGHTS.values())
    rows = [
        Measured(f"{what}: share of {tenant}", got.get(tenant, 0.0), "", f"its weight, {weight / total:.3f}",
                 got.get(tenant, 0.0) / (weight / total))
        for tenant, weight in WEIGHTS.items()
    ]  # fmt: skip
    worst = max(abs(row.ratio - 1) for row in rows if row.ratio is not None)
    return [*rows, Measured(f"{what}: furthest from its weight", worst, "", None, None, 0.1, 0.03, True)]


def _waits(served: Sequence[Served], tenant: str, during: tuple[float, float]) -> list[float]:
    return sorted(
        each.wait_s for each in served if each.arrival.tenant == tenant and during[0] <= each.arrival.at < during[1]
    )


def _ms(waits: Sequence[float], share: float) -> float:
    return _part(waits, share) * 1_000


def _part(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
