"""What an index knows of each slot, in numpy columns: its id, whether it lives, price, stock, rating, filter terms.

A slot is given to a document once and never again: a document that changes gets a new slot and its old one dies. So
everything derived from a slot's text stays true for ever, and only liveness decides what is seen. Prices, stock and
ratings are written in place and are read last by every search: cached lists show them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from ..text import fold, phrase
from ..types import Change, Document
from .base import ID_BYTES
from .filters import MERCHANT, terms_of

SPAN = 1 << 16
"""A slot's terms are one number, start times SPAN plus length, so that no reader sees a start with a foreign length."""
NO_PRICE = -1
PLAIN = {
    "ids": f"S{ID_BYTES}",
    "alive": "?",
    "price": "i8",
    "rating": "i4",
    "rating_count": "i4",
    "created_at": "i8",
    "sellable": "?",
    "in_stock": "?",
    "popularity": "f4",
    "title": "u8",
    "span": "i8",
}

Slots = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int32]


class Columns:
    """Growing columns by slot. One thread writes, any number reads."""

    ids: npt.NDArray[np.bytes_]
    alive: npt.NDArray[np.bool_]
    price: npt.NDArray[np.int64]
    rating: npt.NDArray[np.int32]
    rating_count: npt.NDArray[np.int32]
    created_at: npt.NDArray[np.int64]
    sellable: npt.NDArray[np.bool_]
    in_stock: npt.NDArray[np.bool_]
    popularity: npt.NDArray[np.float32]
    title: npt.NDArray[np.uint64]
    span: npt.NDArray[np.int64]

    def __init__(self) -> None:
        self.count = 0
        self.version = 0
        self.slot_of: dict[str, int] = {}
        self.terms = TermTable()
        self.codes: Codes = np.zeros(64, np.int32)
        self.codes_used = 0
        for name, kind in PLAIN.items():
            setattr(self, name, np.zeros(64, kind))

    def add(self, document: Document) -> tuple[int, int | None]:
        """Give a document a new slot; returns it and the slot it had before."""
        if self.count == len(self.ids):
            for name in PLAIN:
                setattr(self, name, _grown(getattr(self, name), self.count + 1))
        slot = self.count
        self.ids[slot] = document.id.encode()
        self.title[slot] = title_key(document.title)
        self.created_at[slot] = document.created_at
        before = self.slot_of.get(document.id)
        self.popularity[slot] = 0 if before is None else self.popularity[before]
        self._set_terms(slot, terms_of(document))
        self._set(slot, change_of(document))
        self.alive[slot] = True
        self.slot_of[document.id] = slot
        self.count += 1
        return slot, before

    def kill(self, slot: int) -> None:
        """Let a slot die."""
        self.alive[slot] = False

    def forget(self, document_id: str) -> int | None:
        """Take an id out; returns the slot it had."""
        return self.slot_of.pop(document_id, None)

    def change(self, change: Change) -> None:
        """Write what changes often; an unknown id is left out."""
        slot = self.slot_of.get(change.id)
        if slot is None:
            return
        self._set(slot, change)
        codes = self.codes_of(slot)
        rest = codes[self.terms.name_codes[codes] != self.terms.name_code(MERCHANT)]
        merchants = self.terms.code_all((MERCHANT, merchant) for merchant in change.merchants)
        if set(merchants) != set(codes.tolist()) - set(rest.tolist()):
            self._set_codes(slot, [*rest.tolist(), *merchants])

    def codes_of(self, slot: int) -> Codes:
        """The terms of one slot."""
        start, length = divmod(int(self.span[slot]), SPAN)
        return self.codes[start : start + length]

    def gather(self, slots: Slots) -> tuple[npt.NDArray[np.int64], Codes]:
        """The terms of many slots, flat: the place in `slots` that each belongs to, and its code."""
        starts, lengths = np.divmod(self.span[slots], SPAN)
        ends = np.cumsum(lengths)
        rows = np.repeat(np.arange(len(slots)), lengths)
        offsets = np.repeat(starts - (ends - lengths), lengths)
        return rows, self.codes[offsets + np.arange(len(offsets))]

    def export(self, count: int) -> dict[str, npt.NDArray[np.generic]]:
        """The columns of the first `count` slots, packed."""
        rows, codes = self.gather(np.arange(count, dtype=np.int32))
        lengths = np.bincount(rows, minlength=count)
        packed = {name: getattr(self, name)[:count] for name in PLAIN}
        starts = np.cumsum(lengths) - lengths
        return {**packed, "span": starts * SPAN + lengths, "codes": codes}

    @classmethod
    def restore(cls, arrays: Mapping[str, npt.NDArray[np.generic]], terms: Sequence[tuple[str, str]]) -> Columns:
        """Columns from what `export` gave, and the term table's pairs."""
        columns = cls()
        for name in PLAIN:
            setattr(columns, name, _grown(arrays[name], 64))
        columns.count = len(arrays["ids"])
        columns.codes, columns.codes_used = _grown(arrays["codes"], 64), len(arrays["codes"])
        columns.terms.code_all(terms)
        living = np.flatnonzero(columns.alive)
        columns.slot_of = dict(
            zip((raw.decode() for raw in columns.ids[living].tolist()), living.tolist(), strict=True)
        )
        return columns

    def _set(self, slot: int, change: Change) -> None:
        self.price[slot] = NO_PRICE if change.price_minor is None else change.price_minor
        self.rating[slot] = change.rating_centi
        self.rating_count[slot] = change.rating_count
        self.in_stock[slot] = change.in_stock
        self.sellable[slot] = change.sellable
        self.version += 1

    def _set_terms(self, slot: int, terms: Iterable[tuple[str, str]]) -> None:
        self._set_codes(slot, self.terms.code_all(sorted(terms)[: SPAN - 1]))

    def _set_codes(self, slot: int, codes: list[int]) -> None:
        """Put a slot's terms at the end; where they were before is left to the next rebuild."""
        end = self.codes_used + len(codes)
        if end > len(self.codes):
            self.codes = _grown(self.codes, end)
        self.codes[self.codes_used : end] = codes
        self.span[slot] = self.codes_used * SPAN + len(codes)
        self.codes_used = end


class TermTable:
    """Filter terms as numbers: (name, value) pairs in the order in which they were first seen."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.name_codes: Codes = np.zeros(64, np.int32)
        self._codes: dict[tuple[str, str], int] = {}
        self._names: dict[str, int] = {}
        self._folded: dict[tuple[str, str], list[int]] = {}

    def code_all(self, pairs: Iterable[tuple[str, str]]) -> list[int]:
        """The number of each pair, a new one where it is seen for the first time."""
        return [self._code(pair) for pair in pairs]

    def name_code(self, name: str) -> int:
        """The number of a name; -1 when nothing has it."""
        return self._names.get(name, -1)

    def names(self) -> dict[int, str]:
        """Every name by its number."""
        return {code: name for name, code in list(self._names.items())}

    def matching(self, name: str, folded: Iterable[str]) -> list[int]:
        """The numbers of the terms of a name whose folded value is one of these."""
        return [code for value in folded for code in self._folded.get((name, value), ())]

    def _code(self, pair: tuple[str, str]) -> int:
        code = self._codes.get(pair)
        if code is None:
            code = len(self.pairs)
            if code == len(self.name_codes):
                self.name_codes = _grown(self.name_codes, code + 1)
            self.name_codes[code] = self._names.setdefault(pair[0], len(self._names))
            self.pairs.append(pair)
            self._folded.setdefault((pair[0], fold(pair[1])), []).append(code)
            self._codes[pair] = code
        return code


def change_of(document: Document) -> Change:
    """What of a document changes often."""
    return Change(
        document.id,
        document.price_minor,
        document.currency,
        document.rating_centi,
        document.rating_count,
        document.sellable,
        document.in_stock,
        document.merchants,
    )


def title_key(title: str) -> int:
    """A number that titles of the same words share; 0 for a text without words."""
    words = phrase(title)
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "big") if words else 0


def _grown(column: npt.NDArray[Any], least: int) -> npt.NDArray[Any]:
    """A copy with room for at least so many, and half as much again."""
    room = np.zeros(max(least, len(column) * 3 // 2, 64), column.dtype)
    room[: len(column)] = column
    return room
