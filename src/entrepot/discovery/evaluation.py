"""How good a search is, by people's ratings of its results.

Gain is 2^rating - 1, the discount of place i is log2(i + 1) (Järvelin and Kekäläinen, 2002; the exponential gain is of
Burges et al., 2005), and the ideal order is made from every rated product of the query. Two protocols answer two
questions:

re-rank  Does the ranker understand? Only rated products count: others in the list are passed over, and rated ones that
         it leaves out come last, the worst first, so that leaving one out never helps.
whole    Would a shopper be pleased? The first k of the list as they are; what nobody rated gains nothing, so `judged`
         says how many of those places anybody rated.

Means are taken over queries with a rating above 0; a query that a list does not answer is an empty list. Intervals are
percentile bootstraps over queries (95 %), from a fixed seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from entrepot.kernel import Invalid

K = 10
RESAMPLES = 10_000
EXACT = 1e-9
Protocol = Literal["re-rank", "whole"]
PROTOCOLS: tuple[Protocol, ...] = ("re-rank", "whole")
Judgments = Mapping[str, Mapping[str, float]]
Lists = Mapping[str, Sequence[str]]


class Compared(msgspec.Struct, frozen=True):
    """Lists against others, query by query: the mean difference with its interval, and the share of queries that are
    worse, or better, by more than the tolerance."""

    difference: float
    low: float
    high: float
    worse: float
    better: float


class Measure(msgspec.Struct, frozen=True):
    """One set of lists under one protocol. `bad` is the share of rated places among the first k that are rated 0."""

    protocol: Protocol
    k: int
    queries: int
    ndcg: float
    low: float
    high: float
    judged: float
    bad: float | None
    compared: Compared | None = None


def measure(
    lists: Lists,
    judgments: Judgments,
    protocol: Protocol,
    *,
    k: int = K,
    baseline: Lists | None = None,
    tolerance: float = EXACT,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Measure:
    """Measure lists of product ids by query, and compare them with others where some are given.

    Invalid when no query has a rating above 0.
    """
    scores = by_query(lists, judgments, protocol, k)
    if not scores:
        raise Invalid("No query has a rating above 0, so there is nothing to measure")
    values = list(scores.values())
    low, high = interval(values, resamples, seed)
    shares = [bad_share(lists.get(query, ()), judgments[query], protocol, k) for query in scores]
    known = [share for share in shares if share is not None]
    judged = [judged_share(lists.get(query, ()), judgments[query], k) for query in scores]
    return Measure(
        protocol, k, len(values), float(np.mean(values)), low, high,
        1.0 if protocol == "re-rank" else float(np.mean(judged)),
        float(np.mean(known)) if known else None,
        None if baseline is None else compare(
            values, list(by_query(baseline, judgments, protocol, k).values()), tolerance, resamples, seed
        ),
    )  # fmt: skip


def compare(
    values: Sequence[float],
    before: Sequence[float],
    tolerance: float = EXACT,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Compared:
    """Scores of queries against those that the same queries had before."""
    change = np.asarray(values, float) - np.asarray(before, float)
    low, high = interval(change.tolist(), resamples, seed)
    worse, better = float((change < -tolerance).mean()), float((change > tolerance).mean())
    return Compared(float(change.mean()), low, high, worse, better)


def by_query(lists: Lists, judgments: Judgments, protocol: Protocol, k: int = K) -> dict[str, float]:
    """The NDCG of each query that has a rating above 0."""
    return {
        query: ndcg(lists.get(query, ()), rated, protocol, k)
        for query, rated in judgments.items()
        if any(rating > 0 for rating in rated.values())
    }


def ndcg(products: Sequence[str], rated: Mapping[str, float], protocol: Protocol, k: int = K) -> float:
    """Between 0 and 1, for a query that has a rating above 0."""
    return _gained(_ratings(products, rated, protocol, k)) / _gained(sorted(rated.values(), reverse=True)[:k])


def judged_share(products: Sequence[str], rated: Mapping[str, float], k: int = K) -> float:
    """The share of the first k that anybody rated; 0 for an empty list."""
    first = products[:k]
    return sum(product in rated for product in first) / len(first) if first else 0.0


def bad_share(products: Sequence[str], rated: Mapping[str, float], protocol: Protocol, k: int = K) -> float | None:
    """The share of the rated places among the first k that are rated 0; None where none is rated."""
    if protocol == "re-rank":
        seen = _ratings(products, rated, protocol, k)
    else:
        seen = [rated[product] for product in products[:k] if product in rated]
    return sum(rating == 0 for rating in seen) / len(seen) if seen else None


def interval(values: Sequence[float], resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, float]:
    """Where the mean lies with 95 % confidence: queries are drawn again and again, with replacement."""
    sample = np.asarray(values, float)
    drawn = np.random.default_rng(seed).integers(0, len(sample), size=(resamples, len(sample)))
    low, high = np.percentile(sample[drawn].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def thirds(counts: Mapping[str, int], queries: Iterable[str]) -> dict[str, list[str]]:
    """Queries parted into head, torso and tail: each has about a third of all askings, the most asked in the head.

    Without counts, by how many words they have: short ones are asked most.
    """
    queries = list(queries)
    asked = {query: counts.get(query, 0) for query in queries}
    if not any(asked.values()):
        longest = max((len(query.split()) for query in queries), default=1)
        asked = {query: (longest - len(query.split())) * 1_000 + 1 for query in queries}
    parts: dict[str, list[str]] = {"head": [], "torso": [], "tail": []}
    whole, done = sum(asked.values()), 0
    for query in sorted(queries, key=lambda each: (-asked[each], each)):
        parts["head" if 3 * done < whole else "torso" if 3 * done < 2 * whole else "tail"].append(query)
        done += asked[query]
    return parts


def _ratings(products: Sequence[str], rated: Mapping[str, float], protocol: Protocol, k: int) -> list[float]:
    """The ratings in the first k places; what comes again, or nobody rated, gains nothing."""
    if protocol == "whole":
        seen: set[str] = set()
        ratings = []
        for product in products[:k]:
            ratings.append(0.0 if product in seen else rated.get(product, 0.0))
            seen.add(product)
        return ratings
    found = dict.fromkeys(product for product in products if product in rated)
    missing = sorted(rating for product, rating in rated.items() if product not in found)
    return [*(rated[product] for product in found), *missing][:k]


def _gained(ratings: Iterable[float]) -> float:
    gained: float = sum((2.0**rating - 1.0) / math.log2(place + 1) for place, rating in enumerate(ratings, start=1))
    return gained
