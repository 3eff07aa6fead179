"""The words of titles in their order, by slot, and those of descriptions: where a word stands says what it is worth.

In a title its place tells whether it names the thing; in a description people write of the thing; an attribute's value
may have any word, and such are not kept here.

A word is kept as a hash of 32 bits. Two words that share one are taken for each other in some of a thousand million
pairs; that moves a result by a feature's worth, or takes it for what another word calls, and finds nothing that was not
found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from .arrays import SPAN, Slots, Whole, expand, grown, parts_of

WORDS_MAX = 40
TOLD_MAX = 80

Hashes = npt.NDArray[np.uint32]


class Titles:
    """Hashes of words by slot. One thread adds, any number reads."""

    def __init__(self) -> None:
        self.words: Hashes = np.zeros(256, np.uint32)
        self.span: Whole = np.zeros(64, np.int64)
        self.told: Whole = np.zeros(64, np.int64)
        self.used = 0

    def add(self, slot: int, title: Iterable[str], told: Iterable[str] = ()) -> None:
        """Keep the words of a slot's title, WORDS_MAX at most, and what else is told of it, TOLD_MAX at most."""
        if slot >= len(self.span):
            self.span, self.told = grown(self.span, slot + 1), grown(self.told, slot + 1)
        words = list(title)[:WORDS_MAX]
        self.span[slot] = self._keep(words)
        self.told[slot] = self._keep([word for word in dict.fromkeys(told) if word not in words][:TOLD_MAX])

    def _keep(self, words: Sequence[str]) -> int:
        end = self.used + len(words)
        if end > len(self.words):
            self.words = grown(self.words, end)
        self.words[self.used : end] = [crc32(word.encode()) for word in words]  # `hash_of`, without calling it
        span = self.used * SPAN + len(words)
        self.used = end
        return span

    def gather(self, slots: Slots) -> tuple[Whole, Whole, Hashes]:
        """The titles of many slots, flat: the place in `slots` of each word, its place in the title, its hash."""
        starts, lengths = parts_of(self.span[slots])
        places, at = expand(starts, lengths)
        return places, at - np.take(starts, places), np.take(self.words, at)

    def gather_told(self, slots: Slots) -> tuple[Whole, Hashes]:
        """What else is told of many slots, flat: the place in `slots` each word belongs to, and its hash."""
        places, at = expand(*parts_of(self.told[slots]))
        return places, np.take(self.words, at)

    def called(self, slots: Slots, phrases: Iterable[Sequence[str]]) -> npt.NDArray[np.bool_]:
        """Which slots are called by one of these phrases: their titles have all its words."""
        places, at = expand(*parts_of(self.span[slots]))
        hashes = np.take(self.words, at)
        called = np.zeros(len(slots), np.bool_)
        for phrase in phrases:
            has = np.ones(len(slots), np.bool_)
            for word in phrase:
                with_word = np.zeros(len(slots), np.bool_)
                with_word[places[hashes == hash_of(word)]] = True
                has &= with_word
            called |= has
        return called

    def lengths(self, slots: Slots) -> Whole:
        """How many words the titles of these slots have."""
        return parts_of(self.span[slots])[1]

    def export(self, count: int) -> dict[str, npt.NDArray[np.generic]]:
        """The words of the first `count` slots."""
        starts, lengths = parts_of(self.told[:count])
        end = int((starts + lengths).max(initial=0))
        return {"title_words": self.words[:end], "title_span": self.span[:count], "title_told": self.told[:count]}

    @classmethod
    def restore(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Titles:
        """Titles from what `export` gave."""
        titles = cls()
        titles.words, titles.used = grown(arrays["title_words"], 256), len(arrays["title_words"])
        titles.span, titles.told = grown(arrays["title_span"], 64), grown(arrays["title_told"], 64)
        return titles


def hash_of(word: str) -> int:
    """What stands for a word."""
    return crc32(word.encode())
