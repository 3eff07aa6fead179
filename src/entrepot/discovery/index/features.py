"""The features of a search's best results (`discovery/features.py` says what each means), computed for all at once.

The anchors of them (`candidates`), those that fit best by meaning and by telling words, stand for what the query is
about: what else a result has in common with those (their words, their kind, their price) tells an accessory from the
thing it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..features import NAMES, PLACE, Matrix, Scores
from .arrays import Codes, Whole, distinct, parts_of
from .base import Vectors
from .candidates import Candidates, Look, Mask
from .filters import CATEGORY
from .titles import hash_of

NEIGHBOURS = 60
ALIKE_SQUARED = 3
"""How often a likeness is squared: only those that are very alike count."""
TEXT_PLACE_HALF = 40
PLACE_HALF = 10
RATINGS_HALF = 10
"""With so many ratings, a rating counts half."""
_FOR = np.sort(np.array([hash_of(word) for word in (
    "for", "f", "für", "fur", "fuer", "pour", "para", "per", "voor", "till", "til", "dla", "для", "compatible", "fits",
    "passend",
)], np.uint32))  # fmt: skip
"""Words behind which a title says what the thing is for."""

Feature = Callable[[Look], Scores | Mask | Whole | float]


def describe(candidates: Candidates, names: Collection[str] = NAMES) -> Matrix:
    """A row for each candidate, a column for each of NAMES; nothing in those that are not asked for."""
    matrix = np.zeros((len(candidates.slots), len(NAMES)))
    if len(matrix):
        look = Look(candidates)
        for name in names:
            matrix[:, PLACE[name]] = _FEATURES[name](look)
    return matrix


# How the query's words and the result's agree


def _place(scores: npt.NDArray[np.float64], half: int) -> Scores:
    """1 for the first, falling to 0; a half at place `half`."""
    place = np.empty(len(scores))
    place[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return 1.0 / (1.0 + place / half)


def _text_place(look: Look) -> Scores:
    text = look.given.text.astype(np.float64)
    return np.where(text > 0, _place(text, TEXT_PLACE_HALF), 0.0)


def _anywhere(look: Look) -> Mask:
    """Which words of the titles are one of the query's."""
    found: Mask = np.logical_or.reduce(look.asked, axis=0)
    return found


def _title_share(look: Look) -> Scores:
    return np.bincount(look.titles_words[0][_anywhere(look)], minlength=look.count) / look.lengths


def _for(look: Look) -> Mask:
    hashes = look.titles_words[2]
    behind = _FOR[np.minimum(np.searchsorted(_FOR, hashes), len(_FOR) - 1)] == hashes
    begin = look.first_at(_anywhere(look))
    return (begin > look.first_at(behind)) & np.isfinite(begin)


def _title_run(look: Look) -> Scores:
    """The share of neighbouring words of the query that are neighbours in the title."""
    (places, _, hashes), pairs = look.titles_words, list(pairwise(look.asked))
    if not pairs or not len(hashes):
        return np.zeros(look.count)
    same = places[1:] == places[:-1]
    found = np.zeros(look.count)
    for left, right in pairs:
        found += np.bincount(places[1:][left[:-1] & right[1:] & same], minlength=look.count) > 0
    return found / len(pairs)


def _title_kin(look: Look) -> Scores:
    """The weight of a title's words in the anchors' titles, each of those counted once."""
    places, _, hashes = look.titles_words
    first = look.is_anchor[places]
    pairs = np.sort((hashes[first].astype(np.int64) << 32) + places[first])
    words, share = np.unique(pairs[_first_of(pairs)] >> 32, return_counts=True)
    if not len(words):
        return np.zeros(look.count)
    at = np.minimum(np.searchsorted(words, hashes), len(words) - 1)
    kept = words[at] == hashes
    everywhere = np.bincount(at[kept], minlength=len(words)) / look.count
    share = share / len(look.anchors)
    telling = share * np.log((1.0 + share) / (1.0 / look.count + everywhere) + 1.0)
    kin = np.bincount(places[kept], weights=telling[at[kept]], minlength=look.count) / np.sqrt(look.lengths)
    best = kin.max(initial=0.0)
    return kin / best if best > 0 else kin


def _first_of(ascending: Whole) -> Mask:
    """Which of some sorted numbers are there for the first time."""
    first = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first


# How alike in meaning it is to the query, and to the anchors


def _lag(near: Scores) -> Scores:
    lag: Scores = near - near.max(initial=0.0)
    return lag


def _if_meant(feature: Feature) -> Feature:
    """Nothing where the query has no vector."""
    return lambda look: 0.0 if look.given.vector is None else feature(look)


def _like_anchors(look: Look, rows: Vectors | None) -> Scores | float:
    """How alike the middle of the anchors they are."""
    if rows is None:
        return 0.0
    centre, zero = rows[look.anchors].mean(axis=0), look.given.view.zero
    length = float(np.linalg.norm(centre))
    alike = np.asarray(rows @ (centre / length), np.float64) if length > 0 else np.full(look.count, zero)
    return (alike - zero) / (1.0 - zero)


def _kin_text(look: Look) -> Scores:
    """The words' fit of the candidates that are most like each one: what a thing's neighbours say of it."""
    some = np.argsort(-(look.near + look.given.text), kind="stable")[:NEIGHBOURS]
    alike = np.maximum(look.rows @ look.rows[some].T, 0.0)
    for _ in range(ALIKE_SQUARED):
        alike *= alike
    weights = alike.sum(axis=1, dtype=np.float64)
    fit: Scores = (alike @ look.given.text[some]) / np.maximum(weights, 1e-9)
    return fit


# What kind of thing it is, by its category and by what it is described with


def _type(look: Look) -> Scores:
    terms, (places, codes) = look.columns.terms, look.terms
    own = terms.name_codes[codes] == terms.name_code(CATEGORY)
    return _shared(look, places[own], codes[own])


def _type_names(look: Look) -> Scores:
    return _shared(look, *distinct(*look.describing))


def _shared(look: Look, places: Whole, kinds: Codes | Whole) -> Scores:
    """By candidate, the mean share of the anchors that have its kinds too."""
    if not len(kinds):
        return np.zeros(look.count)
    first = kinds[look.is_anchor[places]]
    share = np.bincount(first, minlength=int(kinds.max()) + 1) / max(len(look.anchors), 1)
    sums = np.bincount(places, weights=share[kinds], minlength=look.count)
    return sums / np.maximum(np.bincount(places, minlength=look.count), 1)


def _attribute(look: Look) -> Scores:
    return np.minimum(look.having(look.asked_terms[1]) / max(len(look.given.wanted), 1), 1.0)


# How its price stands beside others


def _price(look: Look) -> Scores:
    anchored = look.log_prices[look.anchors][look.priced[look.anchors]]
    middle = float(np.median(anchored)) if len(anchored) else 0.0
    return np.where(look.priced, look.log_prices - middle, 0.0)  # what has none counts as like the anchors


def _price_place(look: Look) -> Scores:
    logs = look.log_prices
    cheaper = np.searchsorted(np.sort(logs[look.priced]), logs) / max(int(look.priced.sum()), 1)
    return np.where(look.priced, cheaper, 0.5)


# How people took it, and its seller


def _popularity(look: Look) -> Scores:
    chosen = np.log1p(look.columns.popularity[look.slots].astype(np.float64))
    return chosen / (1.0 + chosen)


def _rating(look: Look) -> Scores:
    ratings = look.columns.rating_count[look.slots].astype(np.float64)
    rating: Scores = look.columns.rating[look.slots] / 500.0 * ratings / (ratings + RATINGS_HALF)
    return rating


def _merchant(look: Look) -> Scores:
    wanted, (places, codes) = look.columns.wanted_terms, look.terms
    sellers = codes < len(wanted)
    merchant = np.zeros(look.count)
    np.maximum.at(merchant, places[sellers], wanted[codes[sellers]])
    return merchant


_FEATURES: dict[str, Feature] = {
    "text": lambda look: look.given.text.astype(np.float64),
    "text_place": _text_place,
    "telling": lambda look: look.telling,
    "words": lambda look: look.words,
    "title_words": lambda look: look.share(look.asked_of),
    "title_all": lambda look: np.logical_and.reduce(look.asked_of, axis=0) & bool(look.given.wanted),
    "title_share": _title_share,
    "title_start": lambda look: 1.0 / (1.0 + look.first_at(_anywhere(look))),
    "title_run": _title_run,
    "title_same": lambda look: (look.columns.title[look.slots] == look.given.title) & (look.given.title != 0),
    "title_kin": _title_kin,
    "vector": _if_meant(lambda look: look.near),
    "vector_lag": _if_meant(lambda look: _lag(look.near)),
    "vector_place": _if_meant(lambda look: _place(look.near, PLACE_HALF)),
    "kin": _if_meant(lambda look: _like_anchors(look, look.rows)),
    "title_vector": _if_meant(lambda look: look.title_near),
    "title_vector_lag": _if_meant(lambda look: _lag(look.title_near)),
    "title_vector_kin": _if_meant(lambda look: _like_anchors(look, look.titles)),
    "kin_text": _if_meant(_kin_text),
    "type": _type,
    "type_names": _type_names,
    "for": _for,
    "brand": lambda look: look.having(look.asked_terms[0]) > 0,
    "attribute": _attribute,
    "price": _price,
    "price_place": _price_place,
    "popularity": _popularity,
    "rating": _rating,
    "offers": lambda look: np.log1p(parts_of(look.columns.offers.span[look.slots])[1]),
    "merchant": _merchant,
    "reduced": lambda look: look.columns.offers.reduced[look.given.rows],
    "title_length": lambda look: np.log1p(look.lengths),
    "attributes": lambda look: np.log1p(np.bincount(look.describing[0], minlength=look.count)),
    "query_length": lambda look: np.log1p(len(look.given.wanted)),
}
