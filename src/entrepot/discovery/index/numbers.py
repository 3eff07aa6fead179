"""Numbers among attribute values: "15.6 in" is one. Ranges of them are filters, and facets of many numbers show ranges.

A range begins and ends at numbers that are there, both ends included, so that it says nothing about the gaps between.
Values come normalised, one unit for each attribute, so their numbers compare.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

SINGLE_MAX = 12
"""So many different numbers are shown one by one; of more, ranges."""
RANGES = 5
TEXT_MAX = 60
_NUMBER = re.compile(r"^(-?\d{1,15}(?:\.\d{1,12})?)(?:\s?[^\W\d_][^\d]*|\s?[\"'%°])?$")
_PART = r"(-?\d{1,15}(?:\.\d{1,12})?)?"
_RANGE = re.compile(rf"^\s*{_PART}\s*\.\.\s*{_PART}\s*$")

NumberRange = tuple[float | None, float | None]


def number_of(value: str) -> float | None:
    """The number that a value is, with its unit or without; None for other words."""
    match = _NUMBER.match(value) if len(value) <= TEXT_MAX else None
    return None if match is None else float(match.group(1))


def read_number_range(text: str) -> NumberRange | None:
    """The ends of a range such as `8..16`, one of which may be left out; None for what is none."""
    match = _RANGE.match(text) if len(text) <= TEXT_MAX else None
    if match is None or match.group(1) is match.group(2) is None:
        return None
    low, high = (None if part is None else float(part) for part in match.groups())
    return low, high


def holds(ranges: Sequence[NumberRange], number: float | None) -> bool:
    """Whether a number lies in one of the ranges."""
    return number is not None and any(
        (low is None or low <= number) and (high is None or number <= high) for low, high in ranges
    )


def number_ranges(counts: Mapping[float, int]) -> list[tuple[float, float]]:
    """Ranges over numbers with how often each is there, of about equal weight; none where single ones are shown."""
    numbers = sorted(counts)
    if len(numbers) <= SINGLE_MAX:
        return []
    share, ranges, begun, weight = sum(counts.values()) / RANGES, [], numbers[0], 0
    for number, after in zip(numbers, [*numbers[1:], math.inf], strict=True):
        weight += counts[number]
        if weight >= share or after == math.inf:
            ranges.append((begun, number))
            begun, weight = after, 0
    return ranges


def range_text(low: float, high: float) -> str:
    """A range as a filter's value."""
    return f"{number_text(low)}..{number_text(high)}"


def number_text(number: float) -> str:
    """A number without needless decimals."""
    return str(int(number)) if number == int(number) else repr(number)
