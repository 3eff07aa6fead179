"""Filters and facet counts over a set of slots: the terms of all of them are gathered once and used for both.

Filters are asked of offers: a mask over rows (`offers`). Most products have one offer, and then rows and slots are one
and the same; where a product has several, what passes is counted once for each product.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..types import Facet
from .about import Narrowed, of_subject
from .arrangement import Arrangement, Target
from .arrays import Codes, Whole, are_in, counts_from, distinct
from .base import IndexQuery
from .columns import Columns
from .facets import (
    ON_SALE_VALUE,
    RATING_STEPS,
    Summary,
    by_number,
    choose,
    price_edges,
    price_places,
    price_values,
    rating_values,
    show,
    shown_most,
    summary_of,
)
from .filters import IN_STOCK, MERCHANT, ON_SALE, PRICE, RATING, Filter, Ranges, Terms
from .numbers import number_ranges, place_in, range_text
from .offers import NO_PRICE
from .retrieval import Found

FEW = 4
"""A share of one in so many is few."""
Mask = npt.NDArray[np.bool_]


class Tally:
    """What filters leave of a set of slots, and what each facet would.

    `places` are those of the slots that stay, ascending, and `rows` the offer of each that decides. What rules exclude
    counts as not for sale.
    """

    def __init__(
        self,
        columns: Columns,
        found: Found,
        filters: Sequence[Filter],
        excluded: Sequence[Target] = (),
        narrowed: Narrowed | None = None,
    ) -> None:
        self._columns = columns
        self._kinds, self._names = len(columns.terms.pairs), columns.terms.name_codes
        self._table = table = columns.offers
        self._found = found
        self._slots = slots = found.slots
        self._rows, self._places = found.once_of_all("rows", (table, table.moves), lambda: table.rows_of(slots))
        self._sellable = table.sellable[self._rows]
        for target in excluded:
            self._sellable = self._sellable & ~self._rows_held(target)
        self._narrowed = narrowed
        self._about, self._mentions = self._read_subject(narrowed)
        if narrowed is not None and narrowed.is_sorted:
            self._leave_out_others(narrowed)
        self._filters = filters
        self._masks = {each.name: self._mask(each) for each in filters}
        self._passing = self._all_but(None)
        self.places, self._at = self._first(self._passing)
        self.rows = self._rows[self._at]

    def prices(self, order: Whole | slice = slice(None)) -> Whole:
        """What each result costs, or some of them, in the home currency."""
        return self._table.price[self.rows[order]]

    def offer_ids(self, order: Whole) -> list[str]:
        """The ids of the offers that decide, of some of the results."""
        return [raw.decode() for raw in self._table.ids[self.rows[order]].tolist()]

    def lifted(self, rules: Arrangement) -> npt.NDArray[np.float64]:
        """What boosts and buries add to each result's score."""
        held = [np.where(self.held(lift.target), lift.weight, 0.0) for lift in rules.lifts]
        return np.array(np.sum(held, axis=0), np.float64) if held else np.zeros(len(self.places))

    def held(self, target: Target) -> Mask:
        """The results whose deciding offer a target holds."""
        return self._rows_held(target)[self._at]

    @property
    def about(self) -> Mask | None:
        """Which results are about the subject; None where nothing for sale is."""
        return None if self._about is None else self._about[self.places]

    def by_subject(self) -> tuple[Mask, Mask | bool, Mask | bool]:
        """Which results are about the subject, which of all are called so, and which only mention it."""
        if self._narrowed is None or self._about is None or self._mentions is None:
            return np.zeros(len(self.places), np.bool_), False, False
        return self._about[self.places], self._narrowed.called[self.places], self._mentions[self.places]

    def results_of(self, ids: Sequence[str]) -> dict[str, int]:
        """Where among the results some documents stand; those that are none are left out."""
        slots = {each: slot for each in ids if (slot := self._columns.slot_of.get(each)) is not None}
        mine = self._slots[self.places]
        at = {each: int(np.searchsorted(mine, slot)) for each, slot in slots.items()}
        return {each: place for each, place in at.items() if place < len(mine) and mine[place] == slots[each]}

    def merchants(self, results: Sequence[int]) -> dict[int, str]:
        """Who sells the deciding offer of some of the results."""
        at, terms = np.array(results, np.int64), self._columns.terms
        named = dict.fromkeys(results, "")
        slots, rows = self._slots[self.places[at]], self.rows[at]
        for gathered in (self._columns.gather(slots), self._table.gather(rows)):
            places, codes = self._known(*gathered)
            sellers = self._names[codes] == terms.name_code(MERCHANT)
            for place, code in zip(places[sellers].tolist(), codes[sellers].tolist(), strict=True):
                named[results[place]] = terms.pairs[code][1]
        return named

    def values(self, name: str) -> dict[str, int]:
        """Every value of a name, with the results that have it."""
        counts = self._counts()
        return self._counted(self._there(name, counts), counts)

    def facets(self, query: IndexQuery) -> tuple[Facet, ...]:
        """The facets to show, with exact counts."""
        totals = self._term_totals()
        fixed = {
            PRICE: self._price_counts(self._all_but(PRICE)),
            RATING: self._rating_counts(self._all_but(RATING)),
            ON_SALE: self._on_sale_counts(self._all_but(ON_SALE)),
        }
        summaries = self._summaries(totals)
        summaries |= {name: summary_of([*filter(None, counts.values())]) for name, counts in fixed.items()}
        names = choose(summaries, len(self.places), self._filters, query)
        return tuple(self._facet(name, fixed, totals, query) for name in names)

    def _facet(self, name: str, fixed: dict[str, dict[str, int]], totals: Whole, query: IndexQuery) -> Facet:
        if name in fixed:
            return show(name, fixed[name], self._filters)
        if name in query.numbers:
            return show(name, self._number_counts(name, totals), self._filters, as_given=True)
        return show(name, self._values(name, totals), self._filters)

    def _read_subject(self, narrowed: Narrowed | None) -> tuple[Mask | None, Mask | None]:
        """By slot, what is about the query, and what only mentions it; None where nothing for sale is about it."""
        if narrowed is None or narrowed.subject is None:
            return None, None
        about, others = of_subject(narrowed.subject, self._columns.terms, *self._shared, narrowed.called)
        about = narrowed.own & about
        if narrowed.subject.narrow and self._is_sold(about & narrowed.called):
            about = about & narrowed.called
        return (about, others & ~about) if self._is_sold(about) else (None, None)

    def _leave_out_others(self, narrowed: Narrowed) -> None:
        """Of an order that the shopper chose, what answers less well than something for sale counts as not for sale."""
        worded, about = self._found.text > 0, self._about
        levels = (worded,) if about is None else (about & worded, about)
        best = next((mask for mask in levels if self._is_sold(mask)), None)
        if best is not None:
            self._sellable = self._sellable & self._by_row(best | narrowed.joined)

    def _is_sold(self, mask: Mask) -> bool:
        return bool(self._by_row(mask)[self._sellable].any())

    # What passes

    def _mask(self, each: Filter) -> Mask:
        """Which rows pass a filter."""
        if isinstance(each, Terms):
            return self._term_mask(each)
        if isinstance(each, Ranges):
            return self._range_mask(each)
        flags = (self._table.in_stock if each.name == IN_STOCK else self._table.reduced)[self._rows]
        return (flags & (True in each.wanted)) | (~flags & (False in each.wanted))

    def _rows_held(self, target: Target) -> Mask:
        """Which rows a target of a rule holds."""
        if target.ids:
            slots = [slot for each in target.ids if (slot := self._columns.slot_of.get(each)) is not None]
            return self._by_row(are_in(self._slots, np.array(slots, np.int32)))
        mask = np.full(len(self._rows), bool(target.filters))
        for each in target.filters:
            mask &= self._mask(each)
        return mask

    def _term_mask(self, each: Terms) -> Mask:
        mask = np.zeros(len(self._slots), np.bool_)
        matching = self._columns.terms.matching(each.name, each.values, each.ranges)
        if not matching:
            return np.zeros(len(self._rows), np.bool_)
        wanted = np.zeros(self._kinds, np.bool_)
        wanted[[code for code in matching if code < self._kinds]] = True
        places, codes = self._shared
        mask[places[np.take(wanted, codes)]] = True
        by_row = self._by_row(mask)
        at, own = self._own
        if len(own):
            by_row = by_row.copy()
            by_row[at[wanted[own]]] = True
        return by_row

    def _range_mask(self, each: Ranges) -> Mask:
        if each.name == PRICE:
            return _inside(self._table.price[self._rows], each, NO_PRICE)
        return self._by_row(_inside(self._columns.rating[self._slots].astype(np.int64), each, 0))

    def _all_but(self, name: str | None) -> Mask:
        """The rows that can be bought and pass every filter, or every filter but one."""
        others = [mask for other, mask in self._masks.items() if other != name]
        if name is not None and len(others) == len(self._masks):
            return self._passing
        passing = self._sellable
        for mask in others:
            passing = passing & mask
        return passing

    def _first(self, passing: Mask) -> tuple[Whole, Whole]:
        """The places of the slots with a passing row, ascending, and where in our rows the first such of each is."""
        at = np.flatnonzero(passing)
        if self._places is None:
            return at, at
        places = self._places[at]
        first = np.ones(len(places), np.bool_)
        first[1:] = places[1:] != places[:-1]
        return places[first], at[first]

    def _results(self, passing: Mask) -> tuple[Whole, Whole]:
        """The same, known already of the rows that pass every filter."""
        return (self.places, self._at) if passing is self._passing else self._first(passing)

    def _places_of(self, rows: Whole) -> Whole:
        """To which of the slots some of the rows belong."""
        return rows if self._places is None else self._places[rows]

    def _by_row(self, mask: Mask) -> Mask:
        """A mask over slots as one over rows."""
        return mask if self._places is None else mask[self._places]

    def _by_slot(self, passing: Mask) -> Mask:
        """Which slots have a passing row."""
        if self._places is None:
            return passing
        mask = np.zeros(len(self._slots), np.bool_)
        mask[self._results(passing)[0]] = True
        return mask

    # Terms

    @cached_property
    def _shared(self) -> tuple[Whole, Codes]:
        """The terms that hold for all offers of a slot: its place, and the code."""
        columns = self._columns
        return self._known(*self._found.once_of_all("terms", columns.moves, lambda: columns.gather(self._slots)))

    @cached_property
    def _own(self) -> tuple[Whole, Codes]:
        """The terms in which offers differ: the place of the row, and the code."""
        if self._places is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        return self._known(*self._table.gather(self._rows))

    def _known(self, places: Whole, codes: Codes) -> tuple[Whole, Codes]:
        """Without terms that came since this search began: another thread may be adding some."""
        if codes.max(initial=0) < self._kinds:
            return places, codes
        known = codes < self._kinds
        return places[known], codes[known]

    def _counts(self) -> Whole:
        """By code, how many results have it with a passing row."""
        counts: Whole = np.bincount(self._shared_of(self._by_slot(self._passing)), minlength=self._kinds)
        at, own = self._own
        if len(own):
            passing = self._passing[at]
            counts += np.bincount(distinct(self._places_of(at[passing]), own[passing])[1], minlength=self._kinds)
        return counts

    def _shared_of(self, wanted: Mask) -> Codes:
        """The terms of some of the slots; of few, they alone are gathered."""
        if np.count_nonzero(wanted) * FEW < len(self._slots):
            return self._known(*self._columns.gather(self._slots[wanted]))[1]
        places, codes = self._shared
        return codes[np.take(wanted, places)]

    def _term_totals(self) -> Whole:
        """By the code of each term, the results it would leave: those that pass every filter but its own name's."""
        totals = self._counts()
        for name in self._masks:
            if len(own := self._codes_of(name)):
                totals[own] = np.bincount(self._having(name)[1], minlength=self._kinds)[own]
        return totals

    def _summaries(self, totals: Whole) -> dict[str, Summary]:
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

    def _values(self, name: str, totals: Whole) -> dict[str, int]:
        """A name's values and counts; of many only the chosen ones and those that may be among the shown."""
        most, own = shown_most(name), self._there(name, totals)
        if len(own) > most:
            least = np.partition(totals[own], len(own) - most)[len(own) - most]
            own = own[(totals[own] >= least) | np.isin(own, self._chosen(name))]
        return self._counted(own, totals)

    def _counted(self, codes: Codes, totals: Whole) -> dict[str, int]:
        """Counts by value."""
        pairs = self._columns.terms.pairs
        return {pairs[code][1]: count for code, count in zip(codes.tolist(), totals[codes].tolist(), strict=True)}

    def _codes_of(self, name: str) -> Codes:
        """The codes of a name that were there when this search began."""
        own = self._columns.terms.of_name(name)
        return own[own < self._kinds]

    def _there(self, name: str, totals: Whole) -> Codes:
        """The codes of a name that some results have."""
        own = self._codes_of(name)
        return own[totals[own] > 0]

    def _chosen(self, name: str) -> list[int]:
        """The codes of the values of a name that a filter gives."""
        chosen = [each.values for each in self._filters if isinstance(each, Terms) and each.name == name]
        return [code for values in chosen for code in self._columns.terms.matching(name, values)]

    # Numbers

    def _number_counts(self, name: str, totals: Whole) -> dict[str, int]:
        """A name's values in the order of their numbers, or ranges of them, with the products in each."""
        terms, own = self._columns.terms, self._there(name, totals)
        values = self._counted(own, totals)
        ranges = number_ranges(values)
        if not ranges:
            return by_number(values)
        kinds = np.full(self._kinds, len(ranges))  # by code, the range that its number lies in
        for code in own.tolist():
            kinds[code] = place_in(ranges, terms.numbers[code])
        places, codes = self._having(name)
        counts = np.bincount(distinct(places, kinds[codes])[1], minlength=len(ranges) + 1)
        return {range_text(each): int(count) for each, count in zip(ranges, counts[:-1], strict=True)}

    def _having(self, name: str) -> tuple[Whole, Codes | Whole]:
        """Each place of a slot with each code of a name that it has with a row that passes every other filter."""
        passing, names, code = self._all_but(name), self._names, self._columns.terms.name_code(name)
        places, codes = self._shared
        wanted = np.flatnonzero(np.take(names, codes) == code)
        wanted = wanted[self._by_slot(passing)[places[wanted]]]
        places, codes = places[wanted], codes[wanted]
        at, own = self._own
        wanted = np.flatnonzero(passing[at] & (names[own] == code))
        if not len(wanted):
            return places, codes
        more = self._places_of(at[wanted])
        return distinct(np.concatenate((places, more)), np.concatenate((codes, own[wanted])))

    def _price_counts(self, passing: Mask) -> dict[str, int]:
        """Ranges of about as many first prices, and the products with an offer in each."""
        prices = self._table.price[self._rows]
        first = np.sort(prices[self._results(passing)[1]])
        first = first[np.searchsorted(first, NO_PRICE, side="right") :]
        edges = price_edges(first[price_places(len(first))].tolist())
        if not edges:
            return {}
        at = np.flatnonzero(passing)
        counts = counts_from((0, *edges), prices[at], self._places_of(at), len(self._slots))
        return dict(zip(price_values(edges), counts, strict=True))

    def _rating_counts(self, passing: Mask) -> dict[str, int]:
        ratings = self._columns.rating[self._slots[self._results(passing)[0]]]
        return {
            value: int(np.count_nonzero(ratings >= step))
            for value, step in zip(rating_values(), RATING_STEPS, strict=True)
        }

    def _on_sale_counts(self, passing: Mask) -> dict[str, int]:
        return {ON_SALE_VALUE: len(self._first(passing & self._table.reduced[self._rows])[0])}


def _inside(numbers: Whole, each: Ranges, nothing: int) -> Mask:
    mask = np.zeros(len(numbers), np.bool_)
    for low, high in each.ranges:
        inside = np.ones(len(numbers), np.bool_) if low is None else numbers >= low
        mask |= inside if high is None else inside & (numbers <= high)
    return mask & (numbers > nothing)
