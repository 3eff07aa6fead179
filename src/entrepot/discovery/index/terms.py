"""Filter terms as numbers: (name, value) pairs in the order in which they were first seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..text import fold, query_words
from .arrays import Codes, grown
from .filters import said_by
from .numbers import Number, NumberRange, holds, number_of

SAID_CHARACTERS_MAX = 40
"""Longer values are sentences: no query names them."""


class TermTable:
    """Pairs and their numbers, called codes. One thread adds, any number reads."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.labels: dict[tuple[str, str], str] = {}
        self.name_codes: Codes = np.zeros(64, np.int32)
        self.numbers: list[Number | None] = []
        self._codes: dict[tuple[str, str], int] = {}
        self._names: dict[str, int] = {}
        self._named: list[str] = []
        self._folded: dict[tuple[str, str], list[int]] = {}
        self._said: dict[str, list[int]] = {}
        self._of_name: dict[str, tuple[int, Codes]] = {}

    def code_all(self, pairs: Iterable[tuple[str, str]]) -> list[int]:
        """The code of each pair, a new one where it is seen for the first time."""
        known = self._codes
        return [self._new(pair) if (code := known.get(pair)) is None else code for pair in pairs]

    def learn(self, labels: Iterable[tuple[str, str, str]]) -> None:
        """Remember how people write values: (name, value, label); the first label seen stays."""
        for name, value, label in labels:
            self.labels.setdefault((name, value), label)

    def code(self, name: str, value: str) -> int:
        """The code of a pair; -1 when nothing has it."""
        return self._codes.get((name, value), -1)

    def name_code(self, name: str) -> int:
        """The number of a name; -1 when nothing has it."""
        return self._names.get(name, -1)

    def names(self) -> Sequence[str]:
        """Every name, in the order of their numbers."""
        return self._named

    def names_count(self) -> int:
        """How many names there are."""
        return len(self._names)

    def of_name(self, name: str) -> Codes:
        """The codes of a name's terms."""
        count = len(self.pairs)
        known = self._of_name.get(name)
        if known is None or known[0] != count:
            codes = np.flatnonzero(self.name_codes[:count] == self.name_code(name)).astype(np.int32)
            known = self._of_name[name] = (count, codes)
        return known[1]

    def saying(self, words: str) -> Sequence[int]:
        """The codes of the terms, of any name, whose value says just these words of a query."""
        return self._said.get(words, ())

    def matching(self, name: str, folded: Iterable[str], ranges: Sequence[NumberRange] = ()) -> list[int]:
        """The codes of the terms of a name whose folded value is one of these, or whose number lies in a range."""
        found = {code for value in folded for code in self._folded.get((name, value), ())}
        if ranges:
            found.update(code for code in self.of_name(name).tolist() if holds(ranges, self.numbers[code]))
        return sorted(found)

    def _new(self, pair: tuple[str, str]) -> int:
        """A code for a pair that has none."""
        code = len(self.pairs)
        if code == len(self.name_codes):
            self.name_codes = grown(self.name_codes, code + 1)
        self.numbers.append(number_of(pair[1]))
        self.name_codes[code] = self._name_code(pair[0])
        self.pairs.append(pair)
        self._folded.setdefault((pair[0], fold(pair[1])), []).append(code)
        said = said_by(*pair)
        if len(said) <= SAID_CHARACTERS_MAX:
            self._said.setdefault(" ".join(query_words(said)), []).append(code)
        self._codes[pair] = code
        return code

    def _name_code(self, name: str) -> int:
        """The number of a name; a new one where it is seen for the first time."""
        code = self._names.get(name)
        if code is None:
            code = len(self._named)
            self._named.append(name)  # before it can be asked for by its number
            self._names[name] = code
        return code
