"""Sizes of shoes and clothes: letters, the numbers of several systems, waist and length.

A number of a system is turned into another's only where the system and whom the size is for are both known: a US 6 is
one size of a woman's dress and another of a child's.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from .data import plain, read_data

Kind = Literal["shoes", "clothing"]

_WAIST = re.compile(r"^w\s?(\d{2})(?:\s*[/x,-]?\s*l\s?(\d{2}))?$")
_JEANS = re.compile(r"^(\d{2})\s*[/x]\s*(\d{2})$")
_SYSTEM_FIRST = re.compile(r"^([^\W\d_]+)[\s:.-]*(\d{1,3}(?:[.,]5| ?1/2| ?2/3| ?1/3)?)$")
_NUMBER_FIRST = re.compile(r"^(\d{1,3}(?:[.,]5| ?1/2| ?2/3| ?1/3)?)\s*\(?([^\W\d_]+)\)?$")
_BRACKETS = re.compile(r"^([^()]+?)\s*\(([^()]+)\)$")
_WORD = re.compile(r"[^\s\d,/()-]+")


def read_clothing_size(text: str) -> str | None:
    """A size of clothes in one spelling (`l`, `w32 l34`, `eu 38`, `uk 10`); None for what is none."""
    size = plain(text)
    letters = _letters()
    if found := letters.get(size) or _waist(size):
        return found
    if (match := _BRACKETS.match(size)) and letters.get(match[1]) and letters.get(match[1]) == letters.get(match[2]):
        return letters[match[1]]
    return _with_system(size, "clothing")


def read_shoe_size(text: str) -> str | None:
    """A size of shoes in one spelling (`eu 42`, `us 9`); None for what is none."""
    return _with_system(plain(text), "shoes")


def convert_size(kind: Kind, department: str, system: str, size: str, to: str) -> str | None:
    """A size of men's or women's shoes or clothes in another system; None where the tables have no such row."""
    table = read_data("sizes.toml")[kind].get(department)
    if table is None or system not in table["systems"] or to not in table["systems"]:
        return None
    place, wanted = table["systems"].index(system), table["systems"].index(to)
    found = [row[wanted] for row in table["rows"] if row[place] == size]
    return found[0] if len(found) == 1 else None


def letter_order(size: str) -> int | None:
    """The place of a size by letters among the others, smallest first."""
    ordered = list(read_data("sizes.toml")["letters"])
    name = size.replace(" ", "_")
    return ordered.index(name) if name in ordered else None


def _waist(size: str) -> str | None:
    if match := _WAIST.match(size):
        return f"w{match[1]}" + (f" l{match[2]}" if match[2] else "")
    match = _JEANS.match(size)
    if match and 24 <= int(match[1]) <= 60 and 26 <= int(match[2]) <= 40:
        return f"w{match[1]} l{match[2]}"
    return None


def _with_system(size: str, kind: Kind) -> str | None:
    department, size = _without_department(size)
    match = _SYSTEM_FIRST.match(size)
    if match:
        word, number = match[1], match[2]
    elif match := _NUMBER_FIRST.match(size):
        number, word = match[1], match[2]
    else:
        return None
    system = _systems().get(word)
    if system is None:
        return None
    number = _half(number)
    if department and (converted := convert_size(kind, department, system, number, "eu")):
        return f"eu {converted}"
    return f"{system} {number}" if not department or system == "eu" else f"{system} {number} {department}"


def _without_department(size: str) -> tuple[str, str]:
    """Whom a size is for, where a word says so, and the size without it."""
    words = _departments()
    found = {words[word] for word in _WORD.findall(size) if word in words}
    if len(found) != 1:
        return "", size
    rest = _WORD.sub(lambda match: "" if match[0] in words else match[0], size)
    return found.pop(), " ".join(rest.replace("()", "").split()).strip(" -,/")


def _half(number: str) -> str:
    """`8 1/2` and `8,5` are 8.5; thirds, which one maker prints, stay."""
    return number.replace(",", ".").replace(" 1/2", ".5").replace("1/2", ".5") if "/3" not in number else number


@cache
def _letters() -> dict[str, str]:
    letters = read_data("sizes.toml")["letters"]
    return {plain(word): name.replace("_", " ") for name, words in letters.items() for word in words}


@cache
def _systems() -> dict[str, str]:
    return {word: name for name, words in read_data("sizes.toml")["systems"].items() for word in words}


@cache
def _departments() -> dict[str, str]:
    return {plain(word): name for name, words in read_data("sizes.toml")["departments"].items() for word in words}
