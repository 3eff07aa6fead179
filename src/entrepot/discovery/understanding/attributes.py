"""Brands, colours, materials, sizes and other values that a query names, decided by the goods that have its words.

A row of words is a candidate when a pack says that it is a value, or some product of the shop has it as one. Whether it
is meant is read off the goods with all the words (`index.evidence`): most of those with "orange" and "sofa" have that
colour, none of those with "orange" and "juice". What nearly all of enough goods have becomes a filter, so that prices
and variants are those of the value; what many have is preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from entrepot import catalog

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import query_words
from ..types import Wish
from .draft import Draft
from .measures import Measure, measures_in

BRAND, CATEGORY, SIZE = "brand", "category", "size"
NO_VALUES = frozenset({CATEGORY, "merchant", "collection", "condition", "role", "thing", "fits", "rating", "price"})
FILTERED_AT, FILTERED_LEAST = 0.9, 12
"""A value is a filter where so large a share of the goods has it, and so many are left."""
CHOSEN_AT, CHOSEN_LEAST = 0.6, 2
"""The same of what a product is bought in: of a size or a colour the right variant has to be shown."""
WISHED_AT, SAID_AT = 0.35, 0.1
"""A value is preferred from this share on; one whose attribute is named too, from a lesser."""
VALUE_WEIGHT, BRAND_WEIGHT = 0.4, 0.6


class Value(NamedTuple):
    """A value that words may name: where they stand, the term, and whether its attribute is named beside it."""

    begin: int
    end: int
    name: str
    value: str
    said: bool = False


class Kept(NamedTuple):
    """A value that is meant, and whether it is strict."""

    value: Value
    strict: bool


def candidates(draft: Draft) -> list[Value]:
    """What words may name, longer rows first; each word is spoken for once."""
    found: list[Value] = []
    covered: set[int] = set()
    named = _attribute_names(draft)
    units = {measure.end - 1 for measure in measures_in(draft.text, draft.words) if measure.end - measure.begin > 1}
    for begin, end, phrase in draft.phrases():
        if not covered.isdisjoint(range(begin, end)) or begin in units or end in units:
            continue  # of 1 tb the 1 is no number of ports
        is_thing = draft.book.has(phrase, "thing", "accessory", "alias")
        values = [] if is_thing else list(_values(draft, begin, end, phrase, named))
        found += values
        if values or is_thing or (end - begin > 1 and draft.book.has(phrase, "alias", "known", "family")):
            covered.update(range(begin, end))
    return found


def letter_size(phrase: str) -> str:
    """A size of clothes by letters, in one spelling: `xl` for "extra large"; empty for anything else."""
    value = catalog.normalise(SIZE, phrase)
    return value.key if value.kind == "size" and value.key[:1].isalpha() and " " not in value.key else ""


def translations(draft: Draft, values: list[Value]) -> Iterator[Synonym]:
    """The shop's words for values that a query names in others: `schwarz` for black, `baumwolle` for cotton."""
    for value in values:
        own = query_words(draft.said(value.begin, value.end))
        other = query_words(value.value)
        is_foreign = not all(map(draft.vocabulary.frequency, own)) or _is_size(value)
        if other and own and own != other and is_foreign and all(map(draft.vocabulary.frequency, other)):
            yield Synonym(own, (other,))


def _is_size(value: Value) -> bool:
    """Whether a value is a size of clothes."""
    known = catalog.attribute_of(value.name)
    return known is not None and known.reads == "clothing_size" and letter_size(value.value) == value.value


def meant(draft: Draft, values: list[Value], evidence: Evidence) -> list[Kept]:
    """Those of the candidates that the goods with the words bear out; of several for the same words, the best."""
    kept: dict[tuple[int, int], tuple[tuple[bool, float], Kept]] = {}
    for value in (*values, *_measured(draft, evidence)):
        share = evidence.share(value.name, value.value)
        if share < (SAID_AT if value.said else WISHED_AT):
            continue
        is_choice = value.name in evidence.varying
        at, least = (CHOSEN_AT, CHOSEN_LEAST) if is_choice else (FILTERED_AT, FILTERED_LEAST)
        strict = share >= at and evidence.total >= least and value.name != BRAND
        key = (value.begin, value.end)
        likely = (_is_literal(draft, value), share)  # oak is a wood before it is a brown
        if key not in kept or likely > kept[key][0]:
            kept[key] = (likely, Kept(value, strict))
    return [each for _, each in kept.values()]


def _is_literal(draft: Draft, value: Value) -> bool:
    """Whether the words are the value's own."""
    return query_words(draft.said(value.begin, value.end)) == query_words(value.value)


def wishes_of(kept: Kept, evidence: Evidence) -> list[Wish]:
    """More for goods with the value, less for those that are known to have another."""
    value = kept.value
    weight = BRAND_WEIGHT if value.name == BRAND else VALUE_WEIGHT
    others = tuple(sorted(other for other in evidence.values(value.name) if other != value.value))
    wishes = [Wish(value.name, (value.value,), weight)]
    return [*wishes, Wish(value.name, others, -weight)] if others and value.name != BRAND else wishes


def _values(draft: Draft, begin: int, end: int, phrase: str, named: dict[int, str]) -> Iterator[Value]:
    """The terms of the shop that a row of words may stand for."""
    words = " ".join(query_words(phrase))
    beside = {named[place] for place in (begin - 1, end) if place in named}
    for name, value in draft.vocabulary.saying(words) if words else ():
        if name in draft.asker.units and phrase.isdigit() and name not in beside:
            continue  # a bare figure of something that has a unit
        if name not in NO_VALUES:
            yield Value(begin, end, name, value, name in beside)
    for sense in draft.book.senses(phrase):
        if sense.kind == "choice":
            for name, value in draft.vocabulary.saying(" ".join(query_words(sense.value))):
                if name == sense.name:
                    yield Value(begin, end, name, value, name in beside)
        elif sense.kind == "flag" and ("yes" in {v for n, v in draft.vocabulary.saying("ye") if n == sense.name}):
            yield Value(begin, end, sense.name, "yes")
    if size := letter_size(phrase):
        for name, value in draft.vocabulary.saying(size):
            if _is_size(Value(begin, end, name, value)) and value != words:
                yield Value(begin, end, name, value, name in beside)
    for name in sorted(beside):
        meant = catalog.normalise(name, draft.said(begin, end))
        if meant.kind != "text" or (name, meant.key) in draft.vocabulary.saying(words):
            yield Value(begin, end, name, meant.key, True)


def _attribute_names(draft: Draft) -> dict[int, str]:
    """By the place of a word, the attribute that it names: the colour of `colour red`, the ports of `4 port`."""
    named: dict[int, str] = {}
    for begin, end, phrase in draft.phrases():
        if draft.book.exact(phrase, "for", "not", "or"):
            continue  # a shop may well call whom a thing is for `For`
        for sense in draft.book.senses(phrase):
            if sense.kind == "attribute":
                for place in range(begin, end):
                    named.setdefault(place, sense.name)
                break
    return named


def _measured(draft: Draft, evidence: Evidence) -> Iterator[Value]:
    """Attributes that have just the quantity that a number and its unit say."""
    for measure in measures_in(draft.text, draft.words):
        for name in evidence.names():
            if name in NO_VALUES:
                continue
            for key in (catalog.normalise(name, measure.text).key, _bare(draft, name, measure)):
                if key and evidence.share(name, key):
                    yield Value(measure.begin, measure.end, name, key, True)


def _bare(draft: Draft, name: str, measure: Measure) -> str:
    """The figure alone, where the shop says the unit beside the attribute's name."""
    unit = draft.asker.units.get(name)
    if not unit:
        return ""
    suffix = f" {unit.casefold()}"
    return next((each.removesuffix(suffix) for each in measure.spellings if each.endswith(suffix)), "")
