"""The words of an index with their frequencies: near ones for typos, longer ones for completion.

Near words are found without comparing every pair: a word is kept with two signatures of 64 bits, of its letters and of
its pairs of letters. One edit changes at most two letters and six pairs, so a word whose signatures differ in more bits
than that is too far, and most are told by one vector operation. The few that are left are compared letter by letter.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..text import STOP_WORDS, is_alphabetic, shorter
from .matching import distance

LETTERS_PER_EDIT = 2
PAIRS_PER_EDIT = 6
REMEMBERED_MAX = 20_000

_Bits = npt.NDArray[np.uint64]
_Bucket = tuple[list[str], _Bits, _Bits]


class Vocabulary:
    """Words and in how many documents each is. One thread adds and takes away, any number reads."""

    def __init__(self) -> None:
        self._frequency: Counter[str] = Counter()
        self._surfaces: dict[str, str] = {}
        self._sorted: list[str] = []
        self._buckets: dict[int, _Bucket] = {}
        self._new: list[str] = []
        self._remembered: dict[tuple[str, int, str], list[str]] = {}

    def add(self, words: Iterable[str]) -> None:
        """Count one more document with these words, each given once."""
        words = list(words)
        self._new += [word for word in words if word not in self._frequency]
        self._frequency.update(words)

    def take_away(self, words: Iterable[str]) -> None:
        """Count one document less."""
        for word in words:
            self._frequency[word] -= 1

    def write_as(self, surfaces: dict[str, str]) -> None:
        """Learn how words are written for people."""
        for word, written in surfaces.items():
            self._surfaces[word] = shorter(self._surfaces.get(word), written)

    def settle(self) -> None:
        """Let `near` and `starting` see what was added."""
        added = [word for word in self._new if is_alphabetic(word)]
        self._new = []
        if added:
            self._sorted = sorted([*self._sorted, *added])
            lengths: dict[int, list[str]] = {}
            for word in added:
                lengths.setdefault(len(word), []).append(word)
            for length, words in lengths.items():
                self._buckets[length] = _grown(self._buckets.get(length), words)
        self._remembered = {}

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        return self._frequency.get(word, 0)

    def surface(self, word: str) -> str:
        """The word as people write it."""
        return self._surfaces.get(word, word)

    def near(self, word: str, edits: int) -> Sequence[str]:
        """Every word of letters at exactly this many edits."""
        return self._remember((word, edits, "near"), lambda: self._near(word, edits))

    def starting(self, prefix: str, most: int) -> Sequence[str]:
        """The words of letters that begin with the prefix and are longer, the most frequent first, ties by alphabet."""
        return self._remember((prefix, most, "starting"), lambda: self._starting(prefix, most))

    def commonest(self, most: int) -> list[str]:
        """The words in most documents, as queries ask for them."""
        words = [word for word, count in list(self._frequency.items()) if count and word not in STOP_WORDS]
        return heapq.nlargest(most, words, key=self.frequency)

    def export(self) -> tuple[dict[str, int], dict[str, str]]:
        """Everything there is to keep: frequencies and written forms."""
        return {word: count for word, count in self._frequency.items() if count}, dict(self._surfaces)

    @classmethod
    def restore(cls, frequency: dict[str, int], surfaces: dict[str, str]) -> Vocabulary:
        """A vocabulary from what `export` gave."""
        vocabulary = cls()
        vocabulary._frequency = Counter(frequency)
        vocabulary._surfaces = dict(surfaces)
        vocabulary._new = list(frequency)
        vocabulary.settle()
        return vocabulary

    def _near(self, word: str, edits: int) -> list[str]:
        found = []
        letters, pairs = _signatures(word)
        for length in range(len(word) - edits, len(word) + edits + 1):
            if length not in self._buckets:
                continue
            words, letters_of, pairs_of = self._buckets[length]
            close = np.bitwise_count(letters_of ^ letters) <= LETTERS_PER_EDIT * edits
            close &= np.bitwise_count(pairs_of ^ pairs) <= PAIRS_PER_EDIT * edits
            candidates = [words[place] for place in np.flatnonzero(close)]
            found += [other for other in candidates if self.frequency(other) and _edits(word, other) == edits]
        return found

    def _starting(self, prefix: str, most: int) -> list[str]:
        words = self._sorted
        end = bisect_left(words, prefix + "\U0010ffff")
        begun = words[bisect_left(words, prefix) : end]
        ranked = sorted((-count, word) for word in begun if word != prefix and (count := self.frequency(word)))
        return [word for _, word in ranked[:most]]

    def _remember(self, key: tuple[str, int, str], find: Callable[[], list[str]]) -> list[str]:
        remembered = self._remembered
        if (known := remembered.get(key)) is None:
            known = find()
            if len(remembered) < REMEMBERED_MAX:
                remembered[key] = known
        return known


def _grown(bucket: _Bucket | None, words: list[str]) -> _Bucket:
    signatures = np.array([_signatures(word) for word in words], np.uint64)
    letters, pairs = signatures[:, 0], signatures[:, 1]
    if bucket is None:
        return words, letters, pairs
    return [*bucket[0], *words], np.concatenate((bucket[1], letters)), np.concatenate((bucket[2], pairs))


def _signatures(word: str) -> tuple[np.uint64, np.uint64]:
    letters = pairs = 0
    for sign in word:
        letters |= 1 << (ord(sign) & 63)
    for a, b in pairwise(word):
        pairs |= 1 << ((ord(a) * 31 + ord(b)) & 63)
    return np.uint64(letters), np.uint64(pairs)


def _edits(left: str, right: str) -> int:
    """The distance, without comparing what both begin and end with."""
    begin = 0
    end = min(len(left), len(right))
    while begin < end and left[begin] == right[begin]:
        begin += 1
    behind = 0
    while behind < end - begin and left[-1 - behind] == right[-1 - behind]:
        behind += 1
    return distance(left[begin : len(left) - behind], right[begin : len(right) - behind])
