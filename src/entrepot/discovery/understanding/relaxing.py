"""When no product has all the words: which of them are left out, and what is said of it.

First the words that no product has at all, then one at a time, of those without which the others are found together the
commonest, because it tells least. Never the words of the thing that is looked for, and never the last one. What is left
is searched; the rest is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import query_words
from ..types import Relaxed
from .draft import Draft

TRIED_MAX = 3
PARTS_MAX = 8
"""Of a query with more parts none is left out one at a time."""


class Loosened(NamedTuple):
    """The words that are searched, what was left out of them, and what the goods with them say."""

    text: str
    left_out: tuple[Relaxed, ...]
    evidence: Evidence


class Part(NamedTuple):
    """Words that are left out together or not at all: a quantity, or a single word. `keep`: a thing's."""

    begin: int
    end: int
    words: tuple[str, ...]
    keep: bool


def relax(draft: Draft, small: set[int], synonyms: tuple[Synonym, ...], named: set[int]) -> Loosened:
    """Leave parts out until some product has all the others; nothing is left out where one has them all.

    The attribute's name beside its value (`waist 30`) goes first, and is nothing to tell of: `named` are the places.
    """
    text = draft.residual(small)
    whole = _evidence(draft, text, synonyms)
    if whole.total or not query_words(text):
        return Loosened(text, (), whole)
    names = {place for place in named - small if 0 <= place < len(draft.words) and _is_name(draft, place)}
    if names and (evidence := _evidence(draft, draft.residual(small | names), synonyms)).total:
        return Loosened(draft.residual(small | names), (), evidence)
    small = small | names
    parts = _parts(draft, small)
    out: list[Part] = []
    for part in [part for part in parts if not part.keep and _is_unknown(draft, part, synonyms)]:
        if len(parts) > 1:
            parts.remove(part)
            out.append(part)
    evidence = _evidence(draft, _text(draft, small, out), synonyms)
    for _ in range(TRIED_MAX):
        if evidence.total or not 1 < len(parts) <= PARTS_MAX or all(part.keep for part in parts):
            break
        part, evidence = _least_telling(draft, small, parts, out, synonyms)
        parts.remove(part)
        out.append(part)
    if not evidence.total:
        return Loosened(text, (), whole)
    told = tuple(Relaxed("words", draft.said(part.begin, part.end)) for part in sorted(out))
    return Loosened(_text(draft, small, out), told, evidence)


def _evidence(draft: Draft, text: str, synonyms: tuple[Synonym, ...]) -> Evidence:
    return draft.vocabulary.evidence(text, synonyms) if query_words(text) else Evidence()


def _text(draft: Draft, small: set[int], out: Sequence[Part]) -> str:
    return draft.residual(small.union(*(range(part.begin, part.end) for part in out)))


def _is_name(draft: Draft, place: int) -> bool:
    return draft.book.has(draft.words[place].text, "attribute") and not draft.book.has(draft.words[place].text, "thing")


def _parts(draft: Draft, small: set[int]) -> list[Part]:
    """The words that are searched, in parts."""
    spans = dict(draft.spans)
    kept = {
        place
        for begin, end, phrase in draft.phrases()
        if draft.book.has(phrase, "thing", "alias")
        for place in range(begin, end)
    }
    parts, at = [], 0
    while at < len(draft.words):
        end = spans.get(at, at + 1)
        words = query_words(draft.said(at, end))
        if not small.issuperset(range(at, end)) and words:
            parts.append(Part(at, end, words, at in kept))
        at = end
    return parts


def _is_unknown(draft: Draft, part: Part, synonyms: tuple[Synonym, ...]) -> bool:
    """Whether no product has the words, and they stand for no others."""
    spoken = {word for synonym in synonyms for word in synonym.words}
    return spoken.isdisjoint(part.words) and not all(map(draft.vocabulary.frequency, part.words))


def _least_telling(
    draft: Draft, small: set[int], parts: Sequence[Part], out: Sequence[Part], synonyms: tuple[Synonym, ...]
) -> tuple[Part, Evidence]:
    """The part without which the most telling others are still found together, and what is found then."""
    tried = []
    for part in parts:
        if not part.keep:
            evidence = _evidence(draft, _text(draft, small, [*out, part]), synonyms)
            common = sum(map(draft.vocabulary.frequency, part.words))
            tried.append(((evidence.total > 0, common, -part.begin), part, evidence))
    _, part, evidence = max(tried, key=lambda each: each[0])
    return part, evidence
