"""What is known of a query while it is being understood: its words, those that are spoken for, what was read so far."""

from __future__ import annotations

from collections.abc import Container, Mapping

import msgspec

from ..index.matching import Synonym
from ..types import Chip, Relaxed, Wish
from .labels import Names
from .phrases import PHRASE_WORDS_MAX, Phrasebook
from .prices import Convert
from .reading import Word, ngrams, phrase_of, words_of
from .vocabulary import Vocabulary

_SIGNS = ('"', "″", "%", "°")
"""Units that are no letters."""


class Asker(msgspec.Struct, frozen=True):
    """Whose query it is: the market's currency, how another is converted, the shopper's language, what an operator
    says that words are called besides, the kinds of chip that the shopper took away, by attribute the unit in which the
    shop has bare figures, what is given up because nothing has it all (`relaxing.ORDER`), and what the shop calls its
    attributes."""

    currency: str = ""
    language: str = "en"
    convert: Convert | None = None
    synonyms: tuple[Synonym, ...] = ()
    ignore: frozenset[str] = frozenset()
    units: Mapping[str, str] = {}
    given_up: frozenset[str] = frozenset()
    names: Names = {}


class Draft:
    """A query half understood. `text` is tidy; `taken` are the parts of it that are no longer searched as words, and
    `spans` the rows of words that mean something only together; `either` are things that will do as well as the named
    one."""

    def __init__(self, text: str, vocabulary: Vocabulary, book: Phrasebook, asker: Asker) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.book = book
        self.asker = asker
        self.taken: list[tuple[int, int]] = []
        self.words: list[Word] = []
        self.mended: dict[int, str] = {}
        self.synonyms: list[Synonym] = []
        self.filters: dict[str, tuple[str, ...]] = {}
        self.must_not: dict[str, tuple[str, ...]] = {}
        self.unwanted: list[str] = []
        self.wishes: list[Wish] = []
        self.spans: list[tuple[int, int]] = []
        self.chips: list[Chip] = []
        self.left_out: list[Relaxed] = []
        self.either: list[str] = []
        self.cheap = False
        self.language = asker.language
        self.look_again()

    def look_again(self) -> None:
        """Cut what is not taken into words."""
        self.words = [
            part for word in words_of(self.masked()) for part in (self.book.cut(word) if word.unspaced else (word,))
        ]
        self._phrases: list[tuple[int, int, str]] | None = None

    def masked(self) -> str:
        """The text with spaces instead of what is taken."""
        masked = self.text
        for start, end in self.taken:
            masked = f"{masked[:start]}{' ' * (end - start)}{masked[end:]}"
        return masked

    def take(self, start: int, end: int) -> str:
        """Speak for a part of the text; returns it."""
        self.taken.append((start, end))
        said = self.text[start:end].strip()
        self.look_again()
        return said

    def mend(self, at: int, written: str) -> None:
        """Let a word be another one from now on; the text itself is mended."""
        word = self.words[at]
        shift = len(written) - (word.end - word.start)
        self.text = f"{self.text[: word.start]}{written}{self.text[word.end :]}"
        self.taken = [(start + shift, end + shift) if start >= word.end else (start, end) for start, end in self.taken]
        self.look_again()

    def phrases(self) -> list[tuple[int, int, str]]:
        """Every row of words that stands together, longest first: from, to, and as it is looked up."""
        if self._phrases is None:
            self._phrases = [
                (begin, end, phrase_of(self.words[begin:end]))
                for begin, end in ngrams(self.words, PHRASE_WORDS_MAX)
                if self._is_together(begin, end)
            ]
        return self._phrases

    def said(self, begin: int, end: int) -> str:
        """The words as they were typed."""
        return self.text[self.words[begin].start : self.words[end - 1].end]

    def residual(self, left_out: Container[int] = ()) -> str:
        """The text that is left to be searched, without some of its words; words that stand without a space between
        are parted where the packs know them."""
        kept = [word for place, word in enumerate(self.words) if place not in left_out]
        text, at = "", None
        for word in kept:
            between = self.text[at.end : word.start] if at is not None else ""
            is_whole = at is not None and not self._is_taken(at.end, word.start) and self.words.index(word) - 1 == (
                self.words.index(at))  # fmt: skip
            glue = " " if at is None or not is_whole or (word.unspaced and at.unspaced) else between
            behind = self.text[word.end : word.end + 1]
            text += f"{glue}{self.text[word.start : word.end]}" + (behind if behind in _SIGNS and behind else "")
            at = word
        return " ".join(text.split()).strip(" ,;-")

    def without(self, *spans: tuple[int, int]) -> str:
        """The whole text but for some parts, as it would have been typed without them."""
        text = self.text
        for start, end in sorted(spans, reverse=True):
            text = f"{text[:start]} {text[end:]}"
        return " ".join(text.split()).strip(" ,;-")

    def _is_taken(self, start: int, end: int) -> bool:
        return any(start <= begin < end for begin, _ in self.taken)

    def _is_together(self, begin: int, end: int) -> bool:
        """Whether nothing but spaces and lines stands between the words, and nothing that was taken."""
        for one, other in zip(self.words[begin : end - 1], self.words[begin + 1 : end], strict=True):
            between = self.text[one.end : other.start]
            if between.strip(" -/.&+'\u2019") or self._is_taken(one.end, other.start):
                return False
        return not self._is_cut(begin, end)

    def _is_cut(self, begin: int, end: int) -> bool:
        """Whether the row begins or ends inside a word with a line in it: `ups` of `button-ups` means nothing."""
        first, last = self.words[begin], self.words[end - 1]
        before, after = self.text[max(0, first.start - 2) : first.start], self.text[last.end : last.end + 2]
        return (before[1:] == "-" and before[:1].isalpha() and first.text[:1].isalpha()) or (
            after[:1] == "-" and after[1:].isalpha() and last.text[-1:].isalpha()
        )
