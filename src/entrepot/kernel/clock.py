"""Time as an argument: microseconds since 1970 in UTC, from a clock that a test or a simulated day may own."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Microseconds since 1970-01-01 00:00 UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000


class ManualClock:
    """A clock that moves only when told: for tests and simulated days."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._lock = threading.Lock()

    def now(self) -> int:
        with self._lock:
            return self._now

    def advance(self, microseconds: int) -> int:
        """Move forward and return the new time; a clock never goes back."""
        assert microseconds >= 0
        with self._lock:
            self._now += microseconds
            return self._now

    def advance_to(self, now: int) -> None:
        """Move forward to a time; an earlier one changes nothing."""
        with self._lock:
            self._now = max(self._now, now)


def to_rfc3339(at: int) -> str:
    """Microseconds as RFC 3339 text in UTC, such as 2026-11-21T05:10:00.000000Z."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % SECOND:06d}Z"


def from_rfc3339(text: str) -> int:
    """Microseconds from RFC 3339 text; a time without a zone is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * SECOND + moment.microsecond
