"""From what people write to the words that are compared: one analysis for documents and queries, and for every index.

Steps:

1. fold: NFKC, lower case, accents of alphabetic scripts dropped, so that "Café" and "CAFE" are one word;
2. cut into numbers, words and runs of scripts that are written without spaces; letters and digits part ("wh1000" gives
   "wh", "1000"), so that glued and spaced spellings meet;
3. a number and the unit behind it become one word too ("500 ml" and "500ml" give "500ml");
4. plurals of plain words lose their ending ("batteries" and "battery" meet): decisions/0012 says how far;
5. runs without spaces become pairs of characters.

A document keeps every form, a query the most telling one: "500ml" finds 500 ml and not 500 g, "500" finds both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

WORD_CHARACTERS_MAX = 40
QUERY_WORDS_MAX = 16
QUERY_CHARACTERS_MAX = 400
REMEMBERED_CHARACTERS_MAX = 40

_LETTERS = str.maketrans({
    "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t",
    "\u2033": '"', "\u201d": '"', "\u201c": '"',
    "\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u2032": "'",
})  # fmt: skip

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
_WORD = rf"(?:(?![\d_{UNSPACED}])[\w{_MARKS}'])+"
_ASCII_WORD = r"[A-Za-z']+"
"""The same in a text of ASCII signs alone, which most are: found without looking at each letter twice."""


def _piece(word: str) -> re.Pattern[str]:
    """A number, with the word or the sign for inches right behind it; or a word; or a run of an unspaced script."""
    return re.compile(rf"""(\d+(?:[.,]\d+)*)(?:\s*+-?+\s*+("|{word}))?|({word})|([{UNSPACED}]+)""")


_PIECE, _ASCII_PIECE = _piece(_WORD), _piece(_ASCII_WORD)
_ANY_PIECE = re.compile(rf"""\d+(?:[.,]\d+)*|[{UNSPACED}]+|{_WORD}|\"""")

_UNITS = {
    **dict.fromkeys(("ml", "milliliter", "milliliters", "millilitre", "millilitres"), "ml"),
    **dict.fromkeys(("l", "lt", "ltr", "liter", "liters", "litre", "litres"), "l"),
    **dict.fromkeys(("g", "gr", "gm", "gram", "grams", "gramme", "grammes"), "g"),
    **dict.fromkeys(("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("mg", "milligram", "milligrams"), "mg"),
    **dict.fromkeys(("oz", "ounce", "ounces"), "oz"),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), "lb"),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("in", "inch", "inches"), "in"),
    **dict.fromkeys(("ft", "foot", "feet"), "ft"),
    **dict.fromkeys(("mb", "megabyte", "megabytes"), "mb"),
    **dict.fromkeys(("gb", "gigabyte", "gigabytes"), "gb"),
    **dict.fromkeys(("tb", "terabyte", "terabytes"), "tb"),
    **dict.fromkeys(("w", "watt", "watts"), "w"),
    **dict.fromkeys(("v", "volt", "volts"), "v"),
    **dict.fromkeys(("hz", "hertz"), "hz"),
    **{unit: unit for unit in ("khz", "mhz", "ghz", "mah", "wh", "kwh", "kw", "mp", "dpi", "rpm", "px")},
}

_SIGNS = {"'": "ft", "''": "in", '"': "in"}
"""Behind a number: 6' and 27'' (a double prime is folded to two)."""

STOP_WORDS = frozenset(
    ("a", "an", "and", "the", "of", "for", "with", "in", "on", "to", "by", "or", "at", "from", "的", "和")
)
"""Left out of a query that has other words: they say how words stand together, which a set of words cannot."""

_SINGULAR = frozenset(("lens", "canvas", "atlas", "gas", "christmas", "always", "series", "species", "news"))


def fold(text: str) -> str:
    """One form for all spellings of the same letters; letters of unspaced scripts keep their marks."""
    if text.isascii():
        return text.lower().replace("`", "'")
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    if plain.isascii():
        return plain
    return unicodedata.normalize("NFC", "".join(_without_accents(unicodedata.normalize("NFD", plain))))


def document_words(text: str, surfaces: dict[str, str] | None = None) -> list[str]:
    """Every word that a document's text can be found by, in order, repetitions included.

    `surfaces` collects how words that lost their ending may be written for people: the shortest form seen.
    """
    words, written = analysed(text)
    if surfaces is not None:
        for word, form in written:
            surfaces[word] = shorter(surfaces.get(word), form)
    return list(words)


def analysed(text: str) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
    """A text's words, and those that lost their ending with their written forms: as they are remembered, not to be
    changed."""
    return (_remembered if len(text) <= REMEMBERED_CHARACTERS_MAX else _just_asked)(text)


def _analyse(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """See `analysed`."""
    words: list[str] = []
    written: list[tuple[str, str]] = []
    for kind, piece, form in _pieces(fold(text)):
        if kind == "run":
            words += [*piece, *_pairs(piece)]
        else:
            words.append(piece)
            if form != piece:
                written.append((piece, form))
    return words, written


_remembered = lru_cache(maxsize=65_536)(_analyse)
"""Brands, categories and attribute values are few and come again and again."""

_just_asked = lru_cache(maxsize=128)(_analyse)
"""A document's texts are asked for again at once: a title for the key that titles of the same words share, a
description for what the ranking looks at."""


def shorter(one: str | None, other: str) -> str:
    """The form of a word to show: the shorter one, ties by alphabet, in whichever order they are seen."""
    return other if one is None or one == other else min(one, other, key=lambda form: (len(form), form))


def query_words(text: str) -> tuple[str, ...]:
    """The words that a query asks for, each once, in order; at most QUERY_WORDS_MAX."""
    words: list[str] = []
    for kind, piece, _ in _pieces(fold(text[:QUERY_CHARACTERS_MAX])):
        if kind == "run":
            words += _pairs(piece) or [piece]
        elif kind != "part":
            words.append(piece)
    telling = [word for word in words if word not in STOP_WORDS] or words
    return tuple(dict.fromkeys(telling))[:QUERY_WORDS_MAX]


def replace_words(text: str, replacements: dict[str, str]) -> str:
    """A query with some of its words, as `query_words` names them, replaced, and everything else as it was typed."""
    return _ANY_PIECE.sub(lambda match: replacements.get(_stem(match.group()), match.group()), fold(text)).strip()


def phrase(text: str) -> str:
    """A text reduced to its words with one space between: equal for titles that say the same."""
    return " ".join(document_words(text))


def is_alphabetic(word: str) -> bool:
    """Whether a word is made of letters alone, of a script with spaces: only such words are mistyped or cut short."""
    return word.isalpha() and not _RUN.search(word)


_RUN = re.compile(f"[{UNSPACED}]")


def _pieces(folded: str) -> list[tuple[str, str, str]]:
    """(kind, word, as written) in order; a number and its unit come as one "measure" and then as its two "part"s."""
    pieces: list[tuple[str, str, str]] = []
    for figures, behind, text, run in (_ASCII_PIECE if folded.isascii() else _PIECE).findall(folded):
        if text:  # most are
            if word := _stem(text):
                pieces.append(("word", word, _written(text) if "'" in text else text))
        elif run:
            pieces.append(("run", run, run))
        else:
            number, unit = _number(figures), _unit(behind)
            if unit:
                pieces.append(("measure", number + unit, number + unit))
            pieces.append(("part" if unit else "number", number, number))
            if behind != '"' and (word := _stem(behind)):
                pieces.append(("part" if unit else "word", word, _written(behind)))
    return pieces


def _written(text: str) -> str:
    """A word as people write it by itself."""
    return text.removesuffix("'s").replace("'", "")


def _unit(text: str) -> str | None:
    return _SIGNS.get(text) or _UNITS.get(text.strip("'"))


def _number(text: str) -> str:
    """1,000 is a thousand, 1,5 is one and a half, 2.0 is 2."""
    if "," in text and re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    text = text.replace(",", ".")
    if text.count(".") == 1:
        text = text.rstrip("0").rstrip(".")
    return text[:WORD_CHARACTERS_MAX]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """A word without its plural ending, and without what would keep it from meeting its own plural."""
    word = word.strip("'").removesuffix("'s").replace("'", "")[:WORD_CHARACTERS_MAX]
    if len(word) < 4 or not word.isascii() or not word.isalpha() or word in _SINGULAR:
        return word
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) < 4:
        return word
    if word.endswith(("se", "xe", "ze", "che", "she", "oe")):
        return word[:-1]
    if word.endswith("ie"):
        return word[:-1]
    if word.endswith("y"):
        return word[:-1] + "i"
    return word


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _without_accents(decomposed: str) -> Iterator[str]:
    """Drop combining marks behind Latin, Greek and Cyrillic letters; elsewhere a mark may be a vowel."""
    base = ""
    for sign in decomposed:
        if not unicodedata.combining(sign):
            base = sign
        elif base < "\u0530":
            continue
        yield sign
