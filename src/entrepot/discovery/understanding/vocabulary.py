"""What understanding asks of the shop's own index. No word is understood that the shop has no use for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..index.evidence import Evidence
from ..index.matching import Synonym


class Vocabulary(Protocol):
    """The words and values of the shop."""

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        ...

    def near(self, word: str, edits: int) -> Sequence[str]:
        """Every word of letters at exactly this many edits."""
        ...

    def surface(self, word: str) -> str:
        """The word as people write it."""
        ...

    def saying(self, words: str) -> Sequence[tuple[str, str]]:
        """The terms, of any name, whose value says just these words of a query."""
        ...

    def evidence(self, text: str, synonyms: tuple[Synonym, ...] = ()) -> Evidence:
        """What the products with all the words of a text say of themselves."""
        ...
