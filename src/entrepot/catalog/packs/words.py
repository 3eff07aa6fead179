"""Words of a pack in a text: whole ones, in singular or plural, found by look-up rather than by trying each.

Words of Chinese and Japanese stand next to each other without a space, so those are found wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from ..values import plain

P = TypeVar("P")

_TOKEN = re.compile(r"[^\W_]+")
_FIRST_UNSPACED = "\u2e80"


class Found(NamedTuple, Generic[P]):
    """A word that a text says: how long it is, where it begins, and what it stands for."""

    length: int
    start: int
    means: P


class Words(Generic[P]):
    """Words and what each stands for."""

    def __init__(self, words: Iterable[tuple[str, P]]) -> None:
        self._spaced: dict[tuple[str, ...], list[tuple[int, P]]] = {}
        self._unspaced: list[tuple[str, P]] = []
        for word, means in words:
            self._add(plain(word), means)
        self._longest = max(map(len, self._spaced), default=0)

    def find(self, text: str) -> list[Found[P]]:
        """Every word in a text that is `plain` already, overlapping ones too."""
        tokens = [(match[0], match.start()) for match in _TOKEN.finditer(text)]
        found = [
            Found(length, tokens[at][1], means)
            for at in range(len(tokens))
            for end in range(at + 1, min(at + self._longest, len(tokens)) + 1)
            for length, means in self._spaced.get(tuple(token for token, _ in tokens[at:end]), ())
        ]
        if not text.isascii():
            found += [Found(len(word), text.rfind(word), means) for word, means in self._unspaced if word in text]
        return found

    def _add(self, word: str, means: P) -> None:
        if any(sign >= _FIRST_UNSPACED for sign in word):
            self._unspaced.append((word, means))
            return
        tokens = tuple(_TOKEN.findall(word))
        for last in {tokens[-1], tokens[-1] + "s", tokens[-1] + "es"} if tokens else ():
            self._spaced.setdefault((*tokens[:-1], last), []).append((len(word), means))
