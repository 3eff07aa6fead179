"""Bounds of quantities: "under 1.5 kg", "at least 1 tb", "between 10 and 20 l", "ab 55 Zoll", "不超过2公斤".

Read like a price, with a unit instead of a currency. Which attribute is meant is read off the goods: one that most of
them have in such a unit, that the query names if it names one, and whose values lie on both sides of the bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from entrepot import catalog

from ..index.evidence import Evidence
from ..index.numbers import Number, number_of, number_text, range_text
from ..types import Chip, Relaxed
from .attributes import NO_VALUES
from .draft import Draft
from .labels import bound_label
from .languages import small_words
from .prices import LETTERS, LINE, NUMBER, alternatives, read_figure
from .relaxing import BOUNDS

KNOWN_AT = 0.05
"""An attribute may be meant where at least such a share of the goods has it in that unit."""
BOUNDS_MAX = 3
NAME_WORDS = 2
"""So many words before and behind a bound may name its attribute."""


class Bound(NamedTuple):
    """What a quantity has to be at least or at most, of which unit, where in the text."""

    low: str
    high: str
    unit: str
    start: int
    end: int


class Meant(NamedTuple):
    """An attribute that may be meant, and the ends in its own unit."""

    name: str
    low: float | None
    high: float | None
    unit: str
    fit: tuple[bool, bool, bool, float]


def take_bounds(draft: Draft) -> list[Bound]:
    """Take the bounds out of the text; what attribute they are of is decided by the goods with the other words."""
    found: list[Bound] = []
    while len(found) < BOUNDS_MAX and (bound := _read(draft)) is not None:
        found.append(bound)
        draft.take(bound.start, bound.end)
    return found


def decide(draft: Draft, bounds: list[Bound], evidence: Evidence) -> None:
    """Make each bound a filter of the attribute that it is meant of; what is of none is told to be left out."""
    for bound in bounds:
        words = draft.text[bound.start : bound.end].strip()
        meant = max(_meant(draft, bound, evidence), key=lambda each: each.fit, default=None)
        if meant is None or BOUNDS in draft.asker.given_up:
            draft.left_out.append(Relaxed("measure", words))
            continue
        value = range_text((meant.low, meant.high, meant.unit))
        draft.filters.setdefault(meant.name, (value,))
        label = bound_label(
            meant.name, bound.low, bound.high, bound.unit, draft.asker.names, draft.asker.language
        )  # fmt: skip
        without = (("q", draft.without((bound.start, bound.end))),)
        draft.chips.append(Chip("measure", label, meant.name, value, words, without, strict=True))


def _read(draft: Draft) -> Bound | None:
    text = draft.masked()
    if not any(sign.isdigit() for sign in text):
        return None
    for pattern in _patterns():
        for match in pattern.finditer(text):
            said = match.groupdict()
            unit = _unit(draft, said.get("unit") or "")
            first = said.get("unit1")
            if unit and (first is None or catalog.is_same_unit(first, unit)):
                return Bound(said.get("low") or "", said.get("high") or "", unit, match.start(), match.end())
    return None


def _unit(draft: Draft, word: str) -> str:
    """The unit, or the name of what is counted, that a word begins with: a run without spaces may go on."""
    if catalog.is_unit(word) or draft.book.has(word.casefold(), "attribute"):
        return word
    return ""


def _meant(draft: Draft, bound: Bound, evidence: Evidence) -> Iterator[Meant]:
    """The attributes that the goods have in such a unit."""
    named = _named(draft, bound)
    for name in sorted(evidence.names()):
        if name in NO_VALUES:
            continue
        ends = _ends(draft, name, bound)
        if ends is None:
            continue
        low, high, unit = ends
        numbers = [(value, number) for value in evidence.values(name)
                   if (number := number_of(value)) is not None and number[1] == unit]  # fmt: skip
        share = sum(evidence.share(name, value) for value, _ in numbers)
        if share >= KNOWN_AT or (name in named and numbers):
            known = catalog.attribute_of(name)
            is_usual = known is not None and catalog.is_same_unit(known.unit, bound.unit)
            yield Meant(name, low, high, unit, (name in named, _parts(numbers, low, high), is_usual, share))


def _parts(numbers: list[tuple[str, Number]], low: float | None, high: float | None) -> bool:
    """Whether some of the values lie within the bounds and some do not."""
    inside = [(low is None or low <= each) and (high is None or each <= high) for _, (each, _) in numbers]
    return any(inside) and not all(inside)


def _ends(draft: Draft, name: str, bound: Bound) -> tuple[float | None, float | None, str] | None:
    """Both ends as the goods have the attribute; None where it is no attribute of such a unit."""
    if draft.book.has(bound.unit.casefold(), "attribute") and not catalog.is_unit(bound.unit):
        return _counted(draft, name, bound)
    ends: list[float | None] = []
    units: set[str] = set()
    for figure in (bound.low, bound.high):
        if not figure:
            ends.append(None)
            continue
        number = _normal(draft, name, number_text(float(read_figure(figure))), bound.unit)
        if number is None:
            return None
        ends.append(number[0])
        units.add(number[1])
    return (ends[0], ends[1], units.pop()) if len(units) == 1 else None


def _counted(draft: Draft, name: str, bound: Bound) -> tuple[float | None, float | None, str] | None:
    """The ends of a number of things, such as ports."""
    if all(sense.name != name for sense in draft.book.senses(bound.unit.casefold()) if sense.kind == "attribute"):
        return None
    ends = [float(read_figure(figure)) if figure else None for figure in (bound.low, bound.high)]
    key = catalog.normalise(name, "1").key
    number = number_of(key)
    return ends[0], ends[1], number[1] if number else ""


def _normal(draft: Draft, name: str, figure: str, unit: str) -> Number | None:
    """A quantity as the goods have it under a name: in the attribute's unit, or as a bare figure of the shop's unit."""
    own = draft.asker.units.get(name)
    if own:
        suffix = f" {own.casefold()}"
        spelt = (each.removesuffix(suffix) for each in catalog.same_quantities(figure, unit) if each.endswith(suffix))
        bare = next(spelt, None)
        if bare is not None and number_of(catalog.normalise(name, bare).key) == (float(bare), ""):
            return float(bare), ""
    value = catalog.normalise(name, f"{figure} {unit}")
    return number_of(value.key) if value.kind == "number" and value.unit else None


def _named(draft: Draft, bound: Bound) -> set[str]:
    """The attributes that the words around a bound name."""
    before = [at for at, word in enumerate(draft.words) if word.end <= bound.start][-NAME_WORDS:]
    behind = [at for at, word in enumerate(draft.words) if word.start >= bound.end][:NAME_WORDS]
    near = {*before, *behind}
    return {
        sense.name
        for begin, end, phrase in draft.phrases()
        if near.issuperset(range(begin, end))
        for sense in draft.book.senses(phrase)
        if sense.kind == "attribute"
    }


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Ranges first, as of prices."""
    words = list(small_words().values())
    first = alternatives(pair[0] for each in words for pair in each.between)
    middle = alternatives([*(pair[1] for each in words for pair in each.between), *(w for e in words for w in e.to)])
    to = alternatives(word for each in words for word in each.to)
    under, over, under_after, over_after = (
        alternatives(word for each in words for word in getattr(each, name))
        for name in ("under", "over", "under_after", "over_after")
    )
    n, b = NUMBER, rf"(?<![{LETTERS}-])"
    signs = r"[\"″%°]|°[cCfF]"
    unit = rf"\s?-?(?P<unit>{signs}|[^\W\d_\u2e80-\uffff]+|{_unspaced_units()})(?![^\W\d_\u2e80-\uffff])"
    one = rf"(?:\s?-?(?P<unit1>{signs}|[^\W\d_\u2e80-\uffff]+|{_unspaced_units()}))?"
    sources = (
        rf"{b}(?:{first})\s?(?P<low>{n}){one}(?:{LINE}|\s?(?:{middle})\s?)(?P<high>{n}){unit}",
        rf"(?<![{LETTERS}.,-])(?P<low>{n}){one}(?:{LINE}|\s?(?:{to})\s?)(?P<high>{n}){unit}",
        rf"{b}(?:{under})\s?(?P<high>{n}){unit}",
        rf"{b}(?:{over})\s?(?P<low>{n}){unit}",
        rf"[<≤]=?\s?(?P<high>{n}){unit}",
        rf"[>≥]=?\s?(?P<low>{n}){unit}",
        rf"(?<![{LETTERS}.,-])(?P<high>{n}){unit}\s?(?P<after>{under_after})",
        rf"(?<![{LETTERS}.,-])(?P<low>{n}){unit}\s?(?P<after>{over_after}|\+)",
    )
    return tuple(re.compile(source, re.IGNORECASE) for source in sources)


@cache
def _unspaced_units() -> str:
    """The units that are written without a space behind them."""
    return alternatives(word for word in catalog.unit_words() if word[:1] >= "\u2e80") or "(?!)"
