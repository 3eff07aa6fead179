"""The statements of posting, as text: each reads or writes a whole set.

On SQLite a set is written row by row on one prepared statement, which is its fastest way; on PostgreSQL with one
statement over arrays, which is one round trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table, bindparam, or_, select, union_all, update

from entrepot.kernel import Prepared, Tx, in_set, prepare, prepare_text
from entrepot.kernel.sql import Whole

from . import tables
from .types import Transfer

Row = Mapping[str, Any]

_a, _t, _h = tables.accounts.c, tables.transfers.c, tables.holds.c


def holds_locked(tx: Tx, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """The holds of these ids, locked in the order of their ids."""
    return tx.all(_lock_holds, ids=ids)


def accounts_locked(tx: Tx, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """The accounts of these ids; those with bounds are locked in the order of their ids."""
    return tx.all(_lock_accounts, ids=ids)


def transfers_known(tx: Tx, ids: Sequence[str]) -> list[Transfer]:
    """The stored transfers among these ids."""
    return tx.all(_known, ids=ids)


def insert_accounts(tx: Tx, rows: Sequence[Row]) -> int:
    """Open accounts, in the order given; returns how many were not there yet."""
    return _insert(tx, _new_accounts, rows)


def insert_transfers(tx: Tx, rows: Sequence[tuple[Transfer, str]]) -> int:
    """Store transfers with their digests, numbered in the order given; returns how many were not there yet."""
    written = [
        {
            "id": t.id,
            "kind": t.kind,
            "debit": t.debit,
            "credit": t.credit,
            "unit": t.unit,
            "amount": t.amount,
            "code": t.code,
            "ref": t.ref,
            "hold": t.hold,
            "final": t.final,
            "expires_at": t.expires_at,
            "at": t.at,
            "digest": digest,
        }
        for t, digest in rows
    ]
    return _insert(tx, _new_transfers, written)


def insert_holds(tx: Tx, rows: Sequence[Row]) -> None:
    """Store new holds; their transfers were stored before, so nobody else can insert the same."""
    if rows:
        _insert(tx, _new_holds, rows)


def accounts_written(tx: Tx, rows: Sequence[Row]) -> None:
    """Set the running totals of locked accounts."""
    _update(tx, _set_totals, rows)


def holds_written(tx: Tx, rows: Sequence[Row]) -> None:
    """Set what became of locked holds."""
    _update(tx, _set_holds, rows)


def set_positions(tx: Tx, rows: Sequence[Row]) -> None:
    """Give transfers their places in the chain, by their serials."""
    _update(tx, _set_positions, rows)


def _insert(tx: Tx, statement: Prepared[Any], rows: Sequence[Row]) -> int:
    if tx.dialect == "postgresql":
        return tx.run(statement, **_columns(rows))
    tx.run_many(statement, rows)
    return len(rows)  # one writer: what was not there when it was read is not there now


def _update(tx: Tx, statement: Prepared[Any], rows: Sequence[Row]) -> None:
    if not rows:
        return
    if tx.dialect == "postgresql":
        tx.run(statement, **_columns(rows))
    else:
        tx.run_many(statement, rows)


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _array(column: Column[Any]) -> str:
    return "bigint[]" if column.type is Whole else "smallint[]" if column.name == "final" else "text[]"


def _insert_text(table: Table, names: Sequence[str], key: str, *, serial: str | None = None) -> Prepared[Any]:
    """An insert of many rows that leaves those alone whose key is taken.

    On PostgreSQL the rows go in sorted by key, as everybody's do; `serial` is then numbered in the order given.
    """
    columns = ", ".join(names)
    arrays = ", ".join(f":{name}::{_array(table.c[name])}" for name in names)
    rows = f"SELECT {columns} FROM unnest({arrays}) AS given ({columns}) ORDER BY {key}"
    target = columns
    if serial is not None:
        numbered = f"SELECT nextval('{table.name}_{serial}_seq') AS {serial}, given.* FROM unnest({arrays})"
        rows = f"SELECT {serial}, {columns} FROM ({numbered} AS given ({columns})) AS numbered ORDER BY {key}"
        target = f"{serial}, {columns}"
    return prepare_text(
        f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(':' + name for name in names)})",
        postgres=f"INSERT INTO {table.name} ({target}) {rows} ON CONFLICT ({key}) DO NOTHING",
    )


def _update_text(table: Table, names: Sequence[str], key: str = "id") -> Prepared[Any]:
    """An update of many rows by their key; parameters carry a trailing underscore."""
    statement = update(table).where(table.c[key] == bindparam(f"{key}_"))
    plain: Prepared[Any] = prepare(statement.values({name: bindparam(f"{name}_") for name in names}))
    every = [key, *names]
    arrays = ", ".join(f":{name}_::{_array(table.c[name])}" for name in every)
    sets = ", ".join(f"{name} = given.{name}" for name in names)
    return prepare_text(
        plain.sqlite,
        postgres=f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS given ({', '.join(every)}) "
        f"WHERE {table.name}.{key} = given.{key}",
    )


def _names(table: Table, *without: str) -> list[str]:
    return [column.name for column in table.c if column.name not in without]


_new_accounts = _insert_text(tables.accounts, _names(tables.accounts), "id")
_new_transfers = _insert_text(tables.transfers, _names(tables.transfers, "serial", "position"), "id", serial="serial")
_new_holds = _insert_text(tables.holds, _names(tables.holds), "id")
_set_totals = _update_text(tables.accounts, ["balance", "pending_debits", "pending_credits"])
_set_positions = _update_text(tables.transfers, ["position"], "serial")
_set_holds = _update_text(tables.holds, ["captured", "released", "state"])

_lock_holds: Prepared[tuple[Any, ...]] = prepare(
    select(*[_h[name] for name in _names(tables.holds)]).where(in_set(_h.id, "ids")).order_by(_h.id).with_for_update()
)
_account = (
    _a.owner, _a.kind, _a.unit, _a.floor, _a.ceiling, _a.balance, _a.pending_debits, _a.pending_credits,
)  # fmt: skip
_asked = select(*_account).where(in_set(_a.id, "ids"))
_is_bounded = or_(_a.floor.is_not(None), _a.ceiling.is_not(None))
_locked = _asked.where(_is_bounded).order_by(_a.id).with_for_update().cte("locked")
_lock_accounts: Prepared[tuple[Any, ...]] = Prepared(
    prepare(_asked).sqlite,
    prepare(union_all(select(_locked), _asked.where(~_is_bounded))).postgres,
    ("ids",),
    None,
)
_stored = (
    _t.id, _t.kind, _t.debit, _t.credit, _t.unit, _t.amount, _t.code, _t.ref, _t.hold, _t.final, _t.expires_at, _t.at,
    _t.position,
)  # fmt: skip
_known: Prepared[Transfer] = prepare(select(*_stored).where(in_set(_t.id, "ids")), Transfer)
