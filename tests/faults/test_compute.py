"""Faults while models are called over HTTP: kill -9, full disks, clients and engines that vanish.

Afterwards every reserve is closed and classed, whoever had a whole answer was billed for it once, every proof holds,
and every bill comes to the same again.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from entrepot.cli.bench.gateway import MODEL
from entrepot.cloud.reconciling import reconcile
from entrepot.cloud.replay import replay
from entrepot.kernel import Database
from tests.faults.calls import (
    SLOW,
    Client,
    Crowd,
    Elsewhere,
    Told,
    check_told,
    cloud_database,
    elsewhere,
    list_ended,
    open_cloud,
    until_closed,
    until_looked_at,
)  # fmt: skip
from tests.faults.test_full_disk import fill_up, small_disk
from tests.faults.test_kill import breaches
from tests.journeys.server import Server, serving
from tests.proof import count
from tests.waiting import eventually

__all__ = ["small_disk"]
CLIENTS = 16
KILLS = count(1, 25)
CLASSES = {"exact", "checkpointed", "estimated", "void"}


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_kill_9_leaves_no_call_unsettled_and_bills_none_twice(
    environ: dict[str, str], tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    home, chance, told, seen = tmp_path / "home", Random(3), list[Told](), Counter[str]()
    with elsewhere() as there, closing_home(home, environ, there) as (key, database):
        while seen["kill -9"] < KILLS:
            server = Server(home, environ)
            try:
                if not told:
                    vanish(server, key, chance)
                    told += fail(server, key, there)
                crowd = Crowd(server.address, key, CLIENTS, chance)
                # Streams of seconds are looked at after two: some kills find them so, some before.
                time.sleep(chance.random())
                if seen["kill -9"] % 2 == 0:
                    until_looked_at(database)
                seen["calls in flight when killed"] += crowd.under_way
            finally:
                server.kill()
            crowd.stop()
            seen["kill -9"] += 1
            told += crowd.told
            left = reconcile(database, "USD9")
            seen.update(f"left behind and now {each.outcome}" for each in left)
            check_all(home, environ, database, told)
    assert seen["calls in flight when killed"] > 0
    assert seen["left behind and now checkpointed"] > 0, seen
    seen["answers billed exactly"] = sum(each.nano is not None for each in told)
    for what, number in seen.items():
        report_count(what, number)


def vanish(server: Server, key: str, chance: Random) -> None:
    """Clients close their connections in the middle of answers."""
    for _ in range(count(4, 40)):
        Client(server.address, key).call(SLOW, stream=True, pieces=chance.randrange(1, 4))


def fail(server: Server, key: str, there: Elsewhere) -> list[Told]:
    """The engine's server fails in one way after the other, and is well in the end."""
    told = []
    for fault in ("dies", "garbage", "noise", "busy", "strange-3", ""):
        there.be(fault)
        told += [Client(server.address, key).call(MODEL, stream=stream) for stream in (False, True)]
    assert [each.nano is not None for each in told] == [False] * 10 + [True] * 2
    return told


def check_all(home: Path, environ: Mapping[str, str], database: Database, told: list[Told]) -> None:
    """Nothing is open, all is classed, every proof holds, every bill comes to the same again."""
    rows = list_ended(database)
    assert {row.outcome for row in rows} <= CLASSES
    check_told(told, rows)
    assert breaches(home, dict(environ)) == []
    assert database.read_now(lambda s: replay(s, None, 0, 2**53)).differences == ()
    for organisation in {row.organisation for row in rows}:
        bill = database.read_now(lambda s: replay(s, organisation, 0, 2**53))  # noqa: B023
        assert bill.charged == sum(row.price for row in rows if row.organisation == organisation)


class closing_home:  # noqa: N801 - reads as what it does
    """A home with models and a developer's key, and its database beside the servers."""

    def __init__(self, home: Path, environ: Mapping[str, str], there: Elsewhere) -> None:
        self._key = open_cloud(home, environ, there)
        self._database = cloud_database(home, environ)

    def __enter__(self) -> tuple[str, Database]:
        return self._key, self._database.__enter__()

    def __exit__(self, *_: object) -> None:
        self._database.__exit__(None, None, None)


def test_a_full_disk_refuses_calls_and_settles_those_under_way_once_there_is_room(small_disk: Path) -> None:
    home, ballast = small_disk / "home", small_disk / "ballast"
    with elsewhere() as there, closing_home(home, {}, there) as (key, database), serving(home, {}) as server:
        before = Client(server.address, key).call()
        crowd = Crowd(server.address, key, CLIENTS, Random(1))
        eventually(lambda: crowd.told)
        fill_up(ballast, shutil.disk_usage(small_disk).free)
        eventually(lambda: 503 in {each.status for each in list(crowd.told)})
        time.sleep(1)
        ballast.unlink()
        crowd.stop()
        until_closed(database)
        assert {each.status for each in crowd.told} == {200, 503}
        assert Client(server.address, key).call().nano == before.nano
        check_all(home, {}, database, [before, *crowd.told])
