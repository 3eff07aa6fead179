"""What people searched for lately, by how many sessions: for autocomplete."""

from __future__ import annotations

import threading
import time
from collections import Counter

from entrepot import signals
from entrepot.kernel import Database
from entrepot.signals import SignalKind

from .text import fold

LOOKED_AT_MAX = 20_000
READ_MAX = 1_000
REFRESH_S = 60.0
SESSIONS_LEAST = 2
QUERY_LENGTH_MAX = 80


class PopularQueries:
    """Counts each query once per session over the latest signals. Reads when it is asked and a minute has passed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._due = 0.0
        self._after: int | None = None
        self._sessions: set[tuple[str, str]] = set()
        self._counts: Counter[str] = Counter()

    def starting(self, typed: str, most: int) -> list[str]:
        """The queries that begin with what was typed, the most wanted first; only such that several people asked."""
        if not typed:
            return []
        self._refresh()
        found = [
            (-count, query)
            for query, count in list(self._counts.items())
            if count >= SESSIONS_LEAST and query.startswith(typed) and query != typed
        ]
        return [query for _, query in sorted(found)[:most]]

    def _refresh(self) -> None:
        with self._lock:
            if time.monotonic() < self._due:
                return
            self._due = time.monotonic() + REFRESH_S
        after = self._after
        if after is None:
            after = max(0, self._last_number() - LOOKED_AT_MAX)
        while rows := self._read(after, READ_MAX):
            for row in rows:
                if row.signal.kind == SignalKind.SEARCH and row.signal.query:
                    self._count(row.signal.session, row.signal.query)
            after = rows[-1].number
        self._after = after

    def _count(self, session: str, query: str) -> None:
        asked = (session, " ".join(fold(query).split())[:QUERY_LENGTH_MAX])
        if asked not in self._sessions:
            if len(self._sessions) >= LOOKED_AT_MAX:
                self._sessions.clear()
                self._counts.clear()
            self._sessions.add(asked)
            self._counts[asked[1]] += 1

    def _last_number(self) -> int:
        """The newest signal's number, found by doubling and halving: numbers have no gaps."""
        low, high = 0, 1
        while self._read(high, 1):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._read(middle, 1) else (low, middle)
        return low

    def _read(self, after: int, most: int) -> list[signals.Stored]:
        return self._database.read_now(lambda snapshot: signals.list_signals(snapshot, after, most))
