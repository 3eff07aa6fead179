"""Units by dimension: what each is called, and how many of the dimension's unit it is, exactly."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple

from .data import plain, read_data


class Unit(NamedTuple):
    """A unit: a quantity `n` of it is `n × scale + offset` of its dimension's unit."""

    symbol: str
    dimension: str
    scale: Fraction
    offset: Fraction

    def to_base(self, number: Fraction) -> Fraction:
        """So many of this unit, in the dimension's unit."""
        return number * self.scale + self.offset

    def from_base(self, number: Fraction) -> Fraction:
        """So many of the dimension's unit, in this one."""
        return (number - self.offset) / self.scale


class Dimension(NamedTuple):
    """A kind of quantity. `declared_only`: its words count only for attributes that say they have it."""

    name: str
    unit: str
    declared_only: bool
    units: dict[str, Unit]
    exact: dict[str, Unit]
    folded: dict[str, Unit | None]
    loose: dict[str, Unit]


@lru_cache(maxsize=16_384)  # many values of a feed, few units
def find_unit(word: str, dimensions: tuple[str, ...] = ()) -> Unit | None:
    """The unit that a word means among some dimensions; with none given, among all, and only where a single one is
    meant."""
    if dimensions:
        for name in dimensions:
            if found := _in_dimension(word, _dimensions()[name]):
                return found
        return None
    folded = plain(word)
    found_in = [
        found
        for dimension in _dimensions().values()
        if not dimension.declared_only and (found := dimension.exact.get(word) or dimension.folded.get(folded))
    ]
    return found_in[0] if len(found_in) == 1 else None


def unit_of(dimension: str, symbol: str = "") -> Unit:
    """A dimension's unit by its symbol; its own unit without one. KeyError for what is not defined."""
    found = _dimensions()[dimension]
    return found.units[symbol or found.unit]


def units_of(dimension: str) -> tuple[Unit, ...]:
    """A dimension's units."""
    return tuple(_dimensions()[dimension].units.values())


def words_of(dimension: str) -> dict[str, Unit]:
    """What a dimension's units are called, without regard to capitals; words that are too loose left out."""
    known = _dimensions()[dimension]
    words = {word: unit for word, unit in known.folded.items() if unit is not None}
    return words | {plain(word): unit for word, unit in known.exact.items() if plain(word) not in words}


@cache
def _dimensions() -> dict[str, Dimension]:
    return {name: _read(name, data) for name, data in read_data("units.toml").items()}


def _read(name: str, data: dict[str, object]) -> Dimension:
    units: dict[str, Unit] = {}
    exact: dict[str, Unit] = {}
    loose: dict[str, Unit] = {}
    folded: dict[str, Unit | None] = {}
    entries = data["units"]
    assert isinstance(entries, dict)
    for symbol, entry in entries.items():
        unit = Unit(symbol, name, Fraction(str(entry["scale"])), Fraction(str(entry.get("offset", 0))))
        units[symbol] = unit
        signs = {symbol, *entry.get("exact", ())}
        exact |= {_spelling(word): unit for word in signs.union(entry["words"]) if word not in entry.get("loose", ())}
        for word in {symbol, *entry["words"]}.difference(entry.get("exact", ()), entry.get("loose", ())):
            key = plain(word)
            folded[key] = None if key in folded and folded[key] != unit else unit
        for word in (*entry.get("loose", ()), *entry.get("exact", ())):
            loose |= {_spelling(word): unit, plain(word): loose.get(plain(word), unit)}
    return Dimension(name, str(data["unit"]), bool(data.get("declared_only")), units, exact, folded, loose)


def _spelling(word: str) -> str:
    return " ".join(word.split())


def _in_dimension(word: str, dimension: Dimension) -> Unit | None:
    """Where the dimension is known, `5 M` can only be metres."""
    folded = plain(word)
    exact = dimension.exact.get(word) or dimension.folded.get(folded)
    return exact or dimension.loose.get(word) or dimension.loose.get(folded)


DIMENSIONS = frozenset(read_data("units.toml"))
