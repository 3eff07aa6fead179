"""Which words a query's words match: the words themselves, or, for a word that nobody uses, what was probably meant.

A word is unknown when no document has it. An unknown word of letters stands for

1. the words at one edit from it, from four letters on; or two edits, from eight letters on, when there are none at one;
   an edit adds, drops or changes a letter (of a short word not the first one) or swaps two neighbours; of several, the
   ones in most documents;
2. else the words that begin with it, from three letters on: people search while they still type.

Words with synonyms stand for themselves and for those, and are never guessed at; several words may be one synonym's.

Numbers, part numbers and scripts without spaces are never guessed at: "iphone 15" is not "iphone 14".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from ..text import is_alphabetic, query_words, replace_words
from ..types import Synonym as Synonym

ALTERNATIVES_MAX = 3
COMPLETIONS_MAX = 8
ONE_EDIT_LETTERS = 4
TWO_EDITS_LETTERS = 8
PREFIX_LETTERS = 3
EXACT, SYNONYM, MISTYPED, BEGUN = 1.0, 0.9, 0.7, 0.6
"""How much a match counts when the word is the very one, another for it, a near one, or one it begins."""


OTHER_FRONT, FRONT_LETTERS = 3, 6
"""The slip of a first letter that is another one, and from how many letters on a word is known by the others."""
_VOWELS = frozenset("aeiouy")


class Vocabulary(Protocol):
    """The words that documents have."""

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        ...

    def near(self, word: str, edits: int) -> Sequence[str]:
        """Every word of letters at exactly this many edits."""
        ...

    def starting(self, prefix: str, most: int) -> Sequence[str]:
        """The words of letters that begin with the prefix and are longer, in most documents first, ties by alphabet."""
        ...

    def surface(self, word: str) -> str:
        """The word as people write it."""
        ...


class Wanted(msgspec.Struct, frozen=True):
    """A word of the query and what matches it. With `phrases` it is those: one of them has to be there with all its
    words, the first as good as the very word; `named` ones have to be in what the product is called."""

    word: str
    alternatives: tuple[str, ...]
    weight: float = EXACT
    phrases: tuple[tuple[str, ...], ...] = ()
    named: tuple[tuple[str, ...], ...] = ()

    def ways(self) -> list[tuple[float, tuple[str, ...]]]:
        """The phrases, each with how much one of its words counts: one of many is worth no more than one of few."""
        own = len(self.phrases[0]) if self.phrases else 0
        return [
            ((SYNONYM if place else EXACT) * own / len(phrase), phrase) for place, phrase in enumerate(self.phrases)
        ]


def understand(text: str, vocabulary: Vocabulary, synonyms: Sequence[Synonym] = ()) -> tuple[Wanted, ...]:
    """The words a query asks for, each with its alternatives; a word that matches nothing keeps itself alone."""
    words, wanted, at = query_words(text), list[Wanted](), 0
    while at < len(words):
        known = [each for each in synonyms if words[at : at + len(each.words)] == each.words]
        if known:
            own = max((each.words for each in known), key=len)
            same = [each for each in known if each.words == own]
            others = dict.fromkeys(other for each in same if not each.in_names for other in each.others)
            named = dict.fromkeys(other for each in same if each.in_names for other in each.others)
            wanted.append(Wanted(" ".join(own), (), EXACT, (own, *others), tuple(named)))
            at += len(own)
        else:
            wanted.append(_wanted(words[at], vocabulary))
            at += 1
    return tuple(wanted)


def each_word(wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """The same word by word, for whoever looks at single words: with its synonyms a word has all words of those."""
    found: list[Wanted] = []
    for each in wanted:
        own = each.phrases[:1]
        if not own:
            found.append(each)
        elif len(own[0]) > 1:
            found += [Wanted(word, (word,), each.weight) for word in own[0]]
        else:
            others = [word for phrase in (*each.phrases[1:], *each.named) for word in phrase]
            found.append(Wanted(each.word, tuple(dict.fromkeys((own[0][0], *others))), each.weight))
    return tuple(found)


def correction(text: str, wanted: Sequence[Wanted], vocabulary: Vocabulary) -> str | None:
    """The query with its mistyped words mended, as people write them; None when none was."""
    mended = {each.word: vocabulary.surface(each.alternatives[0]) for each in wanted if each.weight == MISTYPED}
    return replace_words(text, mended) if mended else None


def distance(left: str, right: str) -> int:
    """Letters to add, drop, change, or swap with their neighbour, to make one word of the other."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


def slip(typed: str, meant: str) -> int:
    """How unlikely it is that someone who meant one word typed the other: a letter too many or too few, or two in the
    wrong order, happen sooner than another letter, and rarest is another one in front."""
    if distance(typed, meant) > 1:
        typed, meant = " ".join(query_words(typed)), " ".join(query_words(meant))
    begin = next((place for place, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), None)
    if begin is None:
        return 0
    if len(typed) == len(meant):
        is_turned = typed[begin : begin + 2] == meant[begin : begin + 2][::-1]
        is_alike = {typed[begin], meant[begin]} <= _VOWELS
        return 0 if is_turned else OTHER_FRONT if not begin else 1 if is_alike else 2
    return 0 if begin else 2


def _wanted(word: str, vocabulary: Vocabulary) -> Wanted:
    if vocabulary.frequency(word) or not is_alphabetic(word):
        return Wanted(word, (word,))
    for edits, letters in ((1, ONE_EDIT_LETTERS), (2, TWO_EDITS_LETTERS)):
        near = vocabulary.near(word, edits) if len(word) >= letters else ()
        if len(word) < FRONT_LETTERS:
            near = [other for other in near if slip(word, other) < OTHER_FRONT]
        if near:
            likely = sorted(near, key=lambda other: (-vocabulary.frequency(other), other))
            return Wanted(word, tuple(likely[:ALTERNATIVES_MAX]), MISTYPED)
    if len(word) >= PREFIX_LETTERS and (begun := vocabulary.starting(word, COMPLETIONS_MAX)):
        return Wanted(word, tuple(begun), BEGUN)
    return Wanted(word, (word,))
