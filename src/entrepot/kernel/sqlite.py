"""SQLite: one writer thread that runs queued commands, many to a commit, and a pool of reading connections.

Each command runs in its own savepoint, so that one that fails leaves the others whole; its caller is answered after
the commit is on the disk (WAL, synchronous=FULL). The first command of a batch needs no savepoint: if it fails, the
batch is rolled back while it is still empty. A writing transaction begins with BEGIN IMMEDIATE, because a deferred one
that reads and then writes is told "database is locked" at once, whatever the time-out.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import structlog

from .clock import Clock
from .errors import Invalid, Unavailable
from .lanes import Lane, Lanes, Queued, mark_as_writer
from .stopping import NEVER, Deadline
from .tx import NOT_STORABLE, Again, Cursor, Snapshot, Tx

T = TypeVar("T")

BATCH_COMMANDS_MAX = 256
BATCH_BULK_S = 0.010
BUSY_TIMEOUT_MS = 10_000
READERS_IDLE_MAX = 16
VERSION_MIN = (3, 37, 0)

log = structlog.get_logger(__name__)


class SqliteConnection:
    """The driver's connection under the name that a transaction knows."""

    dialect = "sqlite"
    __slots__ = ("raw",)

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def execute(self, text: str, params: Mapping[str, Any]) -> Cursor:
        try:
            return self.raw.execute(text, params)
        except (OverflowError, UnicodeEncodeError) as error:
            raise Invalid(NOT_STORABLE) from error

    def execute_all(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Cursor]:
        return [self.execute(text, params) for text, params in statements]

    def send(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.executemany(text, rows)

    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> int:
        try:
            return self.raw.executemany(text, rows).rowcount
        except (OverflowError, UnicodeEncodeError) as error:
            raise Invalid(NOT_STORABLE) from error


class SqliteStore:
    """The database in one file, for one serving process."""

    dialect = "sqlite"

    def __init__(self, path: Path, clock: Clock, random: Random, on_commit: Callable[[Tx], None]) -> None:
        if sqlite3.sqlite_version_info < VERSION_MIN:
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old: Entrepot needs 3.37 or newer")
        self.path = path
        self._clock = clock
        self._random = random
        self._on_commit = on_commit
        self._readers: queue.LifoQueue[SqliteConnection] = queue.LifoQueue(READERS_IDLE_MAX)
        self._closed = False
        self._lanes = Lanes()
        self._writer = _connect(path)
        self._thread = threading.Thread(target=self._write_loop, name="entrepot-writer", daemon=True)
        self._thread.start()

    def submit(self, command: Callable[[Tx], T], lane: Lane) -> Future[T]:
        """Queue a command; the future is answered after its commit."""
        answer: Future[T] = Future()
        if not self._lanes.put(Queued(command, answer), lane):
            answer.set_exception(Unavailable("Entrepot is shutting down: try again in a moment", retry_after_s=5))
        return answer

    def look(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query in a snapshot of its own."""
        connection = self._borrow()
        try:
            connection.raw.execute("BEGIN")
            result = query(Snapshot(connection, self._clock.now(), self._random))
            connection.raw.execute("ROLLBACK")
        except BaseException as error:
            _roll_back(connection.raw)
            reason = _explained(error, self.path)
            if reason is error:
                raise
            raise reason from error
        finally:
            self._give_back(connection)
        return result

    def close(self, deadline: Deadline = NEVER) -> None:
        """Finish what is queued, then close every connection."""
        self._lanes.close()
        deadline.require(self._thread, "The database is still being written to")
        self._closed = True
        self._writer.raw.close()
        while True:
            try:
                self._readers.get_nowait().raw.close()
            except queue.Empty:
                return

    def break_off(self) -> int:
        """See `Database`."""
        return 0

    def _borrow(self) -> SqliteConnection:
        try:
            return self._readers.get_nowait()
        except queue.Empty:
            return _connect(self.path)

    def _give_back(self, connection: SqliteConnection) -> None:
        """Keep a connection for the next reader, unless it is stuck in a transaction or there are enough."""
        try:
            if self._closed or connection.raw.in_transaction:
                raise queue.Full
            self._readers.put_nowait(connection)
        except queue.Full:
            connection.raw.close()

    def _write_loop(self) -> None:
        mark_as_writer()
        while (taken := self._lanes.take(BATCH_COMMANDS_MAX)) is not None:
            lane, batch = taken
            started = time.perf_counter()
            self._write_batch(lane, batch)
            self._lanes.spent(lane, time.perf_counter() - started)

    def _write_batch(self, lane: Lane, batch: list[Queued]) -> None:
        """Run commands, commit once, answer each. Whatever happens, every caller is answered and the thread lives."""
        done: list[tuple[Queued, Tx, Any]] = []
        try:
            self._run_batch(lane, batch, done)
            if done:
                self._writer.raw.execute("COMMIT")
        except BaseException as error:
            self._recover()
            for queued in batch:
                queued.refuse(_explained(error, self.path))
            return
        for queued, tx, result in done:
            self._on_commit(tx)
            queued.answer.set_result(result)

    def _run_batch(self, lane: Lane, batch: list[Queued], done: list[tuple[Queued, Tx, Any]]) -> None:
        """Run the commands, and those of the lane that come meanwhile; bulk stops when its time is over."""
        stop_at = time.perf_counter() + BATCH_BULK_S
        place = 0
        while place < len(batch):
            self._run_one(batch[place], done)
            place += 1
            if lane is Lane.BULK and time.perf_counter() > stop_at:
                self._lanes.put_back(batch[place:], lane)
                del batch[place:]
            elif place == len(batch) < BATCH_COMMANDS_MAX:
                batch += self._lanes.more(lane, BATCH_COMMANDS_MAX - place)

    def _run_one(self, queued: Queued, done: list[tuple[Queued, Tx, Any]]) -> None:
        """Run one command in its savepoint; a failure is answered at once and leaves no trace."""
        if not queued.answer.set_running_or_notify_cancel():
            return
        raw = self._writer.raw
        if not raw.in_transaction:
            raw.execute("BEGIN IMMEDIATE")
        first = not done
        if not first:
            raw.execute("SAVEPOINT command")
        tx = Tx(self._writer, self._clock.now(), self._random)
        try:
            result = queued.command(tx)
            tx.flush()
            if not raw.in_transaction:
                raise RuntimeError("a command went on after SQLite had given up its transaction")
        except BaseException as error:
            if _is_fatal(error) or not raw.in_transaction:
                raise
            raw.execute("ROLLBACK" if first else "ROLLBACK TO command")
            if not first:
                raw.execute("RELEASE command")
            queued.refuse(_explained(error, self.path))
            return
        if not first:
            raw.execute("RELEASE command")
        done.append((queued, tx, result))

    def _recover(self) -> None:
        """Leave the failed transaction; a connection that cannot even do that is replaced."""
        _roll_back(self._writer.raw)
        if not self._writer.raw.in_transaction:
            return
        try:
            fresh = _connect(self.path)
        except Unavailable as refusal:
            log.error("the database cannot be opened again", reason=refusal.sentence)
            return
        self._writer.raw.close()
        self._writer = fresh


def _connect(path: Path) -> SqliteConnection:
    try:
        raw = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None, check_same_thread=False, cached_statements=1024
        )
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA temp_store = MEMORY")
        raw.execute("PRAGMA cache_size = -16000")
        raw.execute("PRAGMA journal_size_limit = 67108864")
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    return SqliteConnection(raw)


def _is_fatal(error: BaseException) -> bool:
    """Whether SQLite may have rolled back the whole transaction, so that no savepoint is left to return to."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CORRUPT,
    )


def _primary_code(error: BaseException) -> int | None:
    """SQLite's error code without the extension that tells its cause."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _roll_back(raw: sqlite3.Connection) -> None:
    """Leave a transaction if there is one; whether that worked is seen by `in_transaction`."""
    if raw.in_transaction:
        with suppress(sqlite3.Error):
            raw.execute("ROLLBACK")


def _explained(error: BaseException, path: Path) -> BaseException:
    """The driver's error as a sentence, where there is something a person can do."""
    if isinstance(error, Again):
        return Unavailable("Somebody else changed the same thing meanwhile: try again", retry_after_s=1)
    primary = _primary_code(error)
    if primary == sqlite3.SQLITE_FULL:
        return Unavailable(
            f"The disk that holds {path} is full: free some space; nothing was lost, nothing was written"
        )
    if primary == sqlite3.SQLITE_BUSY:
        return Unavailable(f"Another process keeps {path} locked: try again in a moment", retry_after_s=5)
    if primary == sqlite3.SQLITE_READONLY:
        return Unavailable(f"{path} may not be written: give this user the right to write the file and its folder")
    if primary == sqlite3.SQLITE_CANTOPEN:
        return Unavailable(f"{path} cannot be opened: check that the folder exists and may be written")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Unavailable(f"{path} is damaged or is no database: restore it from a backup")
    return error
