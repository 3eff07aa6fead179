"""A snapshot to read from, and a transaction to write in: what every verb of every room takes as its first argument."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import bindparam, insert

from . import ids, tables
from .events import Event
from .many import Many, New
from .sql import Prepared, prepare, prepare_text, to_json

T = TypeVar("T")

Query = tuple[Prepared[Any], dict[str, Any]]
"""A statement that reads, and its parameters: to be asked together with others."""
RowSet = tuple[Many, Sequence[Mapping[str, Any]]]
"""A statement of `many`, and its rows: to be written together with others."""
NewRows = tuple[New, Sequence[Mapping[str, Any]], Exception]
"""The same of rows that must be new, and what is raised when one of them is there already."""

NOT_STORABLE = "A number is too large, or a text has characters that cannot be stored"
"""What either driver's refusal of a value means to the person who sent it."""

_serials = itertools.count(time.time_ns())
"""Keeps the order of this process's events within one microsecond, and within one transaction."""


class Again(Exception):
    """Another transaction changed meanwhile what this one relies on: the database runs the command again."""


class Cursor(Protocol):
    """What both drivers' results offer."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """A driver's connection, reduced to what a transaction needs."""

    dialect: str

    def execute(self, text: str, params: Mapping[str, Any]) -> Cursor: ...
    def execute_all(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Cursor]: ...
    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> int: ...
    def send(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None: ...


class Snapshot:
    """One consistent view of the database. `now` is the time of the clock when it was taken, in microseconds."""

    __slots__ = ("_connection", "_sqlite", "now", "random")

    def __init__(self, connection: Connection, now: int, random: Random) -> None:
        self._connection = connection
        self._sqlite = connection.dialect == "sqlite"
        self.now = now
        self.random = random

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect

    def one(self, statement: Prepared[T], **params: Any) -> T | None:
        """The first row, or None."""
        row = self._execute(statement, params).fetchone()
        if row is None:
            return None
        into = statement.into
        return into(*row) if into else row

    def all(self, statement: Prepared[T], **params: Any) -> list[T]:
        """Every row."""
        rows = self._execute(statement, params).fetchall()
        into = statement.into
        return [into(*row) for row in rows] if into else rows

    def later(self, statement: Prepared[T], **params: Any) -> Callable[[], list[T]]:
        """The same as `all`, to be called for: what is asked before the first call is answered in one turn."""
        if self._sqlite:
            rows = self.all(statement, **params)
            return lambda: rows
        cursor, into = self._execute(statement, params), statement.into
        return lambda: [into(*row) for row in cursor.fetchall()] if into else cursor.fetchall()

    def value(self, statement: Prepared[Any], **params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._execute(statement, params).fetchone()
        return None if row is None else row[0]

    def all_of(self, *queries: Query | None) -> list[list[Any]]:
        """The rows of several queries, each as `all` gives them: one after the other, in one turn to the server. None
        finds nothing and asks nobody."""
        asked = [query for query in queries if query is not None]
        answers = iter(self._connection.execute_all([self._bind(*query) for query in asked]))
        found: list[list[Any]] = []
        for query in queries:
            rows, into = (next(answers).fetchall(), query[0].into) if query is not None else ([], None)
            found.append([into(*row) for row in rows] if into else rows)
        return found

    def _execute(self, statement: Prepared[Any], params: dict[str, Any]) -> Cursor:
        text, bound = self._bind(statement, params)
        return self._connection.execute(text, bound)

    def _bind(self, statement: Prepared[Any], params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        text = statement.sqlite if self._sqlite else statement.postgres
        if not statement.sets:
            return text, params
        lists = {name: list(params[name]) for name in statement.sets}
        if self._sqlite:
            return text, {**params, **{name: msgspec.json.encode(each).decode() for name, each in lists.items()}}
        return text, {**params, **lists}


class Tx(Snapshot):
    """A write transaction. Whoever opened it commits; verbs never do.

    Everything in it happens together or not at all: rows, announced events, enqueued tasks.
    """

    __slots__ = ("_events", "_seen", "announced", "enqueued", "half_done", "once_asked", "taken", "told")

    def __init__(self, connection: Connection, now: int, random: Random) -> None:
        super().__init__(connection, now, random)
        self._events: list[Event] = []
        self._seen: set[str] = set()
        self.once_asked = 0
        """How often it was asked whether something may be done that a command does once."""
        self.announced = False
        self.told: tuple[Event, ...] = ()
        """What was announced, once it is written."""
        self.enqueued = False
        self.half_done = False
        """Set by a verb while its rows are only partly written: what is half done is never committed."""
        self.taken: dict[str, Exception] = {}
        """By table, what it means that a row which must be new is there already."""

    def is_first(self, what: str) -> bool:
        """True the first time this is asked in this transaction: for what a command may do once."""
        self.once_asked += 1
        if what in self._seen:
            return False
        self._seen.add(what)
        return True

    def new_id(self, prefix: str) -> str:
        """A fresh id of this kind."""
        return ids.new_id(prefix, self.now, self.random)

    def run(self, statement: Prepared[Any], **params: Any) -> int:
        """Execute one writing statement; returns how many rows it touched."""
        return self._execute(statement, params).rowcount

    def write_all(self, *sets: RowSet) -> list[int]:
        """Write sets of rows in their order, with the statements of `many`, in one turn to the server; returns how many
        rows each touched. An empty set is left out."""
        if self._sqlite:
            return [self._connection.executemany(each.sqlite, rows) if rows else 0 for each, rows in sets]
        full = [each.for_postgres(rows) for each, rows in sets if rows]
        touched = iter([each.rowcount for each in self._connection.execute_all(full)] if full else ())
        return [next(touched) if rows else 0 for _, rows in sets]

    def send_all(self, *sets: RowSet) -> None:
        """Write sets of rows as `write_all` does, their counts needed by nobody: PostgreSQL gets them with the next
        question, or with the commit."""
        if self._sqlite:
            self.write_all(*sets)
            return
        for statement, rows in sets:
            if rows:
                text, params = statement.for_postgres(rows)
                self._connection.send(text, (params,))

    def send_new(self, *sets: NewRows) -> None:
        """Write sets of rows that must be new, without waiting. When one is there already, the command fails with its
        set's exception: here, at its next question, or at its commit."""
        for statement, rows, taken in sets:
            if not self._sqlite:
                self.taken[statement.table] = taken
                self.send_all((statement, rows))
            elif self.write_all((statement, rows))[0] < len(rows):
                raise taken

    def send(self, statement: Prepared[Any], **params: Any) -> None:
        """Execute one writing statement whose count nobody needs. PostgreSQL gets it with the next question."""
        text, bound = self._bind(statement, params)
        self._connection.send(text, (bound,))

    def run_many(self, statement: Prepared[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute one writing statement for many rows of parameters at once; see `send`."""
        if not rows:
            return
        text = statement.sqlite if self._sqlite else statement.postgres
        if statement.sets:
            raise TypeError("a statement with a list parameter runs once, not for many rows")
        self._connection.send(text, rows)

    def announce(self, *events: Event) -> None:
        """Record facts; readers see them after the commit, in one order shared by all."""
        self._events.extend(events)

    def enqueue(
        self, kind: str, body: msgspec.Struct, *, key: str | None = None, run_at: int | None = None
    ) -> str | None:
        """Have a task of this kind done after the commit, at `run_at` or as soon as possible; returns its id.

        With a `key`, once per (kind, key) for ever: a second call changes nothing and returns None.
        """
        task_id = self.new_id("tsk")
        row = {"id": task_id, "kind": kind, "body": to_json(body), "key": key, "run_at": run_at or self.now}
        if key is None:
            self.send(_insert_task, created_at=self.now, **row)
        elif self.run(_insert_task, created_at=self.now, **row) == 0:
            return None
        self.enqueued = True
        return task_id

    def flush(self) -> None:
        """Write what was announced. Called by the database before the commit."""
        if self.half_done:
            raise RuntimeError("a command went on after one of its verbs failed half way: nothing of it is kept")
        if self._events:
            self.run_many(_insert_event, [self._event_row(event) for event in self._events])
            self.announced = True
            self.told += tuple(self._events)
            self._events.clear()

    def _event_row(self, event: Event) -> dict[str, Any]:
        return {
            "id": self.new_id("evt"),
            "name": event.name,
            "body": to_json(event),
            "announced_at": self.now,
            "serial": next(_serials),
        }


_insert_event: Prepared[Any] = prepare(
    insert(tables.events).values({name: bindparam(name) for name in ("id", "name", "body", "announced_at", "serial")})
)
_insert_task: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_tasks (id, kind, body, key, state, attempts, run_at, created_at) "
    "VALUES (:id, :kind, :body, :key, 'waiting', 0, :run_at, :created_at) ON CONFLICT (kind, key) DO NOTHING"
)
