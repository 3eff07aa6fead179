"""Mistyped words: one edit from a word of the shop, or of the packs, and only where the shop does not know them.

A word that exists is never touched, nor a number, a model's name (letters beside figures), or anything that is a brand.
Of several candidates the one that goes with the query's other words is taken, then the commonest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import log1p

from entrepot import catalog

from ..index.matching import OTHER_FRONT, distance, slip
from ..text import is_alphabetic, query_words
from .attributes import letter_size
from .draft import Draft
from .reading import Word
from .vocabulary import Vocabulary

LETTERS_MIN, LETTERS_ALONE_MIN, LETTERS_APART_MIN = 3, 4, 6
"""Words of so many letters are mended beside others that they go with; of so many, alone; of so many, beside others
that they do not go with."""
TWO_EDITS_LETTERS = 9
CANDIDATES_MAX = 12
SPLIT_LETTERS = 3
SLIP, NAMING = 1.2, 1.5
"""An unlikely slip outweighs so much of the logarithm of how many goods have a word; the name of a thing is worth so
much."""
_SOUNDS = (("f", "ph"), ("ph", "f"), ("k", "c"), ("c", "k"), ("k", "ch"), ("z", "s"), ("ks", "x"), ("x", "ks"))
ENDED_LETTERS, ENDED_LETTERS_ENGLISH = 7, 5
"""English words have few endings."""


def mend(draft: Draft) -> list[tuple[str, str]]:
    """Mend what is mistyped; returns the words as they were typed and as they are now."""
    mended: list[tuple[str, str]] = []
    at = 0
    while at < len(draft.words):
        word = draft.words[at]
        if _is_unknown(draft, at):
            better = _better(draft, at)
            if better is not None and better != word.text:
                mended.append((draft.said(at, at + 1), better))
                draft.mend(at, better)
                at += better.count(" ")
        at += 1
    return mended


def mend_bound(draft: Draft) -> bool:
    """Mend the word in front of a figure, where it is one edit from one for a bound; returns whether it was."""
    for at, word in enumerate(draft.words[:-1]):
        after = draft.words[at + 1].text
        if not after[:1].isdigit() or len(word.text) < LETTERS_MIN or not _is_unknown(draft, at):
            continue
        near = [other for other in draft.book.near(word.text) if draft.book.exact(other, "bound")]
        near = sorted(other for other in near if distance(word.text, other) == 1)
        if near:
            draft.mend(at, near[0])
            return True
    return False


def _is_unknown(draft: Draft, at: int) -> bool:
    """Whether neither the shop nor a pack knows a word, and it is no part of a name with figures."""
    word = draft.words[at]
    if word.unspaced or len(word.text) < LETTERS_MIN or not is_alphabetic(word.text) or _is_glued(draft, word):
        return False
    if _is_said(draft, word.text) or any(draft.vocabulary.frequency(form) for form in query_words(word.text)):
        return False
    return not any(
        begin <= at < end and (draft.book.senses(phrase) or draft.vocabulary.saying(" ".join(query_words(phrase))))
        for begin, end, phrase in draft.phrases()
        if end - begin > 1
    )


def _is_said(draft: Draft, word: str) -> bool:
    """Whether a pack has the word. A long one that it has only without an ending, and that is near a word of the shop,
    is rather mistyped in a query that tells no other language."""
    if draft.book.exact_any(word) or catalog.is_unit(word) or letter_size(word):
        return True
    if not draft.book.senses(word):
        return False
    is_ours = draft.language == draft.asker.language
    least = ENDED_LETTERS_ENGLISH if draft.language == "en" else ENDED_LETTERS
    return not (is_ours and len(word) >= least and any(draft.vocabulary.near(s, 1) for s in query_words(word)))


def _is_glued(draft: Draft, word: Word) -> bool:
    around = draft.text[max(0, word.start - 2) : word.start] + draft.text[word.end : word.end + 2]
    return any(sign.isdigit() for sign in around.replace(" ", "")) and not (
        draft.text[max(0, word.start - 1) : word.start] in ("", " ")
        and draft.text[word.end : word.end + 1] in ("", " ")
    )


def _better(draft: Draft, at: int) -> str | None:
    """What was probably meant; None where nothing is near."""
    typed = draft.words[at].text
    candidates = sorted(dict.fromkeys(_candidates(draft, typed)), key=lambda each: (-_common(draft, each), each))
    likely = {each: _likelihood(draft, at, each) for each in candidates[:CANDIDATES_MAX]}
    likely = {each: found for each, found in likely.items() if found[1] or _is_likely(draft, typed, each)}
    if len(typed) < (LETTERS_ALONE_MIN if len(draft.words) == 1 else LETTERS_APART_MIN):
        likely = {each: likelihood for each, likelihood in likely.items() if likelihood[0] or likelihood[1]}
    if likely:
        return max(likely, key=lambda each: likely[each])
    return next(iter(_split(draft, typed)), None)


def _is_likely(draft: Draft, typed: str, candidate: str) -> bool:
    """Whether a word that goes with no other of the query may be meant: one that begins with another letter has to
    name something, because `gifts` are no lifts."""
    if slip(typed, candidate) < OTHER_FRONT or draft.book.has(candidate, "thing", "alias", "bound", "not"):
        return True
    return bool(draft.vocabulary.saying(" ".join(query_words(candidate))))


def _candidates(draft: Draft, typed: str) -> Iterator[str]:
    """Words at one edit: the shop's, as people write them, then the packs'. Of long words at two."""
    stems = query_words(typed)
    vocabulary = draft.vocabulary
    yield from _near(draft, typed, stems, 1)
    for other in sorted(draft.book.near(typed)):
        if distance(typed, other) == 1 and not draft.book.is_small(other, draft.language):
            yield other
    yield from (other for other in _sounding(typed) if all(map(vocabulary.frequency, query_words(other))))
    if len(typed) >= TWO_EDITS_LETTERS:
        for stem in stems:
            yield from (_written(vocabulary, typed, other) for other in vocabulary.near(stem, 2))


def _near(draft: Draft, typed: str, stems: Iterable[str], edits: int) -> Iterator[str]:
    """The shop's words near what was typed or its stem: `batteris` is near the written form, not near the stem."""
    vocabulary = draft.vocabulary
    for form in dict.fromkeys((*stems, typed)):
        for other in vocabulary.near(form, edits):
            yield _written(vocabulary, typed, other)


def _written(vocabulary: Vocabulary, typed: str, stem: str) -> str:
    """A word of the shop as people write it: in the number that is nearer to what was typed."""
    surface = vocabulary.surface(stem)
    is_plural = surface in (f"{stem}s", f"{stem}es")
    nearer = distance(typed, surface) - distance(typed, stem)
    return stem if is_plural and (nearer > 0 or (not nearer and typed.startswith(stem))) else surface


def _sounding(typed: str) -> Iterator[str]:
    """What is spoken as it is written here: `grafics`."""
    for written, other in _SOUNDS:
        if written in typed:
            yield typed.replace(written, other)


def _likelihood(draft: Draft, at: int, candidate: str) -> tuple[int, int, float]:
    """Whether a small word makes sense there; whether a word goes with the others; and how likely it is that it was
    meant: by how many goods have it (with the others), whether it names a thing, and what would have been mistyped."""
    others = [word.text for place, word in enumerate(draft.words) if place != at and not word.unspaced]
    known = [each for each in others if any(draft.vocabulary.frequency(form) for form in query_words(each))]
    is_ours = all(map(draft.vocabulary.frequency, query_words(candidate)))  # else the index would mend it once more
    together = draft.vocabulary.evidence(" ".join((*known, candidate))).total if known and is_ours else 0
    follows = draft.text[draft.words[at].end :].lstrip(" $€£¥")[:1].isdigit()
    small = int(follows and draft.book.has(candidate, "not", "stop")) or int(draft.book.has(candidate, "not"))
    likely = log1p(together if known else _common(draft, candidate)) - SLIP * slip(draft.words[at].text, candidate)
    likely += NAMING * draft.book.has(candidate, "thing", "alias")
    return small, int(together > 0), likely


def _common(draft: Draft, candidate: str) -> int:
    return sum(draft.vocabulary.frequency(form) for form in query_words(candidate))


def _split(draft: Draft, typed: str) -> Iterator[str]:
    """The word as two words that go together in the shop: `powerbank` where it says power bank."""
    parts = []
    for place in range(SPLIT_LETTERS, len(typed) - SPLIT_LETTERS + 1):
        left, right = typed[:place], typed[place:]
        if all(any(map(draft.vocabulary.frequency, query_words(part))) for part in (left, right)):
            together = draft.vocabulary.evidence(f"{left} {right}").total
            if together:
                parts.append((together, f"{left} {right}"))
    if parts:
        yield max(parts)[1]
