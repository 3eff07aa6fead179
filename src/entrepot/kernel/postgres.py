"""PostgreSQL: the same commands in ordinary transactions of several threads and processes.

Isolation is READ COMMITTED with rows locked before they are changed, accounts in sorted order; SERIALIZABLE would trade
those locks for retries that collapse under contention. What the database aborts (deadlock, serialisation) is run again,
a bounded number of times. Interactive and bulk commands have threads of their own.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from random import Random
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
import structlog
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from .clock import Clock
from .errors import Invalid, Unavailable
from .lanes import Lane, mark_as_writer
from .stopping import NEVER, Deadline
from .tx import NOT_STORABLE, Again, Cursor, Snapshot, Tx

T = TypeVar("T")

WRITERS = {Lane.INTERACTIVE: 8, Lane.BULK: 2}
CONNECTIONS_MAX = 20
CONNECTION_WAIT_S = 30
RETRIES_MAX = 12
RETRY_PAUSE_S = 0.002
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, Again)
_GONE = (psycopg.OperationalError, psycopg.InterfaceError)

_PARAMETER = re.compile(r"%\((?P<name>\w+)\)s|%%")

log = structlog.get_logger(__name__)


@cache
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with its parameters as the server numbers them, and their names in that order.

    The driver reads a text anew for its parameters once a program has more than some hundred statements: 9 µs each,
    against 2 (measured over the statements of all rooms).
    """
    names: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        name = found["name"]
        return "%" if name is None else names.setdefault(name, f"${len(names) + 1}")

    return _PARAMETER.sub(number, text).encode(), tuple(names)


class PostgresConnection:
    """The driver's connection under the name that a transaction knows."""

    dialect = "postgresql"
    __slots__ = ("raw",)

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, text: str, params: Mapping[str, Any]) -> Cursor:
        numbered, names = _numbered(text)
        try:
            return self.raw.execute(numbered, [params[name] for name in names])
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise Invalid(NOT_STORABLE) from error

    def execute_all(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Cursor]:
        """All of them are sent before the first is answered: one turn to the server instead of one for each."""
        if len(statements) == 1 or not psycopg.Pipeline.is_supported():
            return [self.execute(text, params) for text, params in statements]
        try:
            with self.raw.pipeline():
                return [self.execute(text, params) for text, params in statements]
        except psycopg.DataError as error:
            raise Invalid(NOT_STORABLE) from error

    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> int:
        if len(rows) == 1:  # most often; the driver's way for many costs three turns to the server more
            return self.execute(text, rows[0]).rowcount
        numbered, names = _numbered(text)
        try:
            with self.raw.cursor() as cursor:
                cursor.executemany(numbered, [[row[name] for name in names] for row in rows])
                return cursor.rowcount
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise Invalid(NOT_STORABLE) from error


class PostgresStore:
    """The database on a server, for any number of serving processes."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, random: Random, on_commit: Callable[[Tx], None]) -> None:
        self._url = url
        self._clock = clock
        self._random = random
        self._on_commit = on_commit
        self._pool = QueuePool(self._connect, pool_size=CONNECTIONS_MAX, max_overflow=0, timeout=CONNECTION_WAIT_S)
        self._writers = {
            lane: ThreadPoolExecutor(count, f"entrepot-{lane.value}", mark_as_writer) for lane, count in WRITERS.items()
        }
        self._closed = threading.Event()
        self._broken_off = threading.Event()
        self._connecting = threading.Lock()
        self._connections: WeakSet[psycopg.Connection[Any]] = WeakSet()
        self.look(lambda snapshot: None)

    def submit(self, command: Callable[[Tx], T], lane: Lane) -> Future[T]:
        """Run a command on one of the lane's threads; the future is answered after its commit."""
        if self._closed.is_set():
            refused: Future[T] = Future()
            refused.set_exception(Unavailable("Entrepot is shutting down: try again in a moment", retry_after_s=5))
            return refused
        try:
            return self._writers[lane].submit(self._command, command)
        except RuntimeError:  # closed since the question above
            return self.submit(command, lane)

    def look(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query in a snapshot of its own."""

        def in_snapshot(connection: PostgresConnection) -> T:
            result = query(Snapshot(connection, self._clock.now(), self._random))
            connection.raw.execute("ROLLBACK")
            return result

        return self._in_transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", in_snapshot)

    def close(self, deadline: Deadline = NEVER) -> None:
        """Finish what is queued, then close every connection."""
        self._closed.set()
        ended = [deadline.finish(writers.shutdown) for writers in self._writers.values()]
        if not all(ended):
            raise Unavailable("The database is still being written to")
        self._pool.dispose()

    def break_off(self) -> int:
        """See `Database`. A server that hangs answers no request to cancel either, so the connections are cut."""
        self._broken_off.set()
        with self._connecting:
            connections = list(self._connections)
        return sum(_cut(connection) for connection in connections)

    def _connect(self) -> Any:
        if self._broken_off.is_set():
            raise psycopg.OperationalError("this process is ending")
        connection: psycopg.Connection[Any] = psycopg.connect(
            self._url, autocommit=True, connect_timeout=10, cursor_factory=psycopg.RawCursor
        )
        with self._connecting:
            self._connections.add(connection)
        if self._broken_off.is_set():
            _cut(connection)
        set_json_loads(_raw_json, connection)
        connection.prepare_threshold = 3
        connection.prepared_max = 1_000
        return connection

    def _command(self, command: Callable[[Tx], T]) -> T:
        attempt = 0
        while True:
            try:
                result, tx = self._in_transaction("BEGIN", lambda connection: self._once(connection, command))
            except _AGAIN as error:
                attempt += 1
                if attempt > RETRIES_MAX:
                    sentence = "Too many people changed the same thing at once: try again"
                    raise Unavailable(sentence, retry_after_s=1) from error
                time.sleep(self._random.random() * RETRY_PAUSE_S * 2 ** min(attempt, 7))
            else:
                self._on_commit(tx)
                return result

    def _once(self, connection: PostgresConnection, command: Callable[[Tx], T]) -> tuple[T, Tx]:
        tx = Tx(connection, self._clock.now(), self._random)
        result = command(tx)
        tx.flush()
        if connection.raw.info.transaction_status is TransactionStatus.INERROR:
            # PostgreSQL would answer this COMMIT with a rollback, and the driver would not say so.
            raise RuntimeError("a command went on after a statement of it had failed: nothing of it is kept")
        connection.raw.execute("COMMIT")
        return result, tx

    def _in_transaction(self, begin: str, act: Callable[[PostgresConnection], T]) -> T:
        """Run `act` in a transaction that it ends itself. When it fails, the transaction is rolled back."""
        borrowed = self._borrow(begin)
        try:
            return act(PostgresConnection(_driver(borrowed)))
        except BaseException as error:
            _roll_back(borrowed)
            reason = _explained(error)
            if reason is error:
                raise
            raise reason from error
        finally:
            borrowed.close()

    def _borrow(self, begin: str) -> PoolProxiedConnection:
        """A connection with its transaction begun.

        A pooled connection that died while it was idle (the server was started anew) is thrown away for the next one;
        only when a fresh one fails is the server gone.
        """
        while True:
            try:
                borrowed = self._pool.connect()
            except psycopg.Error as error:
                raise Unavailable(_unreachable(error), retry_after_s=5) from error
            except NoneFree as error:
                raise Unavailable("The database is too busy: try again in a moment", retry_after_s=5) from error
            try:
                _driver(borrowed).execute(begin.encode())
            except _GONE as error:
                was_idle = "began" in borrowed.info
                borrowed.invalidate()
                borrowed.close()
                if not was_idle:
                    raise Unavailable(_unreachable(error), retry_after_s=5) from error
            else:
                borrowed.info["began"] = True
                return borrowed


def _driver(borrowed: PoolProxiedConnection) -> psycopg.Connection[Any]:
    connection: psycopg.Connection[Any] | None = borrowed.driver_connection
    assert connection is not None
    return connection


def _cut(connection: psycopg.Connection[Any]) -> bool:
    """Cut a connection, whatever another thread is doing with it: that one is told as if the server had gone."""
    if connection.closed:
        return False
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
        return True
    return False


def _roll_back(borrowed: PoolProxiedConnection) -> None:
    """Leave a failed transaction; a connection that cannot do that is not used again."""
    connection = _driver(borrowed)
    try:
        if connection.info.transaction_status is not TransactionStatus.IDLE:
            connection.execute("ROLLBACK")
    except psycopg.Error:
        borrowed.invalidate()


def _explained(error: BaseException) -> BaseException:
    """The driver's error as a sentence, where there is something a person can do."""
    if isinstance(error, psycopg.errors.DiskFull):
        return Unavailable("The database's disk is full: free some space; nothing was lost")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return Unavailable("This PostgreSQL only reads, as a standby does: check ENTREPOT_DATABASE_URL")
    if isinstance(error, _GONE) and not isinstance(error, _AGAIN):
        return Unavailable(_unreachable(error), retry_after_s=5)
    return error


def _raw_json(text: str | bytes) -> str:
    """JSON columns are given back as text: rooms decode them into their own types."""
    return text if isinstance(text, str) else text.decode()


def _unreachable(error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "://" in reason:  # libpq repeats an address that it cannot read, with the password in it
        reason = "its address cannot be read"
    return f"PostgreSQL does not answer ({reason}): check ENTREPOT_DATABASE_URL and that the server runs"
