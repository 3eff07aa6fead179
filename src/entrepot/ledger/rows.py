"""The statements of posting, as text: each reads or writes a whole set, and those that can go together do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, or_, select, union_all

from entrepot.kernel import Again, Prepared, Query, Tx, in_set, insert_new, insert_rows, prepare, update_rows

from . import tables
from .types import Transfer

Row = Mapping[str, Any]
Columns = tuple[Any, ...]

_a, _t, _h = tables.accounts.c, tables.transfers.c, tables.holds.c


def lock_queries(
    holds: Sequence[str], accounts: Collection[str], transfers: Sequence[str]
) -> tuple[Query | None, Query | None, Query | None]:
    """The queries for the holds of these ids, the accounts of these ids, and the transfers of these ids, as stored.

    To be asked in this order: holds are locked in the order of their ids, then accounts with bounds in the order of
    theirs, and transfers are read behind both.
    """
    return (
        (_lock_holds, {"ids": sorted(holds)}) if holds else None,
        (_lock_accounts, {"ids": sorted(accounts)}) if accounts else None,
        (_known, {"ids": transfers}) if transfers else None,
    )


def read_locked(
    tx: Tx, holds: Sequence[str], accounts: Collection[str], transfers: Sequence[str]
) -> tuple[list[Columns], list[Columns], list[Transfer]]:
    """What `lock_queries` find, and the accounts on both sides of the holds beside those named."""
    ask_holds, ask_accounts, ask_transfers = lock_queries(holds, accounts, transfers)
    if ask_holds is None:
        sides, known = tx.all_of(ask_accounts, ask_transfers)
        return [], sides, known
    if tx.dialect == "postgresql":
        with_sides = {"ids": sorted(accounts), "holds": sorted(holds)}
        found, sides, known = tx.all_of(ask_holds, (_lock_sides, with_sides), ask_transfers)
        return found, sides, known
    found = tx.all_of(ask_holds)[0]
    both = {*accounts, *(side for row in found for side in row[1:3])}
    sides, known = tx.all_of(*lock_queries((), both, transfers)[1:])
    return found, sides, known


def write_rows(
    tx: Tx, accounts: Sequence[Row], transfers: Sequence[tuple[Transfer, str]], new_holds: Sequence[Row],
    holds: Sequence[Row], totals: Sequence[Row],
) -> None:  # fmt: skip
    """Open accounts; store transfers with their digests, numbered in the order given, and new holds; set what became of
    locked holds, and the running totals of locked accounts.

    Again when another command opened one of the accounts or stored one of the transfers meanwhile. On PostgreSQL nobody
    waits for that: it is told by the next question, or by the commit.
    """
    stored = [_transfer_row(transfer, digest) for transfer, digest in transfers]
    tx.send_new(
        (_new_accounts, accounts, Again("another command opened the same account")),
        (_new_transfers, stored, Again("another command posted the same transfer")),
    )
    tx.send_all((_new_holds, new_holds), (_set_holds, holds), (_set_totals, totals))


def set_positions(tx: Tx, rows: Sequence[Row]) -> None:
    """Give transfers their places in the chain, by their serials."""
    tx.write_all((_set_positions, rows))


def _transfer_row(transfer: Transfer, digest: str) -> Row:
    return {
        "id": transfer.id,
        "kind": transfer.kind,
        "debit": transfer.debit,
        "credit": transfer.credit,
        "unit": transfer.unit,
        "amount": transfer.amount,
        "code": transfer.code,
        "ref": transfer.ref,
        "hold": transfer.hold,
        "final": transfer.final,
        "expires_at": transfer.expires_at,
        "at": transfer.at,
        "digest": digest,
    }


def _names(table: Table, *without: str) -> list[str]:
    return [column.name for column in table.c if column.name not in without]


_new_accounts = insert_new(tables.accounts, _names(tables.accounts), "id")
_new_transfers = insert_new(tables.transfers, _names(tables.transfers, "serial", "position"), "id", serial="serial")
_new_holds = insert_rows(tables.holds, _names(tables.holds), "id")
_set_totals = update_rows(tables.accounts, ["balance", "pending_debits", "pending_credits"], "id")
_set_positions = update_rows(tables.transfers, ["position"], "serial")
_set_holds = update_rows(tables.holds, ["captured", "released", "state"], "id")

_lock_holds: Prepared[Columns] = prepare(
    select(*[_h[name] for name in _names(tables.holds)]).where(in_set(_h.id, "ids")).order_by(_h.id).with_for_update()
)
_account = (
    _a.owner, _a.kind, _a.unit, _a.floor, _a.ceiling, _a.balance, _a.pending_debits, _a.pending_credits,
)  # fmt: skip
_asked = select(*_account).where(in_set(_a.id, "ids"))
_is_bounded = or_(_a.floor.is_not(None), _a.ceiling.is_not(None))
_locked = _asked.where(_is_bounded).order_by(_a.id).with_for_update().cte("locked")
_lock_accounts: Prepared[Columns] = Prepared(
    prepare(_asked).sqlite,
    prepare(union_all(select(_locked), _asked.where(~_is_bounded))).postgres,
    ("ids",),
    None,
)
_BY_ID = "ANY(%(ids)s::text[])"
_OR_SIDE = (  # once for the whole statement, so that the accounts are found by their key
    "ANY(ARRAY(SELECT unnest(%(ids)s::text[]) UNION SELECT debit FROM ledger_holds WHERE id = ANY(%(holds)s::text[]) "
    "UNION SELECT credit FROM ledger_holds WHERE id = ANY(%(holds)s::text[])))"
)
assert _BY_ID in _lock_accounts.postgres
_lock_sides: Prepared[Columns] = Prepared("", _lock_accounts.postgres.replace(_BY_ID, _OR_SIDE), ("ids", "holds"), None)
"""The same with the accounts of holds; for PostgreSQL alone."""
_stored = (
    _t.id, _t.kind, _t.debit, _t.credit, _t.unit, _t.amount, _t.code, _t.ref, _t.hold, _t.final, _t.expires_at, _t.at,
    _t.position,
)  # fmt: skip
_known: Prepared[Transfer] = prepare(select(*_stored).where(in_set(_t.id, "ids")), Transfer)
