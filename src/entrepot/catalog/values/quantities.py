"""Quantities as people write them: `1,5 l`, `15 5/8"`, `10–20 cm`, `5 x 10 cm`, `6 x 330 ml`, `1 h 30 min`, `5'10"`.

The whole text must be read, or nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Literal

import msgspec

from .data import read_data
from .numbers import NUMBER, UNBOUNDED, Bounds, is_within, read_number, tidy
from .units import Unit, find_unit, unit_of

Shape = Literal["one", "range", "sides", "multiple"]
TEXT_LENGTH_MAX = 80
SIDES_MAX = 4
_COUNTED = frozenset({"volume", "mass"})
"""Dimensions in which `6 x 330 ml` counts things rather than the sides of one."""


class Measure(msgspec.Struct, frozen=True):
    """What is known of an attribute before its value is read: its dimensions (none: any), the unit in which it is
    compared and which a bare number has, plausible bounds in that unit, and the step to which figures are rounded
    (15.59 in is sold as 15.6 in)."""

    dimensions: tuple[str, ...] = ()
    unit: str = ""
    bounds: Bounds = UNBOUNDED
    step: Fraction | None = None


class Quantity(msgspec.Struct, frozen=True):
    """What was read: one number, the two ends of a range, the sides of a thing, or (count, number) of a multipack; all
    in `unit`, empty for bare numbers."""

    shape: Shape
    numbers: tuple[Fraction, ...]
    unit: str


def read_quantity(text: str, measure: Measure) -> Quantity | None:
    """The quantity that a text says; None where it says none, or one of another dimension."""
    text = _without_approximation(tidy(text))
    if not text or len(text) > TEXT_LENGTH_MAX or not _has_digit(text):
        return None
    if (one := _one(text, measure)) or (one := _compound(text, measure)):
        return Quantity("one", (one[0],), one[1])
    return _sides(text, measure) or _range(text, measure)


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None if text.isascii() else any(map(str.isdigit, text))


_DIGIT = re.compile("[0-9]")


# --- one quantity

Read = tuple[Fraction, str]
"""A number and the symbol of its unit."""


def _one(text: str, measure: Measure) -> Read | None:
    match = NUMBER.match(text)
    if match is None:
        return None
    word = text[match.end() :].strip()
    if not word:
        return _bare(match.group(), measure)
    unit = find_unit(word, measure.dimensions)
    if unit is None:
        return None
    return _in_unit_of(match.group(), unit, measure)


def _bare(number: str, measure: Measure) -> Read | None:
    """A number alone has the attribute's unit, where the attribute is known to be a quantity and it is plausible."""
    if not measure.dimensions:
        return None
    read = read_number(number, measure.bounds)
    if read is None or not is_within(read, measure.bounds):
        return None
    return _rounded(read, measure), measure.unit


def _in_unit_of(number: str, unit: Unit, measure: Measure) -> Read | None:
    target = _target(unit, measure)
    least, most = (
        None if bound is None else unit.from_base(target.to_base(bound)) for bound in _bounds(measure, target)
    )
    read = read_number(number, (least, most))
    if read is None:
        return None
    return _rounded(target.from_base(unit.to_base(read)), measure), target.symbol


def _bounds(measure: Measure, target: Unit) -> Bounds:
    return measure.bounds if target.symbol == measure.unit else UNBOUNDED


def _target(unit: Unit, measure: Measure) -> Unit:
    """The unit to compare in: the attribute's own where it has one of this dimension."""
    if measure.unit and (own := find_unit(measure.unit, (unit.dimension,))) is not None:
        return own
    return unit_of(unit.dimension)


def _rounded(number: Fraction, measure: Measure) -> Fraction:
    return number if measure.step is None else round(number / measure.step) * measure.step


def _compound(text: str, measure: Measure) -> Read | None:
    """`1 h 30 min`: parts of one dimension, each of a smaller unit than the one before."""
    parts = _COMPOUND.findall(text)
    if not 2 <= len(parts) <= 4 or "".join("".join(part) for part in parts).replace(" ", "") != text.replace(" ", ""):
        return None
    total, last = Fraction(0), None
    for number, word in parts:
        unit = find_unit(word.strip(), (last.dimension,) if last else measure.dimensions)
        read = read_number(number)
        if unit is None or read is None or read < 0 or unit.offset or (last and unit.scale >= last.scale):
            return None
        total, last = total + unit.to_base(read), unit
    assert last is not None
    target = _target(last, measure)
    return _rounded(target.from_base(total), measure), target.symbol


_COMPOUND = re.compile(r"(\d+(?:[.,]\d+)?(?: \d+/\d+)?)\s*([^\d\s.,/x×*+-][^\d]*?)(?=\s*\d|\s*$)")


# --- several


def _sides(text: str, measure: Measure) -> Quantity | None:
    """`5 x 10 cm`: the unit after the last side is that of all without one."""
    parts = [part.strip() for part in _times().split(text)]
    if not 2 <= len(parts) <= SIDES_MAX:
        return None
    if multiple := _multiple(parts, measure):
        return multiple
    read = _with_shared_unit(parts, measure)
    return None if read is None else Quantity("sides", read[0], read[1])


def _multiple(parts: Sequence[str], measure: Measure) -> Quantity | None:
    """`6 x 330 ml`: a count without a unit, of volumes or masses."""
    if len(parts) != 2 or not parts[0].isdecimal() or not 2 <= int(parts[0]) <= 10_000:
        return None
    match = NUMBER.match(parts[1])
    unit = find_unit(parts[1][match.end() :].strip(), measure.dimensions) if match else None
    read = _one(parts[1], measure) if unit and unit.dimension in _COUNTED else None
    return None if read is None else Quantity("multiple", (Fraction(int(parts[0])), read[0]), read[1])


def _range(text: str, measure: Measure) -> Quantity | None:
    """`10 to 20 cm`: from the lesser to the greater, both of one unit."""
    for before, separator in _ranges():
        match = before.match(text)
        parts = separator.split(text[match.end() :] if match else text)
        if len(parts) == 2 and (read := _with_shared_unit([part.strip() for part in parts], measure)):
            (low, high), unit = read
            if low < high:
                return Quantity("range", (low, high), unit)
            return Quantity("one", (low,), unit) if low == high else None
    return None


def _with_shared_unit(parts: Sequence[str], measure: Measure) -> tuple[tuple[Fraction, ...], str] | None:
    last = NUMBER.match(parts[-1])
    if last is None:
        return None
    word = parts[-1][last.end() :].strip()
    numbers, units = [], set()
    for part in parts:
        match = NUMBER.match(part)
        if match is None:
            return None
        read = _one(f"{match.group()} {part[match.end() :].strip() or word}", measure)
        if read is None:
            return None
        numbers.append(read[0])
        units.add(read[1])
    return (tuple(numbers), units.pop()) if len(units) == 1 else None


def _without_approximation(text: str) -> str:
    match = _approximate().match(text)
    return text[match.end() :] if match else text


@cache
def _approximate() -> re.Pattern[str]:
    return re.compile(rf"(?:{_any_of(read_data('words.toml')['approximate']['words'])})(?=[\s\d.,])\s*", re.IGNORECASE)


@cache
def _times() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{_any_of(read_data('words.toml')['times']['words'])})\s*(?=[\d.,])", re.IGNORECASE)


@cache
def _ranges() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """What may stand before a range, and what between its ends."""
    words = read_data("words.toml")["range"]
    before = re.compile(rf"(?:{_any_of(words['before'])})\s*(?=\d)", re.IGNORECASE)
    must = re.compile(rf"(?:{_any_of(['between', 'zwischen'])})\s*(?=\d)", re.IGNORECASE)
    ends = re.compile(rf"(?<=[^\s.-])\s*(?:\.\.|{_any_of(words['words'])})\s*(?=[\d-])", re.IGNORECASE)
    joined = re.compile(rf"\s+(?:{_any_of(words['and'])})\s+(?=[\d-])", re.IGNORECASE)
    return (before, ends), (must, joined)


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
