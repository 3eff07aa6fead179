"""A value by what is known of its attribute. Pure, and never a guess: what cannot be read for certain stays text."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ..values import (
    Measure,
    Quantity,
    family_of,
    letter_order,
    plain,
    read_boolean,
    read_clothing_size,
    read_quantity,
    read_shoe_size,
    split_colours,
    written,
)
from .finding import attribute_of
from .types import PackAttribute, Value

_ANY: Final = Measure()
_KEPT: Final = 65_536
_NUMBER_MAX: Final = 10**30
_LABEL_MAX: Final = 400

Raw = str | int | float | bool
Several = Raw | list[Raw] | tuple[Raw, ...]


def normalise(code_or_name: str, value: Raw, category: str | None = None) -> Value:
    """What a value of an attribute means. The attribute is named by its code or by any name that a pack knows; the
    path of the product's category lets the right pack say it, where several know the name.

    "1 TB", "1000 GB" and "1tb" have one key. A value that is no quantity, size, colour or choice known for certain is
    text, compared without regard to capitals and spaces.
    """
    return _normalise(code_or_name, value, type(value).__name__, category or "")


def normalise_all(code_or_name: str, values: Several, category: str = "") -> tuple[Value, ...]:
    """The same of several values, each meaning once; a colour such as black/white is two."""
    attribute = attribute_of(code_or_name, category)
    found: dict[str, Value] = {}
    for each in values if isinstance(values, list | tuple) else (values,):
        is_colour = attribute is not None and attribute.reads == "color" and isinstance(each, str)
        for part in split_colours(str(each)) if is_colour else (each,):
            value = normalise(code_or_name, part, category)
            found.setdefault(value.key, value)
    return tuple(found.values())


@lru_cache(maxsize=_KEPT)
def _normalise(name: str, value: Raw, _type: str, category: str) -> Value:  # True is not 1, though it is equal
    attribute = attribute_of(name, category)
    if isinstance(value, bool):
        return Value("boolean", "yes" if value else "no", "yes" if value else "no")
    if isinstance(value, int | float) and not abs(value) < _NUMBER_MAX:  # not a number, too
        return _text(str(value)[:_LABEL_MAX])
    label = f"{value:.10g}" if isinstance(value, float) else str(value)
    if attribute is None:
        return _unknown(label, is_number=not isinstance(value, str))
    return _by_choice(attribute, label) or _by_reading(attribute, label) or _unknown(label, not isinstance(value, str))


def _by_choice(attribute: PackAttribute, label: str) -> Value | None:
    wanted = plain(label)
    for place, (choice, words) in enumerate(attribute.choices.items()):
        if wanted == plain(choice) or any(wanted == plain(word) for word in words):
            number = Decimal(place) if attribute.reads == "choice" and attribute.unit == "order" else None
            return Value("choice", plain(choice), label, number)
    return None


def _by_reading(attribute: PackAttribute, label: str) -> Value | None:
    match attribute.reads:
        case "number":
            return _quantity(read_quantity(label, attribute.measure), label)
        case "boolean":
            said = read_boolean(label)
            return None if said is None else Value("boolean", "yes" if said else "no", label)
        case "color":
            family = family_of(label)
            return None if family is None else Value("choice", family, label)
        case "clothing_size":
            return _size(read_clothing_size(label), label)
        case "shoe_size":
            return _size(read_shoe_size(label), label)
    return None


def _size(size: str | None, label: str) -> Value | None:
    if size is None:
        return None
    place = letter_order(size)
    figures = "".join(sign if sign.isdigit() or sign == "." else " " for sign in size).split()
    number = Decimal(place) if place is not None else Decimal(figures[0]) if figures and place is None else None
    return Value("size", size, label, number)


@lru_cache(maxsize=_KEPT)  # of attributes that no pack knows a feed has many, and few values: yes, no, 2
def _unknown(label: str, is_number: bool) -> Value:
    """An attribute that no pack knows: a quantity where its unit leaves no doubt, else text."""
    if _is_plain_number(label):
        return Value("number", label, label, Decimal(label))
    if is_number:
        number = written(Fraction(label))
        return Value("number", number, label, Decimal(number))
    return _quantity(read_quantity(label, _ANY), label) or _text(label)


def _is_plain_number(label: str) -> bool:
    """Digits that can be no code: 12 is a number, 007 and 1.10 may be names."""
    return label.isascii() and label.isdecimal() and (label == "0" or not label.startswith("0")) and len(label) <= 15


def _quantity(quantity: Quantity | None, label: str) -> Value | None:
    if quantity is None:
        return None
    figures = [written(number) for number in quantity.numbers]
    unit = f" {quantity.unit}".rstrip()
    match quantity.shape:
        case "one":
            return Value("number", figures[0] + unit, label, Decimal(figures[0]), quantity.unit)
        case "range":
            return Value("range", f"{figures[0]}..{figures[1]}{unit}", label, Decimal(figures[0]), quantity.unit)
        case "sides":
            return Value("sides", " x ".join(figures) + unit, label, Decimal(figures[0]), quantity.unit)
        case "multiple":
            whole = Decimal(figures[0]) * Decimal(figures[1])
            return Value("multiple", " x ".join(figures) + unit, label, whole, quantity.unit)


def _text(label: str) -> Value:
    return Value("text", plain(label), label)
