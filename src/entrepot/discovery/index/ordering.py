"""The order of results: by a number, equal ones by id, and only as far as a page needs it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import Slots, Whole
from .base import ID_BYTES
from .columns import Columns
from .offers import NO_PRICE

_WORDS = ID_BYTES // 8
_LAST = np.iinfo(np.int64).max

Keys = npt.NDArray[np.int64] | npt.NDArray[np.float64]


def sort_keys(columns: Columns, slots: Slots, price: Whole, sort: str) -> Whole:
    """What to sort these slots by, ascending, for an order that a shopper chose; without a price comes last."""
    if sort in ("price", "-price"):
        return np.where(price == NO_PRICE, _LAST, price if sort == "price" else -price)
    if sort == "newest":
        return -columns.created_at[slots]
    rating = columns.rating[slots].astype(np.int64)
    return -((rating << 32) + columns.rating_count[slots])


def first(columns: Columns, slots: Slots, keys: Keys, most: int) -> npt.NDArray[np.int64]:
    """The places, in `slots`, of the `most` smallest keys, sorted by key and then by id."""
    places = np.arange(len(slots))
    if most < len(slots):
        least = np.partition(keys, most - 1)[most - 1] if most else keys.min()
        certain = places[keys < least]
        tied = places[keys == least]
        tied = tied[_smallest_ids(columns.ids[slots[tied]], most - len(certain))]
        places = np.concatenate((certain, tied))
    order = np.lexsort((columns.ids[slots[places]], keys[places]))
    return places[order]


def _smallest_ids(ids: npt.NDArray[np.bytes_], most: int) -> npt.NDArray[np.int64]:
    """The places of the `most` smallest ids, in no order: eight bytes at a time, so that no text is sorted."""
    words = np.ascontiguousarray(ids).view(">u8").reshape(-1, _WORDS)
    chosen: list[npt.NDArray[np.int64]] = []
    tied = np.arange(len(ids))
    for column in range(_WORDS):
        if most >= len(tied) or most <= 0:
            break
        word = words[tied, column].astype(np.uint64)
        least = np.partition(word, most - 1)[most - 1]
        certain = tied[word < least]
        chosen.append(certain)
        most -= len(certain)
        tied = tied[word == least]
    chosen.append(tied[: max(most, 0)])
    return np.concatenate(chosen)
