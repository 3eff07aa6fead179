"""Arrays of parts: many short lists lie in one long array, and each is known by its span, one number.

Where many numbers are looked up at once, `np.take` is twice as quick as an index in brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    places = np.repeat(np.arange(len(lengths)), lengths)
    offsets = starts - (np.cumsum(lengths) - lengths)
    return places, np.take(offsets, places) + np.arange(len(places))


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


def distinct(places: Whole, codes: npt.NDArray[np.integer[Any]]) -> tuple[Whole, Whole]:
    """Pairs of a place and a code, neither below zero nor above 31 bits, each pair once."""
    keys = np.sort((places << 32) + codes)  # np.unique hashes, which is slower for the few of a search
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    found = keys[first]
    return found >> 32, found & 0xFFFFFFFF


def counts_from(edges: Sequence[int], numbers: Whole, places: Whole, count: int) -> list[int]:
    """Of `count` places, how many have a number from each edge on and below the next; smaller ones count nowhere."""
    kind = np.zeros(len(numbers), np.uint8)
    for edge in edges:
        kind += (numbers >= edge).view(np.uint8)
    is_there = np.zeros((len(edges) + 1, count), np.bool_)
    is_there[kind, places] = True
    return [int(np.count_nonzero(each)) for each in is_there[1:]]
