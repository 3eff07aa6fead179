"""The index that is being served: one name for whichever generation is current, so that nobody is told of a switch."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Completion, Index, IndexPage, IndexQuery
from .evidence import Evidence
from .matching import Synonym
from .plain import PlainIndex


class ServedIndex:
    """The reading half of `base.Index`. A search under way ends on the index it began with."""

    def __init__(self) -> None:
        self.current: Index = PlainIndex()

    @property
    def encoder(self) -> str:
        """What the vectors of its documents were made by, and those of queries are to be."""
        return self.current.encoder

    def search(self, query: IndexQuery) -> IndexPage:
        """See `base.Index`."""
        return self.current.search(query)

    def list_ids(self, query: IndexQuery) -> tuple[list[str], str | None]:
        """See `base.Index`."""
        return self.current.list_ids(query)

    def suggest(self, prefix: str, most: int) -> list[Completion]:
        """See `base.Index`."""
        return self.current.suggest(prefix, most)

    def count(self) -> int:
        """See `base.Index`."""
        return self.current.count()

    def label(self, name: str, value: str) -> str:
        """See `base.Index`."""
        return self.current.label(name, value)

    # What understanding asks of an index.

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        return self.current.frequency(word)

    def near(self, word: str, edits: int) -> Sequence[str]:
        """Every word of letters at exactly this many edits."""
        return self.current.near(word, edits)

    def surface(self, word: str) -> str:
        """The word as people write it."""
        return self.current.surface(word)

    def saying(self, words: str) -> Sequence[tuple[str, str]]:
        """The terms, of any name, whose value says just these words of a query."""
        return self.current.saying(words)

    def evidence(self, text: str, synonyms: tuple[Synonym, ...] = ()) -> Evidence:
        """What the products with all the words of a text say of themselves."""
        return self.current.evidence(text, synonyms)
