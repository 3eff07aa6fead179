"""Stopping: from the signal to the end of a process, one deadline for all of it.

A signal handler runs in the middle of whatever the main thread was doing, and that may hold any lock: one that wrote a
line to the log waited for ever when it came while a line was being written. So ours only puts the signal into a queue;
a thread, started before, does the rest:

1. whoever asked to be told is told, and every part of the program gets what is left of the time;
2. when three quarters of the time are over, whatever waits for the database is broken off;
3. when it is over, or a second Ctrl-C comes, the process ends at once, as if it had been killed. That loses nothing
   that was acknowledged: what counts is durable before anybody is told of it, and the next start goes on from there.

SIGTERM may come as often as a supervisor likes: it says the same each time. The one for "now" is SIGKILL.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import structlog

from .errors import Refused, Unavailable

REPEATED_S = 0.5
"""A second Ctrl-C so soon is the first one, sent on by whoever started us."""
BROKEN_OFF_AT = 0.75
SAID_S = 1.0
"""So long may the last sentence take: whoever reads the log may be what hangs."""

log = structlog.get_logger(__name__)


class Deadline:
    """A moment by which something has to be over. Without seconds it never comes."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float | None = None) -> None:
        self._at = None if seconds is None else time.monotonic() + seconds

    @property
    def left_s(self) -> float | None:
        """The seconds that are left, 0 when it has passed; None when it never comes: what waiting calls take."""
        return None if self._at is None else max(self._at - time.monotonic(), 0.0)

    def share(self, part: float) -> Deadline:
        """An earlier one, which leaves the rest of the time to what comes after."""
        left_s = self.left_s
        return Deadline(None if left_s is None else left_s * part)

    def require(self, thread: threading.Thread, sentence: str) -> None:
        """Wait for a thread to end, if it was started. Unavailable, with the sentence, when it has not."""
        if thread.is_alive():
            thread.join(self.left_s)
        if thread.is_alive():
            raise Unavailable(sentence)

    def finish(self, end: Callable[[], object]) -> bool:
        """Wait for a call that ends something and cannot be told how long it may take; whether it is over."""
        ending = threading.Thread(target=end, name="entrepot-ending", daemon=True)
        ending.start()
        ending.join(self.left_s)
        return not ending.is_alive()


NEVER = Deadline()


class Stop:
    """The stop of this process, in `limit_s` at most. `break_off` ends waits for the database and says how many it
    were; `told` are called as soon as a signal comes, and `killed` just before the process ends at once."""

    def __init__(self, limit_s: float, break_off: Callable[[], int]) -> None:
        self.limit_s = limit_s
        self.deadline = NEVER
        self.is_asked = False
        self._break_it_off = break_off
        self.told: list[Callable[[], object]] = []
        self.killed: list[Callable[[], object]] = []
        self._asked: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def ask(self, number: int | None = None) -> None:
        """Begin to stop; asked again by SIGINT, end at once. May be called from anywhere, a signal handler included."""
        if not self.is_asked:
            self.deadline = Deadline(self.limit_s)
            self.is_asked = True
        self._asked.put(number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT from here on, where this is the main thread."""
        threading.Thread(target=self._watch, name="entrepot-stop", daemon=True).start()
        before: dict[signal.Signals, Any] = {}
        with suppress(ValueError):  # not the main thread: whoever started us says when to stop
            for each in (signal.SIGTERM, signal.SIGINT):
                before[each] = signal.signal(each, self._hear)
        try:
            yield
        finally:
            if not self.is_asked:  # else they stay ours until the process has ended
                for each, handler in before.items():
                    signal.signal(each, handler)

    def leave(self, problem: Refused | None = None) -> NoReturn:
        """End the process: everything is closed, but for a problem that is to be told.

        The interpreter's own end would visit every object that there is first: seconds of work for nothing.
        """
        if problem is not None:
            sys.stderr.write(f"{problem.sentence}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0 if problem is None else 1)

    def _hear(self, number: int, frame: object) -> None:
        self.ask(number)

    def _watch(self) -> None:
        number = self._asked.get()
        with suppress(OSError, ValueError, AttributeError):  # should even this thread not get its turn
            faulthandler.dump_traceback_later(self.limit_s + 2 * SAID_S, exit=True)
        told = threading.Thread(target=self._tell, args=(number,), daemon=True)
        told.start()
        began = time.monotonic()
        if self._is_asked_again(began, BROKEN_OFF_AT * self.limit_s):
            self._end("asked twice: ended at once")
        threading.Thread(target=self._break_off, daemon=True).start()
        if self._is_asked_again(began, self.limit_s):
            self._end("asked twice: ended at once")
        self._end(f"not everything could be finished in {self.limit_s:g} s: ended")

    def _tell(self, number: int | None) -> None:
        for tell in self.told:
            tell()
        log.info("stopping", signal=None if number is None else signal.Signals(number).name, limit_s=self.limit_s)

    def _is_asked_again(self, began: float, until_s: float) -> bool:
        while (left_s := began + until_s - time.monotonic()) > 0:
            with suppress(queue.Empty):
                number = self._asked.get(timeout=left_s)
                if number == signal.SIGINT and time.monotonic() - began > REPEATED_S:
                    return True
        return False

    def _break_off(self) -> None:
        if self._break_it_off():
            log.warning("the database does not answer in time: its connections are broken off")

    def _end(self, sentence: str) -> None:
        for act in self.killed:
            with suppress(OSError):
                act()
        at_work = sorted(each.name for each in threading.enumerate() if each.name.startswith("entrepot"))
        words = f"{sentence}. What was acknowledged is durable; the next start goes on with the rest"
        last = threading.Thread(target=lambda: log.error(words, threads=at_work), daemon=True)
        last.start()
        last.join(SAID_S)
        os._exit(1)
