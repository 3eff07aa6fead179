"""Arrays of parts: many short lists lie in one long array, and each is known by its span, one number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SPAN_BITS = 16
SPAN = 1 << SPAN_BITS
"""A span is start times SPAN plus length, so that no reader sees a start with a foreign length."""

Slots = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]


def parts_of(spans: Whole) -> tuple[Whole, Whole]:
    """The starts and the lengths of spans; shifting is far quicker than dividing."""
    return spans >> SPAN_BITS, spans & (SPAN - 1)


def expand(starts: Whole, lengths: Whole) -> tuple[Whole, Whole]:
    """For parts of an array: the place of the part that each element belongs to, and where the element lies."""
    ends = np.cumsum(lengths)
    places = np.repeat(np.arange(len(lengths)), lengths)
    offsets = np.repeat(starts - (ends - lengths), lengths)
    return places, offsets + np.arange(len(offsets))


def are_in(ascending: Slots, some: Slots) -> npt.NDArray[np.bool_]:
    """Which of some slots, each there once and in their order, are among others; without sorting them all anew."""
    flags = np.zeros(len(ascending), np.bool_)
    if len(ascending):
        at = np.minimum(np.searchsorted(ascending, some), len(ascending) - 1)
        flags[at[ascending[at] == some]] = True
    return flags


def grown(column: npt.NDArray[Any], least: int) -> npt.NDArray[Any]:
    """A copy with room for at least so many, and half as much again."""
    room = np.zeros(max(least, len(column) * 3 // 2, 64), column.dtype)
    room[: len(column)] = column
    return room


def distinct(places: Whole, codes: npt.NDArray[np.integer[Any]], kinds: int) -> tuple[Whole, Whole]:
    """Pairs of a place and a code below `kinds`, each pair once."""
    keys = np.sort(places * kinds + codes)  # np.unique hashes, which is slower for the few of a search
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    found, kind = np.divmod(keys[first], kinds)
    return found, kind
