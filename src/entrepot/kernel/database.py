"""The door to the database: commands are written, queries are read, and nobody inside a room commits.

`write_now` and `read_now` are for the command line, tasks and tests; the web edge awaits `write` and `read`, which give
the same promises without keeping the event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import structlog

from .clock import Clock, SystemClock
from .errors import Invalid, Unavailable
from .events import Event
from .lanes import Lane, is_writer
from .sqlite import SqliteStore
from .stopping import NEVER, Deadline
from .tx import Snapshot, Tx

if TYPE_CHECKING:
    from .secret import Secret

T = TypeVar("T")
E = TypeVar("E", bound=Event)

log = structlog.get_logger(__name__)


class Store(Protocol):
    """A database of one dialect."""

    dialect: str

    def submit(self, command: Callable[[Tx], T], lane: Lane) -> Future[T]: ...
    def look(self, query: Callable[[Snapshot], T]) -> T: ...
    def close(self, deadline: Deadline) -> None: ...
    def break_off(self) -> int: ...


class Database:
    """One database, whichever dialect, with a clock and a source of chance."""

    def __init__(self, url: str | Secret, *, clock: Clock | None = None, random: Random | None = None) -> None:
        """`url` is `sqlite:///path/to/file` or `postgresql://user@host/name`."""
        self.clock: Clock = clock or SystemClock()
        self.random: Random = random or SystemRandom()
        self._announced: list[Callable[[], None]] = []
        self._enqueued: list[Callable[[], None]] = []
        self._followers: dict[type[Event], list[Callable[[Any], None]]] = {}
        self._deadline = NEVER
        self._lock = threading.Lock()
        self._store = self._open(url if isinstance(url, str) else url.reveal())

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._store.dialect

    def submit(self, command: Callable[[Tx], T], lane: Lane = Lane.INTERACTIVE) -> Future[T]:
        """Queue a command; its future is answered once the commit is durable, or with what it raised."""
        return self._store.submit(command, lane)

    def write_now(self, command: Callable[[Tx], T], lane: Lane = Lane.INTERACTIVE) -> T:
        """Run a command and wait for its commit. Not from inside a command: that one has its `tx`.

        Unavailable when the program ends meanwhile (`end_by`); the command may be done nevertheless.
        """
        if is_writer():
            raise RuntimeError("a command waits for another command: write through the tx it was given")
        written = self.submit(command, lane)
        try:
            return written.result(self._deadline.left_s)
        except TimeoutError:
            if written.done():
                raise
            raise Unavailable("The database did not answer before the end") from None

    def end_by(self, deadline: Deadline) -> None:
        """Have nobody who begins to wait for a command from now on wait longer than that."""
        self._deadline = deadline

    def read_now(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query in a consistent snapshot."""
        return self._store.look(query)

    async def write(self, command: Callable[[Tx], T], lane: Lane = Lane.INTERACTIVE) -> T:
        """Run a command and await its commit. A caller that goes away does not undo what was begun."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(command, lane)))

    async def read(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query in a consistent snapshot, on a thread."""
        return await asyncio.get_running_loop().run_in_executor(None, self._store.look, query)

    async def glance(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query that looks at a handful of rows by their keys.

        On SQLite it runs at once: it takes less time than a thread's turn (a checkout costs 7 ms of CPU instead of 10),
        and a reader there waits for nobody. What may look at many rows is for `read`.
        """
        return self._store.look(query) if self.dialect == "sqlite" else await self.read(query)

    def when_announced(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit of this process that announced events."""
        self._announced.append(wake)

    def follow(self, kind: type[E], tell: Callable[[E], None]) -> None:
        """Call `tell` with each event of this kind once a commit of this process has announced it.

        A short way for whoever waits in this process and would look again anyway: what other processes announce, and
        what was announced before, comes by reactions and projections only.
        """
        self._followers.setdefault(kind, []).append(tell)

    def when_enqueued(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit of this process that enqueued tasks."""
        self._enqueued.append(wake)

    def close(self, deadline: Deadline = NEVER) -> None:
        """Finish what is queued and let go of every connection. Unavailable when that is not done by the deadline."""
        self._store.close(deadline)

    def break_off(self) -> int:
        """Have whoever waits for an answer of the database told that there is none, now and from now on; returns how
        many connections were broken off. A file is never waited for: it answers or fails."""
        return self._store.break_off()

    def _open(self, url: str) -> Store:
        scheme, _, rest = url.partition("://")
        if scheme == "sqlite":
            return SqliteStore(Path(rest.removeprefix("/")), self.clock, self.random, self._committed)
        if scheme in ("postgresql", "postgres"):
            return self._open_postgres(url)
        raise Invalid(
            f"{scheme or 'an empty text'} is no database: set ENTREPOT_DATABASE_URL to postgresql://USER@HOST/NAME, "
            "or unset it for a file in the home"
        )

    def _open_postgres(self, url: str) -> Store:
        try:
            from .postgres import PostgresStore
        except ImportError as error:
            raise Invalid("PostgreSQL needs its driver: pip install 'entrepot[postgres]'") from error
        return PostgresStore(url, self.clock, self.random, self._committed)

    def _committed(self, tx: Tx) -> None:
        """Wake whoever reads what was just committed. A waker's failure never reaches the command's caller."""
        wakers: list[Callable[[], None]] = []
        for event in tx.told:
            wakers += (partial(tell, event) for tell in self._followers.get(type(event), ()))
        if tx.announced:
            wakers += self._announced
        if tx.enqueued:
            wakers += self._enqueued
        for wake in wakers:
            try:
                wake()
            except Exception:
                log.exception("a waker failed", waker=repr(wake))


def sqlite_url(path: Path) -> str:
    """The address of a database file."""
    return f"sqlite:///{path.absolute()}"  # three slashes, then an absolute path: four in all
