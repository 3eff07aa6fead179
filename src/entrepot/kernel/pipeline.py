"""A connection to PostgreSQL that waits for an answer only when somebody asks for one.

Statements are sent in libpq's pipeline mode, one behind the other: a transaction's BEGIN travels with its first
question, a change whose count nobody needs with the next one, and the end of a snapshot is not waited for at all. What
fails is told by the next question, and by the commit at the latest.

The driver's cursors take a turn to the server for every statement. Measured with 22 statements, ten of them questions:
129 µs of our processor time and 233 of the server's, against 623 and 467.
"""

from __future__ import annotations

import re
import select
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

from .errors import Invalid
from .tx import NOT_STORABLE, Cursor

if TYPE_CHECKING:
    from psycopg import abc
    from psycopg.pq.abc import PGresult

UNANSWERED_MAX = 100
"""So few answers fit between the two ends, however long the other one waits before it reads."""
PREPARED_AFTER = 2
PREPARED_MAX = 1_000
PLANNED_ANEW_FROM = 64
"""A statement is planned once, whatever it is asked. After so many transactions of a connection, and whenever they have
doubled, it is planned anew: a plan from when its table was small reads all of it."""

_GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.PIPELINE_SYNC})
_PARAMETER = re.compile(r"%\((?P<name>\w+)\)s|%%")


@cache
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with its parameters as the server numbers them, and their names in that order."""
    names: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        name = found["name"]
        return "%" if name is None else names.setdefault(name, f"${len(names) + 1}")

    return _PARAMETER.sub(number, text).encode(), tuple(names)


class Answer:
    """What the server answered to one statement."""

    __slots__ = ("_adapt", "_result")

    def __init__(self, adapt: abc.Transformer, result: PGresult) -> None:
        self._adapt = adapt
        self._result = result

    @property
    def rowcount(self) -> int:
        """How many rows were found or changed."""
        return self._result.command_tuples or 0

    def fetchone(self) -> Any:
        """The first row, or None."""
        if not self._result.ntuples:
            return None
        self._adapt.set_pgresult(self._result)
        return self._adapt.load_row(0, tuple)

    def fetchall(self) -> list[Any]:
        """Every row."""
        if not (count := self._result.ntuples):
            return []
        self._adapt.set_pgresult(self._result)
        rows: list[Any] = self._adapt.load_rows(0, count, tuple)
        return rows


class Pipeline:
    """The driver's connection under the name that a transaction knows. For one thread at a time."""

    dialect = "postgresql"

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        # Else a question for a list is planned each time: a quarter of the server's work in a checkout.
        driver.execute("SET plan_cache_mode = force_generic_plan")
        driver.adapters.register_dumper(int, Int8Dumper)  # else each size of a number makes another statement
        driver.adapters.register_loader("jsonb", TextLoader)  # rooms decode JSON into their own types
        self._adapt: abc.Transformer = Transformer.from_context(driver)
        self._pq = driver.pgconn
        self._pq.enter_pipeline_mode()
        self._readable, self._open = select.poll(), select.poll()
        self._readable.register(self._pq.socket, select.POLLIN)
        self._open.register(self._pq.socket, select.POLLIN | select.POLLOUT)
        self._unanswered: deque[bool] = deque()
        self._answers: list[PGresult] = []
        self._uses: dict[Any, int] = {}
        self._prepared: dict[Any, bytes] = {}
        self._preparing: list[Any] = []
        self._serial = 0
        self._begun = 0
        self._plan_anew_at = PLANNED_ANEW_FROM
        self.is_answered = False
        """Whether the server answered anything in this transaction, or may have ended it."""

    def begin(self, how: bytes) -> None:
        """Begin a transaction, with its first question."""
        self.is_answered = False
        self._begun += 1
        if self._begun == self._plan_anew_at:
            self._put(b"DISCARD PLANS", (), asks=False)
            self._sync()
            self._plan_anew_at *= 2
        self._put(how, (), asks=False)

    def execute(self, text: str, params: Mapping[str, Any]) -> Cursor:
        """Run a statement and wait for its answer."""
        return self.execute_all(((text, params),))[0]

    def execute_all(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Cursor]:
        """Run statements one after the other, and wait for all their answers."""
        for text, params in statements:
            numbered, names = _numbered(text)
            self._put(numbered, [params[name] for name in names], asks=True)
        answers = self._take_turn()
        return [Answer(self._adapt, each) for each in answers[len(answers) - len(statements) :]]

    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run a statement for rows of parameters, and wait; returns how many rows of the table that touched."""
        return sum(each.rowcount for each in self.execute_all([(text, row) for row in rows]))

    def send(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for rows of parameters whose answers nobody needs: they go out with the next question."""
        numbered, names = _numbered(text)
        for row in rows:
            self._put(numbered, [row[name] for name in names], asks=False)

    def commit(self) -> None:
        """Commit, and wait until that is durable."""
        self.is_answered = True
        self._put(b"COMMIT", (), asks=True)
        self._sync()
        if self._take_turn()[-1].command_status != b"COMMIT":
            _went_on()

    def leave(self) -> None:
        """End a transaction that changed nothing. The next one reads the answer."""
        self._put(b"ROLLBACK", (), asks=False)
        self._sync()

    def roll_back(self) -> None:
        """Leave a transaction that failed, wherever it was."""
        self._sync()
        self._discard()
        if self._pq.transaction_status != TransactionStatus.IDLE:
            self._put(b"ROLLBACK", (), asks=False)
            self._sync()
            self._discard()

    def _put(self, text: bytes, values: Sequence[Any], *, asks: bool) -> None:
        """Put a statement on its way. One that is used again is prepared: the server reads its text once then."""
        try:
            dumped = self._adapt.dump_sequence(values, [PyFormat.TEXT] * len(values))
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise Invalid(NOT_STORABLE) from error
        key = text, self._adapt.types
        if (name := self._prepared.get(key) or self._prepare(key)) is None:
            self._pq.send_query_params(text, dumped, key[1])
        else:
            self._pq.send_query_prepared(name, dumped)
        self._unanswered.append(asks)
        if len(self._unanswered) >= UNANSWERED_MAX:
            self._read()

    def _prepare(self, key: Any) -> bytes | None:
        uses = self._uses[key] = self._uses.get(key, 0) + 1
        if uses < PREPARED_AFTER or len(self._prepared) >= PREPARED_MAX:
            return None
        self._serial += 1
        name = self._prepared[key] = b"s%d" % self._serial
        self._preparing.append(key)
        self._pq.send_prepare(name, key[0], key[1])
        self._unanswered.append(False)
        return name

    def _sync(self) -> None:
        """Have the server go on after a failure, and send what was put."""
        self._pq.pipeline_sync()
        self._unanswered.append(False)

    def _take_turn(self) -> list[PGresult]:
        """The answers to what was asked. The first failure of all that was sent is raised."""
        self._read()
        answers, self._answers = self._answers, []
        return answers

    def _read(self) -> None:
        """Send what was put, and read every answer."""
        self._pq.send_flush_request()
        while self._unanswered:
            asked, received = self._unanswered[0], self._receive()
            if received.status == ExecStatus.PIPELINE_ABORTED:
                _went_on()
            if received.status not in _GOOD:
                self._raise(received)
            if asked:
                self._answers.append(received)
        self._preparing.clear()
        self.is_answered = True

    def _receive(self) -> PGresult:
        """The oldest answer that was not read yet."""
        while True:
            while self._pq.is_busy():
                self._wait()
            if (received := self._pq.get_result()) is not None:  # None stands between two statements
                self._unanswered.popleft()
                return received

    def _wait(self) -> None:
        """Send what was put, until something arrives. More than fits between the two ends goes out bit by bit."""
        waited = (self._open if self._pq.flush() else self._readable).poll()
        if any(event & ~select.POLLOUT for _, event in waited):
            self._pq.consume_input()

    def _discard(self) -> None:
        """Read what is left to read after a failure, and forget what may not have been prepared."""
        self._answers.clear()
        while self._unanswered:
            received = self._receive()
            if received.status == ExecStatus.FATAL_ERROR and self._pq.status == ConnStatus.BAD:
                self._raise(received)
        for key in self._preparing:
            self._prepared.pop(key, None)
        self._preparing.clear()

    def _raise(self, received: PGresult) -> NoReturn:
        if self._pq.status == ConnStatus.BAD:
            raise psycopg.OperationalError(received.get_error_message())
        error = error_from_result(received)
        if isinstance(error, psycopg.DataError):
            raise Invalid(NOT_STORABLE) from error
        raise error


def _went_on() -> NoReturn:
    raise RuntimeError("a command went on after a statement of it had failed: nothing of it is kept")
