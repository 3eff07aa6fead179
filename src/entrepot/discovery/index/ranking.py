"""In which order results come by relevance: all by what is known at once, the best few hundred by their features.

The first look is a sum of few reasons that costs nothing to know. The RERANKED best of it are judged by their features
(`features`), by the prior or by a ranker that was learned (`discovery/prior.py`, `discovery/ranker.py`); whatever lies
behind them keeps the order of the first look, and a score below theirs. How many are judged depends on nothing but the
query and its filters, so pages of any size part one and the same list.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from ..features import Matrix, on_grid
from ..prior import Scorer
from .about import CALLED_WEIGHT, MENTION_WEIGHT, REASON, WEIGHT
from .arrangement import SPREAD_MAX, Arrangement, in_turn, spread, with_pins
from .arrays import Slots, Whole
from .base import SIMILARITY_UNIT, IndexQuery
from .candidates import Candidates
from .columns import Columns, title_key
from .features import describe
from .matching import Wanted, each_word
from .offers import NO_PRICE
from .ordering import first, sort_keys
from .postings import Postings
from .retrieval import Found, View
from .tally import Tally

RERANKED = 600
RATINGS_HALF = 10
"""With so many ratings, a rating counts half."""
CHEAP, CHEAP_WEIGHT = "low price", 1.0
"""How much a low price counts for whoever asks for something cheap."""
BEYOND = "beyond the best"
"""What keeps results that were not judged by their features behind those that were."""

Places = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


class FirstLook(msgspec.Struct, frozen=True):
    """How much each reason counts at first; every reason lies between 0 and 1."""

    text: float = 1.0
    vector: float = 1.5
    title: float = 1.0
    popularity: float = 0.10
    rating: float = 0.05


FIRST_LOOK = FirstLook()


class Looked(msgspec.Struct, frozen=True):
    """What a search looks at to put its results in order; `features` are those that anybody looks at."""

    view: View
    columns: Columns
    postings: Postings
    query: IndexQuery
    wanted: tuple[Wanted, ...]
    found: Found
    tally: Tally
    scorer: Scorer
    features: Collection[str]


class Ranked(msgspec.Struct, frozen=True):
    """The results up to the end of the page, in their order, as places in the tally's; and every result's score.

    `judged` are the places of those that were judged by their features, `features` a row for each, and `beyond` what
    the scores of all others were moved by.
    """

    order: Places
    scores: Scores
    judged: Whole = np.zeros(0, np.int64)
    features: Matrix | None = None
    beyond: float = 0.0


def in_order(looked: Looked) -> Ranked:
    """Put the results of a tally in the order asked for, as the operator's rules have it."""
    query, tally, columns, found = looked.query, looked.tally, looked.columns, looked.found
    places, rules = tally.places, query.rules
    slots, nothing = found.slots[places], np.zeros(len(places))
    most = min(query.offset + query.limit, len(places))
    if query.among is not None:
        return Ranked(np.argsort(-found.text[places], kind="stable")[:most], nothing)
    if query.sort != "relevance":
        return Ranked(first(columns, slots, sort_keys(columns, slots, tally.prices(), query.sort), most), nothing)
    lifted = on_grid(tally.lifted(rules)) if rules is not None and rules.lifts else nothing
    lifted = lifted + _by_subject(looked) + _by_price(looked)
    if rules is None:
        return _by_score(looked, lifted, most)
    reach = min(max(most, SPREAD_MAX if rules.per_merchant else 0) + len(rules.pins), len(places))
    ranked = _by_score(looked, lifted, reach)
    return msgspec.structs.replace(ranked, order=_arranged(ranked.order, rules, tally)[:most])


def contributions(looked: Looked, ranked: Ranked, order: Places) -> list[tuple[tuple[str, float], ...]]:
    """What the scores of some results are made of: each sums to its score, exactly. What adds nothing is left out."""
    query, tally = looked.query, looked.tally
    if query.sort != "relevance" or query.among is not None:
        return [()] * len(order)
    row_of = {place: row for row, place in enumerate(ranked.judged.tolist())}
    rows = [row_of.get(place, -1) for place in order.tolist()]
    parts = _parts_of_judged(looked, ranked, order, rows)
    for name, part in _parts_of_others(looked, ranked, order, rows).items():
        parts[name] = parts.get(name, np.zeros(len(order))) + part
    for lift in query.rules.lifts if query.rules else ():
        lifted = on_grid(lift.weight * tally.held(lift.target)[order])
        parts[lift.name] = parts.get(lift.name, np.zeros(len(order))) + lifted
    parts[REASON], parts[CHEAP] = _by_subject(looked)[order], _by_price(looked)[order]
    told = zip(*(part.tolist() for part in parts.values()), strict=True)
    return [tuple((name, part) for name, part in zip(parts, row, strict=True) if part) for row in told]


def _by_subject(looked: Looked) -> Scores:
    """What lifts what the query is about above what mentions it."""
    about, called, mentions = looked.tally.by_subject()
    if REASON in looked.query.without:
        return np.zeros(len(about))
    return on_grid(np.where(about, WEIGHT + np.multiply(CALLED_WEIGHT, called), np.multiply(MENTION_WEIGHT, mentions)))


def _by_price(looked: Looked) -> Scores:
    """What lifts what costs less than other results, where the query wants that: the more, the fewer cost less."""
    if not looked.query.cheap or CHEAP in looked.query.without or not len(looked.tally.places):
        return np.zeros(len(looked.tally.places))
    prices = looked.tally.prices()
    place = np.searchsorted(np.sort(prices), prices) / len(prices)
    return on_grid(np.where(prices == NO_PRICE, 0.0, CHEAP_WEIGHT * (1.0 - place)))


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


def _by_score(looked: Looked, lifted: Scores, most: int) -> Ranked:
    """The `most` best: the RERANKED best of the first look by their features, the others behind them."""
    query, columns, places = looked.query, looked.columns, looked.tally.places
    slots, at_first = looked.found.slots[places], _first_look(looked) + lifted
    if not looked.wanted and query.vector is None:
        return Ranked(first(columns, slots, -at_first, most), at_first)
    best = min(RERANKED, len(places))
    order = first(columns, slots, -at_first, min(max(most, best + 1), len(places)))
    judged, others = order[:best], order[best:]
    judged = judged[np.argsort(columns.ids[slots[judged]])]  # by id: what is left aside moves no feature
    features = describe(_candidates(looked, judged), looked.features)
    scores, beyond = at_first, 0.0
    own = _score(looked.scorer, features, query.without) + lifted[judged]
    if len(others):
        beyond = float(np.floor(min(own.min() - at_first[others[0]], 0.0)))
        scores = at_first + beyond
    scores[judged] = own
    again = np.argsort(-own, kind="stable")
    return Ranked(np.concatenate((judged[again], others))[:most], scores, judged, features, beyond)


def _candidates(looked: Looked, judged: Places) -> Candidates:
    found, tally, view, query = looked.found, looked.tally, looked.view, looked.query
    at = tally.places[judged]
    return Candidates(
        view, looked.columns, looked.postings, each_word(looked.wanted), query.vector, title_key(query.text),
        found.slots[at], found.text[at], tally.prices(judged), tally.rows[judged],
    )  # fmt: skip


def _score(scorer: Scorer, features: Matrix, without: frozenset[str]) -> Scores:
    """The scores of rows, where some features may count for nothing."""
    score = scorer.score(features)
    for name, part in scorer.parts(features).items() if without else ():
        if name in without:
            score = score - part
    return score


def _parts_of_judged(looked: Looked, ranked: Ranked, order: Places, rows: list[int]) -> dict[str, Scores]:
    if ranked.features is None:
        return {}
    mine = np.array([row >= 0 for row in rows], np.bool_)
    parts = looked.scorer.parts(ranked.features[[row for row in rows if row >= 0]])
    found = {}
    for name, part in parts.items():
        if name not in looked.query.without:
            found[name] = np.zeros(len(order))
            found[name][mine] = part
    return found


def _parts_of_others(looked: Looked, ranked: Ranked, order: Places, rows: list[int]) -> dict[str, Scores]:
    mine = np.array([row < 0 for row in rows], np.bool_)
    if not mine.any():
        return {}
    parts = {name: np.where(mine, part[order], 0.0) for name, part in _reasons(looked).items()}
    return {**parts, BEYOND: np.where(mine, ranked.beyond, 0.0)}


def _first_look(looked: Looked) -> Scores:
    """Every result's score by what is known at once."""
    text, *others = _reasons(looked).values()
    for each in others:
        text = text + each
    return text


def _reasons(looked: Looked) -> dict[str, Scores]:
    """What each reason adds to the score of each result at first."""
    columns, query, places = looked.columns, looked.query, looked.tally.places
    found, slots, weights = looked.found, looked.found.slots[places], FIRST_LOOK
    title = title_key(query.text)
    reasons = {
        "text": weights.text * found.text[places].astype(np.float64),
        "vector": weights.vector * found.similarity[places] / SIMILARITY_UNIT,
        "title_same": weights.title * (columns.title[slots] == title) if title else np.zeros(len(places)),
    }
    popularity = np.log1p(columns.popularity[slots])
    reasons["popularity"] = weights.popularity * popularity / (1.0 + popularity)
    reasons["rating"] = weights.rating * _trust(columns, slots)
    return {name: on_grid(part) for name, part in reasons.items() if name not in query.without} or {
        "text": np.zeros(len(places))
    }


def _trust(columns: Columns, slots: Slots) -> Scores:
    """A good rating by many; the first ratings count little."""
    count = columns.rating_count[slots].astype(np.float64)
    trust: Scores = columns.rating[slots] / 500.0 * count / (count + RATINGS_HALF)
    return trust
