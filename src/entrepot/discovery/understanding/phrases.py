"""Everything the packs have words for, in one book to look phrases up in: what a row of words may mean.

A phrase is found as it is written, in the plural, and with the endings that adjectives and nouns take in the languages
of the packs. Compiled once per set of packs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from entrepot import catalog
from entrepot.catalog import Pack, Thing

from ..text import query_words
from .languages import small_words
from .prices import currency_words
from .reading import Word, key_of, words_of

Kind = Literal[
    "alias", "attribute", "flag", "choice", "thing", "accessory", "family", "known", "not", "not_after", "or", "for",
    "stop", "bound", "cheap", "system",
]  # fmt: skip
PHRASE_WORDS_MAX = 4
ENDINGS_LETTERS, PLURAL_LETTERS = 4, 2
"""A shorter word has no ending to lose but the plural, and one of so many letters not even that."""

KIND_SHARE = 3
"""One in so many words of a thing makes it one of a kind."""


class Sense(NamedTuple):
    """What a phrase may mean: an alias's group, an attribute and its value, a thing."""

    kind: Kind
    name: str = ""
    value: str = ""


class Phrasebook:
    """Phrases and their senses."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self._senses: dict[str, list[Sense]] = {}
        self.groups: list[tuple[str, ...]] = []
        self._written: list[tuple[str, ...]] = []
        self.known_things: dict[str, Thing] = {}
        self._typos: dict[str, set[str]] = {}
        self._unspaced: dict[str, int] = {}
        self._groups_of: dict[str, set[int]] = {}
        self._kinds_of: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}
        for kind, language, words in _small():
            self._add(words, Sense(kind, language))
        for pack in packs:
            self._add_pack(pack)
        self.group_things = [self._things_of(group) for group in self._written]
        for word, family in catalog.colour_words().items():
            self._add((word,), Sense("choice", "color", family))
        self._index()

    def senses(self, phrase: str) -> Sequence[Sense]:
        """What a phrase means as it is written, and as a plural of another; else without its endings."""
        found = self._senses.get(phrase)
        head, _, last = phrase.rpartition(" ")
        if found:
            plurals = (
                []
                if self.is_small_word(phrase)
                else [
                    sense
                    for form in _plurals(last)
                    for sense in self._senses.get(f"{head} {form}" if head else form, ())
                ]
            )
            return [*found, *plurals] if plurals else found
        for form in forms(last):
            if found := self._senses.get(f"{head} {form}" if head else form):
                return found
        if len(phrase) <= PLURAL_LETTERS:
            return []
        return [each for each in self._senses.get(f"{phrase}s", ()) if each.kind in ("thing", "alias")]

    def has(self, phrase: str, *kinds: Kind) -> bool:
        """Whether a phrase has one of these senses."""
        return any(sense.kind in kinds for sense in self.senses(phrase))

    def exact_any(self, phrase: str) -> bool:
        """Whether a phrase is in the book just as it is written, or in the plural."""
        return phrase in self._senses or any(form in self._senses for form in _plurals(phrase))

    def is_small(self, word: str, language: str) -> bool:
        """Whether a word is nothing but a small word, and none of this language."""
        senses = self._senses.get(word, ())
        return bool(senses) and all(sense.kind in _SMALL and sense.name != language for sense in senses)

    def is_small_word(self, phrase: str) -> bool:
        """Whether a phrase is a small word of some language."""
        return any(sense.kind in _SMALL for sense in self._senses.get(phrase, ()))

    def exact(self, phrase: str, *kinds: Kind) -> bool:
        """The same of a phrase just as it is written: small words have no endings to lose."""
        return any(sense.kind in kinds for sense in self._senses.get(phrase, ()))

    def things(self, phrase: str) -> tuple[str, ...]:
        """The things that a phrase names, by its own words or by another name for them."""
        found: list[str] = []
        for sense in self.senses(phrase):
            found += [sense.name] if sense.kind == "thing" else []
            found += self.group_things[int(sense.name)] if sense.kind == "alias" else ()
        return tuple(dict.fromkeys(found))

    def is_named(self, words: str, things: Sequence[str]) -> bool:
        """Whether these words are the things' very own name, whatever else bears it."""
        return any(key_of(self.known_things[thing].names["en"]) == words for thing in things)

    def kinds_of(self, name: tuple[str, ...], role: str) -> tuple[str, ...]:
        """The things of a role that are called by a name and something in front of it: an office chair is a chair."""
        key = (name, role)
        if key not in self._kinds_of:
            self._kinds_of[key] = tuple(
                thing.code for thing in self.known_things.values() if thing.role == role and _is_kind(thing, name)
            )
        return self._kinds_of[key]

    def _things_of(self, group: Sequence[str]) -> tuple[str, ...]:
        named = (sense.name for word in group for sense in self._senses.get(key_of(word), ()) if sense.kind == "thing")
        return tuple(dict.fromkeys(named))

    def is_clear(self, words: str, groups: Sequence[int]) -> bool:
        """Whether words of an alias say nothing else: `tee` is tea and a shirt, `the` is tea and a small word."""
        return self._groups_of.get(words, set()) <= set(groups) and not self.exact(words, "stop", "not", "or")

    def near(self, word: str) -> set[str]:
        """Single words at about one edit from this one."""
        found: set[str] = set()
        for shorter in _deletes(word):
            found |= self._typos.get(shorter, set())
        return found

    def cut(self, word: Word) -> Iterator[Word]:
        """A run without spaces as the longest known words, and what lies between them."""
        text, at, left = word.text, 0, 0
        while at < len(text):
            length = next((n for n in range(min(10, len(text) - at), 0, -1) if text[at : at + n] in self._unspaced), 0)
            if length:
                if left < at:
                    yield Word(text[left:at], word.start + left, word.start + at, True)
                yield Word(text[at : at + length], word.start + at, word.start + at + length, True)
                left = at + length
            at += length or 1
        if left < len(text):
            yield Word(text[left:], word.start + left, word.end, True)

    def _add_pack(self, pack: Pack) -> None:
        for group in pack.aliases:
            number = len(self.groups)
            self._written.append(group)
            self._add(group, Sense("alias", str(number)))
            whole = [word for word in group if len(query_words(word)) == len(words_of(word))]  # `in ears` is no ear
            self.groups.append(tuple(dict.fromkeys(" ".join(query_words(word)) for word in whole)))
            for word in self.groups[-1]:
                self._groups_of.setdefault(word, set()).add(number)
        for attribute in pack.attributes.values():
            names = (*attribute.names.values(), *attribute.also)
            self._add(names, Sense("attribute", attribute.code))
            if attribute.reads == "boolean":
                self._add((*names, attribute.code.replace("_", " ")), Sense("flag", attribute.code))
            for choice, words in attribute.choices.items():
                self._add((choice, *words), Sense("choice", attribute.code, choice))
        for thing in pack.things.values():
            self.known_things.setdefault(thing.code, thing)
            self._add((*thing.words, *thing.names.values()), Sense("thing", thing.code, thing.role))
        self._add(pack.accessory_words, Sense("accessory"))
        self._add(pack.fits_families, Sense("family"))
        self._add(pack.vocabulary, Sense("known"))

    def _add(self, phrases: Iterable[str], sense: Sense) -> None:
        for phrase in phrases:
            key = key_of(phrase)
            if not key:
                continue
            known = self._senses.setdefault(key, [])
            if sense not in known:
                known.append(sense)

    def _index(self) -> None:
        for phrase in self._senses:
            for word in words_of(phrase):
                if word.unspaced:
                    self._unspaced[word.text] = 1
                elif word.text == phrase and len(phrase) >= ENDINGS_LETTERS and phrase.isalpha():
                    for shorter in _deletes(phrase):
                        self._typos.setdefault(shorter, set()).add(phrase)


_books: dict[tuple[int, ...], tuple[Sequence[Pack], Phrasebook]] = {}


def phrasebook_of(packs: Sequence[Pack]) -> Phrasebook:
    """The book of these packs; packs are read once in a process, so it is made once."""
    key = tuple(map(id, packs))
    if key not in _books:
        _books[key] = (tuple(packs), Phrasebook(packs))  # with the packs, so that no other ever has their ids
    return _books[key][1]


def _is_kind(thing: Thing, name: tuple[str, ...]) -> bool:
    """Whether a thing's own name ends in a name, or many of its words do: a baby monitor makes no camera a monitor."""
    words = [_last_words(word, len(name)) for word in thing.words if word.isascii()]
    return _last_words(thing.names["en"], len(name)) == name or words.count(name) * KIND_SHARE >= max(len(words), 1)


def _last_words(phrase: str, most: int) -> tuple[str, ...]:
    """The last words of a phrase; what is joined by a line is one: a t-shirt is no shirt."""
    return query_words(" ".join(phrase.replace("-", "").split()[-most:]))


_SMALL = frozenset({"not", "not_after", "or", "for", "stop", "bound", "cheap"})


@lru_cache(maxsize=8_192)
def forms(word: str) -> tuple[str, ...]:
    """The word without endings of number, gender and case, the longest forms first; for looking up alone."""
    found: list[str] = []
    if not word.isalpha() or not word.isascii():
        return ()
    if len(word) > PLURAL_LETTERS:
        found += _plurals(word)
    if len(word) >= ENDINGS_LETTERS:
        for ending, others in _ENDINGS:
            stem = word[: len(word) - len(ending)]
            if word.endswith(ending) and len(stem) >= ENDINGS_LETTERS - 1:
                found += [stem + other for other in others]
                if len(stem) > ENDINGS_LETTERS and stem[-1] == stem[-2]:
                    found.append(stem[:-1])
    return tuple(dict.fromkeys(found))


def _plurals(word: str) -> Iterator[str]:
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        yield word[:-2]
    if word.endswith("ves"):
        yield word[:-3] + "f"
        yield word[:-3] + "fe"
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]


_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("eaux", ("eau",)), ("aux", ("al", "au")), ("oes", ("ao",)), ("aes", ("ao",)), ("che", ("ca", "co")),
    ("chi", ("co",)), ("ghe", ("ga",)), ("ghi", ("go",)), ("ces", ("z",)), ("eren", ("", "e")), ("ern", ("", "e")),
    ("er", ("", "e")), ("en", ("", "e")), ("em", ("",)), ("es", ("", "e")), ("as", ("a", "o")), ("os", ("o",)),
    ("ns", ("m", "n")), ("x", ("",)), ("e", ("", "a", "o")), ("i", ("o", "e")), ("a", ("o", "")), ("n", ("",)),
    ("s", ("",)), ("is", ("l", "il")),
)  # fmt: skip


def _deletes(word: str) -> Iterator[str]:
    """The word, and with each of its letters left out: words one edit apart share one of these."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _small() -> Iterator[tuple[Kind, str, tuple[str, ...]]]:
    """Small words, by what they do and their language."""
    for language, each in small_words().items():
        yield "not", language, each.not_
        yield "not_after", language, each.not_after
        yield "or", language, each.or_
        yield "for", language, each.for_
        yield "known", language, each.names
        yield "stop", language, each.stop
        yield "cheap", language, each.cheap
        yield "system", language, each.systems
        yield "bound", language, (*each.under, *each.over, *each.under_after, *each.over_after, *each.to)
        yield "bound", language, tuple(word for pair in each.between for word in pair)
    yield "bound", "", currency_words()
