"""The words of titles in their order, by slot: where in a title a word stands says whether it names the thing.

A word is kept as a hash of 32 bits. Two words that share one are taken for each other in some of a thousand million
pairs; that moves a result by a feature's worth and finds nothing that was not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

import numpy as np
import numpy.typing as npt

from .arrays import SPAN, Slots, Whole, expand, grown, parts_of

WORDS_MAX = 40

Hashes = npt.NDArray[np.uint32]


class Titles:
    """Hashes of words by slot. One thread adds, any number reads."""

    def __init__(self) -> None:
        self.words: Hashes = np.zeros(256, np.uint32)
        self.span: Whole = np.zeros(64, np.int64)
        self.used = 0

    def add(self, slot: int, words: Iterable[str]) -> None:
        """Keep a slot's words, the first WORDS_MAX of them."""
        hashes = [hash_of(word) for word in words][:WORDS_MAX]
        end = self.used + len(hashes)
        if end > len(self.words):
            self.words = grown(self.words, end)
        if slot >= len(self.span):
            self.span = grown(self.span, slot + 1)
        self.words[self.used : end] = hashes
        self.span[slot] = self.used * SPAN + len(hashes)
        self.used = end

    def gather(self, slots: Slots) -> tuple[Whole, Whole, Hashes]:
        """The words of many slots, flat: the place in `slots` each belongs to, its place in the title, its hash."""
        starts, lengths = parts_of(self.span[slots])
        places, at = expand(starts, lengths)
        return places, at - starts[places], self.words[at]

    def lengths(self, slots: Slots) -> Whole:
        """How many words the titles of these slots have."""
        return parts_of(self.span[slots])[1]

    def export(self, count: int) -> dict[str, npt.NDArray[np.generic]]:
        """The words of the first `count` slots."""
        starts, lengths = parts_of(self.span[:count])
        end = int((starts + lengths).max(initial=0))
        return {"title_words": self.words[:end], "title_span": self.span[:count]}

    @classmethod
    def restore(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Titles:
        """Titles from what `export` gave."""
        titles = cls()
        titles.words, titles.used = grown(arrays["title_words"], 256), len(arrays["title_words"])
        titles.span = grown(arrays["title_span"], 64)
        return titles


def hash_of(word: str) -> int:
    """What stands for a word."""
    return crc32(word.encode())
