"""Measures of a server of several processes: whoever is asked tells them all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from litestar import Litestar

from entrepot.web.measures import Measures
from entrepot.web.siblings import GONE_S, Siblings
from tests.web.conftest import answering, opened, visited
from tests.web.visitors import Visitor

ROUTE = '{method="GET",route="/search",status="200"}'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    with ExitStack() as stack:
        yield stack.enter_context(answering(stack.enter_context(opened(tmp_path_factory.mktemp("home")))))


@pytest.fixture
def folder(app: Litestar, tmp_path: Path) -> Iterator[Path]:
    """The folder of a server of which this application is one process."""
    app.state.house.siblings = Siblings(tmp_path)
    yield tmp_path
    app.state.house.siblings = None


@pytest.fixture
def nobody(app: Litestar) -> Iterator[Visitor]:
    with visited(app) as visit:
        yield visit()


def figure(nobody: Visitor, name: str, labels: str = "") -> float:
    found = re.search(rf"^{re.escape(name + labels)} (\S+)$", nobody.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def another(folder: Path, name: str, requests: int) -> Path:
    """What a further process wrote: so many answers, and a command under way."""
    measures = Measures()
    for _ in range(requests):
        measures.request("GET", "/search", 200, 0.03)
    with measures.command():
        Siblings(folder).write(measures.counted())
    return Path(Siblings(folder)._own).rename(folder / f"{name}.json")


def test_who_is_asked_adds_what_every_process_counted(nobody: Visitor, folder: Path) -> None:
    before = figure(nobody, "entrepot_requests_total", ROUTE)
    another(folder, "1", 3)
    another(folder, "2", 4)
    assert figure(nobody, "entrepot_requests_total", ROUTE) - before == 7
    assert figure(nobody, "entrepot_request_seconds_bucket", '{le="0.05",method="GET",route="/search"}') >= 7
    assert figure(nobody, "entrepot_commands_in_flight") == 2


def test_what_every_process_would_read_is_told_once(nobody: Visitor, folder: Path) -> None:
    alone = figure(nobody, "entrepot_events_position")
    another(folder, "1", 1)
    told = nobody.get("/metrics").text
    assert figure(nobody, "entrepot_events_position") == alone
    names = re.findall(r"^# TYPE (\S+)", told, re.MULTILINE)
    assert len(names) == len(set(names)), "each measure stands once"


def test_of_a_process_that_ended_the_counts_stay_and_the_gauges_go(nobody: Visitor, folder: Path) -> None:
    before = figure(nobody, "entrepot_requests_total", ROUTE)
    ended = another(folder, "1", 5)
    last = ended.stat().st_mtime - GONE_S
    os.utime(ended, (last, last))
    assert figure(nobody, "entrepot_requests_total", ROUTE) - before == 5
    assert figure(nobody, "entrepot_commands_in_flight") == 0


def test_a_process_does_not_count_itself_twice(nobody: Visitor, app: Litestar, folder: Path) -> None:
    nobody.get("/search?q=lamp")
    counted = figure(nobody, "entrepot_requests_total", ROUTE)
    app.state.house.siblings.write(app.state.house.measures.counted())
    assert figure(nobody, "entrepot_requests_total", ROUTE) == counted
