"""What filters mean: names with values, read once per query into ranges and folded words.

Values of one name are joined by or, names by and. `price` takes ranges in minor units ("1000..5000", "..5000",
"1000.."), `rating` in stars ("4..", "3.5.."), both ends included. `in_stock` and `on_sale` take yes or no. `category`
takes a path and means it and everything below. All other names are compared without regard to case and accents:
`brand`, `merchant`, `collection`, `condition`, any attribute's code; a range such as `13..15.6` means the numbers in
it. A name that no document has matches nothing.

All filters together are asked of one and the same offer: a red 42 that is sold out is not found because there is a red
41 and a blue 42.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec

from entrepot.kernel import Invalid

from ..text import fold
from ..types import Document, Offer
from .numbers import NumberRange, holds, number_of, read_number_range

PRICE, RATING, IN_STOCK, CATEGORY, BRAND, MERCHANT = "price", "rating", "in_stock", "category", "brand", "merchant"
ON_SALE, CONDITION, COLLECTION = "on_sale", "condition", "collection"
FILTERS = frozenset({PRICE, RATING, IN_STOCK, CATEGORY, BRAND, MERCHANT, ON_SALE, CONDITION, COLLECTION})
"""The names that are no attribute's."""
NAMES_MAX = 50
VALUES_MAX = 100
NUMBER_MAX = 2**53
_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0")
_UNITS = {PRICE: 1, RATING: 100}
_NUMBER = r"([0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})?"
_RANGE = re.compile(rf"^\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*$")
RANGE_LENGTH_MAX = 100
"""Longer texts are not even matched: a row of a hundred thousand digits or spaces would take minutes."""

Range = tuple[int | None, int | None]


class Terms(msgspec.Struct, frozen=True):
    """What carries one of these folded values under this name, or a number in one of the ranges."""

    name: str
    values: frozenset[str]
    ranges: tuple[NumberRange, ...] = ()

    def holds(self, terms: Iterable[tuple[str, str]]) -> bool:
        """Whether one of these terms is meant."""
        return any(
            name == self.name and (fold(value) in self.values or holds(self.ranges, number_of(value)))
            for name, value in terms
        )


class Ranges(msgspec.Struct, frozen=True):
    """Whose number (price in minor units, rating in hundredths) lies in one of these, ends included."""

    name: str
    ranges: tuple[Range, ...]

    def holds(self, number: int | None) -> bool:
        """Whether a number lies in one of the ranges."""
        return number is not None and any(
            (low is None or low <= number) and (high is None or number <= high) for low, high in self.ranges
        )


class Flag(msgspec.Struct, frozen=True):
    """What is so (in stock, on sale), is not, or either."""

    name: str
    wanted: frozenset[bool]


Filter = Terms | Ranges | Flag


def read_filters(filters: Mapping[str, tuple[str, ...]]) -> tuple[Filter, ...]:
    """Read filters as they come from an address line. Invalid, naming the filter, for what cannot be read."""
    if len(filters) > NAMES_MAX:
        raise Invalid(f"At most {NAMES_MAX} different filters may be given at once", fields={"filters": "too many"})
    read = []
    for name, values in sorted(filters.items()):
        if len(values) > VALUES_MAX:
            raise _unreadable(name, f"a filter takes at most {VALUES_MAX} values")
        if values:
            read.append(_read(name, values))
    return tuple(read)


def read_range(name: str, text: str) -> Range:
    """Both ends of a range of prices or ratings, in minor units or hundredths of a star; None where it is open."""
    match = _RANGE.match(text) if len(text) <= RANGE_LENGTH_MAX else None
    if match is None or match.group(1) is match.group(2) is None:
        raise _unreadable(name, f"{text[:RANGE_LENGTH_MAX]!r} is no range: write 10..50, 10.. or ..50")
    low, high = (None if part is None else Fraction(part) * _UNITS[name] for part in match.groups())
    if max(low or 0, high or 0) >= NUMBER_MAX:
        raise _unreadable(name, f"{text!r} is out of bounds")
    return (None if low is None else -(-low.numerator // low.denominator), None if high is None else int(high))


def terms_of(document: Document) -> set[tuple[str, str]]:
    """The (name, value) pairs that hold for every offer of a document; a category stands for those above it too."""
    terms = {(code, value) for code, value in document.attributes if value}
    if document.brand:
        terms.add((BRAND, document.brand))
    parts = document.category.split("/") if document.category else []
    return terms | {(CATEGORY, "/".join(parts[:depth])) for depth in range(1, len(parts) + 1)}


def said_by(name: str, value: str) -> str:
    """What a term says in words: of a category's path its last part."""
    return value.rpartition("/")[2] if name == CATEGORY else value


def collection_terms(collections: Iterable[str]) -> set[tuple[str, str]]:
    """The pairs of the collections that a document is in."""
    return {(COLLECTION, collection) for collection in collections}


def offer_terms(offer: Offer) -> set[tuple[str, str]]:
    """The pairs of one offer: its seller, its condition, its variant's attributes."""
    terms = {(code, value) for code, value in offer.attributes if value}
    return terms | {
        (name, value) for name, value in ((MERCHANT, offer.merchant), (CONDITION, offer.condition)) if value
    }


def _read(name: str, values: tuple[str, ...]) -> Filter:
    if name in _UNITS:
        return Ranges(name, tuple(read_range(name, value) for value in values))
    if name in (IN_STOCK, ON_SALE):
        return Flag(name, frozenset(_truth(name, value) for value in values))
    ranges = tuple(found for value in values if (found := read_number_range(value)) is not None)
    return Terms(name, frozenset(fold(value) for value in values), ranges)


def _truth(name: str, text: str) -> bool:
    word = fold(text.strip())
    if word not in (*_TRUE, *_FALSE):
        raise _unreadable(name, f"{text!r} is neither yes nor no")
    return word in _TRUE


def _unreadable(name: str, sentence: str) -> Invalid:
    return Invalid(f"filter {name}: {sentence}", fields={f"filter.{name}": sentence})
