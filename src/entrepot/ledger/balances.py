"""What accounts hold.

A bounded account carries its totals. Of any other the last snapshot is read and every transfer behind it is added
up, in one statement, because on PostgreSQL a second one may see a newer snapshot. Amounts are added in two halves of
32 bits, so that no sum leaves 64 bits however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entrepot.kernel import Prepared, Snapshot

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
    sums: dict[str, list[int]] = {}
    for account_id, *totals, side, kind, high, low in snapshot.all(_balances, ids=ids):
        held = sums.setdefault(account_id, [int(total) for total in totals])
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
    """Transfers on one side of the wanted accounts that their snapshots do not hold."""
    of_side = f"SELECT wanted.id, '{side}' AS side, t.kind, t.amount FROM wanted JOIN ledger_transfers t"
    unbounded = f"ON t.{side} = wanted.id WHERE wanted.bounded = 0"
    # Two halves, because SQLite would not use the index for (position > n OR position IS NULL).
    return (
        f"{of_side} {unbounded} AND t.position > wanted.position UNION ALL {of_side} {unbounded} AND t.position IS NULL"
    )


_SQL = f"""
WITH wanted AS (
  SELECT a.id, CASE WHEN a.balance IS NULL THEN 0 ELSE 1 END AS bounded, coalesce(s.position, 0) AS position,
    coalesce(CAST(a.balance AS TEXT), s.balance, '0') AS balance,
    coalesce(CAST(a.pending_debits AS TEXT), s.pending_debits, '0') AS pending_debits,
    coalesce(CAST(a.pending_credits AS TEXT), s.pending_credits, '0') AS pending_credits
  FROM ledger_accounts a LEFT JOIN ledger_snapshots s ON s.account = a.id WHERE a.id {{ids}}
), sums AS (
  SELECT id, side, kind, CAST(sum(amount / {HALF}) AS BIGINT) AS high, CAST(sum(amount % {HALF}) AS BIGINT) AS low
  FROM ({_behind("debit")} UNION ALL {_behind("credit")}) AS behind GROUP BY id, side, kind
)
SELECT wanted.id, wanted.balance, wanted.pending_debits, wanted.pending_credits, side, kind, high, low
FROM wanted LEFT JOIN sums ON sums.id = wanted.id
"""
_balances: Prepared[tuple[Any, ...]] = Prepared(
    _SQL.format(ids="IN (SELECT value FROM json_each(:ids))"),
    _SQL.replace("%", "%%").format(ids="= ANY(%(ids)s::text[])"),
    ("ids",),
    None,
)
