"""The best results of a search, and what several of their features (`features`) are worked out from, each once and only
where one of them is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from ..features import Scores
from .arrays import Codes, Slots, Whole
from .base import SIMILARITY_UNIT, Vectors
from .columns import Columns
from .filters import BRAND, CATEGORY, COLLECTION, CONDITION, MERCHANT
from .matching import Wanted
from .offers import NO_PRICE
from .postings import Postings
from .retrieval import View
from .titles import Hashes, hash_of
from .vectors import similarities

ANCHORS = 10
ANCHOR_WORDS = 0.3
"""How much telling words count beside the meaning of a result and of its title."""
VALUE_WORDS_MAX = 3
NOT_DESCRIBING = (BRAND, CATEGORY, COLLECTION, CONDITION, MERCHANT)

Mask = npt.NDArray[np.bool_]


class Candidates(msgspec.Struct, frozen=True):
    """The best results of a search, in the order of their ids, and what was asked."""

    view: View
    columns: Columns
    postings: Postings
    wanted: tuple[Wanted, ...]
    vector: Vectors | None
    title: int
    slots: Slots
    text: npt.NDArray[np.float32]
    prices: Whole
    rows: Whole


class Look:
    """What features need to know of candidates."""

    def __init__(self, candidates: Candidates) -> None:
        self.given = candidates
        self.slots, self.columns, self.count = candidates.slots, candidates.columns, len(candidates.slots)

    # Words

    @cached_property
    def titles_words(self) -> tuple[Whole, Whole, Hashes]:
        """The words of their titles, flat: whose each is, its place in the title, its hash."""
        return self.columns.titles.gather(self.slots)

    @cached_property
    def lengths(self) -> Whole:
        """How many words their titles have, one at least."""
        return np.maximum(self.columns.titles.lengths(self.slots), 1)

    @cached_property
    def rarity(self) -> Scores:
        """How telling each word of the query is; all alike where none is known."""
        posted = [
            sum(len(self.given.postings.posting(each).slots) for each in wanted.alternatives)
            for wanted in self.given.wanted
        ]
        return np.log1p(max(self.given.view.count, 1) / (1.0 + np.array(posted, np.float64)))

    @cached_property
    def asked(self) -> Mask:
        """For each word of the query and each word of the titles whether they are the same."""
        hashes = self.titles_words[2]
        rows = [_one_of(hashes, wanted) for wanted in self.given.wanted]
        return np.array(rows, np.bool_).reshape(len(rows), len(hashes))

    @cached_property
    def asked_of(self) -> Mask:
        """For each word of the query and each candidate whether its title has the word."""
        places, rows = self.titles_words[0], [np.zeros(self.count, np.bool_) for _ in self.given.wanted]
        for row, in_title in zip(rows, self.asked, strict=True):
            row[places[in_title]] = True
        return np.array(rows, np.bool_).reshape(len(rows), self.count)

    @cached_property
    def hits(self) -> Mask:
        """For each word of the query and each candidate whether its title, or what else is told of it, has the word."""
        places, told = self.columns.titles.gather_told(self.slots)
        hits = self.asked_of.copy()
        for row, wanted in zip(hits, self.given.wanted, strict=True):
            row[places[_one_of(told, wanted)]] = True
        return hits

    @cached_property
    def telling(self) -> Scores:
        """By candidate, how telling the words are that it has: 1 for all of a query that hardly anything else has."""
        if not len(self.rarity):
            return np.zeros(self.count)
        worth = float(self.rarity.mean() / np.log1p(self.given.view.count))
        return self.words * worth

    @cached_property
    def words(self) -> Scores:
        """The share of the query's words that each has."""
        return self.share(self.hits)

    def share(self, hits: Mask) -> Scores:
        """By candidate, the share of the query's words that a table of words by candidates says it has."""
        whole = self.rarity.sum()
        return (self.rarity @ hits) / whole if whole > 0 else np.zeros(self.count)

    def first_at(self, flags: Mask) -> Scores:
        """By candidate, where in its title the first of some words of titles stands; infinity where there is none."""
        places, at, _ = self.titles_words
        first = np.full(self.count, np.inf)
        np.minimum.at(first, places[flags], at[flags])
        return first

    # Meaning

    @cached_property
    def rows(self) -> Vectors:
        """Their vectors."""
        rows: Vectors = self.given.view.rows[self.slots]
        return rows

    @cached_property
    def titles(self) -> Vectors | None:
        """The vectors of their titles, where the index keeps them."""
        titles = self.given.view.titles
        return None if titles is None else np.asarray(titles[self.slots], np.float32)

    @cached_property
    def near(self) -> Scores:
        """How alike the query each is."""
        return self._like_query(self.rows)

    @cached_property
    def title_near(self) -> Scores:
        """How alike the query each title is."""
        return self._like_query(self.titles)

    def _like_query(self, rows: Vectors | None) -> Scores:
        if self.given.vector is None or rows is None:
            return np.zeros(self.count)
        near, zero = similarities(rows, self.given.vector) / SIMILARITY_UNIT, self.given.view.zero
        return (near - zero) / (1.0 - zero)

    # Anchors

    @cached_property
    def anchors(self) -> Whole:
        """The places of those that stand for what the query is about."""
        fit = self.near + ANCHOR_WORDS * (self.title_near + self.telling)
        return np.argsort(-fit, kind="stable")[:ANCHORS]

    @cached_property
    def is_anchor(self) -> Mask:
        """Which are such."""
        flags = np.zeros(self.count, np.bool_)
        flags[self.anchors] = True
        return flags

    # Kinds

    @cached_property
    def terms(self) -> tuple[Whole, Codes]:
        """The filter terms of each, flat."""
        places, codes = self.columns.gather(self.slots)
        known = codes < len(self.columns.terms.pairs)
        return places[known], codes[known]

    @cached_property
    def describing(self) -> tuple[Whole, Codes]:
        """Whose each term is that describes a thing, and the number of its name."""
        terms, (places, codes) = self.columns.terms, self.terms
        names = terms.name_codes[codes]
        is_so = flags_of(terms.names_count(), [terms.name_code(name) for name in NOT_DESCRIBING])[names] == 0
        return places[is_so], names[is_so]

    @cached_property
    def asked_terms(self) -> tuple[list[int], list[int]]:
        """The terms that the query names: brands, and values of attributes."""
        terms, words = self.columns.terms, [(*each.alternatives, each.word)[0] for each in self.given.wanted]
        brand = terms.name_code(BRAND)
        others = {terms.name_code(name) for name in NOT_DESCRIBING}
        found = [code for run in _phrases(words) for code in terms.saying(run)]
        brands = [code for code in found if terms.name_codes[code] == brand]
        return brands, [code for code in found if int(terms.name_codes[code]) not in others]

    def having(self, which: Sequence[int]) -> Whole:
        """By candidate, how many of some terms it has."""
        places, codes = self.terms
        flags = flags_of(len(self.columns.terms.pairs), which)
        return np.bincount(places[flags[codes]], minlength=self.count)

    # Prices

    @cached_property
    def priced(self) -> Mask:
        """Which have a price."""
        priced: Mask = self.given.prices != NO_PRICE
        return priced

    @cached_property
    def log_prices(self) -> Scores:
        """The logarithms of their prices."""
        return np.log1p(np.maximum(self.given.prices, 0).astype(np.float64))


def flags_of(kinds: int, which: Sequence[int]) -> Mask:
    """A flag for each code below `kinds`, set for some; those below zero are none."""
    flags = np.zeros(kinds + 1, np.bool_)
    flags[[code for code in which if 0 <= code < kinds]] = True
    return flags


def _one_of(hashes: Hashes, wanted: Wanted) -> Mask:
    """Which of some words are one of a query's word's alternatives."""
    flags = np.zeros(len(hashes), np.bool_)
    for word in wanted.alternatives:
        flags |= hashes == np.uint32(hash_of(word))
    return flags


def _phrases(words: Sequence[str]) -> list[str]:
    """The runs of words, as the term table knows what values say."""
    return [
        " ".join(words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, min(begin + VALUE_WORDS_MAX, len(words)) + 1)
    ]
