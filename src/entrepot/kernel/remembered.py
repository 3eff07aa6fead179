"""What was read a moment ago, for whoever checks it again where it counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_S = 1.0
MOST = 4_096


class Remembered(Generic[T]):
    """Values by what they were looked up by, each for a second. Used from one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str | bytes, tuple[float, T]] = {}

    def find(self, name: str | bytes) -> T | None:
        """What was kept less than a second ago."""
        found = self._kept.get(name)
        return found[1] if found is not None and found[0] > self._clock() else None

    def keep(self, name: str | bytes, value: T) -> T:
        """Keep a value that was just read."""
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[name] = (self._clock() + KEPT_S, value)
        return value

    def forget(self, name: str | bytes) -> None:
        """It is no longer so."""
        self._kept.pop(name, None)
