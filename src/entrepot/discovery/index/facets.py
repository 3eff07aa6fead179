"""Which facets are shown, in which order, and where price ranges begin: rules over exact counts, shared by every index.

1. category, price, brand, rating, condition, reductions and merchant come when they divide the results, or are
   filtered by;
2. then the attributes: those that the category is known for in its order, then the most useful ones, by how many
   results a choice other than the commonest value would leave;
3. at most FACETS_MAX in all, each with at most VALUES_MAX values, largest count first, and the chosen ones always;
   numbers stand in their order, and of many different ones ranges are shown.

A count is of products with an offer that passes every other filter and has the value: it is what choosing it lists.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..text import fold
from ..types import Facet, FacetValue
from .base import IndexQuery
from .filters import (
    BRAND,
    CATEGORY,
    COLLECTION,
    CONDITION,
    MERCHANT,
    ON_SALE,
    PRICE,
    RATING,
    Filter,
    Flag,
    Ranges,
    Terms,
    read_range,
)
from .numbers import number_of, read_number_range

FACETS_MAX = 10
VALUES_MAX = 30
CATEGORIES_MAX = 60
PRICE_STEPS = 5
RATING_STEPS = (400, 300, 200)
FIXED = (CATEGORY, PRICE, BRAND, RATING, CONDITION, ON_SALE, MERCHANT)
NUMERIC = (PRICE, RATING)
ON_SALE_VALUE = "yes"


class Summary(NamedTuple):
    """A name's values over the results that pass every filter but its own: how many, the counts' sum and largest."""

    values: int
    total: int
    largest: int


def summary_of(counts: Collection[int]) -> Summary:
    """The summary of a name's counts."""
    return Summary(len(counts), sum(counts), max(counts, default=0))


def choose(summaries: Mapping[str, Summary], total: int, filters: Sequence[Filter], query: IndexQuery) -> list[str]:
    """The names to show, of `total` results."""
    chosen = {each.name for each in filters}
    telling = {name for name, summary in summaries.items() if _tells(name, summary, chosen, total)}
    fixed = [name for name in FIXED if name in telling]
    codes = telling - {*FIXED, COLLECTION}
    if query.facet_names is not None:
        codes &= {*query.facet_names, *query.preferred, *chosen}
    places = {code: place for place, code in enumerate(query.preferred)}
    useful = sorted(
        codes, key=lambda code: (code not in chosen, places.get(code, len(places)), -_left(summaries[code]), code)
    )
    return fixed + useful[: max(0, FACETS_MAX - len(fixed))]


def show(name: str, counts: Mapping[str, int], filters: Sequence[Filter], *, as_given: bool = False) -> Facet:
    """A facet with the values to show of it, from the exact counts of them all; numbers come `as_given`, unless one of
    them is none, or they are too many."""
    chosen = next((each for each in filters if each.name == name), None)
    if name in NUMERIC or (as_given and len(counts) <= VALUES_MAX and all(map(_is_number, counts))):
        shown = [(value, count) for value, count in counts.items() if count or _is_chosen(value, chosen)]
    else:
        shown = _largest(name, counts, chosen)
    return Facet(name, tuple(FacetValue(value, count) for value, count in shown))


def by_number(counts: Mapping[str, int]) -> dict[str, int]:
    """Values in the order of their numbers; those that are none come last."""
    return dict(sorted(counts.items(), key=lambda item: (_sortable(item[0]), item[0])))


def shown_most(name: str) -> int:
    """How many of a name's values are shown, beside the chosen ones."""
    return CATEGORIES_MAX if name == CATEGORY else VALUES_MAX


def price_edges(quantiles: Sequence[int]) -> list[int]:
    """Where price ranges begin, from the prices at equal shares of the results: round numbers, each once, ascending."""
    edges = {_round_down(quantile) for quantile in quantiles}
    return sorted(edge for edge in edges if edge > 0)


def price_places(count: int) -> list[int]:
    """The places, in prices sorted ascending, whose prices `price_edges` wants."""
    return [count * step // PRICE_STEPS for step in range(1, PRICE_STEPS)] if count else []


def price_values(edges: Sequence[int]) -> list[str]:
    """The ranges between the edges, as filter values: "..1999", "2000..4999", "5000.."."""
    if not edges:
        return []
    inner = [f"{low}..{high - 1}" for low, high in pairwise(edges)]
    return [f"..{edges[0] - 1}", *inner, f"{edges[-1]}.."]


def rating_values() -> list[str]:
    """The thresholds of the rating facet, as filter values, in the order of RATING_STEPS."""
    return [f"{step // 100}.." for step in RATING_STEPS]


def _tells(name: str, summary: Summary, chosen: Collection[str], total: int) -> bool:
    """Whether some choice of it would leave some results and not others, or it has been chosen from."""
    if name in chosen:
        return summary.values > 0
    return summary.total > 0 and (summary.largest < total or summary.total < summary.values * summary.largest)


def _left(summary: Summary) -> int:
    return summary.total - summary.largest


def _largest(name: str, counts: Mapping[str, int], chosen: Filter | None) -> list[tuple[str, int]]:
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    most = shown_most(name)
    return order[:most] + [item for item in order[most:] if chosen is not None and _is_chosen(item[0], chosen)]


def _is_number(value: str) -> bool:
    return number_of(value) is not None or read_number_range(value) is not None


def _sortable(value: str) -> float:
    number = number_of(value)
    return math.inf if number is None else number[0]


def _is_chosen(value: str, chosen: Filter | None) -> bool:
    if isinstance(chosen, Terms):
        return fold(value) in chosen.values
    if isinstance(chosen, Flag):
        return True in chosen.wanted
    return isinstance(chosen, Ranges) and read_range(chosen.name, value) in chosen.ranges


def _round_down(amount: int) -> int:
    """The largest round number (10, 15, 20, 30, 40, 50, 60, 80 and their tenfolds) that is not above an amount."""
    if amount < 10:
        return amount
    power = int(10 ** (len(str(amount)) - 2))
    return max(step * power for step in (10, 15, 20, 30, 40, 50, 60, 80) if step * power <= amount)
