"""In which order results come by relevance, when nothing has been learned yet: a sum of few reasons, readably weighted.

The best RERANKED by words and known similarity are compared by their own vectors, so that a product that has the words
and means the same stands above one that only has the words. How many are compared depends on nothing but the query and
its filters, so pages of any size part one and the same list.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from .arrangement import SPREAD_MAX, Arrangement, in_turn, spread, with_pins
from .arrays import Slots
from .base import SIMILARITY_UNIT, IndexQuery, Vectors
from .columns import Columns, title_key
from .ordering import first, sort_keys
from .retrieval import Found, View
from .tally import Tally
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


class Ranked(msgspec.Struct, frozen=True):
    """The results up to the end of the page, in their order, as places in the tally's; and every result's score.

    `nearness` is the similarity of those that were compared by their own vectors.
    """

    order: Places
    scores: Scores
    nearness: Scores


def in_order(prior: Prior, view: View, columns: Columns, query: IndexQuery, found: Found, tally: Tally) -> Ranked:
    """Put the results of a tally in the order asked for, as the operator's rules have it."""
    places, rules = tally.places, query.rules
    slots, nothing = found.slots[places], np.zeros(len(places))
    most = min(query.offset + query.limit, len(places))
    if query.among is not None:
        return Ranked(np.argsort(-found.text[places], kind="stable")[:most], nothing, nothing)
    if query.sort != "relevance":
        return Ranked(
            first(columns, slots, sort_keys(columns, slots, tally.prices, query.sort), most), nothing, nothing
        )
    prior = _without(prior, query.without)
    scores = _known(prior, columns, query, found, places)
    if rules is None:
        return _by_score(prior, view, columns, query, found, places, scores, most)
    if rules.lifts:
        scores += tally.lifted(rules)
    reach = min(max(most, SPREAD_MAX if rules.per_merchant else 0) + len(rules.pins), len(places))
    ranked = _by_score(prior, view, columns, query, found, places, scores, reach)
    return msgspec.structs.replace(ranked, order=_arranged(ranked.order, rules, tally)[:most])


def contributions(
    prior: Prior, columns: Columns, query: IndexQuery, found: Found, tally: Tally, ranked: Ranked, order: Places
) -> list[tuple[tuple[str, float], ...]]:
    """What the scores of some results are made of: each sums to its score. What contributes nothing is left out."""
    if query.sort != "relevance" or query.among is not None:
        return [()] * len(order)
    prior, places = _without(prior, query.without), tally.places
    parts = _reasons(prior, columns, query, found, places[order])
    parts["vector"] = parts["vector"] + prior.vector * ranked.nearness[order]
    for lift in query.rules.lifts if query.rules else ():
        parts[lift.name] = parts.get(lift.name, np.zeros(len(order))) + lift.weight * tally.held(lift.target)[order]
    rows = zip(*(part.tolist() for part in parts.values()), strict=True)
    return [tuple((name, part) for name, part in zip(parts, row, strict=True) if part) for row in rows]


def _arranged(order: Places, rules: Arrangement, tally: Tally) -> Places:
    """Merchants spread and pins placed, in that order."""
    at = tally.results_of([pin.id for pin in rules.pins])
    pins = [(pin.position, at[pin.id]) for pin in in_turn(rules.pins) if pin.id in at]
    pinned = {place for _, place in pins}
    ranked: Sequence[int] = [place for place in order.tolist() if place not in pinned]
    if rules.per_merchant:
        best = ranked[:SPREAD_MAX]
        ranked = [*spread(best, tally.merchants(best), rules.per_merchant), *ranked[SPREAD_MAX:]]
    return np.array(with_pins(ranked, pins), np.int64)


def _by_score(
    prior: Prior, view: View, columns: Columns, query: IndexQuery, found: Found, places: Places, scores: Scores,
    most: int,
) -> Ranked:  # fmt: skip
    """The `most` best by scores that are known, the RERANKED best of them by their vectors too."""
    slots, near = found.slots[places], np.zeros(len(places))
    if query.vector is None or not len(places):
        return Ranked(first(columns, slots, -scores, most), scores, near)
    best = min(RERANKED, len(places))
    order = first(columns, slots, -scores, max(most, best))
    near = _nearness(view, query.vector, found, places, order[:best])
    scores += prior.vector * near
    again = first(columns, slots[order[:best]], -scores[order[:best]], best)
    return Ranked(np.concatenate((order[:best][again], order[best:]))[:most], scores, near)


def _without(prior: Prior, names: frozenset[str]) -> Prior:
    """The prior in which some reasons count for nothing."""
    known = names.intersection(prior.__struct_fields__)
    return msgspec.structs.replace(prior, **dict.fromkeys(known, 0.0)) if known else prior


def _known(prior: Prior, columns: Columns, query: IndexQuery, found: Found, places: Places) -> Scores:
    """Every result's score by what is known without its vector."""
    text, *others = _reasons(prior, columns, query, found, places).values()
    for each in others:
        text += each
    return text


def _reasons(prior: Prior, columns: Columns, query: IndexQuery, found: Found, places: Places) -> dict[str, Scores]:
    """What each reason, by its name in the prior, adds to the score of some results."""
    slots = found.slots[places]
    title = title_key(query.text)
    popularity = np.log1p(columns.popularity[slots])
    reasons: dict[str, Scores] = {"text": prior.text * found.text[places].astype(np.float64)}
    reasons["vector"] = prior.vector * found.similarity[places] / SIMILARITY_UNIT
    if title:
        reasons["title"] = prior.title * (columns.title[slots] == title)
    reasons["popularity"] = prior.popularity * popularity / (1.0 + popularity)
    reasons["rating"] = prior.rating * _trust(columns, slots)
    return reasons


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
