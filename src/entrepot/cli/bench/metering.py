"""What paying for its vectors costs a search page: the whole page, with the meter and with metering switched off.

The same application answers in this process; blocks of pages alternate between the two, so that whatever else the
machine does falls on both. Each page asks for words that nobody asked for before, so each needs a vector and makes a
row of usage, and blocks are long enough for the rows to be written while pages are answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx
import numpy as np

from entrepot import cloud
from entrepot.app import Entrepot, open_home
from entrepot.identity import Scope
from entrepot.kernel import configure_logs
from entrepot.web import create_app

from .report import Measured
from .shop import environment, make_shop

OFFERS = 500
BLOCKS = 16
PAGES = 100
NOTED = 2_000


class Block(NamedTuple):
    """Pages one after another: how long each took, and the processor time of the whole process for one of them, which
    has the writing of usage in it and is changed least by what else the machine does. In milliseconds."""

    times: list[float]
    processor: float


ADDED_MS = (0.3, 0.1)
"""The floor and the goal of what a page may take longer."""
SYLLABLES = (
    "ba",
    "den",
    "fir",
    "gol",
    "hul",
    "kam",
    "lem",
    "mor",
    "nar",
    "pil",
    "ral",
    "sto",
    "tur",
    "vex",
    "win",
    "zor",
)
WORDS = tuple("".join(Random(number).sample(SYLLABLES, 3)) for number in range(60))
"""Words that mean nothing: a query of them is embedded as it is, whatever is understood of others."""


class Unmetered(cloud.Meter):
    """A meter that counts nothing: the control."""

    def admit(self, model: str, meter: str, most: int) -> int:
        """Let everything begin."""
        return 0

    def record(self, usage: cloud.Usage, admitted: int = 0) -> None:
        """Forget it."""

    def spare(self, model: str, surface: str) -> None:
        """Forget it."""


def measure_metering(
    folder: Path, postgres_url: str | None = None, blocks: int = BLOCKS, pages: int = PAGES
) -> list[Measured]:
    """Measure on SQLite, or on PostgreSQL when given the address of an empty database."""
    environ = environment(postgres_url)
    with TemporaryDirectory(dir=folder) as scratch:
        make_shop(Path(scratch), environ, OFFERS, 10, 1, _title)
        entrepot = open_home(Path(scratch), environ)
        try:
            configure_logs("WARNING")
            entrepot.start()
            plain, metered = asyncio.run(_measure(entrepot, blocks, pages))
            entrepot.meter.flush()
            rows = _rows(entrepot)
            noting = _noting_us(entrepot.meter)
        finally:
            entrepot.close()
    return _report("postgresql" if postgres_url else "sqlite", plain, metered, rows, noting)


def _report(
    where: str, plain: list[Block], metered: list[Block], rows: list[cloud.Usage], noting_us: float
) -> list[Measured]:
    """Of blocks beside each other the difference is taken, and of these the middle one: moods of the machine cancel."""
    pairs = list(zip(plain, metered, strict=True))
    asked = sum(len(block.times) for block in metered)
    cost = sum(row.price for row in rows) / max(len(rows), 1)
    return [
        *(
            Measured(f"{where}: a search page {name}, p{percent}", _at(blocks, percent), "ms")
            for name, blocks in (("without metering", plain), ("that is metered", metered))
            for percent in (50, 99)
        ),
        _added(f"{where}: added to a page, p50", [float(np.median(b.times) - np.median(a.times)) for a, b in pairs]),
        Measured(f"{where}: processor time for a page, with the rest of the process", _processor(plain), "ms"),
        Measured(f"{where}: the same, with usage written in groups", _processor(metered), "ms"),
        Measured(f"{where}: admitting and noting a search, by itself", noting_us, "µs"),
        Measured(f"{where}: rows of usage for {asked} metered pages", len(rows), "rows"),
        Measured(f"{where}: what a search cost", cost, "nano USD"),
    ]


async def _measure(entrepot: Entrepot, blocks: int, pages: int) -> tuple[list[Block], list[Block]]:
    """Times in milliseconds, by blocks: without metering, and with it. They come in the order ABBA."""
    queries = _queries()
    searcher, control = entrepot.searcher, Unmetered(entrepot.database)
    transport = httpx.ASGITransport(create_app(entrepot))  # type: ignore[arg-type]
    times: dict[bool, list[Block]] = {False: [], True: []}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.example") as client:
        get = _getter(client)
        with _paying(searcher, control):
            await _block(get, queries, pages)  # what is made once is made before anything is timed
        for block in range(blocks * 2):
            is_metered = block % 4 in (1, 2)
            with _paying(searcher, entrepot.meter if is_metered else control):
                times[is_metered].append(await _block(get, queries, pages))
    return times[False], times[True]


@contextmanager
def _paying(searcher: Any, meter: cloud.Meter) -> Iterator[None]:
    """The searcher pays by this meter, for so long."""
    before, searcher._meter = searcher._meter, meter
    try:
        yield
    finally:
        searcher._meter = before


def _getter(client: httpx.AsyncClient) -> Callable[[str], Awaitable[float]]:
    async def get(q: str) -> float:
        began = time.perf_counter()
        answer = await client.get("/search", params={"q": q})
        took = (time.perf_counter() - began) * 1_000
        answer.raise_for_status()
        return took

    return get


async def _block(get: Callable[[str], Awaitable[float]], queries: Iterator[str], pages: int) -> Block:
    began = time.process_time()
    times = [await get(next(queries)) for _ in range(pages)]
    return Block(times, (time.process_time() - began) * 1_000 / pages)


def _title(number: int) -> str:
    """Three of the words, drawn."""
    return " ".join(Random(number).sample(WORDS, 3)).capitalize()


def _queries() -> Iterator[str]:
    """Three words of the goods, in an order that nobody asked for before."""
    orders = list(permutations(WORDS, 3))
    Random(1).shuffle(orders)
    return map(" ".join, orders)


def _noting_us(meter: cloud.Meter) -> float:
    """What a search waits for: admission in memory, and the append."""
    usage = [
        cloud.Usage(f"req_noting_{number}", "embedding_tokens", 6, cloud.MODEL, "bench", meter.clock.now())
        for number in range(NOTED)
    ]
    began = time.perf_counter()
    for each in usage:
        meter.record(each, meter.admit(cloud.MODEL, each.meter, 60))
    return (time.perf_counter() - began) / NOTED * 1_000_000


def _rows(entrepot: Entrepot) -> list[cloud.Usage]:
    usage = entrepot.database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0, 1_000_000))
    return [row for row in usage if row.surface == "search"]


def _at(blocks: list[Block], percent: int) -> float:
    return float(np.percentile([took for block in blocks for took in block.times], percent))


def _processor(blocks: list[Block]) -> float:
    return float(np.median([block.processor for block in blocks]))


def _added(what: str, differences: list[float]) -> Measured:
    floor, goal = ADDED_MS
    return Measured(what, float(np.median(differences)), "ms", floor=floor, goal=goal, less_is_better=True)
