"""Statements that write a whole set of rows.

On SQLite a set is written row by row on one prepared statement, which is its fastest way. On PostgreSQL it is one
statement whatever the number of rows: over arrays, or with each value named where the rows are few, for which the
server takes half the time. `Tx.write_all` and `Tx.send_all` run several of them in one turn to the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, Table, and_, bindparam, update

from .sql import Flag, Json, Prepared, Whole, prepare, prepare_text

Row = Mapping[str, Any]
M = TypeVar("M", bound="Many")

FEW_MAX = 4


class Many(Prepared[Any]):
    """A statement for a set of rows of one table; `few` is its text for PostgreSQL by the number of rows, or None."""

    __slots__ = ("few", "table")

    def __init__(self, table: str, plain: Prepared[Any], postgres: str, few: Callable[[int], str | None]) -> None:
        super().__init__(plain.sqlite, postgres, (), None)
        self.table = table
        self.few = cache(few)

    def for_postgres(self, rows: Sequence[Row]) -> tuple[str, Row]:
        """The statement and the parameters that write these rows."""
        count = len(rows)
        text = self.few(count) if count <= FEW_MAX else None
        if text is None:
            return self.postgres, {name: [row[name] for row in rows] for name in rows[0]}
        if count == 1:
            return text, rows[0]
        return text, {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}


class New(Many):
    """An insert of rows that must be new, for `Tx.send_new`."""

    __slots__ = ()


def insert_rows(table: Table, names: Sequence[str], *keys: str, serial: str | None = None) -> Many:
    """An insert of rows that leaves those alone whose key is taken. Parameters are the columns' names.

    On PostgreSQL the rows go in sorted by key, as everybody's do; `serial` is then numbered in the order given.
    """
    return _insert(Many, table, names, keys, serial, f" ON CONFLICT ({', '.join(keys)}) DO NOTHING")


def insert_new(table: Table, names: Sequence[str], *keys: str, serial: str | None = None) -> New:
    """The same of rows that must be new: on PostgreSQL nothing has to be counted, so nobody waits."""
    return _insert(New, table, names, keys, serial, "")


def update_rows(table: Table, names: Sequence[str], *keys: str) -> Many:
    """An update of rows by their keys; parameters are the columns' names with a trailing underscore."""
    found = and_(*(table.c[key] == bindparam(f"{key}_") for key in keys))
    plain: Prepared[Any] = prepare(update(table).where(found).values({name: bindparam(f"{name}_") for name in names}))
    every = [*keys, *names]
    arrays = ", ".join(f":{name}_::{_type(table.c[name])}[]" for name in every)
    sets = ", ".join(f"{name} = {_given(table.c[name])}" for name in names)
    same = " AND ".join(f"{table.name}.{key} = given.{key}" for key in keys)
    postgres = f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS given ({', '.join(every)}) WHERE {same}"
    return Many(
        table.name, plain, prepare_text(postgres).postgres, lambda count: plain.postgres if count == 1 else None
    )


def _insert(kind: type[M], table: Table, names: Sequence[str], keys: Sequence[str], serial: str | None, skip: str) -> M:
    columns, order = ", ".join(names), ", ".join(f"given.{key}" for key in keys)
    number, target = (f"nextval('{table.name}_{serial}_seq')", f"{serial}, {columns}") if serial else ("", columns)
    plain: Prepared[Any] = prepare_text(
        f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(':' + name for name in names)})"
        f" ON CONFLICT ({', '.join(keys)}) DO NOTHING"
    )
    arrays = ", ".join(f":{name}::{_type(table.c[name])}[]" for name in names)
    chosen, given = ", ".join(_given(table.c[name]) for name in names), f"unnest({arrays}) AS given ({columns})"
    if number:
        given, chosen = f"(SELECT {number} AS {serial}, given.* FROM {given}) AS given", f"{serial}, {chosen}"
    postgres = f"INSERT INTO {table.name} ({target}) SELECT {chosen} FROM {given} ORDER BY {order}{skip}"

    def few(count: int) -> str:
        rows = ", ".join(_values(table, names, number, f"_{place}" if count > 1 else "") for place in range(count))
        named = (
            f"VALUES {rows}" if count == 1 else f"SELECT * FROM (VALUES {rows}) AS given ({target}) ORDER BY {order}"
        )
        return prepare_text(f"INSERT INTO {table.name} ({target}) {named}{skip}").postgres

    return kind(table.name, plain, prepare_text(postgres).postgres, few)


def _values(table: Table, names: Sequence[str], number: str, suffix: str) -> str:
    """One row, each value named."""
    given = [f":{name}{suffix}::{'jsonb' if table.c[name].type is Json else _type(table.c[name])}" for name in names]
    return f"({', '.join([number] * bool(number) + given)})"


def _type(column: Column[Any]) -> str:
    if column.type is Whole:
        return "bigint"
    return "smallint" if column.type is Flag else "text"


def _given(column: Column[Any]) -> str:
    return f"given.{column.name}::jsonb" if column.type is Json else f"given.{column.name}"
