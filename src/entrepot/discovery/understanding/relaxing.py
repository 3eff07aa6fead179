"""When no product has all the words: which of them are left out, and what is said of it.

First the words that no product has at all, then one word at a time, the commonest first, because it tells least. Never
the last one. What is left is searched; the rest is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import query_words
from ..types import Relaxed
from .draft import Draft
from .reading import Word, words_of

TRIED_MAX = 4


class Loosened(NamedTuple):
    """The words that are searched, what was left out of them, and what the goods with them say."""

    text: str
    left_out: tuple[Relaxed, ...]
    evidence: Evidence


def relax(draft: Draft, text: str, synonyms: Sequence[Synonym], evidence: Evidence) -> Loosened:
    """Leave words out until some product has all the others; nothing is left out where one has them all."""
    if evidence.total or not query_words(text):
        return Loosened(text, (), evidence)
    left_out: list[Relaxed] = []
    words = words_of(text)
    spoken = {word for synonym in synonyms for word in synonym.words}
    for word in _unknown(draft, words, spoken):
        if len(words_of(text)) > 1:
            text, left_out = _out(text, word, left_out)
    evidence = draft.vocabulary.evidence(text, synonyms)
    for _ in range(TRIED_MAX):
        words = [word for word in words_of(text) if query_words(word.text)]
        if evidence.total or len(words) <= 1:
            break
        text, left_out, evidence = _least_telling(draft, text, words, synonyms, left_out)
    return Loosened(text, tuple(left_out), evidence)


def _unknown(draft: Draft, words: Sequence[Word], spoken: set[str]) -> list[Word]:
    """The words that no product has, and that stand for no other."""
    return [
        word
        for word in words
        if not word.text.isdigit()
        and (stems := query_words(word.text))
        and spoken.isdisjoint(stems)
        and not any(map(draft.vocabulary.frequency, stems))
    ][::-1]


def _least_telling(
    draft: Draft, text: str, words: Sequence[Word], synonyms: Sequence[Synonym], left_out: list[Relaxed]
) -> tuple[str, list[Relaxed], Evidence]:
    """Leave out the word without which the most telling others are still found together."""
    tried = []
    for word in words:
        shorter, _ = _out(text, word, [])
        evidence = draft.vocabulary.evidence(shorter, synonyms)
        common = sum(map(draft.vocabulary.frequency, query_words(word.text)))
        tried.append((evidence.total > 0, not draft.book.has(word.text, "thing", "alias"), common, -word.start, word,
                      evidence))  # fmt: skip
    *_, word, evidence = max(tried, key=lambda each: each[:4])
    text, left_out = _out(text, word, left_out)
    return text, left_out, evidence


def _out(text: str, word: Word, left_out: list[Relaxed]) -> tuple[str, list[Relaxed]]:
    said = text[word.start : word.end]
    rest = " ".join(f"{text[: word.start]} {text[word.end :]}".split()).strip(" ,;-")
    return rest, [*left_out, Relaxed("words", said)]
