"""The offers of every slot, in numpy columns: price, stock and the filter terms in which a product's offers differ.

A slot's offers are rows beside one another, the one to propose first in front. What changes often is written in place;
a slot whose offers come or go gets new rows at the end, and the old ones are left until the table is packed. A reader
takes the table once: packing makes another one, so no reader sees rows move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..types import Offer
from .arrays import SPAN, Codes, Slots, expand, grown, parts_of
from .base import ID_BYTES

NO_PRICE = -1
NO_ROW = -1
ROWS_MAX = SPAN - 1
PACKED_AT = 100_000
"""A table is packed when it holds more rows that nobody reads than others, and more than this."""
PLAIN = {
    "ids": f"S{ID_BYTES}",
    "price": "i8",
    "sellable": "?",
    "in_stock": "?",
    "reduced": "?",
    "foreign": "?",
    "code_span": "i8",
}


class Rows(NamedTuple):
    """The rows of some slots in order; `places` says to which of the slots each belongs, None when to one each."""

    rows: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64] | None


class OfferTable:
    """Rows of offers by slot. One thread writes, any number reads."""

    ids: npt.NDArray[np.bytes_]
    price: npt.NDArray[np.int64]
    sellable: npt.NDArray[np.bool_]
    in_stock: npt.NDArray[np.bool_]
    reduced: npt.NDArray[np.bool_]
    foreign: npt.NDArray[np.bool_]
    code_span: npt.NDArray[np.int64]

    def __init__(self) -> None:
        self.used = self.codes_used = self.left = self.moves = 0
        for name, kind in PLAIN.items():
            setattr(self, name, np.zeros(64, kind))
        self.codes: Codes = np.zeros(64, np.int32)
        self.span = np.zeros(64, np.int64)
        self.first = np.full(64, NO_ROW, np.int64)

    def set(self, slot: int, offers: Sequence[Offer], codes: Sequence[Sequence[int]]) -> None:
        """Let these be a slot's offers, each with the codes of its own terms."""
        self._make_room_for_slot(slot)
        offers, codes = offers[:ROWS_MAX], [sorted(each)[:ROWS_MAX] for each in codes[:ROWS_MAX]]
        start, length = divmod(int(self.span[slot]), SPAN)
        moved = False
        if not self._is_same(start, length, offers, codes):
            start = self._append(offers, codes)
            self.left += length
            moved = True
            length = len(offers)
        for row, offer in enumerate(offers, start):
            self.price[row] = NO_PRICE if offer.price_minor is None else offer.price_minor
            self.in_stock[row] = offer.in_stock
            self.reduced[row] = offer.reduced
            self.foreign[row] = offer.foreign
            self.sellable[row] = offer.sellable
        self.span[slot] = start * SPAN + length
        self.first[slot] = next((row for row, offer in enumerate(offers, start) if offer.sellable), NO_ROW)
        self.moves += moved  # last: whoever saw the old number has the old rows

    def rows_of(self, slots: Slots) -> Rows:
        """The rows of these slots."""
        starts, lengths = parts_of(self.span[slots])
        if len(lengths) and lengths.min() == lengths.max() == 1:
            return Rows(starts, None)
        places, rows = expand(starts, lengths)
        return Rows(rows, places)

    def gather(self, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Codes]:
        """The terms of many rows, flat: the place in `rows` that each belongs to, and its code."""
        starts, lengths = parts_of(self.code_span[rows])
        places, at = expand(starts, lengths)
        return places, np.take(self.codes, at)

    def is_scattered(self) -> bool:
        """Whether it is worth while to pack."""
        return self.left > PACKED_AT and self.left * 2 > self.used

    def export(self, count: int, alive: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.generic]]:
        """The rows of the living among the first `count` slots, packed."""
        slots = np.flatnonzero(alive[:count]).astype(np.int32)
        rows, places = self.rows_of(slots)
        places = np.arange(len(slots)) if places is None else places
        at, codes = self.gather(rows)
        packed = {name: getattr(self, name)[rows] for name in PLAIN if name != "code_span"}
        packed["code_span"] = _spans(at, len(rows))
        span = np.zeros(count, np.int64)
        span[slots] = _spans(places, len(slots))
        first = np.full(count, NO_ROW, np.int64)
        sellable = np.flatnonzero(packed["sellable"])
        first[slots[places[sellable[::-1]]]] = sellable[::-1]
        return {**packed, "codes": codes, "span": span, "first": first}

    @classmethod
    def restore(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> OfferTable:
        """A table from what `export` gave."""
        table = cls()
        for name in (*PLAIN, "codes", "span", "first"):
            setattr(table, name, grown(arrays[name], 64))
        table.used, table.codes_used = len(arrays["ids"]), len(arrays["codes"])
        return table

    def packed(self, count: int, alive: npt.NDArray[np.bool_]) -> OfferTable:
        """The same without what nobody reads."""
        return OfferTable.restore(self.export(count, alive))

    def _is_same(self, start: int, length: int, offers: Sequence[Offer], codes: Sequence[Sequence[int]]) -> bool:
        """Whether a slot's rows are of these very offers with these terms, in this order."""
        return length == len(offers) and all(
            self.ids[row] == offer.id.encode() and self._codes_of(row) == own
            for row, offer, own in zip(range(start, start + length), offers, codes, strict=True)
        )

    def _codes_of(self, row: int) -> list[int]:
        start, length = divmod(int(self.code_span[row]), SPAN)
        return [int(code) for code in self.codes[start : start + length]]

    def _append(self, offers: Sequence[Offer], codes: Sequence[Sequence[int]]) -> int:
        start, end = self.used, self.used + len(offers)
        if end > len(self.ids):
            for name in PLAIN:
                setattr(self, name, grown(getattr(self, name), end))
        codes_end = self.codes_used + sum(map(len, codes))
        if codes_end > len(self.codes):
            self.codes = grown(self.codes, codes_end)
        for row, (offer, own) in enumerate(zip(offers, codes, strict=True), start):
            self.ids[row] = offer.id.encode()
            self.codes[self.codes_used : self.codes_used + len(own)] = own
            self.code_span[row] = self.codes_used * SPAN + len(own)
            self.codes_used += len(own)
        self.used = end
        return start

    def _make_room_for_slot(self, slot: int) -> None:
        if slot >= len(self.span):
            before = len(self.first)
            self.span, self.first = grown(self.span, slot + 1), grown(self.first, slot + 1)
            self.first[before:] = NO_ROW


def _spans(places: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """The spans of things that lie packed, from the place each belongs to."""
    lengths = np.bincount(places, minlength=count)
    spans: npt.NDArray[np.int64] = (np.cumsum(lengths) - lengths) * SPAN + lengths
    return spans
