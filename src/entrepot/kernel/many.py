"""Statements that write a whole set of rows.

On SQLite a set is written row by row on one prepared statement, which is its fastest way; on PostgreSQL with one
statement over arrays, whatever the number of rows. `Tx.write_all` runs several of them in one turn to the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table, and_, bindparam, update

from .sql import Flag, Json, Prepared, Whole, prepare, prepare_text

Row = Mapping[str, Any]


class New(Prepared[Any]):
    """An insert of rows that must be new, for `Tx.send_new`."""

    __slots__ = ("table",)

    def __init__(self, table: str, plain: Prepared[Any], postgres: str) -> None:
        super().__init__(plain.sqlite, postgres, (), None)
        self.table = table


def insert_new(table: Table, names: Sequence[str], *keys: str, serial: str | None = None) -> New:
    """The same as `insert_rows` for rows that must be new: on PostgreSQL nothing has to be counted, so nobody waits."""
    plain = insert_rows(table, names, *keys, serial=serial)
    return New(table.name, plain, plain.postgres.removesuffix(_skip(keys)))


def insert_rows(table: Table, names: Sequence[str], *keys: str, serial: str | None = None) -> Prepared[Any]:
    """An insert of rows that leaves those alone whose key is taken. Parameters are the columns' names.

    On PostgreSQL the rows go in sorted by key, as everybody's do; `serial` is then numbered in the order given.
    """
    columns = ", ".join(names)
    arrays = ", ".join(f":{name}::{_array(table.c[name])}" for name in names)
    chosen = ", ".join(_given(table.c[name]) for name in names)
    given, numbered, target = f"unnest({arrays}) AS given ({columns})", "", columns
    if serial is not None:
        numbers = f"SELECT nextval('{table.name}_{serial}_seq') AS {serial}, given.* FROM {given}"
        given, numbered, target = f"({numbers}) AS given", f"{serial}, ", f"{serial}, {columns}"
    order, skip = ", ".join(f"given.{key}" for key in keys), _skip(keys)
    return prepare_text(
        f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(':' + name for name in names)}) {skip}",
        postgres=f"INSERT INTO {table.name} ({target}) SELECT {numbered}{chosen} FROM {given} ORDER BY {order} {skip}",
    )


def update_rows(table: Table, names: Sequence[str], *keys: str) -> Prepared[Any]:
    """An update of rows by their keys; parameters are the columns' names with a trailing underscore."""
    found = and_(*(table.c[key] == bindparam(f"{key}_") for key in keys))
    plain: Prepared[Any] = prepare(update(table).where(found).values({name: bindparam(f"{name}_") for name in names}))
    every = [*keys, *names]
    arrays = ", ".join(f":{name}_::{_array(table.c[name])}" for name in every)
    sets = ", ".join(f"{name} = {_given(table.c[name])}" for name in names)
    same = " AND ".join(f"{table.name}.{key} = given.{key}" for key in keys)
    return prepare_text(
        plain.sqlite,
        postgres=f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS given ({', '.join(every)}) WHERE {same}",
    )


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows of one shape as an array for each column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _skip(keys: Sequence[str]) -> str:
    return f"ON CONFLICT ({', '.join(keys)}) DO NOTHING"


def _array(column: Column[Any]) -> str:
    if column.type is Whole:
        return "bigint[]"
    return "smallint[]" if column.type is Flag else "text[]"


def _given(column: Column[Any]) -> str:
    return f"given.{column.name}::jsonb" if column.type is Json else f"given.{column.name}"
