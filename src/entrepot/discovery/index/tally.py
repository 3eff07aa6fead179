"""Filters and facet counts over a set of slots: the terms of all of them are gathered once and used for both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..types import Facet
from .columns import NO_PRICE, Codes, Columns, Slots
from .facets import (
    RATING_STEPS,
    Summary,
    choose,
    price_edges,
    price_places,
    price_values,
    rating_values,
    show,
    shown_most,
    summary_of,
)
from .filters import PRICE, RATING, Filter, Ranges, Terms

Mask = npt.NDArray[np.bool_]


class Tally:
    """What filters leave of a set of slots, and what each facet would."""

    def __init__(self, columns: Columns, slots: Slots, filters: Sequence[Filter]) -> None:
        self._columns = columns
        self._slots = slots
        self._filters = filters
        self._masks = {each.name: self._mask(each) for each in filters}
        self.kept = self._all_but(None)

    def facets(self, allowed: Sequence[str] | None) -> tuple[Facet, ...]:
        """The facets to show, with exact counts."""
        totals = self._term_totals()
        numeric = {PRICE: self._price_counts(self._all_but(PRICE)), RATING: self._rating_counts(self._all_but(RATING))}
        summaries = self._summaries(totals)
        summaries |= {name: summary_of([*filter(None, counts.values())]) for name, counts in numeric.items()}
        names = choose(summaries, int(np.count_nonzero(self.kept)), self._filters, allowed)
        return tuple(
            show(name, numeric[name] if name in numeric else self._values(name, totals), self._filters)
            for name in names
        )

    @cached_property
    def _gathered(self) -> tuple[npt.NDArray[np.int64], Codes]:
        return self._columns.gather(self._slots)

    def _mask(self, each: Filter) -> Mask:
        if isinstance(each, Terms):
            return self._term_mask(each)
        if isinstance(each, Ranges):
            return self._range_mask(each)
        stock = self._columns.in_stock[self._slots]
        return (stock & (True in each.wanted)) | (~stock & (False in each.wanted))

    def _term_mask(self, each: Terms) -> Mask:
        mask = np.zeros(len(self._slots), np.bool_)
        matching = self._columns.terms.matching(each.name, each.values)
        if matching:
            rows, codes = self._gathered
            wanted = np.zeros(max(int(codes.max(initial=0)), *matching) + 1, np.bool_)
            wanted[matching] = True
            mask[rows[wanted[codes]]] = True
        return mask

    def _range_mask(self, each: Ranges) -> Mask:
        numbers = self._numbers(each.name)
        mask = np.zeros(len(self._slots), np.bool_)
        for low, high in each.ranges:
            inside = np.ones(len(self._slots), np.bool_) if low is None else numbers >= low
            mask |= inside if high is None else inside & (numbers <= high)
        return mask & (numbers > (NO_PRICE if each.name == PRICE else 0))

    def _numbers(self, name: str) -> npt.NDArray[np.int64]:
        column = self._columns.price if name == PRICE else self._columns.rating
        return column[self._slots].astype(np.int64)

    def _all_but(self, name: str | None) -> Mask:
        """What passes every filter, or every filter but one."""
        kept = np.ones(len(self._slots), np.bool_)
        for other, mask in self._masks.items():
            if other != name:
                kept &= mask
        return kept

    def _term_totals(self) -> npt.NDArray[np.int64]:
        """By the code of each term, the results it would leave: those that pass every filter but its own name's."""
        rows, codes = self._gathered
        terms = self._columns.terms
        totals = np.bincount(codes[self.kept[rows]], minlength=len(terms.pairs))
        name_codes = terms.name_codes[: len(totals)]
        for name in self._masks:
            if (code := terms.name_code(name)) >= 0:
                passing = codes[self._all_but(name)[rows]]
                own = np.bincount(passing[terms.name_codes[passing] == code], minlength=len(totals))
                totals = np.where(name_codes == code, own, totals)
        return totals

    def _summaries(self, totals: npt.NDArray[np.int64]) -> dict[str, Summary]:
        found = np.flatnonzero(totals)
        counts, name_codes = totals[found], self._columns.terms.name_codes[found]
        names = self._columns.terms.names()
        values = np.bincount(name_codes, minlength=len(names))
        sums = np.bincount(name_codes, weights=counts, minlength=len(names)).astype(np.int64)
        largest = np.zeros(len(values), np.int64)
        np.maximum.at(largest, name_codes, counts)
        return {
            names[code]: Summary(int(values[code]), int(sums[code]), int(largest[code]))
            for code in np.flatnonzero(values).tolist()
        }

    def _values(self, name: str, totals: npt.NDArray[np.int64]) -> dict[str, int]:
        """A name's values and counts; of many, and with none chosen, only those that may be among the shown."""
        terms, most = self._columns.terms, shown_most(name)
        own = np.flatnonzero((terms.name_codes[: len(totals)] == terms.name_code(name)) & (totals > 0))
        if len(own) > most and name not in self._masks:
            least = np.partition(totals[own], len(own) - most)[len(own) - most]
            own = own[totals[own] >= least]
        return {terms.pairs[code][1]: int(totals[code]) for code in own.tolist()}

    def _price_counts(self, mask: Mask) -> dict[str, int]:
        prices = self._columns.price[self._slots[mask]]
        prices = prices[prices != NO_PRICE]
        places = price_places(len(prices))
        quantiles = np.partition(prices, places)[places].tolist() if places else []
        edges = price_edges(quantiles)
        if not edges:
            return {}
        counts = np.bincount(np.searchsorted(edges, prices, side="right"), minlength=len(edges) + 1)
        return dict(zip(price_values(edges), counts.tolist(), strict=True))

    def _rating_counts(self, mask: Mask) -> dict[str, int]:
        ratings = self._columns.rating[self._slots[mask]]
        return {
            value: int(np.count_nonzero(ratings >= step))
            for value, step in zip(rating_values(), RATING_STEPS, strict=True)
        }
