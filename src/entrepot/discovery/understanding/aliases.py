"""Other words for what a query says: the packs' aliases, joined and parted words, quantities in other units.

An alias counts only where a product is called by it: a laptop's description speaks of its display, and is no monitor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import query_words
from .draft import Draft
from .goods import THING
from .measures import measures_in, synonym_of

OTHERS_MAX = 10
SERVED_LEAST, SERVED_AT = 24, 0.3
"""Where so many goods have the words, and such a share of them is the thing, a page is full of them."""
NAMED_AT = 0.05
"""Another name serves where at least such a share of the goods with it is the thing."""


def aliases_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """From, to, and the words of the shop for what a row of words is called in the packs; longest rows first."""
    covered: set[int] = set()
    for begin, end, phrase in draft.phrases():
        if not covered.isdisjoint(range(begin, end)) or draft.book.exact(phrase, "stop", "not", "or"):
            continue
        if _is_served(draft, begin, end, phrase):
            covered.update(range(begin, end))
            continue
        groups = [int(sense.name) for sense in draft.book.senses(phrase) if sense.kind == "alias"]
        if not groups:
            continue
        own = query_words(draft.said(begin, end))
        others = dict.fromkeys(each for group in groups for each in _others(draft, group, groups))
        known = _telling(own, [each for each in others if each != own])
        covered.update(range(begin, end))
        if known and own:
            yield begin, end, Synonym(own, tuple(known[:OTHERS_MAX]), in_names=True)


def joins_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """Two words that the shop writes as one: `smart phone`, `power bank`."""
    for begin, end, _ in draft.phrases():
        if end - begin != 2:
            continue
        left, right = draft.words[begin], draft.words[begin + 1]
        if left.unspaced or right.unspaced or not (left.text + right.text).isalpha():
            continue
        joined = query_words(left.text + right.text)
        own = query_words(draft.said(begin, end))
        if len(own) == 2 and len(joined) == 1 and draft.vocabulary.frequency(joined[0]):
            yield begin, end, Synonym(own, (joined,))


def splits_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """A word that the shop knows, and also writes as two: `powerbank`."""
    for at, word in enumerate(draft.words):
        own = query_words(word.text)
        if word.unspaced or len(word.text) < 6 or len(own) != 1 or not word.text.isalpha():
            continue
        known = [sense for sense in draft.book.senses(word.text) if sense.kind == "alias"]
        if known:
            continue  # the packs know it better
        parts = [
            (word.text[:place], word.text[place:])
            for place in range(3, len(word.text) - 2)
            if draft.book.senses(f"{word.text[:place]} {word.text[place:]}")
        ]
        if parts and all(map(draft.vocabulary.frequency, query_words(" ".join(parts[0])))):
            yield at, at + 1, Synonym(own, (query_words(" ".join(parts[0])),))


def quantities_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """Numbers with units, and other ways to write them."""
    for measure in measures_in(draft.text, draft.words):
        units = frozenset(unit.casefold() for unit in draft.asker.units.values())
        synonym = synonym_of(measure, draft.vocabulary.frequency, units)
        if synonym is not None:
            yield measure.begin, measure.end, synonym


def _is_served(draft: Draft, begin: int, end: int, phrase: str) -> bool:
    """Whether the shop itself uses the words enough, and for that thing: then no other are needed."""
    if not draft.book.has(phrase, "alias"):
        return False
    evidence = draft.vocabulary.evidence(draft.said(begin, end))
    return evidence.total >= SERVED_LEAST and _is_about(evidence, draft.book.things(phrase), SERVED_AT)


def _is_about(evidence: Evidence, things: Sequence[str], least: float) -> bool:
    """Whether such a share of the goods is one of these things; where none is known, whatever they are."""
    return not things or sum(evidence.share(THING, thing) for thing in things) >= least


def _others(draft: Draft, group: int, groups: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """The names of a group that the shop has, and for that thing: its `mobile` may be a brand's name."""
    things = draft.book.group_things[group]
    for each in draft.book.groups[group]:
        words = tuple(each.split())
        if not words or not _is_ours(draft, words) or draft.book.exact(each, "stop", "not", "or"):
            continue
        if not things and not draft.book.is_clear(each, groups):
            continue
        if _is_about(draft.vocabulary.evidence(each), things, NAMED_AT) or draft.book.is_named(each, things):
            yield words


def _telling(own: tuple[str, ...], others: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Those that find something else: what has all words of a shorter one is found by that already."""
    others = [each for each in others if not set(own) > set(each)]  # a card is more than a memory card
    shorter = [own, *others]
    return [each for each in others if not any(set(each) >= set(other) and each is not other for other in shorter)]


def _is_ours(draft: Draft, words: tuple[str, ...]) -> bool:
    return all(map(draft.vocabulary.frequency, words))
