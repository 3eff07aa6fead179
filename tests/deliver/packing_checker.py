"""Checks a packing, knowing nothing of how it was made: all is inside, nothing overlaps, nothing is too heavy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from entrepot.deliver.packing import Packed, Placed
from entrepot.deliver.types import Box, Item


def packing_problems(items: Sequence[Item], boxes: Sequence[Box], parcels: Sequence[Packed]) -> list[str]:
    """What is wrong with these parcels of these goods, as sentences; empty when nothing is."""
    by_id = {box.id: box for box in boxes}
    problems = _missing(items, parcels)
    for number, parcel in enumerate(parcels, 1):
        found = [problem for placed in parcel.contents for problem in _misfit(items[placed.item], placed)]
        if parcel.box_id is None:
            found += [] if len(parcel.contents) == 1 else ["holds several things without a box"]
        else:
            found += _box_problems(by_id[parcel.box_id], parcel)
        problems += [f"parcel {number} {problem}" for problem in found]
    return problems


def _missing(items: Sequence[Item], parcels: Sequence[Packed]) -> list[str]:
    packed: Counter[int] = Counter()
    for parcel in parcels:
        for placed in parcel.contents:
            packed[placed.item] += placed.pieces
    return [
        f"item {place} is packed {packed[place]} times and there are {item.quantity}"
        for place, item in enumerate(items)
        if packed[place] != item.quantity
    ]


def _misfit(item: Item, placed: Placed) -> list[str]:
    """A block of n pieces has n times the volume and weight, and sides that are whole multiples of a piece's."""
    sides = sorted((item.length_mm or 0, item.width_mm or 0, item.height_mm or 0))
    problems = []
    if placed.weight_g != (item.weight_g or 0) * placed.pieces:
        problems.append(f"holds {placed.pieces} of item {placed.item} at a wrong weight")
    if placed.pieces == 1 and sorted(placed.sides) != sides:
        problems.append(f"holds item {placed.item} with other sides than it has")
    a, b, c = placed.sides
    if a * b * c != sides[0] * sides[1] * sides[2] * placed.pieces:
        problems.append(f"holds {placed.pieces} of item {placed.item} in a wrong volume")
    return problems


def _box_problems(box: Box, parcel: Packed) -> list[str]:
    problems = []
    load_g = sum(placed.weight_g for placed in parcel.contents)
    if load_g > box.load_g_max:
        problems.append(f"carries {load_g} g in a box for {box.load_g_max} g")
    if parcel.weight_g != load_g + box.tare_g:
        problems.append(f"says {parcel.weight_g} g and weighs {load_g + box.tare_g} g")
    room = (box.length_mm, box.width_mm, box.height_mm)
    for placed in parcel.contents:
        if any(at < 0 or at + side > end for at, side, end in zip(placed.at, placed.sides, room, strict=True)):
            problems.append(f"has item {placed.item} reaching out of {box.name}")
    for one, other in combinations(parcel.contents, 2):
        if all(a < b + d and b < a + c for a, c, b, d in zip(one.at, one.sides, other.at, other.sides, strict=True)):
            problems.append(f"has items {one.item} and {other.item} in one place")
    return problems
