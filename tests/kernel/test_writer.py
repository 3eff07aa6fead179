"""SQLite's one writer: savepoints, group commit, two lanes, and a thread that nothing ends."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from entrepot.kernel import Database, Invalid, Lane, Tx, Unavailable, prepare_text, sqlite_url
from entrepot.kernel import sqlite as kernel_sqlite
from entrepot.kernel.lanes import Lanes, Queued
from entrepot.kernel.testing import open_file
from tests.kernel import things
from tests.kernel.things import add, count
from tests.waiting import WAIT_S


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_file(tmp_path)) as database:
        things.make_table(database)
        yield database


class Gate:
    """A command that keeps the writer busy until it is opened, so that what follows gathers in the queue."""

    def __init__(self, database: Database) -> None:
        self.begun, self._open = threading.Event(), threading.Event()
        self.run = database.submit(self._wait)
        assert self.begun.wait(WAIT_S)

    def _wait(self, tx: Tx) -> None:
        self.begun.set()
        assert self._open.wait(WAIT_S)

    def open(self) -> None:
        self._open.set()


def fail(tx: Tx) -> None:
    add(tx, "failed")
    raise Invalid("no")


def test_a_command_that_fails_leaves_the_others_of_its_batch_whole(database: Database) -> None:
    gate = Gate(database)
    runs: list[Future[None]] = []
    for n in range(9):
        runs.append(database.submit(fail if n % 3 == 1 else lambda tx, n=n: add(tx, f"{n}")))  # type: ignore[misc]
    gate.open()
    failed = [n for n, run in enumerate(runs) if run.exception() is not None]
    assert failed == [1, 4, 7]
    assert database.read_now(things.names) == ["0", "2", "3", "5", "6", "8"]


def test_a_batch_whose_first_command_fails_keeps_the_rest(database: Database) -> None:
    gate = Gate(database)
    first, second = database.submit(fail), database.submit(lambda tx: add(tx, "b"))
    gate.open()
    assert isinstance(first.exception(), Invalid)
    assert second.exception() is None
    assert database.read_now(things.names) == ["b"]


def test_callers_are_answered_after_the_commit_that_they_share(database: Database, tmp_path: Path) -> None:
    seen_outside: list[int] = []

    def look_outside(run: Future[None]) -> None:
        with closing(sqlite3.connect(tmp_path / "entrepot.db")) as outside:
            seen_outside.append(outside.execute("SELECT count(*) FROM things").fetchone()[0])

    gate = Gate(database)
    runs = [database.submit(lambda tx, n=n: add(tx, f"{n}")) for n in range(5)]  # type: ignore[misc]
    for run in runs:
        run.add_done_callback(look_outside)
    gate.open()
    database.write_now(lambda tx: None)
    assert seen_outside == [5] * 5


def test_a_cancelled_command_is_never_run(database: Database) -> None:
    gate = Gate(database)
    first, kept = database.submit(lambda tx: add(tx, "a")), database.submit(lambda tx: add(tx, "b"))
    assert first.cancel()
    gate.open()
    kept.result(WAIT_S)
    assert database.read_now(things.names) == ["b"]


@pytest.mark.parametrize("ending", [SystemExit, KeyboardInterrupt, MemoryError])
def test_the_writer_survives_whatever_a_command_raises(database: Database, ending: type[BaseException]) -> None:
    def command(tx: Tx) -> None:
        add(tx, "a")
        raise ending

    gate = Gate(database)
    before, broken = database.submit(lambda tx: add(tx, "b")), database.submit(command)
    after = database.submit(lambda tx: add(tx, "c"))
    gate.open()
    assert isinstance(broken.exception(), ending)
    assert before.exception() is None
    assert after.exception() is None
    assert database.read_now(things.names) == ["b", "c"]


def test_interactive_commands_overtake_bulk_ones(database: Database) -> None:
    order: list[str] = []
    gate = Gate(database)
    for n in range(3):
        database.submit(lambda tx, n=n: order.append(f"bulk {n}"), Lane.BULK)  # type: ignore[misc]
    last = [database.submit(lambda tx, n=n: order.append(f"now {n}")) for n in range(3)]  # type: ignore[misc]
    gate.open()
    for run in last:
        run.result(WAIT_S)
    database.write_now(lambda tx: None, Lane.BULK)
    assert order == ["now 0", "now 1", "now 2", "bulk 0", "bulk 1", "bulk 2"]


def test_while_somebody_waits_bulk_takes_turns_and_gives_back_the_time_it_took() -> None:
    lanes = Lanes()
    for lane in (Lane.BULK, Lane.BULK, *[Lane.INTERACTIVE] * 4):
        lanes.put(Queued(lambda tx: None, Future()), lane)
    taken = []
    for _ in range(6):
        lane, _ = lanes.take(1) or (None, None)
        assert lane is not None
        taken.append(lane)
        lanes.spent(lane, 0.030 if lane is Lane.BULK else 0.010)
    # Bulk took 30 ms in its turn, so three commands of 10 ms come before its next one.
    now, bulk = Lane.INTERACTIVE, Lane.BULK
    assert taken == [bulk, now, now, now, bulk, now]


def test_bulk_work_alone_owes_nothing() -> None:
    lanes = Lanes()
    lanes.put(Queued(lambda tx: None, Future()), Lane.BULK)
    lanes.take(1)
    lanes.spent(Lane.BULK, 100.0)
    for lane in (Lane.BULK, Lane.INTERACTIVE):
        lanes.put(Queued(lambda tx: None, Future()), lane)
    assert lanes.take(1)[0] is Lane.BULK  # type: ignore[index]


def test_a_long_bulk_batch_lets_a_waiting_caller_in(database: Database) -> None:
    gate, order = Gate(database), list[str]()

    def come_in(tx: Tx) -> None:
        database.submit(lambda tx: order.append("a caller"))

    def work(tx: Tx) -> None:
        time.sleep(0.004)
        order.append("bulk")

    runs = [database.submit(come_in, Lane.BULK), *(database.submit(work, Lane.BULK) for _ in range(100))]
    gate.open()
    assert [run.exception(WAIT_S) for run in runs] == [None] * 101
    assert order[-1] == "bulk"
    assert order.count("a caller") == 1


def test_another_process_that_holds_the_lock_too_long_costs_its_callers_a_sentence_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_sqlite, "BUSY_TIMEOUT_MS", 50)
    with closing(open_file(tmp_path)) as database, closing(sqlite3.connect(tmp_path / "entrepot.db")) as other:
        things.make_table(database)
        other.execute("BEGIN IMMEDIATE")
        runs = [database.submit(lambda tx: add(tx, "a")) for _ in range(3)]
        reasons = [run.exception(WAIT_S) for run in runs]
        assert all(isinstance(reason, Unavailable) and "locked" in reason.sentence for reason in reasons)
        other.rollback()
        database.write_now(lambda tx: add(tx, "a"))
        assert count(database, "a") == 1


def test_two_processes_write_side_by_side(tmp_path: Path) -> None:
    with closing(open_file(tmp_path)) as one, closing(open_file(tmp_path)) as two:
        things.make_table(one)
        runs = [database.submit(lambda tx: add(tx, "a")) for _ in range(50) for database in (one, two)]
        assert all(run.exception() is None for run in runs)
        assert count(one, "a") == 100


def fill(database: Database, pages: int) -> None:
    """Let the file grow by so many pages and no more."""

    def command(tx: Tx) -> None:
        used = int(tx.value(prepare_text("PRAGMA page_count")))
        tx.value(prepare_text(f"PRAGMA max_page_count = {used + pages}"))

    database.write_now(command)


def test_a_full_disk_gets_a_sentence_and_the_writer_goes_on_when_there_is_room(database: Database) -> None:
    fill(database, 4)
    gate = Gate(database)
    small = database.submit(lambda tx: add(tx, "small"))
    large = database.submit(lambda tx: add(tx, "x" * 100_000))
    gate.open()
    for run in (small, large):
        reason = run.exception(WAIT_S)
        assert isinstance(reason, Unavailable)
        assert "full" in reason.sentence
    assert database.read_now(things.names) == []
    fill(database, 1_000)
    database.write_now(lambda tx: add(tx, "x" * 100_000))
    assert count(database, "x" * 100_000) == 1


def test_a_commit_that_fails_leaves_nothing_open_for_the_next_command(database: Database) -> None:
    tree = "CREATE TABLE tree (id TEXT PRIMARY KEY, up TEXT REFERENCES tree (id) DEFERRABLE INITIALLY DEFERRED)"
    orphan = prepare_text("INSERT INTO tree (id, up) VALUES ('leaf', 'nowhere')")
    database.write_now(lambda tx: tx.run(prepare_text(tree)))
    with pytest.raises(sqlite3.IntegrityError):
        database.write_now(lambda tx: tx.run(orphan))
    database.write_now(lambda tx: add(tx, "a"))
    assert database.read_now(things.names) == ["a"]


def test_a_file_that_is_no_database_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "entrepot.db").write_bytes(b"this is a shopping list" * 1_000)
    with pytest.raises(Unavailable, match="damaged or is no database"):
        Database(sqlite_url(tmp_path / "entrepot.db"))


def test_a_missing_folder_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        Database(sqlite_url(tmp_path / "nowhere" / "entrepot.db"))


def test_a_commit_is_on_the_disk_and_not_only_with_the_system(database: Database) -> None:
    level = database.write_now(lambda tx: tx.value(prepare_text("PRAGMA synchronous")))
    mode = database.read_now(lambda snapshot: snapshot.value(prepare_text("PRAGMA journal_mode")))
    assert (level, mode) == (2, "wal")
