"""The sandbox's own books: a small database that the market cannot see, as a real processor's cannot be seen.

What it wrote survives a crash of the program; it is not made to survive one of the machine.
"""

from __future__ import annotations

import base64
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_TABLES = """
CREATE TABLE IF NOT EXISTS acts (
    kind TEXT NOT NULL, key TEXT NOT NULL, processor_ref TEXT NOT NULL, target TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
    at INTEGER NOT NULL, done_at INTEGER NOT NULL, PRIMARY KEY (kind, key)) STRICT;
CREATE INDEX IF NOT EXISTS acts_target ON acts (kind, target);
CREATE TABLE IF NOT EXISTS knocks (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) STRICT;
CREATE TABLE IF NOT EXISTS webhooks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, body TEXT NOT NULL, due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, sent_at INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS webhooks_due ON webhooks (due_at) WHERE sent_at IS NULL;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Act(msgspec.Struct, frozen=True):
    """A charge, capture, void, refund or payout in the sandbox's books; `target` is the token, the charge's key or the
    payee."""

    kind: str
    key: str
    processor_ref: str
    target: str
    amount_minor: int
    currency: str
    state: str
    reason: str | None
    at: int
    done_at: int


class Waiting(msgspec.Struct, frozen=True):
    """A webhook that was not heard yet."""

    number: int
    id: str
    body: str
    due_at: int
    tries: int


class Books:
    """Acts, webhooks to be sent and the secret they are signed with. Used by any number of threads and processes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "sandbox.db"
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._raw = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._raw.execute("PRAGMA journal_mode = WAL")
        self._raw.execute("PRAGMA synchronous = NORMAL")
        self._raw.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._raw.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is written within happens together, one writer at a time."""
        with self._lock:
            self._raw.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._raw.execute("ROLLBACK")
                raise
            self._raw.execute("COMMIT")

    def webhook_secret(self) -> str:
        """The secret that webhooks are signed with, made when first asked for."""
        with self.writing():
            made = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
            self._raw.execute("INSERT OR IGNORE INTO facts VALUES ('webhook_secret', ?)", (made,))
            return str(self._raw.execute("SELECT value FROM facts WHERE name = 'webhook_secret'").fetchone()[0])

    def find_act(self, kind: str, key: str) -> Act | None:
        """An act by its key."""
        rows = self._acts("kind = ? AND key = ?", kind, key)
        return rows[0] if rows else None

    def list_acts(self) -> list[Act]:
        """Every act, oldest first."""
        return self._acts("1 = 1")

    def sum_of(self, kind: str, target: str) -> int:
        """What acts of a kind come to for their target, in minor units; those that failed count nothing."""
        return sum(
            each.amount_minor for each in self._acts("kind = ? AND target = ? AND state != 'failed'", kind, target)
        )

    def add_act(self, act: Act) -> None:
        """Write an act down."""
        with self._lock:
            self._raw.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(act))

    def knock(self, kind: str, key: str) -> bool:
        """Whether this is the first time that something is asked for."""
        with self._lock:
            return self._raw.execute("INSERT OR IGNORE INTO knocks VALUES (?, ?)", (kind, key)).rowcount == 1

    def add_webhook(self, webhook_id: str, body: str, due_at: int) -> None:
        """Have a webhook sent at this time."""
        with self._lock:
            self._raw.execute("INSERT INTO webhooks (id, body, due_at) VALUES (?, ?, ?)", (webhook_id, body, due_at))

    def due_webhooks(self, now: int) -> list[Waiting]:
        """What is to be sent by now, in the order in which it is to come."""
        return [waiting for waiting in self.waiting_webhooks() if waiting.due_at <= now]

    def waiting_webhooks(self) -> list[Waiting]:
        """What is to be sent, in the order in which it is to come."""
        with self._lock:
            rows = self._raw.execute(
                "SELECT number, id, body, due_at, tries FROM webhooks WHERE sent_at IS NULL ORDER BY due_at, number"
            ).fetchall()
        return [Waiting(*row) for row in rows]

    def webhook_sent(self, number: int, now: int) -> None:
        """It was heard."""
        with self._lock:
            self._raw.execute("UPDATE webhooks SET sent_at = ? WHERE number = ?", (now, number))

    def webhook_refused(self, number: int, due_at: int) -> None:
        """It was not heard: send it again then."""
        with self._lock:
            self._raw.execute("UPDATE webhooks SET due_at = ?, tries = tries + 1 WHERE number = ?", (due_at, number))

    def _acts(self, condition: str, *params: str) -> list[Act]:
        with self._lock:
            rows = self._raw.execute(f"SELECT * FROM acts WHERE {condition} ORDER BY at, key", params).fetchall()
        return [Act(*row) for row in rows]
