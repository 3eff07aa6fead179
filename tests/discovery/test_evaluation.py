"""Measures of search: by hand, against their definition, and what the gate makes of them."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.discovery.evaluation import Compared, bad_share, compare, interval, measure, ndcg, thirds
from entrepot.discovery.gate import decide
from entrepot.kernel import Invalid

RATED = {"a": 3.0, "b": 1.0, "c": 0.0}
IDEAL = 7 / math.log2(2) + 1 / math.log2(3)


def test_a_whole_list_is_scored_as_it_stands_and_a_repeat_wastes_its_place() -> None:
    assert ndcg(["x", "a", "a", "b"], RATED, "whole") == pytest.approx(
        (7 / math.log2(3) + 1 / math.log2(5)) / IDEAL, abs=1e-15
    )


def test_re_ranking_passes_over_what_nobody_rated_and_leaving_out_never_helps() -> None:
    assert ndcg(["x", "y", "a", "b"], RATED, "re-rank") == 1.0
    assert ndcg(["b"], RATED, "re-rank") == pytest.approx((1 + 7 / math.log2(4)) / IDEAL)
    for some in permutations(RATED, 2):
        missing = ndcg(some, RATED, "re-rank")
        assert all(missing <= ndcg([*some, each], RATED, "re-rank") for each in RATED if each not in some)


def test_bad_places_are_rated_ones_of_nothing() -> None:
    assert bad_share(["x", "c", "a"], RATED, "whole") == 0.5
    assert bad_share(["x"], RATED, "whole") is None


def test_a_query_without_an_answer_counts_and_one_without_a_good_rating_does_not() -> None:
    judgments = {"one": RATED, "two": {"a": 2.0}, "none": {"a": 0.0}}
    found = measure({"one": ["a", "b", "c"]}, judgments, "whole", resamples=10)
    assert (found.queries, found.ndcg) == (2, 0.5)
    with pytest.raises(Invalid, match="above 0"):
        measure({}, {"none": {"a": 0.0}}, "whole")


def test_a_baseline_tells_what_is_worse_by_more_than_the_tolerance() -> None:
    compared = compare([0.5, 0.9, 0.4], [0.505, 0.5, 0.6], 0.01, resamples=100)
    assert (compared.worse, compared.better) == (1 / 3, 1 / 3)
    assert compared.low <= compared.difference <= compared.high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_an_interval_holds_the_mean_and_is_the_same_again(values: list[float]) -> None:
    low, high = interval(values, 200)
    assert low - 1e-9 <= float(np.mean(values)) <= high + 1e-9 or len(set(values)) > 1
    assert interval(values, 200) == (low, high)


def test_thirds_share_the_askings() -> None:
    counts = {"a": 6, "b": 3, "c": 2, "d": 1}
    assert thirds(counts, counts) == {"head": ["a"], "torso": ["b"], "tail": ["c", "d"]}
    parts = thirds({}, ["tv", "red tv stand", "tv stand"])
    assert parts["head"][0] == "tv"


def _compared(difference: float, low: float, worse: float = 0.1) -> Compared:
    return Compared(difference, low, difference + 0.05, worse, 0.5)


@pytest.mark.parametrize(
    ("rerank", "whole", "queries", "passed"),
    [
        (_compared(0.03, 0.01), _compared(0.0, -0.02), 60, True),
        (_compared(0.03, 0.01), _compared(0.0, -0.02), 9, False),
        (_compared(0.001, 0.0), _compared(0.0, -0.02), 60, False),
        (_compared(0.03, -0.02), _compared(0.0, -0.02), 60, False),
        (_compared(0.03, 0.01, worse=0.4), _compared(0.0, -0.02), 60, False),
        (_compared(0.03, 0.01), _compared(-0.03, -0.05), 60, False),
    ],
)
def test_the_gate_asks_for_a_gain_that_is_one(rerank: Compared, whole: Compared, queries: int, passed: bool) -> None:
    decision = decide(rerank, whole, queries)
    assert decision.passed is passed
    assert decision.reason
