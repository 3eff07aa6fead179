"""In which order results come by relevance, when nothing has been learned yet: a sum of few reasons, readably weighted.

The best RERANKED by words and known similarity are compared by their own vectors, so that a product that has the words
and means the same stands above one that only has the words. How many are compared depends on nothing but the query and
its filters, so pages of any size part one and the same list.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from .arrays import Slots, Whole
from .base import SIMILARITY_UNIT, IndexQuery, Vectors
from .columns import Columns, title_key
from .ordering import first, sort_keys
from .retrieval import Found, View
from .vectors import similarities

RERANKED = 600
RATINGS_HALF = 10
"""With so many ratings, a rating counts half."""

Places = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


class Prior(msgspec.Struct, frozen=True):
    """How much each reason counts; every reason lies between 0 and 1. Measured on rated queries: decisions/0011."""

    text: float = 1.0
    vector: float = 1.5
    title: float = 1.0
    popularity: float = 0.10
    rating: float = 0.05


def in_order(
    prior: Prior, view: View, columns: Columns, query: IndexQuery, found: Found, places: Places, prices: Whole
) -> tuple[Places, Scores]:
    """Where in `places` the results up to the end of the page stand, in the order asked for, and their scores.

    `places` are those of the results in `found`, `prices` what each of them costs.
    """
    slots = found.slots[places]
    most = min(query.offset + query.limit, len(places))
    if query.among is not None:
        order = np.argsort(-found.text[places], kind="stable")[:most]
        return order, np.zeros(len(order))
    if query.sort != "relevance":
        order = first(columns, slots, sort_keys(columns, slots, prices, query.sort), most)
        return order, np.zeros(len(order))
    scores = _known(prior, columns, query, found, places)
    if query.vector is None or not len(places):
        order = first(columns, slots, -scores, most)
        return order, scores[order]
    best = min(RERANKED, len(places))
    order = first(columns, slots, -scores, max(most, best))
    scores += prior.vector * _nearness(view, query.vector, found, places, order[:best])
    again = first(columns, slots[order[:best]], -scores[order[:best]], best)
    order = np.concatenate((order[:best][again], order[best:]))[:most]
    return order, scores[order]


def _known(prior: Prior, columns: Columns, query: IndexQuery, found: Found, places: Places) -> Scores:
    """Every result's score by what is known without its vector."""
    slots = found.slots[places]
    scores: Scores = prior.text * found.text[places].astype(np.float64)
    scores += prior.vector * found.similarity[places] / SIMILARITY_UNIT
    title = title_key(query.text)
    if title:
        scores += prior.title * (columns.title[slots] == title)
    popularity = np.log1p(columns.popularity[slots])
    scores += prior.popularity * popularity / (1.0 + popularity)
    return scores + prior.rating * _trust(columns, slots)


def _nearness(view: View, vector: Vectors, found: Found, places: Places, best: Places) -> Scores:
    """The similarity of the best, where retrieval did not tell it."""
    near = np.zeros(len(places))
    unknown = best[found.similarity[places[best]] == 0]
    rows = view.rows[found.slots[places[unknown]]]
    near[unknown] = np.maximum(similarities(rows, vector), 0) / SIMILARITY_UNIT
    return near


def _trust(columns: Columns, slots: Slots) -> Scores:
    """A good rating by many; the first ratings count little."""
    count = columns.rating_count[slots].astype(np.float64)
    trust: Scores = columns.rating[slots] / 500.0 * count / (count + RATINGS_HALF)
    return trust
