"""Rows that belong together though they may stand apart: variants that name the same group.

Feeds usually write the variants of a product one below the other, but nothing makes them. So the feed is read twice:

1. once for where each group's rows stand, eight bytes a run of rows;
2. once for the rows: a group that stands in one place is handed over when it ends, one that is scattered is kept until
   its last run, up to a bound.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from entrepot.kernel import Invalid

from ..drafts import VARIANTS_MAX
from .reading import Problem

RUNS_MAX: Final = 20_000_000
KEPT_BYTES_MAX: Final = 192 * 2**20
ROW_BYTES: Final = 1_000
"""What a row takes in memory besides its text: measured, a row of seven short cells takes 1.3 kB."""
ROWS_MAX: Final = VARIANTS_MAX


TOO_FAR_APART: Final = "The rows of this product stand too far apart: sort the feed so that they follow each other"


class Group(NamedTuple):
    """The rows of one product, which have a `line` and a `size`. `refusal` says why they cannot be taken."""

    key: str
    rows: list[Any]
    refusal: str = ""


def gather(read: Callable[[], Iterator[Any]], key_of: Callable[[Any], str]) -> Iterator[Group | Problem]:
    """Groups of the rows that `read` gives, in the order in which they end; problems where they stand.

    `read` is called twice and gives the same both times. A row without a key is a group of its own.
    """
    held = _Held(_scattered(read, key_of))
    current: Group | None = None
    for row in read():
        key = "" if isinstance(row, Problem) else key_of(row)
        if current is not None and key != current.key:
            yield from held.end(current)
            current = None
        if isinstance(row, Problem):
            yield row
        elif not key:
            yield Group("", [row])
        elif current is None:
            current = Group(key, [row])
        elif len(current.rows) <= ROWS_MAX:
            current.rows.append(row)
    if current is not None:
        yield from held.end(current)


class _Held:
    """Groups of which more rows are to come."""

    def __init__(self, scattered: dict[int, int]) -> None:
        self._runs_left = scattered
        self._groups: dict[str, tuple[Group, int]] = {}
        self._size = 0

    def end(self, run: Group) -> Iterator[Group]:
        """Take in a run of rows; the whole group comes out when it was the last."""
        left = self._runs_left.get(hash(run.key))
        if left is None:
            yield _bounded(run)
            return
        self._runs_left[hash(run.key)] = left - 1
        before, size = self._groups.pop(run.key, (Group(run.key, []), 0))
        self._size -= size
        more = [] if before.refusal else run.rows[: ROWS_MAX + 1 - len(before.rows)]
        before.rows.extend(more)
        if left <= 1:
            yield _bounded(before)
            return
        whole, size = before, size + _size(more)
        if self._size + size > KEPT_BYTES_MAX:
            whole = Group(run.key, before.rows[:1], TOO_FAR_APART)
            size = _size(whole.rows)
        self._groups[run.key] = whole, size
        self._size += size


def _size(rows: list[Any]) -> int:
    return sum(row.size + ROW_BYTES for row in rows)


def _bounded(group: Group) -> Group:
    if len(group.rows) > ROWS_MAX and not group.refusal:
        return Group(group.key, group.rows[:ROWS_MAX], f"A product has at most {ROWS_MAX:,} variants")
    return group


def _scattered(read: Callable[[], Iterator[Any]], key_of: Callable[[Any], str]) -> dict[int, int]:
    """How many runs each group has that has more than one, by the hash of its key."""
    import numpy

    runs = array("q")
    last = ""
    for row in read():
        key = "" if isinstance(row, Problem) else key_of(row)
        if key and key != last:
            if len(runs) >= RUNS_MAX:
                raise Invalid(f"This feed has more than {RUNS_MAX:,} products: split it")
            runs.append(hash(key))
        last = key
    values, counts = numpy.unique(numpy.frombuffer(runs, dtype=numpy.int64), return_counts=True)
    several = counts > 1
    return dict(zip(values[several].tolist(), counts[several].tolist(), strict=True))
