"""A market that answers HTTP: two merchants, four things, the cast, background work running."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from limits import RateLimitItem
from litestar import Litestar

from entrepot.app import SCHEDULE, Entrepot, open_home
from entrepot.kernel import ManualClock, Prepared, Snapshot, enqueue_due, prepare_text
from entrepot.kernel.positions import cursor_and_last
from entrepot.kernel.testing import NOON
from entrepot.web import create_app
from entrepot.web.application import move_in
from entrepot.web.house import House
from tests.cast import ALICE, BRUNO, DANA
from tests.fixtures import begin
from tests.orders.market import BEA, Market, open_market
from tests.waiting import eventually
from tests.web.loop import Calls, running_loop
from tests.web.visitors import Visitor

_LEFT: Prepared[Any] = prepare_text(
    "SELECT (SELECT count(*) FROM kernel_tasks WHERE state = 'running' OR (state = 'waiting' AND run_at <= :now))"
    " + (SELECT count(*) FROM kernel_events WHERE position IS NULL)"
)
_free: list[Litestar] = []
"""Applications that answer for nobody now."""


@contextmanager
def opened(home: Path, **environ: str) -> Iterator[Entrepot]:
    """A home with its background work running, and a clock that stands at noon.

    What the schedule wants done at noon is done before the first test, not at some moment in the middle of one.
    """
    begin(home)
    entrepot = open_home(home, environ, clock=ManualClock(NOON), random=Random(1))
    entrepot.database.write_now(lambda tx: enqueue_due(tx, SCHEDULE))
    entrepot.start()
    try:
        eventually(lambda: is_at_rest(entrepot))
        yield entrepot
    finally:
        entrepot.close()


def is_at_rest(entrepot: Entrepot) -> bool:
    """Whether who works in the background has done what there is to do: tasks, reactions, lists, the search index."""

    def look(snapshot: Snapshot) -> tuple[int, int, int]:
        return snapshot.value(_LEFT, now=snapshot.now), *cursor_and_last(snapshot, "relay")

    left, reacted, last = entrepot.database.read_now(look)
    followers = (entrepot.indexer, entrepot.indexer.columns, entrepot.searcher.rulebook, entrepot.pictures.gallery)
    return left == 0 and reacted >= last and all(each.position >= last for each in followers)


@contextmanager
def answering(entrepot: Entrepot, rates: Mapping[str, RateLimitItem] | None = None) -> Iterator[Litestar]:
    """The application over a home. One that answered for another is used again: making it takes a second."""
    app = _free.pop() if _free else create_app(entrepot)
    move_in(app, House(entrepot, rates or {}))
    yield app
    _free.append(app)


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """Settings of the home; a file may say others."""
    return {}


@pytest.fixture(scope="module")
def entrepot(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Iterator[Entrepot]:
    """One home for the tests of a file."""
    with opened(tmp_path_factory.mktemp("home"), **environ) as entrepot:
        yield entrepot


@pytest.fixture(scope="module")
def market(entrepot: Entrepot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """What stands in it."""
    with open_market(entrepot.database, tmp_path_factory.mktemp("market")) as market:
        eventually(lambda: is_at_rest(entrepot))
        yield market._replace(processor=entrepot.processor)


@pytest.fixture(scope="module")
def app(entrepot: Entrepot, market: Market) -> Iterator[Litestar]:
    """The application."""
    with answering(entrepot) as app:
        yield app


@contextmanager
def visited(app: Litestar, base_url: str = "http://shop.example") -> Iterator[Callable[[], Visitor]]:
    """Makes visitors of an application, with cookies of their own."""
    with running_loop() as loop:
        yield lambda: Visitor(Calls(app, loop), base_url)


@pytest.fixture(scope="module")
def visit(app: Litestar) -> Iterator[Callable[[], Visitor]]:
    """Makes visitors of the market."""
    with visited(app) as make:
        yield make


@pytest.fixture
def nobody(visit: Callable[[], Visitor]) -> Visitor:
    """Somebody who was never here."""
    return visit()


@pytest.fixture(scope="module")
def alice(visit: Callable[[], Visitor]) -> Visitor:
    """Signed in to shop."""
    return visit().sign_in(ALICE)


@pytest.fixture(scope="module")
def bruno(visit: Callable[[], Visitor]) -> Visitor:
    """Signed in to sell lamps."""
    return visit().sign_in(BRUNO)


@pytest.fixture(scope="module")
def bea(visit: Callable[[], Visitor]) -> Visitor:
    """Signed in to sell cups: another merchant, and a buyer of her own."""
    return visit().sign_in(BEA)


@pytest.fixture(scope="module")
def dana(visit: Callable[[], Visitor]) -> Visitor:
    """Signed in to operate."""
    return visit().sign_in(DANA)
