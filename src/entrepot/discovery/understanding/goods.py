"""What the goods of the shop are, by the packs' words: each title's thing, its role, and what it is to fit.

The same reading as `catalog.Pack.role_of`, over all packs at once and quick enough for every title of an import: words
are looked up, and what a thing fits is only searched for where a title has a word that says so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache, lru_cache

from entrepot import catalog
from entrepot.catalog import Pack, Thing

from ..text import fold
from ..types import ROLE, THING
from .languages import guess_language, own_words
from .reading import key_of

FITS = "fits"
"""The name under which an index keeps what a product is for."""
TOKENS_MAX, FITS_CHARACTERS_MAX = 40, 100
MODEL_WORDS = frozenset(
    ("pro", "max", "plus", "mini", "ultra", "air", "lite", "se", "fe", "note", "edge", "fold", "flip", "neo", "xl",
     "s", "x", "xs", "xr", "c", "e", "i", "gen", "series", "ti", "fan", "edition")
)  # fmt: skip
"""Words by which makers tell their models apart, beside figures."""
_TOKEN = re.compile(r"[^\W_]+")
_UNSPACED_FROM = "\u2e80"
_WITH = re.compile(
    r"\b(?:with|mit|avec|con|com|met|incl|including|inklusive|made of|aus)\b|\bin\s(?!\d|one\b|ear\b)|\+"
)
_HEAD = re.compile(rf"[,;(|]|{_WITH.pattern}")
"""What stands in front of one of these is what is sold; behind it, what comes with it, or what it is made of."""

Pairs = tuple[tuple[str, str], ...]


def is_model_word(word: str) -> bool:
    """Whether a folded word goes on naming a model: a figure, or a word that makers use."""
    return word.isdigit() or word in MODEL_WORDS


def terms_of_title(title: str, category: str, fits: Sequence[str] = ()) -> Pairs:
    """The thing, the role and what is fitted, as an index keeps them; what nothing tells is left out. `fits` is what
    the seller says that it fits: a model there tells the same as behind `for` in the title."""
    return _reader().terms(title, catalog.pack_of(category), category, any(map(_names_model, fits)))


class _Reader:
    """The packs' words for things, compiled."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self._packs = packs
        self._things: dict[str, list[tuple[str, Thing]]] = {}
        self._begins: set[str] = set()
        self._unspaced: list[tuple[str, str, Thing]] = []
        self._before = {word.split()[0] for pack in packs for word in map(fold, pack.fits_before)}
        self._before_unspaced = tuple(word for word in self._before if word >= _UNSPACED_FROM)
        self._for = _for_pattern({fold(word) for pack in packs for word in pack.fits_before})
        self._accessory = {pack.name: {key_of(word) for word in pack.accessory_words} for pack in packs}
        self._families = {key_of(family) for pack in packs for family in pack.fits_families}
        self._categories: dict[str, Thing | None] = {}
        for pack in packs:
            for thing in pack.things.values():
                for word in thing.words:
                    self._add(pack.name, key_of(word), thing)

    def terms(self, title: str, pack: Pack | None, category: str, is_for_model: bool) -> Pairs:
        """See `terms_of_title`."""
        folded = fold(title)
        tokens = _TOKEN.findall(folded)[:TOKENS_MAX]
        packs = (pack,) if pack else self._packs
        fitting = next(((each, fits) for each in packs if (fits := self._fits(each, title, tokens, folded))), None)
        if fitting:
            folded = fold(fitting[0].head_of(title))
            tokens = _TOKEN.findall(folded)[:TOKENS_MAX]
        said = set(_grams(tokens))
        thing, is_for = self._named(folded, tokens, said, pack, packs)
        is_for = is_for or bool(fitting)
        if thing is not None and not fitting and self._is_for(thing, _HEAD.split(folded)[0], packs):
            thing, is_for = None, True
        told = None if is_for else self._told_by(category)
        thing, beside = self._by_category(thing, told, tokens, said, packs)
        role = self._role(thing, is_for or is_for_model, said, packs)
        found = [(THING, each.code) for each in (thing, beside) if each]
        if role:
            found.append((ROLE, role))
        fits = fitting[1] if fitting else ()
        if role == "accessory" and not fits:
            fits = self._model(tokens)
        return (*found, *((FITS, each) for each in fits))

    def _is_for(self, thing: Thing, head: str, packs: Sequence[Pack]) -> bool:
        """Whether a title names a device by its family alone, and then what is for it: `Apple Watch 14 skin`."""
        if thing.role != "device":
            return False
        grams = [(at, at + gram.count(" ") + 1, gram) for at, gram in _grams_at(_TOKEN.findall(head)[:TOKENS_MAX])]
        naming = [(end, gram) for _, end, gram in grams if any(each is thing for _, each in self._things.get(gram, ()))]
        if not naming or any(gram not in self._families for _, gram in naming):
            return False
        behind = max(end for end, _ in naming)
        return any(at >= behind and any(gram in self._accessory[pack.name] for pack in packs) for at, _, gram in grams)

    def _model(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """What is named in front of an accessory without a word such as `for`: `Apple Watch 7 cover`."""
        for at, gram in _grams_at(tokens):
            if gram in self._families:
                end = at + gram.count(" ") + 1
                while end < len(tokens) and is_model_word(tokens[end]):
                    end += 1
                return (" ".join(tokens[at:end]),) if end > at + gram.count(" ") + 1 else ()
        return ()

    def _fits(self, pack: Pack, title: str, tokens: Sequence[str], folded: str) -> tuple[str, ...]:
        is_said = not self._before.isdisjoint(tokens) or any(word in folded for word in self._before_unspaced)
        return pack.fits_of(title) if is_said else ()

    def _named(
        self, folded: str, tokens: Sequence[str], said: set[str], pack: Pack | None, packs: Sequence[Pack]
    ) -> tuple[Thing | None, bool]:
        """The thing that a title names, and whether it is for one: in front of what comes with it, and of what it is
        for. A battery for laptops, a laptop lock and a monitor cable are neither laptops nor monitors."""
        parts = [_WITH.split(folded)[0]]
        before, *behind = self._for.split(parts[0], maxsplit=1)
        front = _TOKEN.findall(before)[:TOKENS_MAX] if behind else []
        if front:
            thing, is_for = self._thing(front, before, said, pack, packs)
            if thing is not None or is_for or self._is_accessory(_grams(front), packs):
                return thing, is_for or thing is None
        for part in dict.fromkeys((*parts, folded)):
            words = tokens if part == folded else _TOKEN.findall(part)[:TOKENS_MAX]
            thing, is_for = self._thing(words, part, said, pack, packs)
            if thing is not None or is_for:
                is_behind = bool(front) and thing is not None and thing.role == "device"
                return (None, True) if is_behind else (thing, is_for)
        return None, False

    def _thing(
        self, tokens: Sequence[str], folded: str, said: set[str], pack: Pack | None, packs: Sequence[Pack]
    ) -> tuple[Thing | None, bool]:
        """The longest word for a thing, of equals the last; and whether what is for it is named behind it.

        A word with another thing right behind it only says which one that is, and one behind a quantity is what
        something has: of a PC with 256 GB SSD the PC is sold.
        """
        named = list(self._mentions(tokens, said, pack))
        found = self._without_fitted(tokens, named, packs)
        if named and not found:
            return None, True
        begins = {begin for begin, _, _ in found}
        heads = [each for each in found if each[1] not in begins]
        plain = [each for each in heads if not _is_quantity(tokens, each[0])] or heads
        free = [each for each in plain if each[2].role != "device" or not self._goes_on(tokens, each[1], packs)]
        if plain and not free:
            return None, True
        if free:
            return max(free, key=lambda each: (sum(map(len, tokens[each[0] : each[1]])), each[0]))[2], False
        return (None if folded.isascii() else self._unspaced_thing(folded, pack)), False

    def _mentions(self, tokens: Sequence[str], said: set[str], pack: Pack | None) -> Iterator[tuple[int, int, Thing]]:
        """From, to, and the thing, of every word for one that is no part of a longer one."""
        covered = 0
        for at, end in _spans(tokens, self._begins):
            gram = " ".join(tokens[at:end])
            if end <= covered or gram not in self._things:
                continue
            if at and tokens[at - 1].isdigit() and catalog.is_unit(gram):
                continue  # 12 pc of something
            for name, thing in self._things[gram]:
                if gram in own_words("en") and gram not in thing.names["en"] and _is_english(said):
                    continue  # a hose is no pair of trousers
                if (pack is None or name == pack.name) and said.isdisjoint(_not_words(thing.not_words)):
                    yield at, end, thing
                    covered = end

    def _without_fitted(
        self, tokens: Sequence[str], named: Sequence[tuple[int, int, Thing]], packs: Sequence[Pack]
    ) -> list[tuple[int, int, Thing]]:
        """What is named, without the devices right behind what is for them: `screen protector tablet`, `cover iPad`.
        One word in front of a device that is no family may be of its name: of a stand mixer."""
        found, fitted = list[tuple[int, int, Thing]](), set[int]()
        for begin, end, thing in named:
            is_family = " ".join(tokens[begin:end]) in self._families
            grams = (
                " ".join(tokens[begin - length : begin]) for length in (1, 2, 3)[not is_family :] if length <= begin
            )
            if thing.role == "device" and (begin in fitted or self._is_accessory(grams, packs)):
                fitted.add(end)
            else:
                found.append((begin, end, thing))
        return found

    def _goes_on(self, tokens: Sequence[str], at: int, packs: Sequence[Pack]) -> bool:
        """Whether a word for an accessory begins here."""
        grams = (" ".join(tokens[at : at + length]) for length in (1, 2, 3) if at + length <= len(tokens))
        return self._is_accessory(grams, packs)

    def _is_accessory(self, grams: Iterable[str], packs: Sequence[Pack]) -> bool:
        words = set(grams)
        return any(not words.isdisjoint(self._accessory[pack.name]) for pack in packs)

    def _unspaced_thing(self, folded: str, pack: Pack | None) -> Thing | None:
        """The same of a title in a script without spaces."""
        best: tuple[int, int, Thing] | None = None
        for word, name, thing in self._unspaced:
            is_it = word in folded and (pack is None or name == pack.name)
            if is_it and not any(each in folded for each in thing.not_words if each[:1] >= _UNSPACED_FROM):
                at = folded.rfind(word)
                if best is None or (len(word), at) >= best[:2]:
                    best = (len(word), at, thing)
        return best[2] if best else None

    def _by_category(
        self, thing: Thing | None, told: Thing | None, tokens: Sequence[str], said: set[str], packs: Sequence[Pack]
    ) -> tuple[Thing | None, Thing | None]:
        """The thing, and another that it is too: the category's, where the title names none, ends in its name (a sofa
        table among coffee tables), or names what it is made of (tomato and basil among sauces)."""
        if told is None or told is thing:
            return thing, None
        if thing is None:
            is_accessory = any(not said.isdisjoint(self._accessory[pack.name]) for pack in packs)
            return (None if is_accessory and told.role != "accessory" else told), None
        if thing.role != told.role:
            return thing, None
        ends = {key.split()[-1] for word in told.words if (key := key_of(word))}
        is_ending = any(token in ends or token.removesuffix("s") in ends for token in tokens)
        if is_ending and not _is_ending(thing, tokens):
            return told, None
        return thing, told if told.role == "consumable" else None

    def _told_by(self, category: str) -> Thing | None:
        """The one thing that the last part of a category's path names."""
        if category not in self._categories:
            last = category.rpartition("/")[2].rpartition(">")[2]
            key = key_of(last.replace("-", " "))
            found = {thing.code: thing for _, thing in self._things.get(key, ())}
            self._categories[category] = next(iter(found.values())) if len(found) == 1 else None
        return self._categories[category]

    def _role(self, thing: Thing | None, is_for: bool, said: set[str], packs: Sequence[Pack]) -> str | None:
        if thing is not None:
            return "accessory" if thing.role == "device" and is_for else thing.role
        is_accessory = is_for or any(not said.isdisjoint(self._accessory[pack.name]) for pack in packs)
        return "accessory" if is_accessory else None

    def _add(self, pack: str, key: str, thing: Thing) -> None:
        if any(sign >= _UNSPACED_FROM for sign in key):
            self._unspaced.append((key.replace(" ", ""), pack, thing))
            return
        for form in (key, f"{key}s", f"{key}es"):
            self._things.setdefault(form, []).append((pack, thing))
            self._begins.add(form.split(" ", 1)[0])


def _grams(tokens: Sequence[str]) -> Iterator[str]:
    return (gram for _, gram in _grams_at(tokens))


def _grams_at(tokens: Sequence[str], longest: int = 4) -> Iterator[tuple[int, str]]:
    for begin in range(len(tokens)):
        gram = tokens[begin]
        yield begin, gram
        for end in range(begin + 1, min(begin + longest, len(tokens))):
            gram = f"{gram} {tokens[end]}"
            yield begin, gram


def _spans(tokens: Sequence[str], begins: Container[str], longest: int = 4) -> Iterator[tuple[int, int]]:
    """From and to of the words that begin with one of these, in order, the longest first."""
    for begin, token in enumerate(tokens):
        if token in begins:
            for end in range(min(begin + longest, len(tokens)), begin, -1):
                yield begin, end


def _is_quantity(tokens: Sequence[str], at: int) -> bool:
    """Whether a number with its unit stands right in front: `256 GB`, `256gb`."""
    before = list(tokens[max(0, at - 2) : at])
    if len(before) == 2 and before[0].isdigit() and catalog.is_unit(before[1]):
        return True
    match = re.fullmatch(r"\d+([^\W\d_]+)", before[-1]) if before else None
    return match is not None and catalog.is_unit(match.group(1))


def _for_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Words such as `for`, where a space stands on both sides."""
    spaced = sorted((word for word in words if word.isascii()), key=len, reverse=True)
    return re.compile(rf"(?<=\s)(?:{'|'.join(map(re.escape, spaced))})(?=\s)") if spaced else re.compile(r"(?!)")


def _is_english(said: Iterable[str]) -> bool:
    """Whether no small word of a title tells another language."""
    return guess_language("", tuple(word for word in said if " " not in word), "en") == "en"


def _is_ending(thing: Thing, tokens: Sequence[str]) -> bool:
    """Whether a title ends in a thing's name."""
    last = {key.split()[-1] for word in thing.words if (key := key_of(word))}
    return bool(tokens) and not last.isdisjoint((tokens[-1], tokens[-1].removesuffix("s")))


@cache
def _not_words(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form for word in words if (key := key_of(word)) for form in (key, f"{key}s"))


@lru_cache(maxsize=16_384)
def _names_model(fits: str) -> bool:
    """Whether what a seller says that something fits is a model of a known family, and no mere kind: a dock for a
    Surface Go is no tablet, a keyboard for a PC is a keyboard."""
    said = fits[:FITS_CHARACTERS_MAX]
    return any(" " in model for pack in catalog.list_packs() if pack.fits_before
               for model in pack.fits_of(f"{pack.fits_before[0]} {said}"))  # fmt: skip


@cache
def _reader() -> _Reader:
    return _Reader(catalog.list_packs())
