"""Prices in a query: "under 500", "between 20 and 50 euro", "unter 500", "500以下". In the market's currency.

A bound is a word before or behind a number, a range two numbers with a word or a line between; a range without a word
in front of it needs a currency, because 20-50 may be anything. A number with a unit behind it is no price.
A sum without a bound ("20 euro", "around 30") is about so much.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from entrepot.kernel import decimals_of

from .languages import small_words

MINOR_MAX = 10**12
ABOUT = Fraction(1, 5)
"""About so much is at most such a part of it less or more."""
BARE_HIGH_MIN = 20
"""A range without a currency goes at least so far: the 2 to 3 of something are none of money."""
Convert = Callable[[int, str], int | None]
"""An amount in minor units of a currency, in minor units of the market's. Where no rate is known (None) the figure is
taken for the market's own: people write `euro` where they mean money."""

_THOUSANDS, _SHORT = r"\d{1,3}(?:[., '\u2019]\d{3})+(?:[.,]\d{1,2})?", r"\d{1,3}(?:[.,]\d)?[kK](?![^\W_])"
NUMBER = rf"(?:{_THOUSANDS}|{_SHORT}|\d{{1,9}}(?:[.,]\d{{1,2}})?)(?![\d])"
LETTERS = r"0-9A-Za-z_\u00c0-\u04ff"
"""Behind one of these no number and no word of a bound begins; behind a sign of a script without spaces it may."""
LINE = r"\s?(?:-|–|—|~|～|\.\.)\s?"


_UNSPACED_FROM, UNIT_SIGNS = "\u2e80", 5
"""From here on words stand without spaces, and one begins with a unit of fewer signs than these."""


class Price(msgspec.Struct, frozen=True):
    """Bounds in minor units of the market's currency, either may be open; where in the query they stand; and what they
    lie around, where that was said."""

    low: int | None
    high: int | None
    start: int
    end: int
    about: int | None = None

    @property
    def range(self) -> str:
        """As a filter's value."""
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"


def read_price(
    text: str, currency: str, convert: Convert | None = None, is_unit: Callable[[str], bool] = lambda word: False
) -> Price | None:
    """The first price that a tidy text says; None where it says none.

    `is_unit` tells whether the word behind a number, or the one in front of a range, makes it something other than a
    price.
    """
    if not currency or not any(sign.isdigit() for sign in text):
        return None
    for pattern in _patterns():
        for match in pattern.finditer(text):
            if (price := _price(match, text, currency, convert, is_unit)) is not None:
                return price
    return None


def _price(
    match: re.Match[str], text: str, currency: str, convert: Convert | None, is_unit: Callable[[str], bool]
) -> Price | None:
    said = match.groupdict()
    named = [said[name].strip() for name in ("c1", "c2", "c3", "c4") if said.get(name)]
    if not named and (_is_more(text, match.end(), is_unit) or not _is_money(match, text, is_unit)):
        return None
    meant = _currency(named[0], currency) if named else currency
    if meant is None:
        return None
    if said.get("about") is not None:
        return _about(said["about"], meant, currency, convert, match)
    low, high = (_minor(said.get(name), meant, currency, convert) for name in ("low", "high"))
    if (said.get("low") and low is None) or (said.get("high") and high is None):
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Price(low, high, match.start(), match.end())


def _is_money(match: re.Match[str], text: str, is_unit: Callable[[str], bool]) -> bool:
    """Whether figures without a currency are money: of a range, where a word joins two round figures and nothing in
    front says what they count; `around 30`, where nothing follows."""
    said = match.groupdict()
    if said.get("about") is not None:
        return said.get("near") is not None and not text[match.end() :].strip(" ?!.,;")
    if said.get("bare") is None:
        return True
    low, high = read_figure(said["low"]), read_figure(said["high"])
    before = text[: match.start()].split()
    is_counted = bool(before) and is_unit(before[-1])
    return said.get("joined") is not None and low < high and high >= BARE_HIGH_MIN and not is_counted


def _about(figure: str, meant: str, currency: str, convert: Convert | None, match: re.Match[str]) -> Price | None:
    minor = _minor(figure, meant, currency, convert)
    if not minor:
        return None
    part = int(minor * ABOUT)
    return Price(minor - part, minor + part, match.start(), match.end(), about=minor)


def _is_more(text: str, end: int, is_unit: Callable[[str], bool]) -> bool:
    """Whether what follows the number belongs to it: a unit, letters, a line."""
    rest = text[end : end + 24]
    match = re.match(r"\s?([^\W\d_]+|[\"%°'″x×/-])", rest)
    if match is None:
        return False
    word = match.group(1)
    if not word[0].isalpha():
        return not rest[0].isspace() or word in '"%°×'
    glued = not rest[0].isspace() and word.isascii()
    beginnings = (word[:end] for end in range(1, UNIT_SIGNS)) if word[0] >= _UNSPACED_FROM else ()
    return glued or is_unit(word) or any(map(is_unit, beginnings))


def _minor(number: str | None, meant: str, currency: str, convert: Convert | None) -> int | None:
    if not number:
        return None
    exact = read_figure(number)
    minor = int(exact * 10 ** decimals_of(meant))
    if minor >= MINOR_MAX:
        return None
    if meant == currency:
        return minor
    converted = convert(minor, meant) if convert is not None else None
    return minor * 10 ** decimals_of(currency) // 10 ** decimals_of(meant) if converted is None else converted


def read_figure(number: str) -> Fraction:
    """1,000 and 1.000 are a thousand; 49,99 and 49.99 a little less than fifty."""
    bare = re.sub(r"[ '\u2019]", "", number)
    if bare[-1:] in ("k", "K"):
        return read_figure(bare[:-1]) * 1000
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", bare):
        return Fraction(re.sub(r"[.,]", "", bare))
    whole, sign, rest = bare, "", ""
    if match := re.fullmatch(r"(.*)([.,])(\d{1,2})", bare):
        whole, sign, rest = match.groups()
    return Fraction(re.sub(r"[.,]", "", whole) + (f".{rest}" if sign else ""))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Ranges first, then bounds: "from 20 to 50" is not "from 20"."""
    words = list(small_words().values())
    c, n = alternatives(_signs()), NUMBER
    signs = alternatives(sign for sign in _signs() if not sign.isalpha() and len(sign) == 1)
    first = alternatives(pair[0] for each in words for pair in each.between)
    to = alternatives(word for each in words for word in each.to)
    middle = alternatives([*(pair[1] for each in words for pair in each.between), *(w for e in words for w in e.to)])
    under, over, under_after, over_after, about, about_after = (
        alternatives(word for each in words for word in getattr(each, name))
        for name in ("under", "over", "under_after", "over_after", "about", "about_after")
    )
    b, e = rf"(?<![{LETTERS}-])", r"(?![^\W\d_\u2e80-\uffff])"
    front, behind = rf"(?P<c1>{c})?\s?", rf"(?:\s?(?P<c2>{c}){e})?"
    two = rf"{front}(?P<low>{n})(?:\s?(?P<c3>{c}){e})?"
    then = rf"(?P<c4>{c})?\s?(?P<high>{n}){behind}"
    sources = (
        rf"{b}(?:{first})\s?{two}(?:{LINE}|\s?(?:{middle})\s?){then}",
        rf"(?<![{LETTERS}.,-])(?P<bare>){two}(?:{LINE}|\s?(?P<joined>{to})\s?){then}",
        rf"{b}(?:{under})\s?{front}(?P<high>{n}){behind}",
        rf"{b}(?:{over})\s?{front}(?P<low>{n}){behind}",
        rf"(?<![{LETTERS}.,-])[<≤]=?\s?{front}(?P<high>{n}){behind}",
        rf"(?<![{LETTERS}.,-])[>≥]=?\s?{front}(?P<low>{n}){behind}",
        rf"(?<![{LETTERS}.,-]){front}(?P<high>{n}){behind}\s?(?:{under_after}){e}(?!\s?\d)",
        rf"(?<![{LETTERS}.,-]){front}(?P<low>{n}){behind}\s?(?:{over_after}){e}(?!\s?\d)",
        rf"{b}(?P<near>{about})\s?{front}(?P<about>{n}){behind}",
        rf"(?<![{LETTERS}.,-]){front}(?P<about>{n}){behind}\s?(?P<near>{about_after}){e}(?!\s?\d)",
        rf"(?<![{LETTERS}.,-])(?P<c1>{signs})\s?(?P<about>{n})(?![\w.,-]*\d)",
        rf"(?<![{LETTERS}.,-])(?P<about>{n})\s?(?P<c1>{c}){e}(?!\s?\d)",
    )
    return tuple(re.compile(source, re.IGNORECASE) for source in sources)


def _spaced(word: str) -> str:
    return r"\s".join(re.escape(part) for part in word.split())


def alternatives(words: Iterable[str]) -> str:
    """A pattern for one of some rows of words, longer ones first."""
    return "|".join(_spaced(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


# --- currencies


def _currency(sign: str, home: str) -> str | None:
    """The currency that a sign or word means in a market of `home`."""
    sign = sign.casefold().strip()
    data = _data()
    if sign in data["weights"]:
        return home if data["weights"][sign] == home else None
    if sign in data["shared"]:
        shared = data["shared"][sign]
        return home if home in shared else str(shared[0])
    return next((code for code, words in data["words"].items() if sign in words), None)


def currency_words() -> tuple[str, ...]:
    """What people write for currencies."""
    return _signs()


@cache
def _signs() -> tuple[str, ...]:
    data = _data()
    words = [word for each in data["words"].values() for word in each]
    return (*words, *data["shared"], *data["weights"])


@cache
def _data() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("currencies.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
