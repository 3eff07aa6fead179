"""No page asks the database for more because there are more merchants: counted in statements and in steps of SQLite.

Two markets that differ in nothing but how many merchants they have are walked along their links, as the merchant, the
operator and a shopper, and every kind of page is compared. Both are larger than any page of a list.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from entrepot import ledger
from entrepot.app import open_home
from entrepot.cli.bench.consoles import kind_of, links_of
from entrepot.cli.bench.merchants import Made, fill_market
from entrepot.kernel import sqlite
from tests.web.conftest import answering, visited
from tests.web.visitors import PAGE, Visitor

FEW, MANY = 70, 280
PRODUCTS = 2
STATEMENTS_FREE = 5
"""What is read now and then and kept may be due again. A page that grows would ask for hundreds more."""
STEPS_AT_ONCE = 20
STEPS_MORE = 1.35
STEPS_FREE = 8_000
"""Steps that a page may take more, for the depth of indices, names that are longer, and what is counted to a bound."""


class Effort:
    """Statements and steps since it was last asked."""

    def __init__(self) -> None:
        self.statements = self.steps = 0

    def watch(self, raw: sqlite3.Connection) -> None:
        raw.set_progress_handler(self._step, STEPS_AT_ONCE)
        raw.set_trace_callback(self._state)

    def take(self) -> tuple[int, int]:
        taken = self.statements, self.steps
        self.statements = self.steps = 0
        return taken

    def _step(self) -> int:
        self.steps += STEPS_AT_ONCE
        return 0

    def _state(self, text: str) -> None:
        self.statements += text.lstrip()[:6].upper() in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@contextmanager
def walked(home: Path, merchants: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], dict[str, Any]]]:
    """What each kind of page costs in a market of so many merchants."""
    effort, connect = Effort(), sqlite._connect

    def watched(path: Path) -> Any:
        connection = connect(path)
        effort.watch(connection.raw)
        return connection

    monkeypatch.setattr(sqlite, "_connect", watched)
    entrepot = open_home(home, {})
    try:
        made = fill_market(entrepot.database, merchants, PRODUCTS)
        entrepot.settle()
        entrepot.database.write_now(lambda tx: tx.enqueue("ledger.seal", ledger.Housekeeping()))  # as every 10 s
        entrepot.settle()
        with answering(entrepot) as app, visited(app) as visit:
            yield lambda who: walk(visit(), who, made, effort)
    finally:
        entrepot.close()


def walk(visitor: Visitor, who: str, made: Made, effort: Effort) -> dict[str, tuple[int, int]]:
    token = {"merchant": made.sellers[1].token, "operator": made.operator}.get(who)
    if token:
        visitor.client.headers["cookie"] = f"entrepot={token}"
    begin = [f"/{who}"] if token else ["/", "/search", f"/p/{made.sellers[1].slug}"]
    found: dict[str, tuple[int, int]] = {}
    waiting = deque(begin)
    while waiting:
        path = waiting.popleft()
        if kind_of(path) in found:
            continue
        visitor.get(path, headers=PAGE)  # what is read now and then and kept has been read
        effort.take()
        answer = visitor.get(path, headers=PAGE)
        found[kind_of(path)] = effort.take()
        if answer.status_code == 200:
            waiting.extend(link for link in links_of(answer.text, f"/{who}" if token else "") if len(found) < 70)
    return found


@pytest.fixture(scope="module")
def markets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Callable[[str], dict[str, Any]]]]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        yield [
            stack.enter_context(walked(tmp_path_factory.mktemp("home"), merchants, patch)) for merchants in (FEW, MANY)
        ]


@pytest.mark.parametrize("who", ["merchant", "operator", "shopper"])
def test_no_page_asks_for_more_because_there_are_more_merchants(
    markets: list[Callable[[str], dict[str, Any]]], who: str
) -> None:
    few, many = (market(who) for market in markets)
    both = few.keys() & many.keys()
    assert len(both) >= {"merchant": 8, "operator": 8, "shopper": 8}[who], sorted(both)
    grown = {
        kind: (few[kind], many[kind])
        for kind in sorted(both)
        if many[kind][0] > few[kind][0] + STATEMENTS_FREE or many[kind][1] > few[kind][1] * STEPS_MORE + STEPS_FREE
    }
    assert grown == {}, "(statements, steps) with few merchants and with many"
