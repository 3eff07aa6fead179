"""A progress bar for long work: on a terminal a moving one, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 10.0


class Bar:
    """Shows how far a piece of work is. Call `advance(done, total)` or `more(pieces)` as often as is handy."""

    def __init__(self, label: str, total: int | None = None) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._console = Console(file=sys.stderr)
        self._bar: Progress | None = None
        self._said_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            text = TextColumn("{task.description}")
            columns = (SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=self._console, transient=False)
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, label: str, done: int, total: int) -> None:
        """A step of several, under its own name."""
        if self._bar is not None and label != self._label:
            self._bar.update(self._task, completed=self._bar.tasks[self._task].total or done)
            self._task = self._bar.add_task(label, total=total)
        self._label = label
        self.advance(done, total)

    def more(self, pieces: int) -> None:
        """So much more is done, of the total that was said in the beginning."""
        self._done += pieces
        self.advance(self._done, self._total)

    def advance(self, done: int, total: int | None = None) -> None:
        """So much of it is done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)
        elif time.monotonic() - self._said_at > LINE_EVERY_S:
            self._said_at = time.monotonic()
            self._console.print(f"{self._label}: {done:,}" + (f" of {total:,}" if total else ""))
