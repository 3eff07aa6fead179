"""Other ways to write one quantity: 1 tb is 1000 gb, 0.5 l is 500 ml and 50 cl."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache, lru_cache

from .data import plain
from .numbers import read_number, written
from .units import DIMENSIONS, Unit, units_of, words_of

DIGITS_MAX = 5
"""A figure with more digits is not what people write."""
LEAST, MOST = Fraction(1, 100), Fraction(100_000)
_ROUNDED = frozenset({"storage", "memory"})
"""Dimensions in which a thousand is also written as 1024."""


@lru_cache(maxsize=4_096)
def same_quantities(number: str, word: str) -> tuple[str, ...]:
    """The quantity of a number and a word for its unit as people may write it, `1000 gb`; empty for what is no unit.

    A word that means units of several dimensions is read in each.
    """
    read = read_number(number)
    if read is None or read <= 0:
        return ()
    found = [each for unit in _meant(word) for each in _spellings(read, unit)]
    return tuple(dict.fromkeys(found))


def is_unit(word: str) -> bool:
    """Whether a word is a unit's, in any dimension, without regard to capitals."""
    return bool(_meant(word))


def is_same_unit(one: str, other: str) -> bool:
    """Whether two words may mean the same unit."""
    return not set(_meant(one)).isdisjoint(_meant(other))


def unit_words() -> frozenset[str]:
    """Every word for a unit, in small letters."""
    return frozenset(_by_word())


def _spellings(read: Fraction, unit: Unit) -> Iterator[str]:
    base = unit.to_base(read)
    yield f"{written(read)} {plain(unit.symbol)}"
    for other in units_of(unit.dimension):
        number = other.from_base(base)
        if LEAST <= number <= MOST and _is_short(number):
            yield f"{written(number)} {plain(other.symbol)}"
    if unit.dimension in _ROUNDED:
        yield from _rounded(read, unit)


def _rounded(read: Fraction, unit: Unit) -> Iterator[str]:
    """1 tb as 1024 gb, and back."""
    for other in units_of(unit.dimension):
        ratio = unit.scale / other.scale
        for factor, whole in ((Fraction(1024), Fraction(1000)), (Fraction(1000), Fraction(1024))):
            number = read * ratio * factor / whole
            if ratio not in (1, 0) and LEAST <= number <= MOST and number.denominator == 1:
                yield f"{number} {plain(other.symbol)}"


def _is_short(number: Fraction) -> bool:
    figures = written(number)
    return Fraction(figures) == number and len(figures.replace(".", "").strip("0")) <= DIGITS_MAX


@cache
def _by_word() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, list[Unit]] = {}
    for dimension in sorted(DIMENSIONS):
        for word, unit in words_of(dimension).items():
            found.setdefault(word, []).append(unit)
    return {word: tuple(dict.fromkeys(units)) for word, units in found.items()}


def _meant(word: str) -> tuple[Unit, ...]:
    return _by_word().get(plain(word), ())
