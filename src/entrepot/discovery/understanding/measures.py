"""Numbers with units in a query: "1tb", "15.6 inch", "500 ml", and how else the shop's goods may write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from typing import NamedTuple

from entrepot import catalog

from ..index.matching import Synonym
from ..text import query_words
from .reading import Word

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?$")
OTHERS_MAX = 6


class Measure(NamedTuple):
    """A number and its unit: which words of the query, and the ways to write it, its own first."""

    begin: int
    end: int
    text: str
    spellings: tuple[str, ...]


def measures_in(text: str, words: Sequence[Word]) -> Iterator[Measure]:
    """Every number with a unit behind it, in order."""
    for at, word in enumerate(words):
        if not _NUMBER.match(word.text):
            continue
        after = words[at + 1] if at + 1 < len(words) else None
        sign = text[word.end : word.end + 2].strip()[:1]
        if sign in ('"', "″", "%", "°") and sign and (found := catalog.same_quantities(word.text, sign)):
            yield Measure(at, at + 1, f"{word.text} {sign}", found)
        elif after is not None and text[word.end : after.start].strip() in ("", "-"):
            found = catalog.same_quantities(word.text, after.text)
            if found:
                yield Measure(at, at + 2, f"{word.text} {after.text}", found)


def synonym_of(measure: Measure, frequency: Callable[[str], int], units: Container[str] = ()) -> Synonym | None:
    """The other ways to write a quantity, those whose words the shop has; None where there are none. In these `units`
    the shop has bare figures."""
    own = query_words(measure.text)
    others = [tuple(query_words(spelling)) for spelling in measure.spellings]
    others += [query_words(figure) for figure, _, unit in (each.partition(" ") for each in measure.spellings)
               if unit in units]  # fmt: skip
    known = [each for each in dict.fromkeys(others) if each != own and each and all(map(frequency, each))]
    return Synonym(own, tuple(known[:OTHERS_MAX])) if known else None
