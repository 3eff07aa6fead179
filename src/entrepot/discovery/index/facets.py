"""Which facets are shown, in which order, and where price ranges begin: rules over exact counts, shared by every index.

1. price, rating, category, brand and merchant come when they tell results apart, or are filtered by;
2. then the attributes, most useful first: by how many results a choice other than the commonest value would leave;
3. at most FACETS_MAX in all, each with at most VALUES_MAX values, largest count first, and the chosen ones always.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..text import fold
from ..types import Facet, FacetValue
from .filters import BRAND, CATEGORY, MERCHANT, PRICE, RATING, Filter, Ranges, Terms, read_range

FACETS_MAX = 8
VALUES_MAX = 30
CATEGORIES_MAX = 60
PRICE_STEPS = 5
RATING_STEPS = (400, 300, 200)
FIXED = (CATEGORY, PRICE, BRAND, RATING, MERCHANT)
NUMERIC = (PRICE, RATING)


class Summary(NamedTuple):
    """A name's values over the results that pass every filter but its own: how many, the counts' sum and largest."""

    values: int
    total: int
    largest: int


def summary_of(counts: Collection[int]) -> Summary:
    """The summary of a name's counts."""
    return Summary(len(counts), sum(counts), max(counts, default=0))


def choose(
    summaries: Mapping[str, Summary], total: int, filters: Sequence[Filter], allowed: Iterable[str] | None
) -> list[str]:
    """The names to show. `allowed` are the attribute codes that may be shown (None: any); `total` the results."""
    chosen = {each.name for each in filters}
    telling = {name for name, summary in summaries.items() if _tells(name, summary, chosen, total)}
    fixed = [name for name in FIXED if name in telling]
    codes = telling - {*FIXED}
    if allowed is not None:
        codes &= {*allowed, *chosen}
    useful = sorted(codes, key=lambda code: (code not in chosen, -_left(summaries[code]), code))
    return fixed + useful[: FACETS_MAX - len(fixed)]


def show(name: str, counts: Mapping[str, int], filters: Sequence[Filter]) -> Facet:
    """A facet with the values to show of it, from the exact counts of them all."""
    chosen = next((each for each in filters if each.name == name), None)
    return Facet(name, _values(name, counts, chosen))


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
    """Whether a choice of it would leave some results and not others, or it has been chosen from."""
    if name in chosen:
        return summary.values > 0
    if name in NUMERIC:
        return summary.total > 0 and (summary.values > 1 or summary.largest < total)
    return summary.values > 1 or 0 < summary.largest < total


def _left(summary: Summary) -> int:
    return summary.total - summary.largest


def _values(name: str, values: Mapping[str, int], chosen: Filter | None) -> tuple[FacetValue, ...]:
    if name in NUMERIC:
        return tuple(FacetValue(value, count) for value, count in values.items() if count or _is_chosen(value, chosen))
    order = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    most = shown_most(name)
    shown = order[:most]
    if chosen is not None:
        shown += [item for item in order[most:] if _is_chosen(item[0], chosen)]
    return tuple(FacetValue(value, count) for value, count in shown)


def _is_chosen(value: str, chosen: Filter | None) -> bool:
    if isinstance(chosen, Terms):
        return fold(value) in chosen.values
    return isinstance(chosen, Ranges) and read_range(chosen.name, value) in chosen.ranges


def _round_down(amount: int) -> int:
    """The largest round number (10, 15, 20, 30, 40, 50, 60, 80 and their tenfolds) that is not above an amount."""
    if amount < 10:
        return amount
    power = int(10 ** (len(str(amount)) - 2))
    return max(step * power for step in (10, 15, 20, 30, 40, 50, 60, 80) if step * power <= amount)
