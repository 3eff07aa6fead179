"""Places that a zone or a surcharge is about, written as people write them, and how closely one fits an address.

| written | means |
|---|---|
| `*` | everywhere |
| `DE` | a country (ISO 3166 alpha-2) |
| `US/CA` | a region of a country, as addresses name it |
| `DE:18565` | a postal code |
| `DE:80000-81999` | postal codes from the first to the last, both included, as long as these are |
| `GB:HS*` | postal codes that begin so |

Of several that fit an address the most specific counts: a code before a range (the narrower first), a range before a
beginning (the longer first), that before a region, a country, and everywhere. Case, spaces and hyphens of postal codes
do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from entrepot.identity import COUNTRIES
from entrepot.kernel import Invalid

EVERYWHERE = "*"
POSTAL_LENGTH_MAX = 12
_PLACE = re.compile(r"(?P<country>[A-Z]{2})(?:/(?P<region>[^:/,;*]{1,60})|:(?P<postal>[0-9A-Z *-]{1,30}))?")
_ALPHABET = {sign: place for place, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}

Closeness = tuple[int, int]
"""How specific a fit is: the larger, the closer."""


class Target(msgspec.Struct, frozen=True):
    """Where something goes, as far as it is known."""

    country: str
    region: str = ""
    postal_code: str = ""


class Place(msgspec.Struct, frozen=True):
    """A place, read. `country` None is everywhere; `first` and `last` bound postal codes, `begins` starts them."""

    country: str | None = None
    region: str | None = None
    first: str | None = None
    last: str | None = None
    begins: str | None = None


@lru_cache(maxsize=8_192)
def parse_place(text: str) -> Place:
    """Read a place; Invalid, with an example, when it is none."""
    text = " ".join(text.upper().split())
    if text == EVERYWHERE:
        return Place()
    found = _PLACE.fullmatch(text)
    if found is None or found["country"] not in COUNTRIES:
        raise Invalid(f"{text[:40]!r} is no place: write such as DE, US/CA, DE:80000-81999, GB:HS* or *")
    if found["region"]:
        return Place(found["country"], region=found["region"].strip().casefold())
    if found["postal"]:
        return _postal(found["country"], found["postal"])
    return Place(found["country"])


def closeness(place: Place, target: Target) -> Closeness | None:
    """How closely a place fits; None where it does not."""
    if place.country is None:
        return (0, 0)
    if place.country != target.country:
        return None
    if place.region is not None:
        return (2, 0) if place.region == target.region.strip().casefold() else None
    if place.first is not None or place.begins is not None:
        return _postal_closeness(place, plain_postal(target.postal_code))
    return (1, 0)


def closest(places: Iterable[str], target: Target) -> Closeness | None:
    """How closely the best of these fits; None where none does."""
    fits = [fit for text in places if (fit := closeness(parse_place(text), target)) is not None]
    return max(fits, default=None)


def check_places(texts: Iterable[str]) -> tuple[str, ...]:
    """The places as they are kept: each once, in capitals. Invalid for the first that is none."""
    kept = tuple(dict.fromkeys(" ".join(text.upper().split()) for text in texts))
    for text in kept:
        parse_place(text)
    return kept


def split_places(text: str) -> tuple[str, ...]:
    """Places from a field in which they stand with commas, semicolons or line breaks between them."""
    return tuple(part.strip() for part in re.split(r"[,;\n]", text) if part.strip())


def plain_postal(code: str) -> str:
    """A postal code without case, spaces and hyphens."""
    return code.upper().replace(" ", "").replace("-", "")


def _postal(country: str, text: str) -> Place:
    if text.endswith("*"):
        begins = plain_postal(text[:-1])
        if begins and "*" not in begins:
            return Place(country, begins=begins[:POSTAL_LENGTH_MAX])
    elif "*" not in text:
        first, dash, last = text.partition("-")
        first, last = plain_postal(first), plain_postal(last)
        if first and dash and len(first) == len(last) and first <= last:
            return Place(country, first=first, last=last)
        if first and (not dash or len(first) != len(last)):
            # A hyphen may be part of the code itself, as in PL:00-950.
            return Place(country, first=first + last, last=first + last)
    raise Invalid(f"{country}:{text[:30]} is no postal code: write such as DE:18565, DE:80000-81999 or GB:HS*")


def _postal_closeness(place: Place, code: str) -> Closeness | None:
    if place.begins is not None:
        return (3, len(place.begins)) if code.startswith(place.begins) else None
    first, last = place.first or "", place.last or ""
    # 12345-6789 lies in the range that ends with 12345: what follows only narrows it down.
    if len(code) < len(first) or not first <= code[: len(first)] <= last:
        return None
    return (5, 0) if first == last else (4, _number(first) - _number(last))


def _number(code: str) -> int:
    number = 0
    for sign in code:
        number = number * 36 + _ALPHABET.get(sign, 0)
    return number
