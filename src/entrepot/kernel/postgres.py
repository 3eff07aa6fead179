"""PostgreSQL: the same commands in ordinary transactions of several threads and processes.

Isolation is READ COMMITTED with rows locked before they are changed, accounts in sorted order; SERIALIZABLE would trade
those locks for retries that collapse under contention. What the database aborts (deadlock, serialisation) is run again,
a bounded number of times. Interactive and bulk commands have threads of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from .clock import Clock
from .errors import Unavailable
from .lanes import Lane
from .tx import Again, Cursor, Snapshot, Tx

T = TypeVar("T")

WRITERS = {Lane.INTERACTIVE: 8, Lane.BULK: 2}
CONNECTIONS_MAX = 24
RETRIES_MAX = 12
RETRY_PAUSE_S = 0.002
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, Again)
_GONE = (psycopg.OperationalError, psycopg.InterfaceError)

log = structlog.get_logger(__name__)


class PostgresConnection:
    """The driver's connection under the name that a transaction knows."""

    dialect = "postgresql"
    __slots__ = ("raw",)

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, text: str, params: Mapping[str, Any]) -> Cursor:
        return self.raw.execute(text.encode(), params)

    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None:
        with self.raw.cursor() as cursor:
            cursor.executemany(text.encode(), rows)


class PostgresStore:
    """The database on a server, for any number of serving processes."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, random: Random, on_commit: Callable[[Tx], None]) -> None:
        self._url = url
        self._clock = clock
        self._random = random
        self._on_commit = on_commit
        self._pool = QueuePool(self._connect, pool_size=CONNECTIONS_MAX, max_overflow=0, timeout=30)
        self._writers = {lane: ThreadPoolExecutor(count, f"entrepot-{lane.value}") for lane, count in WRITERS.items()}
        self._closed = threading.Event()
        self.look(lambda snapshot: None)

    def submit(self, command: Callable[[Tx], T], lane: Lane) -> Future[T]:
        """Run a command on one of the lane's threads; the future is answered after its commit."""
        if self._closed.is_set():
            refused: Future[T] = Future()
            refused.set_exception(Unavailable("Entrepot is shutting down: try again in a moment", retry_after_s=5))
            return refused
        return self._writers[lane].submit(self._command, command)

    def look(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query in a snapshot of its own."""

        def in_snapshot(connection: PostgresConnection) -> T:
            connection.raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                return query(Snapshot(connection, self._clock.now(), self._random))
            finally:
                if not connection.raw.closed:
                    connection.raw.execute("ROLLBACK")

        return self._with_connection(in_snapshot)

    def close(self) -> None:
        """Finish what is queued, then close every connection."""
        self._closed.set()
        for writers in self._writers.values():
            writers.shutdown(wait=True)
        self._pool.dispose()

    def _connect(self) -> Any:
        connection: psycopg.Connection[Any] = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        set_json_loads(_raw_json, connection)
        connection.prepare_threshold = 3
        connection.prepared_max = 1_000
        return connection

    def _command(self, command: Callable[[Tx], T]) -> T:
        attempt = 0
        while True:
            try:
                return self._with_connection(lambda connection: self._once(connection, command))
            except _AGAIN as error:
                attempt += 1
                if attempt > RETRIES_MAX:
                    raise Unavailable(
                        "Too many people changed the same thing at once: try again", retry_after_s=1
                    ) from error
                time.sleep(self._random.random() * RETRY_PAUSE_S * 2 ** min(attempt, 7))

    def _once(self, connection: PostgresConnection, command: Callable[[Tx], T]) -> T:
        raw = connection.raw
        raw.execute("BEGIN")
        tx = Tx(connection, self._clock.now(), self._random)
        try:
            result = command(tx)
            tx.flush()
            if raw.info.transaction_status is TransactionStatus.INERROR:
                # PostgreSQL would answer this COMMIT with a rollback, and the driver would not say so.
                raise RuntimeError("a command went on after a statement of it had failed: nothing of it is kept")
        except BaseException:
            if not raw.closed:
                raw.execute("ROLLBACK")
            raise
        raw.execute("COMMIT")
        self._on_commit(tx)
        return result

    def _with_connection(self, act: Callable[[PostgresConnection], T]) -> T:
        borrowed = self._borrow()
        try:
            assert borrowed.driver_connection is not None
            return act(PostgresConnection(borrowed.driver_connection))
        except psycopg.errors.DiskFull as error:
            raise Unavailable("The database's disk is full: free some space; nothing was lost") from error
        except _AGAIN:
            raise
        except _GONE as error:
            borrowed.invalidate()
            raise Unavailable(_unreachable(error), retry_after_s=5) from error
        finally:
            borrowed.close()

    def _borrow(self) -> PoolProxiedConnection:
        try:
            return self._pool.connect()
        except _GONE as error:
            raise Unavailable(_unreachable(error), retry_after_s=5) from error


def _raw_json(text: str | bytes) -> str:
    """JSON columns are given back as text: rooms decode them into their own types."""
    return text if isinstance(text, str) else text.decode()


def _unreachable(error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"PostgreSQL does not answer ({reason}): check ENTREPOT_DATABASE_URL and that the server runs"
