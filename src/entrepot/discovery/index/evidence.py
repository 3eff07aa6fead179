"""What the products that have some words say of themselves: how many there are, and the terms of the first of them.

Asked when a word may mean several things: where most products with "orange" and "sofa" have that colour, the colour is
meant; of those with "orange" and "juice", it is not.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import msgspec

LOOKED_AT_MAX = 300
"""The products with the best text scores tell; the rest only has the words somewhere."""


class Counts(Protocol):
    """How many products have a term."""

    def count(self, name: str, value: str) -> int:
        """Of this name and value."""
        ...

    def values(self, name: str) -> list[str]:
        """The values of a name that are there."""
        ...

    def names(self) -> Collection[str]:
        """The names that are there."""
        ...


class Evidence(msgspec.Struct, frozen=True):
    """Of `total` products with all the words, `looked_at` were read; in what is `varying` the offers of one product may
    differ. `counts` says how many of them have a term, by name and value, when it is asked."""

    total: int = 0
    looked_at: int = 0
    varying: frozenset[str] = frozenset()
    counts: Counts | None = None

    def share(self, name: str, value: str) -> float:
        """The share of the products that have a term."""
        return self.counts.count(name, value) / self.looked_at if self.counts and self.looked_at else 0.0

    def values(self, name: str) -> list[str]:
        """The values of a name that some of the products have."""
        return self.counts.values(name) if self.counts else []

    def names(self) -> Collection[str]:
        """The names of which some of the products have a value."""
        return self.counts.names() if self.counts else ()
