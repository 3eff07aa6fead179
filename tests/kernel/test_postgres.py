"""What only PostgreSQL does: it aborts commands, several at once, and its server may go away."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from entrepot.kernel import Database, Deadline, Tx, Unavailable, prepare_text
from entrepot.kernel import postgres as kernel_postgres
from entrepot.kernel.testing import open_existing
from tests.kernel import things
from tests.kernel.things import add, count
from tests.waiting import WAIT_S, eventually

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


@pytest.fixture
def second(database: Database, database_url: str) -> Iterator[Database]:
    """The same database, as another process has it open."""
    with closing(open_existing(database_url, seed=2)) as second:
        yield second


def end_all_others(url: str) -> None:
    """End every other connection to the database, as a server that is started anew does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(query + " AND pid <> pg_backend_pid()")


def test_commands_that_deadlock_are_run_again_until_both_are_done(database: Database) -> None:
    database.write_now(lambda tx: (add(tx, "a"), add(tx, "b")))
    meeting = threading.Barrier(2)
    runs = 0

    def cross(first: str, last: str) -> None:
        def command(tx: Tx) -> None:
            nonlocal runs
            runs += 1
            add(tx, first)
            if runs <= 2:
                meeting.wait(WAIT_S)
            add(tx, last)

        database.write_now(command)

    with ThreadPoolExecutor(2) as threads:
        for run in (threads.submit(cross, "a", "b"), threads.submit(cross, "b", "a")):
            run.result(WAIT_S)
    assert runs > 2
    assert (count(database, "a"), count(database, "b")) == (3, 3)


def test_a_serialisation_failure_is_run_again(database: Database) -> None:
    raised: list[int] = []

    def command(tx: Tx) -> None:
        add(tx, "a")
        if len(raised) < 3:
            raised.append(1)
            raise psycopg.errors.SerializationFailure

    database.write_now(command)
    assert count(database, "a") == 1


def test_a_command_that_is_aborted_each_time_gives_up_with_a_sentence(database: Database) -> None:
    def command(tx: Tx) -> None:
        raise psycopg.errors.DeadlockDetected

    with pytest.raises(Unavailable, match="Too many people"):
        database.write_now(command)


def test_connections_that_died_while_idle_are_replaced_unseen(database: Database, database_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:  # several connections, all idle afterwards
        list(threads.map(lambda n: database.write_now(lambda tx: add(tx, "a")), range(50)))
    end_all_others(database_url)
    database.write_now(lambda tx: add(tx, "a"))
    assert count(database, "a") == 51


def test_a_connection_that_dies_within_a_command_costs_that_caller_a_sentence(
    database: Database, database_url: str
) -> None:
    def command(tx: Tx) -> None:
        add(tx, "a")
        end_all_others(database_url)
        add(tx, "a")

    with pytest.raises(Unavailable, match="PostgreSQL does not answer"):
        database.write_now(command)
    database.write_now(lambda tx: add(tx, "b"))
    assert database.read_now(things.names) == ["b"]


def test_a_query_whose_connection_dies_costs_that_caller_a_sentence(database: Database, database_url: str) -> None:
    def query(snapshot: object) -> None:
        end_all_others(database_url)
        things.names(snapshot)  # type: ignore[arg-type]

    with pytest.raises(Unavailable):
        database.read_now(query)
    assert database.read_now(things.names) == []


def test_who_waits_for_a_server_that_hangs_is_broken_off(second: Database, database_url: str) -> None:
    """A lock that nobody gives up is such a server; what comes later is not even begun."""
    with closing(psycopg.connect(database_url)) as other:
        other.execute("LOCK TABLE things IN ACCESS EXCLUSIVE MODE")
        with ThreadPoolExecutor(2) as threads:
            waiting: list[Future[Any]] = [
                threads.submit(second.write_now, lambda tx: add(tx, "a")),
                threads.submit(second.read_now, things.names),
            ]
            _until_two_wait(other)
            assert second.break_off() >= 2
            for each in waiting:
                with pytest.raises(Unavailable, match="PostgreSQL does not answer"):
                    each.result(WAIT_S)
    with pytest.raises(Unavailable, match="this process is ending"):
        second.read_now(things.names)
    second.close(Deadline(WAIT_S))


def test_a_close_that_has_to_wait_says_so_by_its_deadline(second: Database, database_url: str) -> None:
    with closing(psycopg.connect(database_url)) as other:
        other.execute("LOCK TABLE things IN ACCESS EXCLUSIVE MODE")
        waiting = second.submit(lambda tx: add(tx, "a"))
        with pytest.raises(Unavailable, match="still being written"):
            second.close(Deadline(0.1))
    assert waiting.exception(WAIT_S) is None


def _until_two_wait(other: "psycopg.Connection[tuple[int]]") -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    def two_wait() -> bool:
        other.execute("SELECT pg_stat_clear_snapshot()")
        row = other.execute(query).fetchone()
        return row is not None and row[0] >= 2

    eventually(two_wait)


def test_a_server_that_is_not_there_gets_a_sentence_that_says_what_to_check(database_url: str) -> None:
    nowhere = urlsplit(database_url)._replace(netloc="somebody:secret@127.0.0.1:1").geturl()
    with pytest.raises(Unavailable, match="ENTREPOT_DATABASE_URL") as refused:
        Database(nowhere)
    assert "secret" not in refused.value.sentence


def test_when_every_connection_is_taken_a_caller_is_told_after_a_while(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_postgres, "CONNECTIONS_MAX", 1)
    monkeypatch.setattr(kernel_postgres, "CONNECTION_WAIT_S", 0.05)
    with closing(open_existing(database_url)) as database, pytest.raises(Unavailable, match="too busy"):
        database.read_now(lambda snapshot: database.read_now(lambda inner: None))


def test_a_query_may_not_write(database: Database) -> None:
    with pytest.raises(Unavailable, match="only reads"):
        database.read_now(lambda snapshot: snapshot.one(prepare_text("DELETE FROM things RETURNING name")))


def test_two_processes_count_one_thing_without_losing_any(database: Database, second: Database) -> None:
    runs = [each.submit(lambda tx: add(tx, "a")) for _ in range(100) for each in (database, second)]
    assert all(run.exception() is None for run in runs)
    assert count(database, "a") == 200
