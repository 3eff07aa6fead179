"""Other words for what a query says: the packs' aliases, joined and parted words, quantities in other units.

An alias counts only where a product is called by it: a laptop's description speaks of its display, and is no monitor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import is_alphabetic, query_words
from ..types import THING
from .draft import Draft
from .languages import irregular_plurals, own_words
from .measures import measures_in, synonym_of

OTHERS_MAX = 10
SERVED_LEAST, SERVED_AT = 24, 0.3
"""Where so many goods have the words, and such a share of them is the thing, a page is full of them."""
RARE_LETTERS, RARE_MOST, RARE_TIMES = 6, 3, 12
UNTOLD_AT = 0.5
NAMED_AT = 0.05
"""Another name serves where at least such a share of the goods with it is the thing."""


def every(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """From, to, and other words, of every sort; what comes first counts."""
    for found in (aliases_in, things_in, joins_in, splits_in, plurals_in, rare_in):
        yield from found(draft)


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
        is_there = _is_ours(draft, own) and draft.vocabulary.evidence(draft.said(begin, end)).total > 0
        others = dict.fromkeys(each for group in groups for each in _others(draft, group, groups, is_there))
        known = _telling(own, [each for each in others if each != own], is_there)
        covered.update(range(begin, end))
        if known and own:
            yield begin, end, Synonym(own, tuple(known[:OTHERS_MAX]), in_names=True)


def things_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """Names of one thing that have no alias: a tote is a tote bag; and the thing's own name, where none of the goods
    with the words is one."""
    for begin, end, phrase in draft.phrases():
        own = query_words(draft.said(begin, end))
        if end - begin < 2 or len(own) < 2:
            continue
        for sense in draft.book.senses(phrase):
            if sense.kind != "thing":
                continue
            thing = draft.book.known_things[sense.name]
            others = [words for each in thing.words if (words := query_words(each)) and set(words) < set(own)
                      and own[-1] not in words]  # fmt: skip
            if not draft.vocabulary.evidence(draft.said(begin, end)).share(THING, thing.code):
                others.append(query_words(thing.names["en"]))
            known = tuple(dict.fromkeys(each for each in others if each != own and _is_ours(draft, each)))
            if known:
                yield begin, end, Synonym(own, known[:OTHERS_MAX], in_names=True)
                break


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


def plurals_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """Nouns whose plural follows no rule: `knives`."""
    for at, word in enumerate(draft.words):
        own = query_words(word.text)
        other = irregular_plurals().get(word.text) or irregular_plurals().get(own[0] if own else "")
        if other is None:
            continue
        others = query_words(other)
        if own != others and len(own) == 1 and all(map(draft.vocabulary.frequency, others)):
            yield at, at + 1, Synonym(own, (others,))


def rare_in(draft: Draft) -> Iterator[tuple[int, int, Synonym]]:
    """A word that hardly any of the goods has, one edit from one that very many have: somebody mistyped a title, and
    the shopper it is who pays for it where the two are not searched together."""
    for at, word in enumerate(draft.words):
        own = query_words(word.text)
        if len(own) != 1 or len(word.text) < RARE_LETTERS or not is_alphabetic(word.text):
            continue
        frequency = draft.vocabulary.frequency(own[0])
        if not 0 < frequency <= RARE_MOST or draft.book.exact_any(word.text) or draft.vocabulary.saying(own[0]):
            continue
        near = [each for each in draft.vocabulary.near(own[0], 1)
                if draft.vocabulary.frequency(each) >= RARE_TIMES * frequency]  # fmt: skip
        if near:
            yield at, at + 1, Synonym(own, ((max(near, key=draft.vocabulary.frequency),),))


def take_alternatives(draft: Draft) -> None:
    """`sofa or armchair`: one thing is searched, and the other is another word for it."""
    for at in range(1, len(draft.words) - 1):
        if not draft.book.exact(draft.words[at].text, "or"):
            continue
        rows = draft.phrases()
        left = next((row for row in rows if row[1] == at and draft.book.things(row[2])), None)
        right = next((row for row in rows if row[0] == at + 1 and draft.book.things(row[2])), None)
        if left is not None and right is not None:
            own, other = query_words(draft.said(*left[:2])), query_words(draft.said(*right[:2]))
            draft.synonyms.append(Synonym(own, (other,)))
            draft.either += draft.book.things(right[2])
            draft.take(draft.words[at].start, draft.words[right[1] - 1].end)
            return


def _is_served(draft: Draft, begin: int, end: int, phrase: str) -> bool:
    """Whether the shop itself uses the words enough, and for that thing: then no other are needed."""
    if not draft.book.has(phrase, "alias") or not _is_ours(draft, query_words(draft.said(begin, end))):
        return False  # what nobody has, an index may take for mistyped
    evidence = draft.vocabulary.evidence(draft.said(begin, end))
    return evidence.total >= SERVED_LEAST and _is_about(evidence, draft.book.things(phrase), SERVED_AT)


def _is_about(evidence: Evidence, things: Sequence[str], least: float) -> bool:
    """Whether such a share of the goods is one of these things; where none is known, whatever they are."""
    return not things or sum(evidence.share(THING, thing) for thing in things) >= least


def _is_untold(evidence: Evidence) -> bool:
    """Whether nobody knows of most of the goods what thing they are."""
    return evidence.total > 0 and sum(evidence.share(THING, each) for each in evidence.values(THING)) < UNTOLD_AT


def _others(draft: Draft, group: int, groups: Sequence[int], is_there: bool) -> Iterator[tuple[str, ...]]:
    """The names of a group that the shop has, and for that thing: its `mobile` may be a brand's name. Where it has
    what was typed, goods of which nobody knows what they are prove nothing: `regal` is a shelf in one language."""
    things = draft.book.group_things[group]
    for each in draft.book.groups[group]:
        words = tuple(each.split())
        if not words or not _is_ours(draft, words) or draft.book.exact(each, "stop", "not", "or"):
            continue
        if each in own_words(draft.language) and each not in draft.book.groups[group][0].split():
            continue  # no bookshelf is called `regal` by whoever says bookshelf
        if not things and not draft.book.is_clear(each, groups):
            continue
        evidence = draft.vocabulary.evidence(each)
        is_proved = _is_about(evidence, things, NAMED_AT) or (not is_there and _is_untold(evidence))
        if is_proved or draft.book.is_named(each, things):
            yield words


def _telling(own: tuple[str, ...], others: list[tuple[str, ...]], is_there: bool) -> list[tuple[str, ...]]:
    """Those that find something else: what has all words of a shorter one is found by that already."""
    if is_there:
        others = [each for each in others if not set(own) > set(each)]  # a card is more than a memory card
    shorter = [own, *others]
    return [each for each in others if not any(set(each) >= set(other) and each is not other for other in shorter)]


def _is_ours(draft: Draft, words: tuple[str, ...]) -> bool:
    return all(map(draft.vocabulary.frequency, words))
