"""The queue before the writer: two lanes, interactive before bulk, and bulk never more than half of the time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from typing import Any, NamedTuple

from .tx import Tx


class Lane(Enum):
    """How urgent a command is."""

    INTERACTIVE = "interactive"
    """Somebody waits for the answer."""
    BULK = "bulk"
    """Imports, projections, housekeeping: gets at most half of the writer's time while somebody waits."""


class Queued(NamedTuple):
    """A command that waits, and where its answer goes."""

    command: Callable[[Tx], Any]
    answer: Future[Any]

    def refuse(self, reason: BaseException) -> None:
        """Answer with a failure, unless there is an answer already or the caller has gone."""
        answer = self.answer
        if answer.running() or (not answer.done() and answer.set_running_or_notify_cancel()):
            answer.set_exception(reason)


_this_thread = threading.local()


def mark_as_writer() -> None:
    """Remember that this thread runs commands."""
    _this_thread.writes = True


def is_writer() -> bool:
    """Whether this thread runs commands: one that waited for another command here would wait for ever."""
    return bool(getattr(_this_thread, "writes", False))


class Lanes:
    """A queue of commands that hands out batches of one lane each."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Lane, deque[Queued]] = {lane: deque() for lane in Lane}
        self._bulk_owes_s = 0.0
        self._closed = False

    def put(self, queued: Queued, lane: Lane) -> bool:
        """Add a command; False when the queue is closed."""
        with self._changed:
            if self._closed:
                return False
            self._waiting[lane].append(queued)
            self._changed.notify()
            return True

    def take(self, most: int) -> tuple[Lane, list[Queued]] | None:
        """Wait for work and take up to `most` commands of the lane whose turn it is; None once closed and empty."""
        with self._changed:
            while not any(self._waiting.values()):
                if self._closed:
                    return None
                self._changed.wait()
            lane = self._next_lane()
            return lane, self._pop(lane, most)

    def more(self, lane: Lane, most: int) -> list[Queued]:
        """Commands of a lane that arrived meanwhile, without waiting."""
        with self._changed:
            return self._pop(lane, most)

    def put_back(self, rest: list[Queued], lane: Lane) -> None:
        """Return commands that were taken and not begun to the front of their lane."""
        with self._changed:
            self._waiting[lane].extendleft(reversed(rest))
            self._changed.notify()

    def spent(self, lane: Lane, seconds: float) -> None:
        """Account the time that a batch took: bulk owes what it took while somebody waited, interactive pays it off."""
        with self._changed:
            if lane is Lane.INTERACTIVE:
                self._bulk_owes_s = max(self._bulk_owes_s - seconds, 0.0)
            elif self._waiting[Lane.INTERACTIVE]:
                self._bulk_owes_s += seconds

    def close(self) -> None:
        """Take no more commands; those that wait are still handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next_lane(self) -> Lane:
        if not self._waiting[Lane.BULK]:
            return Lane.INTERACTIVE
        if not self._waiting[Lane.INTERACTIVE]:
            return Lane.BULK
        return Lane.INTERACTIVE if self._bulk_owes_s > 0 else Lane.BULK

    def _pop(self, lane: Lane, most: int) -> list[Queued]:
        waiting = self._waiting[lane]
        return [waiting.popleft() for _ in range(min(most, len(waiting)))]
