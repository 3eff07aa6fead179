"""What an index knows of each slot, in numpy columns: its id, whether it lives, its rating, filter terms, offers.

A slot is given to a document once and never again: a document that changes gets a new slot and its old one dies. So
everything derived from a slot's text stays true for ever, and only liveness decides what is seen. Prices, stock and
ratings are written in place and are read last by every search: cached lists show them too.

A term that all offers of a product share stands with the product, the others with their offer (`offers`): so a product
of one offer is filtered and counted at no extra cost, and "red, 42" is asked of one and the same offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from ..text import phrase
from ..types import Change, Document
from .arrays import SPAN, Codes, Slots, expand, grown, parts_of
from .base import ID_BYTES
from .fields import Fields
from .filters import MERCHANT, collection_terms, offer_terms, terms_of
from .offers import OfferTable
from .terms import TermTable
from .titles import Titles

PLAIN = {
    "ids": f"S{ID_BYTES}",
    "alive": "?",
    "rating": "i4",
    "rating_count": "i4",
    "created_at": "i8",
    "popularity": "f4",
    "title": "u8",
    "span": "i8",
    "fixed": "i4",
}
"""`fixed` is how many of a slot's terms are the document's own and never change."""


class Columns:
    """Growing columns by slot. One thread writes, any number reads."""

    ids: npt.NDArray[np.bytes_]
    alive: npt.NDArray[np.bool_]
    rating: npt.NDArray[np.int32]
    rating_count: npt.NDArray[np.int32]
    created_at: npt.NDArray[np.int64]
    popularity: npt.NDArray[np.float32]
    title: npt.NDArray[np.uint64]
    span: npt.NDArray[np.int64]
    fixed: npt.NDArray[np.int32]

    def __init__(self) -> None:
        self.count = 0
        self.version = 0
        self.slot_of: dict[str, int] = {}
        self.terms = TermTable()
        self.offers = OfferTable()
        self.titles = Titles()
        self.wanted_terms: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self.codes: Codes = np.zeros(64, np.int32)
        self.codes_used = self.moves = 0
        for name, kind in PLAIN.items():
            setattr(self, name, np.zeros(64, kind))

    def add(self, document: Document, fields: Fields) -> tuple[int, int | None]:
        """Give a document of these words a new slot; returns it and the slot it had before."""
        if self.count == len(self.ids):
            for name in PLAIN:
                setattr(self, name, grown(getattr(self, name), self.count + 1))
        slot = self.count
        self.ids[slot] = document.id.encode()
        self.title[slot] = _key_of(fields.title)
        self.titles.add(slot, fields.title.split(), fields.told.split())
        self.created_at[slot] = document.created_at
        before = self.slot_of.get(document.id)
        self.popularity[slot] = 0 if before is None else self.popularity[before]
        own = self.terms.code_all(sorted(terms_of(document))[: SPAN // 2])
        self.terms.learn(document.labels)
        self._set_codes(slot, own)
        self.fixed[slot] = len(own)
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
        if slot is not None:
            self._set(slot, change)

    def set_popularity(self, weights: Mapping[str, int]) -> None:
        """Say how much each product is wanted; products left out have none."""
        column = np.zeros_like(self.popularity)
        for document_id, weight in weights.items():
            if (slot := self.slot_of.get(document_id)) is not None:
                column[slot] = weight
        self.popularity = column
        self.wanted_terms = self._wanted_terms()

    def _wanted_terms(self) -> npt.NDArray[np.float32]:
        """By the code of a term, how much those that sell products of it are wanted: only sellers have some."""
        sums = np.zeros(len(self.terms.pairs))
        slots = np.flatnonzero(self.popularity[: self.count]).astype(np.int32)
        rows, of_row = self.offers.rows_of(slots)
        at, own = self.offers.gather(rows)
        of_own = at if of_row is None else of_row[at]
        places, codes = self.gather(slots)
        for where, which in ((places, codes), (of_own, own)):
            sellers = self.terms.name_codes[which] == self.terms.name_code(MERCHANT)
            sums += np.bincount(which[sellers], self.popularity[slots[where[sellers]]], minlength=len(sums))
        logs = np.log1p(sums)
        wanted: npt.NDArray[np.float32] = (logs / max(logs.max(initial=0.0), 1.0)).astype(np.float32)
        return wanted

    def sellable(self, slots: Slots) -> npt.NDArray[np.bool_]:
        """Which of these slots have an offer that can be bought now."""
        sellable: npt.NDArray[np.bool_] = self.offers.first[slots] >= 0
        return sellable

    def foreign_ids(self) -> list[str]:
        """The living with an offer whose price was converted into the home currency."""
        living = np.flatnonzero(self.alive[: self.count]).astype(np.int32)
        table = self.offers
        rows, places = table.rows_of(living)
        foreign = table.foreign[rows]
        slots = living[foreign] if places is None else living[np.unique(places[foreign])]
        return [raw.decode() for raw in self.ids[slots].tolist()]

    def pack(self) -> None:
        """Drop what changes left behind, when it is much."""
        if self.offers.is_scattered():
            self.offers = self.offers.packed(self.count, self.alive)

    def codes_of(self, slot: int) -> Codes:
        """The terms of one slot."""
        start, length = divmod(int(self.span[slot]), SPAN)
        return self.codes[start : start + length]

    def gather(self, slots: Slots) -> tuple[npt.NDArray[np.int64], Codes]:
        """The terms of many slots, flat: the place in `slots` that each belongs to, and its code."""
        starts, lengths = parts_of(self.span[slots])
        places, at = expand(starts, lengths)
        return places, np.take(self.codes, at)

    def export(self, count: int) -> dict[str, npt.NDArray[np.generic]]:
        """The columns of the first `count` slots, packed; those of their offers by `offer_` and their name."""
        rows, codes = self.gather(np.arange(count, dtype=np.int32))
        lengths = np.bincount(rows, minlength=count)
        packed = {name: getattr(self, name)[:count] for name in PLAIN}
        starts = np.cumsum(lengths) - lengths
        offers = self.offers.export(count, self.alive)
        return {
            **packed,
            "span": starts * SPAN + lengths,
            "codes": codes,
            **self.titles.export(count),
            **{f"offer_{name}": array for name, array in offers.items()},
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, npt.NDArray[np.generic]], terms: Sequence[tuple[str, str]]) -> Columns:
        """Columns from what `export` gave, and the term table's pairs."""
        columns = cls()
        for name in PLAIN:
            setattr(columns, name, grown(arrays[name], 64))
        columns.count = len(arrays["ids"])
        columns.codes, columns.codes_used = grown(arrays["codes"], 64), len(arrays["codes"])
        columns.offers = OfferTable.restore(
            {name.removeprefix("offer_"): array for name, array in arrays.items() if name.startswith("offer_")}
        )
        columns.titles = Titles.restore(arrays)
        columns.terms.code_all(terms)
        living = np.flatnonzero(columns.alive)
        columns.slot_of = dict(
            zip((raw.decode() for raw in columns.ids[living].tolist()), living.tolist(), strict=True)
        )
        return columns

    def _set(self, slot: int, change: Change) -> None:
        self.rating[slot] = change.rating_centi
        self.rating_count[slot] = change.rating_count
        own = self.codes_of(slot)[: self.fixed[slot]].tolist()
        each = [set(self.terms.code_all(sorted(offer_terms(offer)))).difference(own) for offer in change.offers]
        common = set[int]().union(*each[:1]).intersection(*each)
        varying = common | set(self.terms.code_all(sorted(collection_terms(change.collections))))
        self.offers.set(slot, change.offers, [sorted(codes - common) for codes in each])
        if set(self.codes_of(slot)[len(own) :].tolist()) != varying:
            self._set_codes(slot, [*own, *sorted(varying)])
        self.version += 1

    def _set_codes(self, slot: int, codes: list[int]) -> None:
        """Put a slot's terms at the end; where they were before is left to the next rebuild."""
        end = self.codes_used + len(codes)
        if end > len(self.codes):
            self.codes = grown(self.codes, end)
        self.codes[self.codes_used : end] = codes
        self.span[slot] = self.codes_used * SPAN + len(codes)
        self.codes_used = end
        self.moves += 1


def change_of(document: Document) -> Change:
    """What of a document changes often."""
    return Change(document.id, document.rating_centi, document.rating_count, document.collections, document.offers)


def title_key(title: str) -> int:
    """A number that titles of the same words share; 0 for a text without words."""
    return _key_of(phrase(title))


def _key_of(words: str) -> int:
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "big") if words else 0
