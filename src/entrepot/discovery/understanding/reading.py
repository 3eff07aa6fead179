"""A query as words with their places in it, so that what was understood can be taken away again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..text import UNSPACED, fold

WORDS_MAX = 24
"""Of a longer query only so many words are looked at."""
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|[{UNSPACED}]+|[^\W\d_{UNSPACED}](?:[^\W\d_{UNSPACED}]|['\u2019](?=[^\W\d_]))*")
_RUN = re.compile(f"[{UNSPACED}]")
_PRIMES = "'\u2032\u2019\u201c\u201d"
_INCH = re.compile("(?<=[0-9])(?:''|\u2032\u2032|\u2019\u2019|[\u201c\u201d])(?!\\w)")
_FOOT = re.compile("(?<=[0-9])['\u2032\u2019](?:\\s|$|(?=[0-9]))")
_SPACE = re.compile(r"\s+")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
"""Control signs, soft hyphens, and marks that only turn the direction; those that join letters stay."""


class Word(NamedTuple):
    """A word of a query: folded, where it begins and ends, and whether it is of a script without spaces."""

    text: str
    start: int
    end: int
    unspaced: bool = False


def tidy(text: str) -> str:
    """A query with single spaces and usual signs instead of wide ones, and without signs that nobody sees. A foot is
    written out, an inch has one sign."""
    plain = _UNSEEN.sub("", _SPACE.sub(" ", unicodedata.normalize("NFKC", text))).strip()
    return _FOOT.sub(" ft ", _INCH.sub('"', plain)).strip() if any(sign in plain for sign in _PRIMES) else plain


def words_of(text: str) -> list[Word]:
    """The words of a tidy text, in order."""
    found = []
    for match in _WORD.finditer(text):
        folded = fold(match.group()).replace("'", "")
        if folded:
            found.append(Word(folded, match.start(), match.end(), bool(_RUN.match(match.group()))))
    return found[:WORDS_MAX]


def key_of(phrase: str) -> str:
    """A phrase as it is looked up: its words folded, with one space between; as it stands where it has no spaces."""
    return " ".join(word.text for word in words_of(tidy(phrase)))


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text without some of its parts, tidy again, and without what joined them to the rest."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return _SPACE.sub(" ", text).strip(" ,;-")


def ngrams(words: list[Word], longest: int) -> Iterator[tuple[int, int]]:
    """From and to of every row of neighbouring words, longer ones first, then from the left."""
    for length in range(min(longest, len(words)), 0, -1):
        for begin in range(len(words) - length + 1):
            yield begin, begin + length


def phrase_of(words: Iterable[Word]) -> str:
    """The words as they are looked up."""
    return " ".join(word.text for word in words)
