"""What the products that have some words say of themselves: how many there are, and the terms of the first of them.

Asked when a word may mean several things: where most products with "orange" and "sofa" have that colour, the colour is
meant; of those with "orange" and "juice", it is not.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

LOOKED_AT_MAX = 300
"""The products with the best text scores tell; the rest only has the words somewhere."""


class Evidence(msgspec.Struct, frozen=True):
    """Of `total` products with all the words, `looked_at` were read: how many of them have a term, by name and value,
    and how many have any value of a name. In what is `varying` the offers of one product may differ."""

    total: int = 0
    looked_at: int = 0
    terms: Mapping[tuple[str, str], int] = {}
    names: Mapping[str, int] = {}
    varying: frozenset[str] = frozenset()

    def share(self, name: str, value: str) -> float:
        """The share of the products that have a term."""
        return self.terms.get((name, value), 0) / self.looked_at if self.looked_at else 0.0

    def coverage(self, name: str) -> float:
        """The share of the products of which a name is known."""
        return self.names.get(name, 0) / self.looked_at if self.looked_at else 0.0
