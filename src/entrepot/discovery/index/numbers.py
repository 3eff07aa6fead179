"""Numbers among attribute values: "15.6 in" is one. Ranges of them are filters, and facets of many numbers show ranges.

A range begins and ends at numbers that are there, both ends included, so that it says nothing about the gaps between.
Values come normalised, so a unit is always written in one way; numbers of different units do not compare.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

SINGLE_MAX = 12
"""So many different numbers are shown one by one; of more, ranges."""
RANGES = 5
TEXT_MAX = 60
_UNIT = r"([^\W\d_][^\d]*|[\"'%°])?"
_NUMBER = re.compile(rf"^(-?\d{{1,15}}(?:\.\d{{1,12}})?)\s?{_UNIT}$")
_PART = r"(-?\d{1,15}(?:\.\d{1,12})?)?"
_RANGE = re.compile(rf"^\s*{_PART}\s*\.\.\s*{_PART}\s?{_UNIT}\s*$")

Number = tuple[float, str]
"""How much, of which unit."""
NumberRange = tuple[float | None, float | None, str]
"""From and to, of which unit; of any, when it is empty."""


def number_of(value: str) -> Number | None:
    """The number that a value is, with its unit or without; None for other words."""
    match = _NUMBER.match(value) if len(value) <= TEXT_MAX else None
    return None if match is None else (float(match.group(1)), match.group(2) or "")


def read_number_range(text: str) -> NumberRange | None:
    """The ends of a range such as `8..16` or `250..500 g`, one of which may be left out; None for what is none."""
    match = _RANGE.match(text) if len(text) <= TEXT_MAX else None
    if match is None or match.group(1) is match.group(2) is None:
        return None
    low, high = (None if part is None else float(part) for part in match.groups()[:2])
    return low, high, (match.group(3) or "").strip()


def holds(ranges: Sequence[NumberRange], number: Number | None) -> bool:
    """Whether a number lies in one of the ranges."""
    return number is not None and any(
        unit in ("", number[1]) and (low is None or low <= number[0]) and (high is None or number[0] <= high)
        for low, high, unit in ranges
    )


def number_ranges(counts: Mapping[str, int]) -> list[NumberRange]:
    """Ranges of about equal weight over values with how often each is there, of the unit that most of them have.

    None where single values are shown: because they are few, or because one of them is no number.
    """
    numbers = {value: number_of(value) for value in counts}
    if len(numbers) <= SINGLE_MAX or None in numbers.values():
        return []
    units: Counter[str] = Counter()
    for value, number in numbers.items():
        units[number[1] if number else ""] += counts[value]
    unit = min(units, key=lambda each: (-units[each], each))
    weights: Counter[float] = Counter()
    for value, number in numbers.items():
        if number is not None and number[1] == unit:
            weights[number[0]] += counts[value]
    return _parted(weights, unit) if len(weights) > SINGLE_MAX else []


def place_in(ranges: Sequence[NumberRange], number: Number | None) -> int:
    """The place of the first range that a number lies in; their count for one that lies in none."""
    return next((place for place, each in enumerate(ranges) if holds((each,), number)), len(ranges))


def range_text(each: NumberRange) -> str:
    """A range as a filter's value."""
    low, high, unit = each
    ends = ("" if end is None else number_text(end) for end in (low, high))
    return f"{'..'.join(ends)} {unit}".rstrip()


def number_text(number: float) -> str:
    """A number without needless decimals."""
    return str(int(number)) if number == int(number) else repr(number)


def _parted(weights: Mapping[float, int], unit: str) -> list[NumberRange]:
    numbers = sorted(weights)
    share, ranges, begun, weight = sum(weights.values()) / RANGES, list[NumberRange](), 0, 0
    for place, number in enumerate(numbers):
        weight += weights[number]
        if weight >= share or place == len(numbers) - 1:
            ranges.append((numbers[begun], number, unit))
            begun, weight = place + 1, 0
    return ranges
