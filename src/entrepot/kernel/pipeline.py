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

import msgspec
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
_NAMED = re.compile(r"\\[bfnrtu]")
_QUOTED, _BACKSLASHED = re.compile(r'(["\\])'), r"\\\1"
_PARAMETER = re.compile(r"%\((?P<name>\w+)\)s|%%")


@cache
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with its parameters as the server numbers them, and their names in that order."""
    names: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        name = found["name"]
        return "%" if name is None else names.setdefault(name, f"${len(names) + 1}")

    return _PARAMETER.sub(number, text).encode(), tuple(names)


def _array(values: list[Any]) -> str:
    """A list as the server reads one; statements say of what. The driver looks at each element for its type first.

    It is written as JSON writes it, but for control characters, which have no names there."""
    text = msgspec.json.encode(values).decode()
    if _NAMED.search(text):
        return f"{{{','.join(map(_element, values))}}}"
    return f"{{{text[1:-1]}}}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else f'"{_QUOTED.sub(_BACKSLASHED, value)}"'


class Answer:
    """What the server answers to one statement. Whoever looks first waits for it, and for all that was sent before."""

    __slots__ = ("_pipeline", "result")

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.result: PGresult | None = None

    @property
    def rowcount(self) -> int:
        """How many rows were found or changed."""
        return self._read().command_tuples or 0

    def fetchone(self) -> Any:
        """The first row, or None."""
        result = self._read()
        return self._pipeline.adapted(result).load_row(0, tuple) if result.ntuples else None

    def fetchall(self) -> list[Any]:
        """Every row."""
        result = self._read()
        return self._pipeline.adapted(result).load_rows(0, result.ntuples, tuple) if result.ntuples else []

    def _read(self) -> PGresult:
        if self.result is None:
            self._pipeline.read()
            assert self.result is not None, "an answer of a transaction that is over"
        return self.result


class Pipeline:
    """The driver's connection under the name that a transaction knows. For one thread at a time."""

    dialect = "postgresql"

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        # Else a question for a list is planned each time: a quarter of the server's work in a checkout.
        # And by default the server takes a disk to be a spinning one, and reads whole tables of a thousand rows.
        driver.execute("SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1")
        driver.adapters.register_dumper(int, Int8Dumper)  # else each size of a number makes another statement
        driver.adapters.register_loader("jsonb", TextLoader)  # rooms decode JSON into their own types
        self._adapt: abc.Transformer = Transformer.from_context(driver)
        self._pq = driver.pgconn
        self._pq.enter_pipeline_mode()
        self._readable, self._open = select.poll(), select.poll()
        self._readable.register(self._pq.socket, select.POLLIN)
        self._open.register(self._pq.socket, select.POLLIN | select.POLLOUT)
        self._unanswered: deque[Answer | None] = deque()
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
            self._put(b"DISCARD PLANS", ())
            self._sync()
            self._plan_anew_at *= 2
        self._put(how, ())

    def execute(self, text: str, params: Mapping[str, Any]) -> Cursor:
        """Run a statement; its answer is waited for when somebody looks at it."""
        answer = Answer(self)
        numbered, names = _numbered(text)
        self._put(numbered, [params[name] for name in names], answer)
        return answer

    def execute_all(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Cursor]:
        """Run statements one after the other: their answers come in one turn."""
        return [self.execute(text, params) for text, params in statements]

    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run a statement for rows of parameters, and wait; returns how many rows of the table that touched."""
        return sum(each.rowcount for each in self.execute_all([(text, row) for row in rows]))

    def send(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for rows of parameters whose answers nobody needs: they go out with the next question."""
        numbered, names = _numbered(text)
        for row in rows:
            self._put(numbered, [row[name] for name in names])

    def commit(self) -> None:
        """Commit, and wait until that is durable."""
        self.is_answered = True
        self._put(b"COMMIT", (), committed := Answer(self))
        self._sync()
        self.read()
        if committed.result is None or committed.result.command_status != b"COMMIT":
            _went_on()

    def leave(self) -> None:
        """End a transaction that changed nothing. The next one reads the answer."""
        self._put(b"ROLLBACK", ())
        self._sync()

    def read(self) -> None:
        """Send what was put, and read every answer: a turn to the server. The first failure is raised."""
        self._pq.send_flush_request()
        self._pq.flush()
        while self._unanswered:
            answer, received = self._unanswered[0], self._receive()
            if received.status == ExecStatus.PIPELINE_ABORTED:
                _went_on()
            if received.status not in _GOOD:
                self._raise(received)
            if answer is not None:
                answer.result = received
        self._preparing.clear()
        self.is_answered = True

    def adapted(self, result: PGresult) -> abc.Transformer:
        """What gives a result's rows as Python's values."""
        self._adapt.set_pgresult(result)
        return self._adapt

    def roll_back(self) -> None:
        """Leave a transaction that failed, wherever it was."""
        self._sync()
        self._discard()
        if self._pq.transaction_status != TransactionStatus.IDLE:
            self._put(b"ROLLBACK", ())
            self._sync()
            self._discard()

    def _put(self, text: bytes, values: Sequence[Any], answer: Answer | None = None) -> None:
        """Put a statement on its way. One that is used again is prepared: the server reads its text once then."""
        try:
            values = [_array(each) if type(each) is list else each for each in values]
            dumped = self._adapt.dump_sequence(values, [PyFormat.TEXT] * len(values))
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise Invalid(NOT_STORABLE) from error
        key = text, self._adapt.types
        if (name := self._prepared.get(key) or self._prepare(key)) is None:
            self._pq.send_query_params(text, dumped, key[1])
        else:
            self._pq.send_query_prepared(name, dumped)
        self._unanswered.append(answer)
        if len(self._unanswered) >= UNANSWERED_MAX:
            self.read()

    def _prepare(self, key: Any) -> bytes | None:
        uses = self._uses[key] = self._uses.get(key, 0) + 1
        if uses < PREPARED_AFTER or len(self._prepared) >= PREPARED_MAX:
            return None
        self._serial += 1
        name = self._prepared[key] = b"s%d" % self._serial
        self._preparing.append(key)
        self._pq.send_prepare(name, key[0], key[1])
        self._unanswered.append(None)
        return name

    def _sync(self) -> None:
        """Have the server go on after a failure, and send what was put."""
        self._pq.pipeline_sync()
        self._unanswered.append(None)

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
