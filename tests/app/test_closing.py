"""Closing a home whose database went away or hangs: it ends in time, and says what could not be written."""

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from tests.faults.test_losing_postgres import gone
from tests.waiting import WAIT_S, eventually

from entrepot.app import Entrepot, open_home
from entrepot.cloud import Usage
from entrepot.kernel import Deadline, Unavailable
from entrepot.signals import Signal, SignalKind

pytestmark = pytest.mark.postgres


@pytest.fixture
def at_work(fresh_postgres_url: str, tmp_path: Path) -> Iterator[Entrepot]:
    """A home at work, with usage and a signal in memory that nobody has written yet once the database is lost."""
    entrepot = open_home(tmp_path / "home", {"ENTREPOT_DATABASE_URL": fresh_postgres_url})
    entrepot.start()
    yield entrepot
    entrepot.database.break_off()
    with suppress(Unavailable):
        entrepot.close(Deadline(10))


def note(entrepot: Entrepot) -> None:
    """Use a model, and see something."""
    now = entrepot.database.clock.now()
    entrepot.meter.record(Usage("req_1", "embedding_tokens", 5, "a-model", "search", now))
    entrepot.signals.add(Signal(kind=SignalKind.SHOWN, session="s", at=now))


def close(entrepot: Entrepot, seconds: float) -> str:
    """Close it within so many seconds; what it says."""
    said: list[str] = []

    def act() -> None:
        with pytest.raises(Unavailable) as refused:
            entrepot.close(Deadline(seconds))
        said.append(refused.value.sentence)

    closing = threading.Thread(target=act, daemon=True)
    closing.start()
    closing.join(seconds + WAIT_S)
    assert said, "it hangs"
    return said[0]


def is_waited_for(other: "psycopg.Connection[tuple[int]]") -> bool:
    """Whether somebody waits for what `other` has locked."""
    other.execute("SELECT pg_stat_clear_snapshot()")
    query = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
    return other.execute(query, [other.info.backend_pid]).fetchone() != (0,)


def test_a_database_that_is_gone_for_good(at_work: Entrepot, fresh_postgres_url: str) -> None:
    with gone(fresh_postgres_url):
        note(at_work)
        sentence = close(at_work, WAIT_S)
    assert "1 signals" in sentence
    assert "1 rows of usage were not written" in sentence
    assert "PostgreSQL does not answer" in sentence
    assert "durable" in sentence


def test_a_database_that_hangs(at_work: Entrepot, fresh_postgres_url: str) -> None:
    with closing(psycopg.connect(fresh_postgres_url)) as other:
        for table in ("kernel_leases", "kernel_tasks", "cloud_stretches", "signals_counter"):
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        eventually(lambda: is_waited_for(other))  # the schedule wants its lease once a second, the queue its tasks
        note(at_work)
        sentence = close(at_work, 1)
        assert "still at work" in sentence
        assert "Usage of models is still being written" in sentence
        assert at_work.database.break_off() > 0
