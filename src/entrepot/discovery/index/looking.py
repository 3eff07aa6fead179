"""Reading the evidence (`evidence`) off the columns of the fast index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Slots, Whole, distinct
from .columns import Columns
from .evidence import LOOKED_AT_MAX, Evidence
from .matching import Wanted
from .postings import Postings
from .retrieval import View, text_matches
from .terms import TermTable


def evidence_of(view: View, postings: Postings, columns: Columns, wanted: Sequence[Wanted]) -> Evidence:
    """The evidence of the living products with every one of these words."""
    slots, scores = text_matches(view, postings, wanted, any_word=False)
    slots = slots[columns.sellable(slots)] if len(slots) <= LOOKED_AT_MAX else slots
    if not len(slots):
        return Evidence()
    best = slots
    if len(slots) > LOOKED_AT_MAX:
        best = slots[np.sort(np.argpartition(-scores, LOOKED_AT_MAX)[:LOOKED_AT_MAX])]
    return _read(columns, best, len(slots))


class _Counts:
    """Counts by code, looked up when they are asked for: of hundreds of terms few matter."""

    def __init__(self, terms: TermTable, counts: Whole) -> None:
        self._terms, self._counts = terms, counts

    def count(self, name: str, value: str) -> int:
        """See `evidence.Counts`."""
        code = self._terms.code(name, value)
        return int(self._counts[code]) if 0 <= code < len(self._counts) else 0

    def values(self, name: str) -> list[str]:
        """See `evidence.Counts`."""
        codes = self._terms.of_name(name)
        codes = codes[codes < len(self._counts)]
        return [self._terms.pairs[code][1] for code in codes[self._counts[codes] > 0].tolist()]

    def names(self) -> list[str]:
        """See `evidence.Counts`."""
        there = np.flatnonzero(self._counts)
        first = np.unique(self._terms.name_codes[there], return_index=True)[1]
        return [self._terms.pairs[code][0] for code in there[first].tolist()]


def _read(columns: Columns, slots: Slots, total: int) -> Evidence:
    """Each term of a slot once, whether it is the product's or one of its offers'."""
    kinds, terms = len(columns.terms.pairs), columns.terms
    _, codes = columns.gather(slots)
    counts = np.bincount(codes[codes < kinds], minlength=kinds)
    rows, of_row = columns.offers.rows_of(slots)
    varying: frozenset[str] = frozenset()
    if of_row is not None:
        at, own = columns.offers.gather(rows)
        known = own < kinds
        counts += np.bincount(distinct(of_row[at][known], own[known])[1], minlength=kinds)
        first = np.unique(terms.name_codes[own[known]], return_index=True)[1]
        varying = frozenset(terms.pairs[code][0] for code in own[known][first].tolist())
    return Evidence(total, len(slots), varying, _Counts(terms, counts))
