"""A command happens whole or not at all, on both databases, and its caller is answered after the commit."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from entrepot.kernel import Again, Database, Invalid, Lane, Refused, Snapshot, Tx, Unavailable, prepare_text
from tests.kernel import things
from tests.kernel.things import add, count
from tests.waiting import WAIT_S


def test_a_command_returns_its_result_and_is_there_afterwards(database: Database) -> None:
    def command(tx: Tx) -> str:
        add(tx, "a")
        return tx.new_id("ord")

    assert database.write_now(command).startswith("ord_")
    assert count(database, "a") == 1


def test_a_refused_command_leaves_nothing(database: Database) -> None:
    def command(tx: Tx) -> None:
        add(tx, "a")
        tx.announce(things.Happened("a"))
        raise Invalid("no")

    with pytest.raises(Invalid, match="no"):
        database.write_now(command)
    assert count(database, "a") == 0


def test_what_a_driver_raises_reaches_the_caller_and_the_next_command_works(database: Database) -> None:
    def command(tx: Tx) -> None:
        add(tx, "a")
        tx.run(prepare_text("INSERT INTO nowhere (a) VALUES (1)"))

    with pytest.raises(Exception, match="nowhere"):
        database.write_now(command)
    database.write_now(lambda tx: add(tx, "b"))
    assert database.read_now(things.names) == ["b"]


def test_a_command_that_swallows_a_failed_statement_never_commits_half(database: Database) -> None:
    def command(tx: Tx) -> None:
        add(tx, "a")
        try:
            tx.run(prepare_text("INSERT INTO things (name, count) VALUES ('a', 1)"))
        except Exception:
            add(tx, "b")

    if database.dialect == "postgresql":
        with pytest.raises(Exception, match=r"."):
            database.write_now(command)
        assert database.read_now(things.names) == []
    else:
        database.write_now(command)  # SQLite undoes the failed statement only, and the command knows
        assert database.read_now(things.names) == ["a", "b"]


@pytest.mark.parametrize("value", [2**63, "half a \ud83d pair"])
def test_a_value_that_cannot_be_stored_is_refused_with_a_sentence(database: Database, value: object) -> None:
    select = prepare_text("INSERT INTO things (name, count) VALUES (:name, :count)")
    name, number = (value, 1) if isinstance(value, str) else ("a", value)
    with pytest.raises(Invalid, match="cannot be stored"):
        database.write_now(lambda tx: tx.run(select, name=name, count=number))
    database.write_now(lambda tx: add(tx, "b"))
    assert database.read_now(things.names) == ["b"]


def test_a_reader_sees_one_moment(database: Database) -> None:
    def query(snapshot: object) -> tuple[list[str], list[str]]:
        before = things.names(snapshot)  # type: ignore[arg-type]
        database.write_now(lambda tx: add(tx, "b"))
        return before, things.names(snapshot)  # type: ignore[arg-type]

    database.write_now(lambda tx: add(tx, "a"))
    assert database.read_now(query) == (["a"], ["a"])
    assert database.read_now(things.names) == ["a", "b"]


def test_many_callers_at_once_lose_nothing(database: Database) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: database.write_now(lambda tx: add(tx, "a")), range(200)))
    assert count(database, "a") == 200


def test_a_query_that_raises_gives_its_connection_back(database: Database) -> None:
    def query(snapshot: object) -> None:
        raise Invalid("no")

    for _ in range(60):  # more than the pool holds
        with pytest.raises(Invalid):
            database.read_now(query)
    assert database.read_now(things.names) == []


def test_bulk_commands_happen_as_well(database: Database) -> None:
    database.write_now(lambda tx: add(tx, "a"), Lane.BULK)
    assert count(database, "a") == 1


def test_a_command_that_waits_for_another_is_told_so_instead_of_waiting_for_ever(database: Database) -> None:
    def command(tx: Tx) -> None:
        database.write_now(lambda inner: add(inner, "a"))

    with pytest.raises(RuntimeError, match="write through the tx"):
        database.write_now(command)


def test_a_command_that_asks_again_in_vain_is_refused(database: Database) -> None:
    def command(tx: Tx) -> None:
        raise Again("somebody was quicker")

    with pytest.raises(Unavailable, match="try again"):
        database.write_now(command)


def test_after_close_a_command_is_refused_with_a_sentence(database: Database) -> None:
    database.close()
    with pytest.raises(Refused, match="shutting down"):
        database.write_now(lambda tx: None)


def test_what_waits_at_close_is_still_done(database: Database) -> None:
    runs = [database.submit(lambda tx, n=n: add(tx, f"{n:03d}")) for n in range(100)]  # type: ignore[misc]
    database.close()
    assert all(run.exception() is None for run in runs)


def test_an_awaited_command_is_answered_after_its_commit(database: Database) -> None:
    async def many() -> list[int]:
        await asyncio.gather(*(database.write(lambda tx: add(tx, "a")) for _ in range(50)))
        return [await read(lambda snapshot: len(things.names(snapshot))) for read in (database.read, database.glance)]

    assert asyncio.run(many()) == [1, 1]
    assert count(database, "a") == 50


def test_a_glance_sees_one_snapshot_and_raises_what_its_query_does(database: Database) -> None:
    def refuse(snapshot: Snapshot) -> None:
        raise Invalid("not like this")

    async def look() -> int:
        add_one = database.submit(lambda tx: add(tx, "b"))
        await asyncio.wrap_future(add_one)
        with pytest.raises(Invalid, match="not like this"):
            await database.glance(refuse)
        return len(await database.glance(things.names))

    assert asyncio.run(look()) == 1


def test_a_caller_that_goes_away_does_not_undo_what_was_begun(database: Database) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def command(tx: Tx) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)
        add(tx, "a")
        tx.announce(things.Happened("a"))

    async def leave() -> None:
        writing = asyncio.ensure_future(database.write(command))
        await asyncio.to_thread(begun.wait, WAIT_S)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        go_on.set()

    database.when_announced(done.set)
    asyncio.run(leave())
    assert done.wait(WAIT_S)
    assert count(database, "a") == 1


def test_wakers_are_called_after_a_commit_that_announced_and_one_that_fails_harms_nobody(database: Database) -> None:
    woken: list[str] = []

    def broken() -> None:
        raise ValueError("broken")

    database.when_announced(broken)
    database.when_announced(lambda: woken.append("announced"))
    database.when_enqueued(lambda: woken.append("enqueued"))
    database.write_now(lambda tx: add(tx, "a"))
    assert woken == []
    database.write_now(lambda tx: tx.announce(things.Happened("a")))
    assert woken == ["announced"]


def test_no_waker_is_called_for_a_command_that_failed(database: Database) -> None:
    woken: list[str] = []

    def command(tx: Tx) -> None:
        tx.announce(things.Happened("a"))
        raise Invalid("no")

    database.when_announced(lambda: woken.append("announced"))
    with pytest.raises(Invalid):
        database.write_now(command)
    assert woken == []


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(Invalid, match="postgresql://USER@HOST/NAME"):
        Database("mysql://root@localhost/shop")
