"""PostgreSQL: the same commands in ordinary transactions of several threads and processes.

Isolation is READ COMMITTED with rows locked before they are changed, accounts in sorted order; SERIALIZABLE would trade
those locks for retries that collapse under contention. What the database aborts (deadlock, serialisation) is run again,
a bounded number of times. Interactive and bulk commands have threads of their own.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
import structlog
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from .clock import Clock
from .errors import Unavailable
from .lanes import Lane, mark_as_writer
from .pipeline import Pipeline
from .stopping import NEVER, Deadline
from .tx import Again, Snapshot, Tx

T = TypeVar("T")

WRITERS = {Lane.INTERACTIVE: 8, Lane.BULK: 2}
CONNECTIONS_MAX = 20
CONNECTION_WAIT_S = 30
RETRIES_MAX = 12
RETRY_PAUSE_S = 0.002
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, Again)
_GONE = (psycopg.OperationalError, psycopg.InterfaceError)

log = structlog.get_logger(__name__)


class PostgresStore:
    """The database on a server, for any number of serving processes."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, random: Random, on_commit: Callable[[Tx], None]) -> None:
        self._url = url
        self._clock = clock
        self._random = random
        self._on_commit = on_commit
        self._pool = QueuePool(
            self._connect, pool_size=CONNECTIONS_MAX, max_overflow=0, timeout=CONNECTION_WAIT_S, reset_on_return=None
        )
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

        def in_snapshot(pipeline: Pipeline) -> T:
            result = query(Snapshot(pipeline, self._clock.now(), self._random))
            pipeline.leave()
            return result

        return self._in_transaction(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", in_snapshot)

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
        connection: psycopg.Connection[Any] = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        with self._connecting:
            self._connections.add(connection)
        if self._broken_off.is_set():
            _cut(connection)
        return connection

    def _command(self, command: Callable[[Tx], T]) -> T:
        attempt = 0
        while True:
            try:
                result, tx = self._in_transaction(b"BEGIN", lambda pipeline: self._once(pipeline, command))
            except _AGAIN as error:
                attempt += 1
                if attempt > RETRIES_MAX:
                    sentence = "Too many people changed the same thing at once: try again"
                    raise Unavailable(sentence, retry_after_s=1) from error
                time.sleep(self._random.random() * RETRY_PAUSE_S * 2 ** min(attempt, 7))
            else:
                self._on_commit(tx)
                return result

    def _once(self, pipeline: Pipeline, command: Callable[[Tx], T]) -> tuple[T, Tx]:
        tx = Tx(pipeline, self._clock.now(), self._random)
        try:
            result = command(tx)
            tx.flush()
            pipeline.commit()
        except psycopg.errors.UniqueViolation as error:
            if (taken := tx.taken.get(error.diag.table_name or "")) is None:
                raise
            raise taken from error
        return result, tx

    def _in_transaction(self, how: bytes, act: Callable[[Pipeline], T]) -> T:
        """Run `act` in a transaction that it ends itself. When it fails, the transaction is rolled back.

        A pooled connection that died while it was idle (the server was started anew) answers nothing: it is thrown away
        and `act` runs on the next one. Only when a fresh one fails is the server gone.
        """
        while True:
            borrowed = self._borrow()
            pipeline, was_idle = _pipeline(borrowed)
            try:
                pipeline.begin(how)
                return act(pipeline)
            except BaseException as error:
                is_dead = not _roll_back(borrowed, pipeline)
                if is_dead and was_idle and not pipeline.is_answered:
                    continue
                reason = _explained(error)
                if reason is error:
                    raise
                raise reason from error
            finally:
                borrowed.close()

    def _borrow(self) -> PoolProxiedConnection:
        try:
            return self._pool.connect()
        except psycopg.Error as error:
            raise Unavailable(_unreachable(error), retry_after_s=5) from error
        except NoneFree as error:
            raise Unavailable("The database is too busy: try again in a moment", retry_after_s=5) from error


def _pipeline(borrowed: PoolProxiedConnection) -> tuple[Pipeline, bool]:
    """What a connection of the pool is used through, and whether it was used before."""
    pipeline = borrowed.info.get("pipeline")
    if pipeline is not None:
        return pipeline, True
    driver: psycopg.Connection[Any] | None = borrowed.driver_connection
    assert driver is not None
    pipeline = borrowed.info["pipeline"] = Pipeline(driver)
    return pipeline, False


def _cut(connection: psycopg.Connection[Any]) -> bool:
    """Cut a connection, whatever another thread is doing with it: that one is told as if the server had gone."""
    if connection.closed:
        return False
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
        return True
    return False


def _roll_back(borrowed: PoolProxiedConnection, pipeline: Pipeline) -> bool:
    """Leave a failed transaction; False for a connection that cannot do that, and is not used again."""
    try:
        pipeline.roll_back()
    except psycopg.Error:
        borrowed.invalidate()
        return False
    return True


def _explained(error: BaseException) -> BaseException:
    """The driver's error as a sentence, where there is something a person can do."""
    if isinstance(error, psycopg.errors.DiskFull):
        return Unavailable("The database's disk is full: free some space; nothing was lost")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return Unavailable("This PostgreSQL only reads, as a standby does: check ENTREPOT_DATABASE_URL")
    if isinstance(error, _GONE) and not isinstance(error, _AGAIN):
        return Unavailable(_unreachable(error), retry_after_s=5)
    return error


def _unreachable(error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "://" in reason:  # libpq repeats an address that it cannot read, with the password in it
        reason = "its address cannot be read"
    return f"PostgreSQL does not answer ({reason}): check ENTREPOT_DATABASE_URL and that the server runs"
