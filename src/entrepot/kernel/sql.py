"""Statements written once in SQLAlchemy Core and run as plain text.

Core's own execution costs several times what the statement costs (a transfer's statements: 499 µs of CPU against 57).
So a statement is compiled once to text, for the dialect that asks, and the text is run on the driver. That happens when
it is first run: a program has a thousand of them, and compiling all of them took a third of its start.
"""

from __future__ import annotations

import re
import threading
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every room's tables. Only `migrations` reads it whole."""

Whole: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer: amounts, counts, times in microseconds."""
Flag: TypeEngine[int] = SmallInteger().with_variant(Integer(), "sqlite")
"""0 or 1, on both databases."""
Json: TypeEngine[Any] = Text().with_variant(JSONB(), "postgresql")
"""JSON as text; on PostgreSQL as JSONB. Rows give the text back: decode it with `from_json`."""
String: TypeEngine[str] = Text()
"""Text of any length: ids, names, words."""


def table(name: str, *parts: Column[Any] | Index | Any) -> Table:
    """A table of a room; on SQLite a STRICT one, so that a wrong type is refused where it is written."""
    return Table(name, METADATA, *parts, sqlite_strict=True)


def to_json(value: object) -> str:
    """JSON text of a struct or of plain values, keys in a fixed order."""
    return msgspec.json.encode(value, order="deterministic").decode()


@overload
def from_json(text: str | bytes, into: type[T]) -> T: ...
@overload
def from_json(text: str | bytes) -> Any: ...
def from_json(text: str | bytes, into: Any = Any) -> Any:
    """A value from a JSON column."""
    return msgspec.json.decode(text, type=into)


class Prepared(Generic[T]):
    """A statement as text for each dialect; rows become `T`. `sets` are the names of its list parameters."""

    __slots__ = ("into", "postgres", "sets", "sqlite")

    def __init__(self, sqlite: str, postgres: str, sets: tuple[str, ...], into: Callable[..., T] | None) -> None:
        self.sqlite = sqlite
        self.postgres = postgres
        self.sets = sets
        self.into = into


class _Written(Prepared[T]):
    """A statement of Core; each text is made when it is first asked for."""

    __slots__ = ("_statement",)

    def __init__(self, statement: ClauseElement, into: Callable[..., T] | None) -> None:
        self._statement = statement
        self.into = into

    def __getattr__(self, name: str) -> Any:
        """What is not there yet, which is asked for once."""
        if name not in ("postgres", "sets", "sqlite"):
            raise AttributeError(name)
        with _compiling:
            _sets_seen.clear()
            if name == "postgres":
                self.postgres = _with_constants(self._statement.compile(dialect=_POSTGRES), _POSTGRES_MARK)
            else:
                self.sqlite = _with_constants(self._statement.compile(dialect=_SQLITE), _SQLITE_MARK)
            self.sets = tuple(dict.fromkeys(_sets_seen))
        return object.__getattribute__(self, name)


_compiling = threading.Lock()
_sets_seen: list[str] = []


class in_set(ColumnElement[bool]):  # noqa: N801 - reads as an operator
    """`column` is one of the values passed as the list parameter `name`, whatever its length."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name


@compiles(in_set, "sqlite")
def _in_set_sqlite(element: in_set, compiler: Any, **kw: Any) -> str:
    _sets_seen.append(element.name)
    return f"{compiler.process(element.column, **kw)} IN (SELECT value FROM json_each(:{element.name}))"


@compiles(in_set, "postgresql")
def _in_set_postgres(element: in_set, compiler: Any, **kw: Any) -> str:
    _sets_seen.append(element.name)
    kind = "bigint[]" if isinstance(element.column.type, BigInteger | Integer) else "text[]"
    return f"{compiler.process(element.column, **kw)} = ANY(%({element.name})s::{kind})"


_LIST_MARK = r"__\[POSTCOMPILE_(?P<list>\w+)\]"
_SQLITE_MARK = re.compile(_LIST_MARK + r"|(?<![:\w]):(?P<name>\w+)")
_POSTGRES_MARK = re.compile(_LIST_MARK + r"|%\((?P<name>\w+)\)s(?:::[A-Z]+)?")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_SQLITE = SQLiteDialect_pysqlite(paramstyle="named")
_POSTGRES = PGDialect_psycopg()  # type: ignore[no-untyped-call]


def prepare(statement: ClauseElement, into: Callable[..., T] | None = None) -> Prepared[T]:
    """A statement to be run on both dialects.

    Rows of a query become `into(*row)`, or a named tuple of its columns when `into` is left out. Parameters are
    `bindparam("name")` and, for lists, `in_set(column, "names")`. Plain values in the statement stay its constants.
    """
    return _Written(statement, into or _named_row(statement))


def _with_constants(compiled: Any, mark: re.Pattern[str]) -> str:
    """Put the statement's own constants into its text: a partial index is used only where they can be read."""
    constants = {
        name: _literals(bind.effective_value) if bind.expanding else _literal(bind.effective_value)
        for bind, name in compiled.bind_names.items()
        if not bind.required
    }
    text = mark.sub(lambda found: constants.get(found["list"] or found["name"], found[0]), str(compiled))
    assert "POSTCOMPILE" not in text, f"a list of any length needs in_set: {text}"
    return text


def _literals(values: Sequence[object]) -> str:
    """What stands between the brackets of IN."""
    assert values, "IN of an empty list of constants is never true: leave the query out"
    return ", ".join(map(_literal, values))


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case int():
            return str(int(value))
        case str():
            assert "%" not in value, "a constant with a percent sign would be read as a parameter"
            return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"a constant of type {type(value).__name__} has no literal: pass it as a parameter")


def prepare_text(text: str, into: Callable[..., T] | None = None, *, postgres: str | None = None) -> Prepared[T]:
    """A statement written by hand, where Core cannot say it for both (`INSERT … ON CONFLICT`). Parameters are `:name`.

    `postgres` is its text for PostgreSQL where that differs from SQLite's.
    """
    return Prepared(text, _PARAMETER.sub(r"%(\1)s", (postgres or text).replace("%", "%%")), (), into)


def _named_row(statement: ClauseElement) -> Callable[..., Any] | None:
    columns = getattr(statement, "selected_columns", None)
    if columns is None:
        columns = getattr(statement, "_returning", None)
    names = [column.key for column in columns or ()]
    if not names or any(not (name or "").isidentifier() for name in names):
        return None
    return namedtuple("Row", [str(name) for name in names])
