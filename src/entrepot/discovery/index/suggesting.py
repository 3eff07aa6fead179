"""Going on from what was typed: words that follow it in something sellable, and brands and categories that begin so.

The last word is taken as begun, the ones before it as they are. Each completion is counted by what it would find, so
none leads to an empty page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ..text import QUERY_CHARACTERS_MAX, fold, query_words
from .base import Completion
from .filters import BRAND, CATEGORY

LOOKED_AT_MAX = 24
OTHERS_MAX = 2


class Lexicon(Protocol):
    """What completing asks of an index."""

    def frequency(self, word: str) -> int: ...
    def starting(self, prefix: str, most: int) -> Sequence[str]: ...
    def surface(self, word: str) -> str: ...
    def sellable_with(self, words: Iterable[str]) -> int: ...
    def sellable_terms(self, name: str) -> dict[str, int]: ...


def suggest(lexicon: Lexicon, prefix: str, most: int) -> list[Completion]:
    """At most `most` ways to go on: up to two categories and two brands, then queries by what they find."""
    typed = fold(prefix[:QUERY_CHARACTERS_MAX]).lstrip()
    if not typed.strip() or most <= 0:
        return []
    others = [*_named(lexicon, CATEGORY, typed.strip()), *_named(lexicon, BRAND, typed.strip())]
    return [*others, *_queries(lexicon, typed)][:most]


def _queries(lexicon: Lexicon, typed: str) -> list[Completion]:
    done, begun = _parted(typed)
    before, words = query_words(done), query_words(begun)
    if len(words) > 1:  # `usb-c` is one word to people, and nothing can be said of how it goes on
        count = lexicon.sellable_with([*before, *words])
        return [Completion(f"{done} {begun}".strip(), "query", count)] if count else []
    found = []
    for word in dict.fromkeys([*words, *lexicon.starting(begun, LOOKED_AT_MAX)]):
        if lexicon.frequency(word) and (count := lexicon.sellable_with([*before, word])):
            written = lexicon.surface(word)
            found.append(Completion(f"{done} {written}".strip(), "query", count))
    found.sort(key=lambda completion: (-completion.count, completion.text))
    return list({completion.text: completion for completion in found}.values())


def _parted(typed: str) -> tuple[str, str]:
    """The words that are finished, and the one that is begun."""
    done, _, begun = typed.rpartition(" ")
    return " ".join(done.split()), begun


def _named(lexicon: Lexicon, name: str, typed: str) -> list[Completion]:
    """Values of a name with a word that begins as typed, the commonest first."""
    values = sorted(lexicon.sellable_terms(name).items(), key=lambda item: (-item[1], item[0]))
    found = []
    for value, count in values:
        words = fold(value.rpartition("/")[2].replace("-", " ")) if name == CATEGORY else fold(value)
        if words.startswith(typed) or f" {typed}" in words:
            found.append(Completion(words if name == CATEGORY else value, name, count, value))
    return found[:OTHERS_MAX]
