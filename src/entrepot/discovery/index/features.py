"""The features of a search's best results (`discovery/features.py` says what each means), computed for all at once.

The first ANCHORS of them, by words and meaning together, stand for what the query is about: what else a result has in
common with those (their words, their kind, their price) tells an accessory from the thing it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from ..features import NAMES, PLACE, Matrix, Scores
from .arrays import Codes, Slots, Whole, parts_of
from .base import SIMILARITY_UNIT, Vectors
from .columns import Columns
from .filters import BRAND, CATEGORY, COLLECTION, CONDITION, MERCHANT
from .matching import Wanted
from .offers import NO_PRICE
from .postings import Postings
from .retrieval import View
from .titles import hash_of
from .vectors import similarities

ANCHORS = 20
ALIKE_POWER = 8
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
    similarity: npt.NDArray[np.int32]
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
        self.anchors = np.arange(min(ANCHORS, self.count))
        self.rarity = self._rarity()
        self.places, self.at, self.hashes = self.columns.titles.gather(self.slots)
        self.lengths = np.maximum(self.columns.titles.lengths(self.slots), 1)

    def _rarity(self) -> Scores:
        """How telling each word of the query is; all alike where none is known."""
        posted = [
            sum(len(self.given.postings.posting(each).slots) for each in w.alternatives) for w in self.given.wanted
        ]
        return np.log1p(max(self.given.view.count, 1) / (1.0 + np.array(posted, np.float64)))

    @cached_property
    def terms(self) -> tuple[Whole, Codes]:
        """The filter terms of each, flat."""
        places, codes = self.columns.gather(self.slots)
        known = codes < len(self.columns.terms.pairs)
        return places[known], codes[known]

    @cached_property
    def asked(self) -> npt.NDArray[np.bool_]:
        """For each word of the query and each word of the titles whether they are the same."""
        rows = [np.isin(self.hashes, [hash_of(each) for each in w.alternatives]) for w in self.given.wanted]
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
    given = look.given
    hits = np.zeros((len(given.wanted), look.count), np.bool_)
    for place, wanted in enumerate(given.wanted):
        for word in wanted.alternatives:
            hits[place] |= _contains(given.postings.posting(word).slots, look.slots)
    return {
        "text": given.text.astype(np.float64),
        "words": look.share(hits),
        "query_length": np.full(look.count, np.log1p(len(given.wanted))),
    }


def _contains(sorted_slots: Slots, slots: Slots) -> npt.NDArray[np.bool_]:
    if not len(sorted_slots):
        return np.zeros(len(slots), np.bool_)
    places = np.minimum(np.searchsorted(sorted_slots, slots), len(sorted_slots) - 1)
    return np.asarray(sorted_slots[places] == slots)


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
    """The weight of a title's words in the anchors' titles, each title's words counted once."""
    words, inverse = np.unique(look.hashes, return_inverse=True)
    first = look.places < len(look.anchors)
    seen = np.unique(look.places[first] * len(words) + inverse[first]) % max(len(words), 1)
    share = np.bincount(seen, minlength=len(words)) / max(len(look.anchors), 1)
    everywhere = np.bincount(inverse, minlength=len(words)) / look.count
    telling = share * np.log((1.0 + share) / (1.0 / look.count + everywhere) + 1.0)
    sums = np.bincount(look.places, weights=telling[inverse], minlength=look.count)
    kin = sums / np.sqrt(look.lengths)
    best = kin.max(initial=0.0)
    return kin / best if best > 0 else kin


def _meaning(look: _Look) -> dict[str, Scores]:
    """How alike in meaning it is to the query, and to the anchors."""
    given = look.given
    if given.vector is None:
        return {}
    near = similarities(look.rows, given.vector) / SIMILARITY_UNIT
    place = np.empty(look.count)
    place[np.argsort(-near, kind="stable")] = np.arange(look.count)
    centre = look.rows[look.anchors].mean(axis=0)
    length = float(np.linalg.norm(centre))
    kin = look.rows @ (centre / length) if length > 0 else np.zeros(look.count)
    return {
        "vector": near,
        "vector_lag": near - near.max(initial=0.0),
        "vector_place": 1.0 / (1.0 + place / PLACE_HALF),
        "kin": kin.astype(np.float64),
        "kin_text": _kin_text(look, near),
    }


def _kin_text(look: _Look, near: Scores) -> Scores:
    """The words' fit of the candidates that are most like each one: what a thing's neighbours say of it."""
    some = np.argsort(-(near + look.given.text), kind="stable")[: 3 * ANCHORS]
    alike = np.maximum(look.rows @ look.rows[some].T, 0.0).astype(np.float64) ** ALIKE_POWER
    weights = alike.sum(axis=1)
    fit: Scores = (alike @ look.given.text[some]) / np.maximum(weights, 1e-9)
    return fit


def _kinds(look: _Look) -> dict[str, Scores]:
    """What kind of thing it is, by its category and by what it is described with."""
    terms, (places, codes) = look.columns.terms, look.terms
    names = terms.name_codes[codes]
    named = [terms.name_code(name) for name in NOT_DESCRIBING]
    describing = ~np.isin(names, named)
    own = names == terms.name_code(CATEGORY)
    brands, values = _asked_terms(look)
    lengths = np.maximum(len(look.given.wanted), 1)
    valued = np.isin(codes, values)
    return {
        "type": _shared(look, places[own], codes[own]),
        "type_names": _shared(look, *_distinct(places[describing], names[describing])),
        "brand": np.bincount(places[np.isin(codes, brands)], minlength=look.count) > 0,
        "attribute": np.minimum(np.bincount(places[valued], minlength=look.count) / lengths, 1.0),
        "attributes": np.log1p(np.bincount(places[describing], minlength=look.count)),
    }


def _distinct(places: Whole, names: Codes) -> tuple[Whole, Codes]:
    if not len(names):
        return places, names
    kinds = int(names.max()) + 1
    keys = np.unique(places * kinds + names)
    return keys // kinds, (keys % kinds).astype(np.int32)


def _shared(look: _Look, places: Whole, kinds: Codes) -> Scores:
    """By candidate, the mean share of the anchors that have its kinds too."""
    if not len(kinds):
        return np.zeros(look.count)
    first = kinds[places < len(look.anchors)]
    share = np.bincount(first, minlength=int(kinds.max()) + 1) / max(len(look.anchors), 1)
    sums = np.bincount(places, weights=share[kinds], minlength=look.count)
    return sums / np.maximum(np.bincount(places, minlength=look.count), 1)


def _asked_terms(look: _Look) -> tuple[list[int], list[int]]:
    """The terms that the query names: brands, and values of attributes."""
    terms, words = look.columns.terms, [each.alternatives[0] for each in look.given.wanted]
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
