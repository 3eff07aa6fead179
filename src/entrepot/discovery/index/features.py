"""The features of a search's best results (`discovery/features.py` says what each means), computed for all at once.

The ANCHORS of them that fit best, by meaning and by telling words, stand for what the query is about: what else a
result has in common with those (their words, their kind, their price) tells an accessory from the thing it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from ..features import NAMES, PLACE, Matrix, Scores
from .arrays import Codes, Slots, Whole, distinct, parts_of
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
NEIGHBOURS = 60
ALIKE_SQUARED = 3
"""How often a likeness is squared: only those that are very alike count."""
ANCHOR_WORDS = 0.3
"""How much telling words count beside the meaning of a result and of its title."""
TEXT_PLACE_HALF = 40
PLACE_HALF = 10
RATINGS_HALF = 10
"""With so many ratings, a rating counts half."""
VALUE_WORDS_MAX = 3
NOT_DESCRIBING = (BRAND, CATEGORY, COLLECTION, CONDITION, MERCHANT)
_FOR = np.array([hash_of(word) for word in (
    "for", "f", "für", "fur", "fuer", "pour", "para", "per", "voor", "till", "til", "dla", "для", "compatible", "fits",
    "passend",
)], np.uint32)  # fmt: skip
"""Words behind which a title says what the thing is for."""


class Candidates(msgspec.Struct, frozen=True):
    """The best results of a search, the best first, and what was asked."""

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


def describe(candidates: Candidates) -> Matrix:
    """A row for each candidate, a column for each of NAMES."""
    matrix = np.zeros((len(candidates.slots), len(NAMES)))
    if len(matrix):
        look = _Look(candidates)
        for part in (_words(look), _titles(look), _meaning(look), _kinds(look), _prices(look), _people(look)):
            for name, values in part.items():
                matrix[:, PLACE[name]] = values
    return matrix


class _Look:
    """What several features need, worked out once."""

    def __init__(self, candidates: Candidates) -> None:
        self.given = candidates
        self.slots, self.columns, self.count = candidates.slots, candidates.columns, len(candidates.slots)
        self.places, self.at, self.hashes = self.columns.titles.gather(self.slots)
        self.lengths = np.maximum(self.columns.titles.lengths(self.slots), 1)
        self.rarity = self._rarity()
        self.asked = self._asked()
        self.hits = self._hits()

    def _rarity(self) -> Scores:
        """How telling each word of the query is; all alike where none is known."""
        posted = [
            sum(len(self.given.postings.posting(each).slots) for each in w.alternatives) for w in self.given.wanted
        ]
        return np.log1p(max(self.given.view.count, 1) / (1.0 + np.array(posted, np.float64)))

    def _hits(self) -> npt.NDArray[np.bool_]:
        """For each word of the query and each candidate whether its title, or what else is told of it, has the word."""
        told_places, told = self.columns.titles.gather_told(self.slots)
        hits = np.zeros((len(self.given.wanted), self.count), np.bool_)
        for place, (wanted, in_title) in enumerate(zip(self.given.wanted, self.asked, strict=True)):
            hits[place, self.places[in_title]] = True
            hits[place, told_places[_one_of(told, wanted)]] = True
        return hits

    @cached_property
    def telling(self) -> Scores:
        """By candidate, how telling the words are that it has: 1 for all of a query that hardly anything else has."""
        if not len(self.rarity):
            return np.zeros(self.count)
        worth = float(self.rarity.mean() / np.log1p(self.given.view.count))
        return self.share(self.hits) * worth

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

    @cached_property
    def anchors(self) -> Whole:
        """The places of those that stand for what the query is about."""
        fit = self.near + ANCHOR_WORDS * (self.title_near + self.telling)
        return np.argsort(-fit, kind="stable")[:ANCHORS]

    @cached_property
    def is_anchor(self) -> npt.NDArray[np.bool_]:
        """Which are such."""
        flags = np.zeros(self.count, np.bool_)
        flags[self.anchors] = True
        return flags

    @cached_property
    def titles(self) -> Vectors | None:
        """The vectors of their titles, where the index keeps them."""
        titles = self.given.view.titles
        return None if titles is None else np.asarray(titles[self.slots], np.float32)

    @cached_property
    def terms(self) -> tuple[Whole, Codes]:
        """The filter terms of each, flat."""
        places, codes = self.columns.gather(self.slots)
        known = codes < len(self.columns.terms.pairs)
        return places[known], codes[known]

    def _asked(self) -> npt.NDArray[np.bool_]:
        """For each word of the query and each word of the titles whether they are the same."""
        rows = [_one_of(self.hashes, wanted) for wanted in self.given.wanted]
        return np.array(rows, np.bool_).reshape(len(rows), len(self.hashes))

    @cached_property
    def rows(self) -> Vectors:
        """The vectors."""
        rows: Vectors = self.given.view.rows[self.slots]
        return rows

    def share(self, hits: npt.NDArray[np.bool_]) -> Scores:
        """By candidate, the share of the query's words that a table of words by candidates says it has."""
        whole = self.rarity.sum()
        return (self.rarity @ hits) / whole if whole > 0 else np.zeros(self.count)

    def any_of(self, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """By candidate, whether one of its title's words is flagged."""
        return np.bincount(self.places[flags], minlength=self.count) > 0


def _words(look: _Look) -> dict[str, Scores]:
    """How the query's words and the result's agree, wherever they stand."""
    text = look.given.text.astype(np.float64)
    place = np.empty(look.count)
    place[np.argsort(-text, kind="stable")] = np.arange(look.count)
    return {
        "text": text,
        "text_place": np.where(text > 0, 1.0 / (1.0 + place / TEXT_PLACE_HALF), 0.0),
        "telling": look.telling,
        "words": look.share(look.hits),
        "query_length": np.full(look.count, np.log1p(len(look.given.wanted))),
    }


def _one_of(hashes: Hashes, wanted: Wanted) -> npt.NDArray[np.bool_]:
    """Which of some words are one of a query's word's alternatives."""
    flags = np.zeros(len(hashes), np.bool_)
    for word in wanted.alternatives:
        flags |= hashes == np.uint32(hash_of(word))
    return flags


def _titles(look: _Look) -> dict[str, Scores]:
    """Where in the title the query's words stand."""
    asked, count = look.asked, look.count
    per_word = np.array([look.any_of(row) for row in asked], np.bool_).reshape(len(asked), count)
    anywhere = asked.any(axis=0) if len(asked) else np.zeros(len(look.hashes), np.bool_)
    begin = np.full(count, np.inf)
    np.minimum.at(begin, look.places[anywhere], look.at[anywhere])
    relation = np.full(count, np.inf)
    behind = np.isin(look.hashes, _FOR)
    np.minimum.at(relation, look.places[behind], look.at[behind])
    title_same = look.columns.title[look.slots] == look.given.title
    return {
        "title_words": look.share(per_word),
        "title_all": per_word.all(axis=0) if len(asked) else np.zeros(count),
        "title_share": np.bincount(look.places[anywhere], minlength=count) / look.lengths,
        "title_start": 1.0 / (1.0 + begin),
        "title_run": _runs(look),
        "title_same": title_same & (look.given.title != 0),
        "title_kin": _title_kin(look),
        "for": (begin > relation) & np.isfinite(begin),
        "title_length": np.log1p(look.lengths),
    }


def _runs(look: _Look) -> Scores:
    """The share of neighbouring words of the query that are neighbours in the title."""
    pairs = list(pairwise(look.asked))
    if not pairs or not len(look.hashes):
        return np.zeros(look.count)
    same = look.places[1:] == look.places[:-1]
    found = np.zeros(look.count)
    for left, right in pairs:
        flags = left[:-1] & right[1:] & same
        found += np.bincount(look.places[1:][flags], minlength=look.count) > 0
    return found / len(pairs)


def _title_kin(look: _Look) -> Scores:
    """The weight of a title's words in the anchors' titles, each of those counted once."""
    first = look.is_anchor[look.places]
    pairs = np.sort((look.hashes[first].astype(np.int64) << 32) + look.places[first])
    words, share = np.unique(pairs[_first_of(pairs)] >> 32, return_counts=True)
    if not len(words):
        return np.zeros(look.count)
    at = np.minimum(np.searchsorted(words, look.hashes), len(words) - 1)
    kept = words[at] == look.hashes
    everywhere = np.bincount(at[kept], minlength=len(words)) / look.count
    share = share / len(look.anchors)
    telling = share * np.log((1.0 + share) / (1.0 / look.count + everywhere) + 1.0)
    kin = np.bincount(look.places[kept], weights=telling[at[kept]], minlength=look.count) / np.sqrt(look.lengths)
    best = kin.max(initial=0.0)
    return kin / best if best > 0 else kin


def _first_of(ascending: Whole) -> npt.NDArray[np.bool_]:
    """Which of some sorted numbers are there for the first time."""
    first = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first


def _meaning(look: _Look) -> dict[str, Scores]:
    """How alike in meaning it is to the query, and to the anchors."""
    if look.given.vector is None:
        return {}
    near = look.near
    place = np.empty(look.count)
    place[np.argsort(-near, kind="stable")] = np.arange(look.count)
    found = {
        "vector": near,
        "vector_lag": near - near.max(initial=0.0),
        "vector_place": 1.0 / (1.0 + place / PLACE_HALF),
        "kin": _like_anchors(look, look.rows),
        "kin_text": _kin_text(look, near),
    }
    if look.titles is not None:
        found["title_vector"] = look.title_near
        found["title_vector_lag"] = look.title_near - look.title_near.max(initial=0.0)
        found["title_vector_kin"] = _like_anchors(look, look.titles)
    return found


def _like_anchors(look: _Look, rows: Vectors) -> Scores:
    """How alike the middle of the anchors they are."""
    centre, zero = rows[look.anchors].mean(axis=0), look.given.view.zero
    length = float(np.linalg.norm(centre))
    alike = np.asarray(rows @ (centre / length), np.float64) if length > 0 else np.full(look.count, zero)
    return (alike - zero) / (1.0 - zero)


def _kin_text(look: _Look, near: Scores) -> Scores:
    """The words' fit of the candidates that are most like each one: what a thing's neighbours say of it."""
    some = np.argsort(-(near + look.given.text), kind="stable")[:NEIGHBOURS]
    alike = np.maximum(look.rows @ look.rows[some].T, 0.0)
    for _ in range(ALIKE_SQUARED):
        alike *= alike
    weights = alike.sum(axis=1, dtype=np.float64)
    fit: Scores = (alike @ look.given.text[some]) / np.maximum(weights, 1e-9)
    return fit


def _kinds(look: _Look) -> dict[str, Scores]:
    """What kind of thing it is, by its category and by what it is described with."""
    terms, (places, codes) = look.columns.terms, look.terms
    names = terms.name_codes[codes]
    describing = _flags(terms.names_count(), [terms.name_code(name) for name in NOT_DESCRIBING])[names] == 0
    own = names == terms.name_code(CATEGORY)
    brands, values = _asked_terms(look)
    lengths = np.maximum(len(look.given.wanted), 1)
    kinds = len(terms.pairs)
    valued = _flags(kinds, values)[codes]
    return {
        "type": _shared(look, places[own], codes[own]),
        "type_names": _shared(look, *distinct(places[describing], names[describing], terms.names_count())),
        "brand": np.bincount(places[_flags(kinds, brands)[codes]], minlength=look.count) > 0,
        "attribute": np.minimum(np.bincount(places[valued], minlength=look.count) / lengths, 1.0),
        "attributes": np.log1p(np.bincount(places[describing], minlength=look.count)),
    }


def _flags(kinds: int, which: Sequence[int]) -> npt.NDArray[np.bool_]:
    """A flag for each code below `kinds`, set for some; those below zero are none."""
    flags = np.zeros(kinds + 1, np.bool_)
    flags[[code for code in which if 0 <= code < kinds]] = True
    return flags


def _shared(look: _Look, places: Whole, kinds: Codes | Whole) -> Scores:
    """By candidate, the mean share of the anchors that have its kinds too."""
    if not len(kinds):
        return np.zeros(look.count)
    first = kinds[look.is_anchor[places]]
    share = np.bincount(first, minlength=int(kinds.max()) + 1) / max(len(look.anchors), 1)
    sums = np.bincount(places, weights=share[kinds], minlength=look.count)
    return sums / np.maximum(np.bincount(places, minlength=look.count), 1)


def _asked_terms(look: _Look) -> tuple[list[int], list[int]]:
    """The terms that the query names: brands, and values of attributes."""
    terms, words = look.columns.terms, [(*each.alternatives, each.word)[0] for each in look.given.wanted]
    brand = terms.name_code(BRAND)
    others = {terms.name_code(name) for name in NOT_DESCRIBING}
    found = [code for run in _phrases(words) for code in terms.saying(run)]
    brands = [code for code in found if terms.name_codes[code] == brand]
    return brands, [code for code in found if int(terms.name_codes[code]) not in others]


def _phrases(words: Sequence[str]) -> list[str]:
    """The runs of words, as the term table knows what values say."""
    return [
        " ".join(words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, min(begin + VALUE_WORDS_MAX, len(words)) + 1)
    ]


def _prices(look: _Look) -> dict[str, Scores]:
    """How its price stands beside those of the anchors; what has none counts as like them."""
    prices = look.given.prices
    known = prices != NO_PRICE
    logs = np.log1p(np.maximum(prices, 0).astype(np.float64))
    anchored = logs[look.anchors][known[look.anchors]]
    middle = float(np.median(anchored)) if len(anchored) else 0.0
    cheaper = np.searchsorted(np.sort(logs[known]), logs) / max(int(known.sum()), 1)
    reduced = look.columns.offers.reduced[look.given.rows]
    return {
        "price": np.where(known, logs - middle, 0.0),
        "price_place": np.where(known, cheaper, 0.5),
        "reduced": reduced,
    }


def _people(look: _Look) -> dict[str, Scores]:
    """How people took it, and its seller."""
    columns, slots = look.columns, look.slots
    chosen = np.log1p(columns.popularity[slots].astype(np.float64))
    ratings = columns.rating_count[slots].astype(np.float64)
    places, codes = look.terms
    sellers = codes < len(columns.wanted_terms)
    merchant = np.zeros(look.count)
    np.maximum.at(merchant, places[sellers], columns.wanted_terms[codes[sellers]])
    return {
        "popularity": chosen / (1.0 + chosen),
        "rating": columns.rating[slots] / 500.0 * ratings / (ratings + RATINGS_HALF),
        "offers": np.log1p(parts_of(columns.offers.span[slots])[1]),
        "merchant": merchant,
    }
