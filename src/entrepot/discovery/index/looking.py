"""Reading the evidence (`evidence`) off the columns of the fast index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Slots
from .columns import Columns
from .evidence import LOOKED_AT_MAX, Evidence
from .matching import Wanted
from .postings import Postings
from .retrieval import View, text_matches


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


def _read(columns: Columns, slots: Slots, total: int) -> Evidence:
    """Each term of a slot once, whether it is the product's or one of its offers'."""
    kinds, names = len(columns.terms.pairs), columns.terms.name_codes
    places, codes = columns.gather(slots)
    rows, of_row = columns.offers.rows_of(slots)
    own = columns.codes[:0]
    if of_row is not None:
        at, own = columns.offers.gather(rows)
        places, codes = np.concatenate((places, of_row[at])), np.concatenate((codes, own))
    known = codes < kinds
    places, codes = places[known], codes[known]
    pairs = np.unique(places * kinds + codes)
    counts = np.bincount(pairs % kinds, minlength=kinds)
    by_name = np.unique(places * kinds + names[codes])
    name_counts = np.bincount(by_name % kinds, minlength=1)
    named = columns.terms.names()
    terms = {columns.terms.pairs[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}
    totals = {named[code]: int(name_counts[code]) for code in np.flatnonzero(name_counts).tolist()}
    varying = frozenset(named[code] for code in np.unique(names[own[own < kinds]]).tolist())
    return Evidence(total, len(slots), terms, totals, varying)
