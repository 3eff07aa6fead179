"""The subject of a query: which words name the thing, so that the thing is told from what only mentions it.

Where the packs know the thing, and goods with its name are that thing, it is the subject: with what is called the same
and more (an office chair is a chair, a table lamp no table). Else the words that are no values are, as a name. What is
no part of it is given up first where nothing has it all; brands and figures last.
"""

from __future__ import annotations

from collections.abc import Collection

from ..index.evidence import Evidence
from ..text import fold, query_words
from ..types import THING, Subject
from .attributes import BRAND, CATEGORY, Value
from .draft import Draft
from .languages import own_words
from .measures import measures_in
from .relaxing import Words
from .roles import THING_KNOWN, Role

NAMES_MAX = 12
FIGURES = frozenset("0123456789")
HEAD_FIRST = frozenset(("fr", "es", "it", "pt"))


def read_subject(draft: Draft, role: Role, values: list[Value], small: set[int]) -> Subject | None:
    """What a query is about; None where its words name nothing."""
    if role.things and role.span is not None:
        return _of_thing(draft, role)
    spoken = {place for value in values for place in range(value.begin, value.end)}
    spoken |= {place for each in measures_in(draft.text, draft.words) for place in range(each.begin, each.end)}
    places = [place for place in range(len(draft.words)) if place not in small | spoken]
    words = query_words(" ".join(draft.words[place].text for place in places))
    called = {word for synonym in (*draft.asker.synonyms, *draft.synonyms) for word in synonym.words}
    name = tuple(word for word in words if draft.vocabulary.frequency(word) or word in called)
    if not any(word.isalpha() for word in name):
        return None
    categories = _categories(draft, words)
    return Subject((), () if categories else _with_synonyms(draft, name), categories, role.role)


def _of_thing(draft: Draft, role: Role) -> Subject | None:
    assert role.span is not None
    said = draft.said(*role.span)
    evidence: Evidence = draft.vocabulary.evidence(said, (*draft.asker.synonyms, *draft.synonyms))
    things = dict.fromkeys((*role.things, *draft.book.kinds_of(query_words(said), role.role)))
    name = query_words(said)
    names = _with_synonyms(draft, name)
    if not any(evidence.share(THING, thing) >= THING_KNOWN for thing in role.things):
        return Subject((), names, _categories(draft, name), role.role)  # the goods do not tell what they are
    own = {query_words(word) for thing in role.things for word in draft.book.known_things[thing].names.values()}
    narrow, homonyms = own.isdisjoint(names), _homonyms(draft, said, things)
    return Subject(tuple(things), names, _categories(draft, name), role.role, narrow, homonyms)


def _homonyms(draft: Draft, said: str, things: Collection[str]) -> tuple[str, ...]:
    """The other things in whose English name stands what was said, where in English that means something else."""
    words = set(fold(said).split())
    if draft.language == "en" or words.isdisjoint(own_words("en")):
        return ()
    named = {code: set(fold(thing.names["en"]).split()) for code, thing in draft.book.known_things.items()}
    return tuple(code for code, name in named.items() if words <= name and code not in things)


def _categories(draft: Draft, words: tuple[str, ...]) -> tuple[str, ...]:
    """The categories that are called so."""
    return tuple(value for name, value in draft.vocabulary.saying(" ".join(words)) if name == CATEGORY)


def _with_synonyms(draft: Draft, name: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A name with its other names."""
    others = [other for each in (*draft.asker.synonyms, *draft.synonyms) if each.words == name for other in each.others]
    return tuple(dict.fromkeys((name, *others)))[:NAMES_MAX]


def part_words(draft: Draft, role: Role, values: list[Value], small: set[int]) -> Words:
    """The words by what becomes of them where nothing has them all: what is neither soft nor firm names the thing."""
    valued = {place for value in values for place in range(value.begin, value.end)}
    brands = {place for value in values if value.name == BRAND for place in range(value.begin, value.end)}
    named = {place for value in values if value.said for place in (value.begin - 1, value.end)}
    thing = set(range(*role.span)) if role.span else set()
    soft, firm = [], []
    for place, word in enumerate(draft.words):
        if place in thing or place in small:
            continue
        if place in brands or not FIGURES.isdisjoint(word.text):
            firm.append(place)
        elif place in valued or thing:
            soft.append(place)
    return Words(
        small, named, soft, firm, valued - brands, brands, _head(draft, role, small | valued | named | set(firm))
    )


def _head(draft: Draft, role: Role, others: set[int]) -> int:
    """The place of the word that the others describe, where no thing is named: the last one in front of what it is for
    or comes with, and in Romance languages the first; -1 where there is none."""
    small = (at for at, word in enumerate(draft.words) if at and draft.book.exact(word.text, "for", "stop"))
    if role.span is not None:
        return -1
    end = next(small, len(draft.words))
    places = [place for place in range(end) if place not in others and draft.words[place].text.isalpha()]
    return -1 if not places else places[0] if draft.language in HEAD_FIRST else places[-1]
