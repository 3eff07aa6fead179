"""The control of large plans: the least that any ledger on SQLite must write, straight on the driver."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path


class RawLedger:
    """Accounts with a balance and transfers with an id, set-wise and durable, with nothing checked."""

    def __init__(self, path: Path, accounts: Sequence[str]) -> None:
        self._raw = sqlite3.connect(path, isolation_level=None)
        self._raw.execute("PRAGMA journal_mode = WAL")
        self._raw.execute("PRAGMA synchronous = FULL")
        self._raw.execute("CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER) STRICT")
        self._raw.execute(
            "CREATE TABLE transfers "
            "(serial INTEGER PRIMARY KEY, id TEXT UNIQUE, debit TEXT, credit TEXT, amount INTEGER) STRICT"
        )
        self._raw.executemany("INSERT INTO accounts VALUES (?, 0)", [(account,) for account in accounts])

    def plan(self, transfers: Sequence[tuple[str, str, str, int]], balances: Sequence[tuple[int, str]]) -> float:
        """Seconds to write these transfers (id, debit, credit, amount) and balances in one commit."""
        started = time.perf_counter()
        self._raw.execute("BEGIN IMMEDIATE")
        self._raw.executemany("INSERT INTO transfers (id, debit, credit, amount) VALUES (?, ?, ?, ?)", transfers)
        self._raw.executemany("UPDATE accounts SET balance = balance + ? WHERE id = ?", balances)
        self._raw.execute("COMMIT")
        return time.perf_counter() - started

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()
