"""Which location sends which pieces of an order. Pure: stock, distances and prices are given.

1. Fewest parcels: the smallest set of locations that has everything (by trying sets, up to `TRIED_MAX` locations;
   with more, the location that has most of what is left is taken again and again).
2. Then those that cross the fewest borders; then the cheapest delivery, by what each location's parcel costs.
3. Then the nearest, by distance; then the order in which the locations are given: who gives the fullest first, has
   stock even out.

What none has stays unallocated. Within a set, each line is taken from as few locations as can be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import msgspec

TRIED_MAX = 8
FAR = 2**40


class Wanted(msgspec.Struct, frozen=True):
    """So many pieces of a thing for a line of an order."""

    line_id: str
    item: str
    quantity: int


class Source(msgspec.Struct, frozen=True):
    """A location: what it has, what a parcel from there costs, how far it is (None where nobody knows), and whether
    the parcel would cross a border."""

    location_id: str
    stock: Mapping[str, int]
    cost_minor: int = 0
    distance_m: int | None = None
    abroad: bool = False


class Allocated(msgspec.Struct, frozen=True):
    """Pieces of a line that a location sends."""

    line_id: str
    location_id: str
    quantity: int


class Allocation(msgspec.Struct, frozen=True):
    """Who sends what, and by line how many pieces nobody has."""

    parts: tuple[Allocated, ...]
    missing: dict[str, int]


def allocate(wanted: Sequence[Wanted], sources: Sequence[Source]) -> Allocation:
    """Share an order out over locations: all that can be sent, from as few as can be."""
    needed: dict[str, int] = {}
    for each in wanted:
        needed[each.item] = needed.get(each.item, 0) + each.quantity
    useful = [source for source in sources if any(source.stock.get(item, 0) > 0 for item in needed)]
    sendable = {item: min(need, sum(_has(source, item) for source in useful)) for item, need in needed.items()}
    chosen = _fewest(useful, sendable) if len(useful) <= TRIED_MAX else _greedy(useful, sendable)
    return _shared(wanted, sorted(chosen, key=lambda source: _rank([source], useful)))


def _fewest(sources: Sequence[Source], sendable: Mapping[str, int]) -> list[Source]:
    for size in range(len(sources) + 1):
        sets = [list(tried) for tried in combinations(sources, size) if _covers(tried, sendable)]
        if sets:
            return min(sets, key=lambda tried: _rank(tried, sources))
    raise AssertionError("all locations together have what can be sent")


def _greedy(sources: Sequence[Source], sendable: Mapping[str, int]) -> list[Source]:
    left, chosen, others = dict(sendable), [], list(sources)
    while any(left.values()):
        best = min(
            others,
            key=lambda one: (-sum(min(_has(one, item), need) for item, need in left.items()), _rank([one], sources)),
        )
        others.remove(best)
        chosen.append(best)
        left = {item: max(need - _has(best, item), 0) for item, need in left.items()}
    return chosen


def _covers(tried: Sequence[Source], sendable: Mapping[str, int]) -> bool:
    return all(sum(_has(source, item) for source in tried) >= need for item, need in sendable.items())


def _rank(tried: Sequence[Source], order: Sequence[Source]) -> tuple[int, int, int, list[int]]:
    """The fewer borders, then the cheaper, then the nearer, then the earlier."""
    borders, cost_minor = sum(source.abroad for source in tried), sum(source.cost_minor for source in tried)
    distance = sum(FAR if source.distance_m is None else source.distance_m for source in tried)
    return borders, cost_minor, distance, [order.index(source) for source in tried]


def _shared(wanted: Sequence[Wanted], chosen: Sequence[Source]) -> Allocation:
    left = {source.location_id: dict(source.stock) for source in chosen}
    parts, missing = [], {}
    for each in wanted:
        need = each.quantity
        having = [source for source in chosen if left[source.location_id].get(each.item, 0) > 0]
        whole = [source for source in having if left[source.location_id][each.item] >= need]
        # One that has all of it sends it; else those that have most, so that a line is split as little as can be.
        for source in whole[:1] or sorted(having, key=lambda one: -left[one.location_id][each.item]):
            quantity = min(need, left[source.location_id][each.item])
            if quantity:
                left[source.location_id][each.item] -= quantity
                need -= quantity
                parts.append(Allocated(each.line_id, source.location_id, quantity))
        if need:
            missing[each.line_id] = need
    return Allocation(tuple(parts), missing)


def _has(source: Source, item: str) -> int:
    return max(source.stock.get(item, 0), 0)
