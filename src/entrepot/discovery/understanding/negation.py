"""What is not wanted: "not apple", "without lid", "-apple", "ohne", "不要".

What follows such a word, as far as it is one name, value or thing, is not wanted; with "or" another one too. A brand or
a value leaves out what has it; a property that goods have or have not, what has it; any other word, what is called by
it. "no frost" and "no name" are left alone: what most goods with the word say too is no negation.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..index.evidence import Evidence
from ..text import fold, query_words
from .draft import Draft

SAID_TOGETHER = 0.5
"""Where so many of the goods with a word say "no" too, the two are one name."""
BRAND = "brand"
TARGET_WORDS_MAX = 3
UNTOLD = frozenset({"category", "merchant", "collection", "thing", "role", "fits"})
VALUE_CHARACTERS_MAX = 60


def read_unwanted(draft: Draft) -> list[tuple[str, tuple[int, int]]]:
    """Take what is not wanted out of the query, and note what it leaves out; returns the words and where they stood."""
    found: list[tuple[str, tuple[int, int]]] = []
    at = 0
    while at < len(draft.words):
        span = _before(draft, at) or _after(draft, at)
        if span is None:
            at += 1
            continue
        start, begin, end, stop = span
        while begin < end:
            while begin < end - 1 and draft.book.exact(draft.words[begin].text, "or"):
                begin += 1
            upto = _reach(draft, begin, end)
            found.append((draft.said(begin, upto), (draft.words[begin].start, draft.words[upto - 1].end)))
            begin = upto
        draft.take(start, stop)
        at = 0
    return found


def note_unwanted(draft: Draft, said: str) -> tuple[str, str]:
    """Leave out what has a value, or is called by a word; returns the name and value of what it is."""
    words = " ".join(query_words(said))
    terms = _terms(draft, said, words)
    for name, value in terms:
        draft.must_not[name] = tuple(dict.fromkeys((*draft.must_not.get(name, ()), value)))
    if words and not any(name == BRAND for name, _ in terms):
        draft.unwanted.append(words)
    return terms[0] if terms else ("", words)


def leave_out_values(draft: Draft, evidence: Evidence, role: str = "") -> None:
    """Leave out every value of the goods found that says an unwanted phrase among other words. A brand that none of the
    goods has is a word like any other; so it is of devices, whose titles name the maker where a network sells them,
    while an accessory's names what it fits."""
    for value in draft.must_not.get(BRAND, ()):
        if role == "device" or (evidence.total and not evidence.share(BRAND, value)):
            draft.unwanted.append(" ".join(query_words(value)))
    for phrase in draft.unwanted:
        words = set(phrase.split())
        for name, value in _terms_of(evidence):
            if len(value) <= VALUE_CHARACTERS_MAX and words.issubset(query_words(value)):
                draft.must_not[name] = tuple(dict.fromkeys((*draft.must_not.get(name, ()), value)))


def _terms_of(evidence: Evidence) -> Iterator[tuple[str, str]]:
    return ((name, value) for name in evidence.names() if name not in UNTOLD for value in evidence.values(name))


def _terms(draft: Draft, said: str, words: str) -> list[tuple[str, str]]:
    """The terms of the shop that the words stand for."""
    found = [term for term in draft.vocabulary.saying(words) if term[0] not in ("category", "merchant", "collection")]
    for sense in draft.book.senses(fold(said)):
        if sense.kind == "choice":
            found += [term for term in draft.vocabulary.saying(" ".join(query_words(sense.value)))
                      if term[0] == sense.name]  # fmt: skip
        elif sense.kind == "flag":
            found.append((sense.name, "yes"))
    brands = [term for term in found if term[0] == BRAND]
    return list(dict.fromkeys(brands or found))


def _before(draft: Draft, at: int) -> tuple[int, int, int, int] | None:
    """A word of denial and what follows it: where it starts, from and to of the words denied, where it ends."""
    words, text = draft.words, draft.text
    start = words[at].start
    if text[start - 1 : start] == "-" and text[start - 2 : start - 1] in ("", " ") and start >= 1:
        end = _target(draft, at)
        return start - 1, at, end, words[end - 1].end
    for length in range(min(4, len(words) - at - 1), 0, -1):
        phrase = " ".join(word.text for word in words[at : at + length])
        is_joined = text[words[at + length - 1].end :][:1] in ("-", "'", "\u2019") and not phrase.endswith(" d")
        if (
            (is_joined and not _is_value(draft, words[at + length].text))
            or not draft.book.exact(phrase, "not")
            or _is_name(draft, at, length)
        ):
            continue
        begin = _skip_small(draft, at + length)
        if begin >= len(words):
            return None
        end = _target(draft, begin)
        return start, begin, end, words[end - 1].end
    return None


def _is_value(draft: Draft, word: str) -> bool:
    """Whether a word is a brand or a value: `non-apple` denies one, `no-show` and `non-slip` do not."""
    said = draft.vocabulary.saying(" ".join(query_words(word)))
    return draft.book.has(word, "choice", "family") or any(name not in UNTOLD for name, _ in said)


def _after(draft: Draft, at: int) -> tuple[int, int, int, int] | None:
    """A word of denial behind what it denies, as in Japanese."""
    if at and draft.book.exact(draft.words[at].text, "not_after"):
        before = at - 1
        if draft.words[before].text in ("の", "が", "は") and before:
            before -= 1
        return draft.words[before].start, before, before + 1, draft.words[at].end
    return None


def _target(draft: Draft, begin: int) -> int:
    """Where what is denied ends: the longest name, value or thing, with what "or" adds."""
    end = _reach(draft, begin, len(draft.words))
    if end + 1 < len(draft.words) and draft.book.exact(draft.words[end].text, "or"):
        return _target(draft, end + 1)
    return end


def _reach(draft: Draft, begin: int, most: int) -> int:
    for end in range(min(begin + TARGET_WORDS_MAX, most), begin + 1, -1):
        phrase = " ".join(word.text for word in draft.words[begin:end])
        words = " ".join(query_words(phrase))
        known = [sense for sense in draft.book.senses(phrase) if sense.kind in ("choice", "flag", "family")]
        if known or (words.count(" ") and draft.vocabulary.saying(words)):
            return end
    end = begin + 1
    while end < most and _is_joined(draft, end):
        end += 1
    return end


def _is_joined(draft: Draft, at: int) -> bool:
    """Whether a word is written in one with the one before, as in AT&T."""
    return draft.text[draft.words[at - 1].end : draft.words[at].start] == "&"


def _skip_small(draft: Draft, at: int) -> int:
    while (
        at < len(draft.words) - 1 and draft.book.exact(draft.words[at].text, "stop") and not _is_joined(draft, at + 1)
    ):
        at += 1
    return at


def _is_name(draft: Draft, at: int, length: int) -> bool:
    """Whether the denial is part of a name: the packs say it, or most goods with the word say both."""
    words = draft.words[at : at + length + 1]
    if len(words) <= length:
        return False
    phrase = " ".join(word.text for word in words)
    if draft.book.has(phrase, "known", "choice", "alias", "thing") or draft.vocabulary.saying(phrase):
        return True
    if not all(any(map(draft.vocabulary.frequency, query_words(word.text))) for word in words[:-1]):
        return False
    if length > 1 or any(name == BRAND for name, _ in draft.vocabulary.saying(" ".join(query_words(words[-1].text)))):
        return False
    both: Evidence = draft.vocabulary.evidence(phrase)
    alone = draft.vocabulary.evidence(words[-1].text)
    return alone.total > 0 and both.total >= SAID_TOGETHER * alone.total
