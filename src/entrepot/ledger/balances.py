"""What accounts hold.

A bounded account carries its totals. Of an account without bounds the last snapshot is read and each transfer behind it
is added up, in one statement, because on PostgreSQL a second one may see a newer snapshot. Amounts are added in two
halves of 32 bits, so that no sum leaves 64 bits however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import tables
from .types import Account, Balance

HALF = 2**32

MOVING = {"move", "capture"}
"""Kinds that change balances. A hold adds to what is pending; a capture, void or expiry takes from it."""


def balance_of(snapshot: Snapshot, account: Account) -> Balance:
    """What one account holds; zero when nobody has used it yet."""
    return balances_of(snapshot, [account])[account.id]


def balances_of(snapshot: Snapshot, accounts: Sequence[Account]) -> dict[str, Balance]:
    """What each of these accounts holds, by account id."""
    ids = [account.id for account in accounts]
    return dict.fromkeys(ids, Balance()) | read_balances(snapshot, ids)


def read_balances(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, Balance]:
    """What each opened account of these ids holds."""
    found: dict[str, Balance] = {}
    unbounded: list[str] = []
    for account_id, *totals in snapshot.all(_totals, ids=ids):
        if totals[0] is None:
            unbounded.append(account_id)
        else:
            found[account_id] = Balance(*totals)
    return found | _added_up(snapshot, unbounded) if unbounded else found


def _added_up(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, Balance]:
    """What accounts without totals hold."""
    sums: dict[str, list[int]] = {}
    for account_id, *taken, side, kind, high, low in snapshot.all(_sums, ids=ids):
        held = sums.setdefault(account_id, [int(total) for total in taken])
        if kind is not None:
            add(held, side, kind, high * HALF + low)
    return {account_id: Balance(*held) for account_id, held in sums.items()}


def add(held: list[int], side: str, kind: str, amount: int) -> None:
    """Add the transfers of a kind on one side of an account to its [balance, pending debits, pending credits]."""
    if kind in MOVING:
        held[0] += amount if side == "credit" else -amount
    if kind != "move":
        held[2 if side == "credit" else 1] += amount if kind == "hold" else -amount


def _behind(side: str) -> str:
    """Transfers on one side of the wanted accounts that their snapshots do not hold: sealed since, and not sealed."""
    return (
        f"SELECT wanted.id, '{side}' AS side, t.kind, t.amount FROM wanted JOIN ledger_transfers t "
        f"ON t.{side} = wanted.id WHERE t.position > wanted.position UNION ALL "
        f"SELECT t.{side}, '{side}', t.kind, t.amount FROM ledger_transfers t WHERE t.position IS NULL "
        f"AND t.{side} IN (SELECT id FROM wanted)"
    )


_SQL = f"""
WITH wanted AS (
  SELECT a.id, coalesce(s.position, 0) AS position, coalesce(s.balance, '0') AS balance,
    coalesce(s.pending_debits, '0') AS pending_debits, coalesce(s.pending_credits, '0') AS pending_credits
  FROM ledger_accounts a LEFT JOIN ledger_snapshots s ON s.account = a.id WHERE a.id {{ids}}
), sums AS (
  SELECT id, side, kind, CAST(sum(amount / {HALF}) AS BIGINT) AS high, CAST(sum(amount % {HALF}) AS BIGINT) AS low
  FROM ({_behind("debit")} UNION ALL {_behind("credit")}) AS behind GROUP BY id, side, kind
)
SELECT wanted.id, wanted.balance, wanted.pending_debits, wanted.pending_credits, side, kind, high, low
FROM wanted LEFT JOIN sums ON sums.id = wanted.id
"""
_sums: Prepared[tuple[Any, ...]] = Prepared(
    _SQL.format(ids="IN (SELECT value FROM json_each(:ids))"),
    _SQL.replace("%", "%%").format(ids="= ANY(%(ids)s::text[])"),
    ("ids",),
    None,
)
_a = tables.accounts.c
_totals: Prepared[Any] = prepare(
    select(_a.id, _a.balance, _a.pending_debits, _a.pending_credits).where(in_set(_a.id, "ids"))
)
