"""What a pack says, and what a value means by it."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Literal

import msgspec

from ..values import Measure, plain
from .words import Words

Reading = Literal["text", "number", "boolean", "choice", "color", "clothing_size", "shoe_size"]
"""How an attribute's words are read."""
ValueKind = Literal["number", "range", "sides", "multiple", "boolean", "choice", "size", "text"]
Role = Literal["device", "accessory", "part", "consumable"]
"""A device is what one looks for; an accessory is for one, a part goes into one, a consumable is used up by one."""


class Value(msgspec.Struct, frozen=True):
    """A value as it compares. Two values mean the same exactly where their `key` is the same: "1 TB" and "1000 GB".

    `label` is what was written and what is shown. `number` sorts (the lower end of a range, a side's first, a
    multipack's whole); `unit` is its unit, empty for a bare number and for words. Normalising a key gives that key.
    """

    kind: ValueKind
    key: str
    label: str
    number: Decimal | None = None
    unit: str = ""

    @property
    def order(self) -> tuple[int, Decimal, str]:
        """For sorting: numbers by size, then words by the alphabet."""
        return (1, Decimal(0), self.key) if self.number is None else (0, self.number, self.key)


class PackAttribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack knows of an attribute.

    `also` are other names of it, in any language. A number has `dimensions`, is compared in `unit`, is plausible from
    `least` to `most` and is rounded to `step`. `choices` are its usual values with other words for each. `group` is
    the heading it stands under, `expected` whether a good listing says it.
    """

    code: str
    names: dict[str, str]
    reads: Reading = "text"
    also: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    unit: str = ""
    least: float | None = None
    most: float | None = None
    step: float | None = None
    choices: dict[str, tuple[str, ...]] = {}
    group: str = ""
    facet: bool = False
    variant: bool = False
    expected: bool = False

    @property
    def measure(self) -> Measure:
        """How a quantity of it is read."""
        bounds = (_exact(self.least), _exact(self.most))
        return Measure(self.dimensions, self.unit, bounds, _exact(self.step))

    @property
    def kind(self) -> Literal["text", "number", "boolean", "choice"]:
        """Its kind in the catalogue's terms."""
        return self.reads if self.reads in ("text", "number", "boolean") else "choice"

    def name_in(self, language: str) -> str:
        """Its name in a language, else in English."""
        return self.names.get(language) or self.names["en"]


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of goods: the words that name it, its role, the category it belongs to, what a listing of it says.

    `not_words` tell that something else is meant (a laptop *stand*). `grams` and `price` are usual, from and to; a
    price in hundredths of a US dollar, only as a hint of its order of magnitude.
    """

    code: str
    names: dict[str, str]
    words: tuple[str, ...]
    role: Role = "device"
    not_words: tuple[str, ...] = ()
    category: str = ""
    expects: tuple[str, ...] = ()
    grams: tuple[int, int] | None = None
    price: tuple[int, int] | None = None


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a good listing has, by its names. `kind` is what is looked at (`catalog.checks`), `sentence` what
    is said where it is missing, by language, with what stands in braces filled in; `points` is how much it counts."""

    code: str
    kind: str
    names: dict[str, str]
    sentence: dict[str, str]
    points: int = 5
    attribute: str = ""
    only_things: tuple[str, ...] = ()
    only_categories: tuple[str, ...] = ()


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """An industry's pack. `categories` are the paths that it serves with all below them; `*/part` is a part anywhere
    in a path."""

    name: str
    names: dict[str, str]
    categories: tuple[str, ...]
    attributes: dict[str, PackAttribute]
    groups: dict[str, dict[str, str]] = {}
    aliases: tuple[tuple[str, ...], ...] = ()
    vocabulary: tuple[str, ...] = ()
    things: dict[str, Thing] = {}
    accessory_words: tuple[str, ...] = ()
    fits_before: tuple[str, ...] = ()
    fits_families: tuple[str, ...] = ()
    checks: dict[str, Check] = {}

    def thing_of(self, title: str) -> Thing | None:
        """The kind of goods that a title names: the longest of its words, and of equals the one said last before any
        `for …`, because English and Chinese titles end with what the thing is."""
        head = self.head_of(title)
        found = [each for each in self._thing_words.find(head) if not _says(head, each.means.not_words)]
        return max(found, key=lambda each: each[:2]).means if found else None

    def role_of(self, title: str) -> Role | None:
        """What the thing of a title is for; None where nothing tells."""
        thing = self.thing_of(title)
        is_for_something = bool(self.fits_of(title))
        if thing is not None:
            return "accessory" if thing.role == "device" and is_for_something else thing.role
        return "accessory" if is_for_something or _says(self.head_of(title), self.accessory_words) else None

    def fits_of(self, title: str) -> tuple[str, ...]:
        """What a title says that the thing fits: "Case for iPhone 13 / 13 Pro" fits iphone 13 and iphone 13 pro."""
        match = self._fits_pattern.search(_MARKS.sub(" ", plain(title))) if self._fits_pattern else None
        if match is None:
            return ()
        what = match["what"][: self._accessory_at(match["what"])]
        named = _each_of(self.model_of(what) or what)
        return tuple(dict.fromkeys(filter(None, map(self.model_of, named))))

    def model_of(self, name: str) -> str:
        """A model by the name of its family alone: `apple iphone 6 cell phones` is an iphone 6. Empty for what is no
        name of one."""
        words = name.split()
        while len(words) > 1 and words[-1] in _KINDS:
            words.pop()
        at = 0
        while at + 1 < len(words) and words[at] in self._families and _begins(words[at + 1 :], self._families):
            at += 1
        return " ".join(words[at:]) if _begins(words[at:], self._families) else ""

    @cached_property
    def _families(self) -> frozenset[str]:
        return frozenset(map(plain, self.fits_families))

    def head_of(self, title: str) -> str:
        """The part of a title that says what the thing is, without what it fits."""
        words = plain(title)
        match = self._fits_pattern.search(words) if self._fits_pattern else None
        if match is None:
            return words
        left = match["what"][self._accessory_at(match["what"]) :]
        return f"{words[: match.start()]} {left} {words[match.end() :]}".strip() or words

    def _accessory_at(self, text: str) -> int:
        """Where the name of an accessory begins, as in `适用于华为Mate60手机壳`; the end where there is none."""
        found = _words(self.accessory_words).find(text) if self.accessory_words else []
        return min((each.start for each in found), default=len(text))

    @cached_property
    def _thing_words(self) -> Words[Thing]:
        return Words((word, thing) for thing in self.things.values() for word in thing.words)

    @cached_property
    def _fits_pattern(self) -> re.Pattern[str] | None:
        """`for`, `compatible with` and their like, before a name of a family of devices; or the Chinese way, where the
        name follows at once."""
        if not self.fits_before or not self.fits_families:
            return None
        before = "|".join(re.escape(plain(word)) for word in sorted(self.fits_before, key=len, reverse=True))
        families = "|".join(
            re.escape(plain(word)) + ("(?![a-z])" if word.isascii() else "")
            for word in sorted(self.fits_families, key=len, reverse=True)
        )
        return re.compile(
            rf"(?:(?<![^\W_])|(?<=[\u4e00-\u9fff]))(?:{before})[\s:]*"
            rf"(?P<what>(?:[a-z]+\s)?(?:{families})(?:(?!\s-\s)[^,;|()\[\]–—。，；（）]|,\s?(?:and\s)?(?=\d|{families}))*)"
        )


_MARKS = re.compile(r"\s?[\u00ae\u2122\u00a9]")
"""Signs of a trade mark: no part of a name."""
_KINDS = frozenset(
    (
        "cell",
        "mobile",
        "phone",
        "phones",
        "smartphone",
        "smartphones",
        "tablet",
        "tablets",
        "device",
        "devices",
        "series",
    )
)
"""What models are, said behind their names."""


def _begins(words: list[str], families: frozenset[str]) -> bool:
    """Whether these words begin with a family's name; in a script without spaces it may go on at once."""
    first = words[0] if words else ""
    return (
        any(" ".join(words[:length]) in families for length in (1, 2, 3))
        or any(first.startswith(family) for family in families if family[:1] >= "\u2e80")
        or any(first.startswith(family) and first[len(family) :].isdigit() for family in families)
    )


def _says(text: str, words: tuple[str, ...]) -> bool:
    return bool(words) and bool(_words(words).find(text))


@cache
def _words(words: tuple[str, ...]) -> Words[None]:
    return Words((word, None) for word in words)


def _each_of(text: str) -> tuple[str, ...]:
    """`iphone 13 / 13 pro / 14` names three: what begins with a figure takes over the words before the first one."""
    text = re.split(r"\s(?:with|mit|avec|con|without|ohne)\s", text)[0]
    parts = [part.strip(" .-") for part in re.split(r"\s*(?:/|&|\+|,|\band\b|\bor\b|\bund\b|和|或|、)\s*", text)]
    parts = [part for part in parts if part]
    named = re.match(r"(\D*)(\d?)", parts[0] if parts else "")
    family = "" if named is None else named[1].strip() if named[2] else named[1].split()[0] if named[1].strip() else ""
    return tuple(dict.fromkeys(f"{family} {part}" if part[0].isdigit() and family else part for part in parts))


def _exact(number: float | None) -> Fraction | None:
    return None if number is None else Fraction(str(number))
