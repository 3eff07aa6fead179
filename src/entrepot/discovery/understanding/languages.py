"""The small words of many languages, and which language a query is in: by its script, its letters and small words."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from ..text import fold

_KANA = ("\u3040", "\u30ff")
_HAN = ("\u4e00", "\u9fff")
_HANGUL = ("\uac00", "\ud7af")
_CYRILLIC = ("\u0400", "\u04ff")
_LETTERS = {
    "de": "äöüß", "fr": "çèêëîïôùûœ", "es": "ñ¿¡", "pt": "ãõ", "pl": "ąćęłńśźż", "it": "ìò",
}  # fmt: skip
TELLING = 2
"""A letter that few languages have tells as much as so many small words."""


class SmallWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a language has for bounds, for what is not wanted, and for what a thing is used with."""

    under: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    under_after: tuple[str, ...] = ()
    over_after: tuple[str, ...] = ()
    between: tuple[tuple[str, str], ...] = ()
    to: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    about_after: tuple[str, ...] = ()
    not_: tuple[str, ...] = msgspec.field(name="not", default=())
    not_after: tuple[str, ...] = ()
    or_: tuple[str, ...] = msgspec.field(name="or", default=())
    for_: tuple[str, ...] = msgspec.field(name="for", default=())
    names: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    cheap: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    irregular: tuple[tuple[str, str], ...] = ()
    own: tuple[str, ...] = ()


@cache
def small_words() -> dict[str, SmallWords]:
    """Every language's small words, by its code."""
    text = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, SmallWords])


@cache
def irregular_plurals() -> dict[str, str]:
    """A noun's plural and a plural's noun, where no rule makes one of the other."""
    pairs = [pair for each in small_words().values() for pair in each.irregular]
    return {one: other for pair in pairs for one, other in (pair, pair[::-1])}


@cache
def own_words(language: str) -> frozenset[str]:
    """The words that in this language mean something else than in another one of the packs."""
    known = small_words().get(language)
    return frozenset(known.own) if known else frozenset()


def guess_language(text: str, words: tuple[str, ...], shoppers: str) -> str:
    """The language that a query is most probably in; the shopper's own where nothing tells."""
    if any(_within(sign, _KANA) for sign in text):
        return "ja"
    if any(_within(sign, _HANGUL) for sign in text):
        return "ko"
    if any(_within(sign, _HAN) for sign in text):
        return "ja" if shoppers == "ja" else "zh"
    if any(_within(sign, _CYRILLIC) for sign in text):
        return "ru"
    telling = [word for word in words if len(word) > 1]
    scores = {code: sum(word in known for word in telling) for code, known in _telling().items()}
    small = text.lower()
    for code, letters in _LETTERS.items():
        if any(sign in letters for sign in small):
            scores[code] += TELLING
    best = max(scores.values())
    return shoppers if scores.get(shoppers, 0) == best or not best else max(scores, key=lambda code: scores[code])


@cache
def _telling() -> dict[str, frozenset[str]]:
    """By language, single small words in letters."""
    lists = {
        code: {*each.stop, *each.under, *each.over, *each.not_, *each.or_, *each.for_}
        for code, each in small_words().items()
        if code not in ("zh", "ja", "ko", "ru")
    }
    return {code: frozenset(fold(word) for word in words if " " not in word) for code, words in lists.items()}


def _within(sign: str, block: tuple[str, str]) -> bool:
    return block[0] <= sign <= block[1]
