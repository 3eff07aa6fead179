"""When no product has all the words: which of them are left out, and what is said of it.

First the words that no product has at all, then one at a time, of those without which the others are found together
what tells least: a colour before a brand, of equals the commonest. Never the words of the thing that is looked for, and
never the last one. What only mentions the thing does not count as found where the shop has the thing itself.
What is left is searched; the rest is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import query_words
from ..types import THING, Relaxed, Subject
from .attributes import CATEGORY
from .draft import Draft

TRIED_MAX = 3
PARTS_MAX = 8
"""Of a query with more parts none is left out one at a time."""
OTHERS_AT = 0.999
"""Where so large a share of the goods is known to be other things, they only mention what is looked for."""
SOFT, PRICE, BOUNDS, FIRM = "soft", "price", "bounds", "firm"
"""What may be given up: the words that are no part of the thing, no brand and no figure; the price; bounds of other
quantities; brands and figures."""


class Loosened(NamedTuple):
    """The words that are searched, what was left out of them, and what the goods with them say."""

    text: str
    left_out: tuple[Relaxed, ...]
    evidence: Evidence


class Words(NamedTuple):
    """The words of a query by what becomes of them, as places: `small` ones are not searched; `named` ones stand beside
    a value and name its attribute; `soft` ones are given up first, `firm` ones last; `valued` ones are values,
    and `brands` are brands; `head` is the word that the others describe."""

    small: set[int]
    named: set[int]
    soft: list[int]
    firm: list[int]
    valued: set[int]
    brands: set[int]
    head: int = -1

    def given_up(self, what: frozenset[str]) -> set[int]:
        """The places of what is given up."""
        return {*(self.soft if SOFT in what else ()), *(self.firm if FIRM in what else ())}


class Part(NamedTuple):
    """Words that are left out together or not at all: a quantity, or a single word. `keep`: a thing's."""

    begin: int
    end: int
    words: tuple[str, ...]
    keep: bool
    firm: bool


def relax(draft: Draft, words: Words, synonyms: tuple[Synonym, ...], subject: Subject | None) -> Loosened:
    """Leave parts out until some product has all the others; nothing is left out where one has them all.

    The attribute's name beside its value (`waist 30`) goes first, and is nothing to tell of.
    """
    return _Relaxing(draft, words, synonyms, subject).relax()


class _Relaxing:
    """A query on its way to fewer words."""

    def __init__(self, draft: Draft, words: Words, synonyms: tuple[Synonym, ...], subject: Subject | None) -> None:
        self._draft, self._words, self._synonyms = draft, words, synonyms
        self._things = subject.things if subject is not None else ()
        away = words.given_up(draft.asker.given_up) - words.small
        self._away = away if len(words.small | away) < len(draft.words) else set[int]()  # never all of it
        self._small = words.small | self._away

    def relax(self) -> Loosened:
        """See `relax`."""
        draft = self._draft
        text = draft.residual(self._small)
        whole = self._evidence(text)
        if self._answers(whole) or not query_words(text):
            return Loosened(text, self._told(()), whole)
        names = {place for place in self._words.named - self._small
                 if 0 <= place < len(draft.words) and _is_name(draft, place)}  # fmt: skip
        if names and self._answers(evidence := self._evidence(draft.residual(self._small | names))):
            return Loosened(draft.residual(self._small | names), self._told(()), evidence)
        self._small = self._small | names
        parts = self._parts()
        if whole.total:  # all words are found, if only by what mentions the thing: that is no reason to lose a brand
            parts = [part._replace(keep=part.keep or part.firm) for part in parts]
        out, evidence = self._left_out(parts)
        if not self._answers(evidence) or not self._says_something(out):
            return Loosened(text, self._told(()), whole)
        return Loosened(self._text(out), self._told(out), evidence)

    def _left_out(self, parts: list[Part]) -> tuple[list[Part], Evidence]:
        out: list[Part] = []
        for part in [part for part in parts if not part.keep and self._is_unknown(part)]:
            if len(parts) > 1:
                parts.remove(part)
                out.append(part)
        evidence = self._evidence(self._text(out))
        for _ in range(TRIED_MAX):
            if self._answers(evidence) or not 1 < len(parts) <= PARTS_MAX or all(part.keep for part in parts):
                break
            part, evidence = self._least_telling(parts, out)
            parts.remove(part)
            out.append(part)
        return out, evidence

    def _says_something(self, out: Sequence[Part]) -> bool:
        """Whether words are left, and not only figures."""
        return not any(map(_has_letters, (part.words for part in out))) or _has_letters(query_words(self._text(out)))

    def _evidence(self, text: str) -> Evidence:
        return self._draft.vocabulary.evidence(text, self._synonyms) if query_words(text) else Evidence()

    def _answers(self, evidence: Evidence) -> bool:
        """Whether products have the words, and not only such as are known to be something else."""
        if not evidence.total or not self._things:
            return evidence.total > 0
        others = sum(evidence.share(THING, value) for value in evidence.values(THING) if value not in self._things)
        return others < OTHERS_AT

    def _text(self, out: Sequence[Part]) -> str:
        return self._draft.residual(self._small.union(*(range(part.begin, part.end) for part in out)))

    def _told(self, out: Sequence[Part]) -> tuple[Relaxed, ...]:
        """What is left out, in the order of the query, neighbours together."""
        places = sorted(self._away.union(*(range(part.begin, part.end) for part in out)))
        runs: list[tuple[int, int]] = []
        for place in places:
            if runs and runs[-1][1] == place:
                runs[-1] = (runs[-1][0], place + 1)
            else:
                runs.append((place, place + 1))
        return tuple(Relaxed("words", self._draft.said(begin, end)) for begin, end in runs)

    def _parts(self) -> list[Part]:
        """The words that are searched, in parts."""
        draft, spans = self._draft, dict(self._draft.spans)
        kept = {
            place
            for begin, end, phrase in draft.phrases()
            if draft.book.has(phrase, "thing", "alias")
            for place in range(begin, end)
        } | {place for place, word in enumerate(draft.words) if self._is_category(word.text)}
        parts, at = [], 0
        while at < len(draft.words):
            end = spans.get(at, at + 1)
            words = query_words(draft.said(at, end))
            if not self._small.issuperset(range(at, end)) and words:
                parts.append(Part(at, end, words, at in kept, at in self._words.brands))
            at = end
        return parts

    def _is_category(self, word: str) -> bool:
        """Whether a category is called so: shoes are a thing, though no pack has them as one."""
        said = self._draft.vocabulary.saying(" ".join(query_words(word)))
        return any(name == CATEGORY for name, _ in said)

    def _is_unknown(self, part: Part) -> bool:
        """Whether no product has the words, and they stand for no others."""
        spoken = {word for synonym in self._synonyms for word in synonym.words}
        return spoken.isdisjoint(part.words) and not all(map(self._draft.vocabulary.frequency, part.words))

    def _least_telling(self, parts: Sequence[Part], out: Sequence[Part]) -> tuple[Part, Evidence]:
        """The part without which the most telling others are still found together, and what is found then."""
        tried = []
        for part in parts:
            if not part.keep:
                evidence = self._evidence(self._text([*out, part]))
                common = sum(map(self._draft.vocabulary.frequency, part.words))
                rank = 0 if part.firm else 2 if part.begin in self._words.valued else 1
                rank = -1 if part.begin <= self._words.head < part.end else rank
                tried.append(((self._answers(evidence), rank, common, -part.begin), part, evidence))
        _, part, evidence = max(tried, key=lambda each: each[0])
        return part, evidence


def _has_letters(words: Sequence[str]) -> bool:
    return any(sign.isalpha() for word in words for sign in word)


def _is_name(draft: Draft, place: int) -> bool:
    return draft.book.has(draft.words[place].text, "attribute") and not draft.book.has(draft.words[place].text, "thing")
