"""Which ids a feed has named so far: eight bytes each, in a table that is at most two thirds full.

A set of texts would take a hundred bytes each, which ten million rows do not leave room for. Of ten million ids two
have the same 64 bits once in 370,000 feeds; then a row is refused that need not be, and is named in the report.
"""

from __future__ import annotations

from array import array
from typing import Final

_FIRST_SLOTS: Final = 1 << 12
_BITS: Final = 2**64 - 1


class Known:
    """Ids that were added."""

    def __init__(self) -> None:
        self._slots = _empty(_FIRST_SLOTS)
        self._count = 0

    def __contains__(self, name: str) -> bool:
        return self._slots[_place(self._slots, _key(name))] != 0

    def add(self, name: str) -> bool:
        """Remember an id; whether it is new."""
        key = _key(name)
        place = _place(self._slots, key)
        if self._slots[place]:
            return False
        self._slots[place] = key
        self._count += 1
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        return True

    def _grow(self) -> None:
        before, self._slots = self._slots, _empty(2 * len(self._slots))
        for key in before:
            if key:
                self._slots[_place(self._slots, key)] = key


def _empty(slots: int) -> array[int]:
    return array("Q", bytes(8 * slots))


def _key(name: str) -> int:
    """Sixty-four bits of it, never the nought that means an empty slot."""
    return hash(name) & _BITS or 1


def _place(slots: array[int], key: int) -> int:
    """Where a key stands; the first free slot from its own where it does not."""
    mask = len(slots) - 1
    place = key & mask
    while (there := slots[place]) and there != key:
        place = (place + 1) & mask
    return place
