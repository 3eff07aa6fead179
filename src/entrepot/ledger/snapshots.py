"""Snapshots of the accounts that carry no totals, so that their balance is a few rows to add up, however old they are.

A snapshot holds an account's sealed transfers up to a position. Sealed ones alone, because only positions say what is
in it and what is not: on PostgreSQL a transfer with a lower serial may still be committed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entrepot.kernel import Prepared, Snapshot, Tx, find_fact, prepare_text, write_fact

from .balances import HALF, add

LEAST = 64
"""An account with fewer transfers behind its snapshot is left as it is."""
POSITIONS_MAX = 10_000
CURSOR = "ledger.folded"


def snapshot_accounts(tx: Tx, least: int = LEAST) -> int:
    """Take snapshots of accounts that moved since the last time; returns how many positions were looked through.

    Returns 0 when everything sealed was looked through. Bounded in work: call it until then.
    """
    after = int(find_fact(tx, CURSOR) or 0)
    until = min(int(tx.value(_last_position) or 0), after + POSITIONS_MAX)
    if until <= after:
        return 0
    moved = [row[0] for row in tx.all(_moved, after=after, until=until)]
    rows = [row for row in fold(tx, moved, until) if row["behind"] >= least]
    tx.run_many(_write, [{name: value for name, value in row.items() if name != "behind"} for row in rows])
    write_fact(tx, CURSOR, until)
    return until - after


def fold(snapshot: Snapshot, accounts: Sequence[str], until: int) -> list[dict[str, Any]]:
    """For each account its snapshot as it would be at a position; `behind` is how many transfers it would take in."""
    folded: dict[str, dict[str, Any]] = {}
    for account, counted, balance, debits, credits, side, kind, count, last, high, low in snapshot.all(
        _fold, ids=accounts, until=until
    ):
        row = folded.setdefault(
            account,
            {"transfers": counted, "position": 0, "held": [int(balance), int(debits), int(credits)], "behind": 0},
        )
        add(row["held"], side, kind, high * HALF + low)
        row["behind"] += count
        row["transfers"] += count
        row["position"] = max(row["position"], last)
    return [
        {
            "account": account,
            "position": row["position"],
            "transfers": row["transfers"],
            "balance": str(row["held"][0]),
            "pending_debits": str(row["held"][1]),
            "pending_credits": str(row["held"][2]),
            "behind": row["behind"],
        }
        for account, row in folded.items()
    ]


_last_position: Prepared[Any] = prepare_text("SELECT max(last_position) FROM ledger_blocks")
_moved: Prepared[tuple[str]] = prepare_text(
    "SELECT id FROM ledger_accounts WHERE balance IS NULL AND id IN ("
    "SELECT debit FROM ledger_transfers WHERE position > :after AND position <= :until UNION "
    "SELECT credit FROM ledger_transfers WHERE position > :after AND position <= :until) ORDER BY id"
)
_write: Prepared[Any] = prepare_text(
    "INSERT INTO ledger_snapshots (account, position, transfers, balance, pending_debits, pending_credits) "
    "VALUES (:account, :position, :transfers, :balance, :pending_debits, :pending_credits) "
    "ON CONFLICT (account) DO UPDATE SET position = excluded.position, transfers = excluded.transfers, "
    "balance = excluded.balance, pending_debits = excluded.pending_debits, pending_credits = excluded.pending_credits "
    "WHERE ledger_snapshots.position < excluded.position"
)


def _behind(side: str) -> str:
    return (
        f"SELECT wanted.id, '{side}' AS side, t.kind, t.amount, t.position FROM wanted JOIN ledger_transfers t "
        f"ON t.{side} = wanted.id WHERE t.position > wanted.position AND t.position <= {{until}}"
    )


_SQL = f"""
WITH wanted AS (
  SELECT a.id, coalesce(s.position, 0) AS position, coalesce(s.transfers, 0) AS transfers,
    coalesce(s.balance, '0') AS balance, coalesce(s.pending_debits, '0') AS pending_debits,
    coalesce(s.pending_credits, '0') AS pending_credits
  FROM ledger_accounts a LEFT JOIN ledger_snapshots s ON s.account = a.id WHERE a.id {{ids}}
), sums AS (
  SELECT id, side, kind, count(*) AS count, max(position) AS last,
    CAST(sum(amount / {HALF}) AS BIGINT) AS high, CAST(sum(amount % {HALF}) AS BIGINT) AS low
  FROM ({_behind("debit")} UNION ALL {_behind("credit")}) AS behind GROUP BY id, side, kind
)
SELECT wanted.id, wanted.transfers, wanted.balance, wanted.pending_debits, wanted.pending_credits,
  side, kind, count, last, high, low
FROM wanted JOIN sums ON sums.id = wanted.id ORDER BY wanted.id
"""
_fold: Prepared[tuple[Any, ...]] = Prepared(
    _SQL.format(ids="IN (SELECT value FROM json_each(:ids))", until=":until"),
    _SQL.replace("%", "%%").format(ids="= ANY(%(ids)s::text[])", until="%(until)s"),
    ("ids",),
    None,
)
