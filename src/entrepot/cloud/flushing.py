"""Flushing: a group of usage becomes rows, rated and captured from a standing hold, each once.

Rows are rated in the transaction that writes them, by the version of the prices that held when they were used, so that
no process can rate by prices it has not heard of. The stretch's row is locked first: whoever writes the group again,
because the answer to a commit was lost, finds its rows there and pays nothing for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import select

from entrepot import ledger
from entrepot.kernel import Prepared, Tx, derive_id, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import accounts, tables
from .pricing import add_price_book, list_versions
from .rating import PriceBook, price_of
from .stretches import Stretch, lock_open, note_alive
from .types import Usage
from .usage import write_usage

Spared = Mapping[tuple[int, str, str], int]
"""How often a model's answer was remembered, by day (its beginning), surface and model."""

Standard = Mapping[str, int]
"""Prices in nano units, by meter, for as many units as prices of it are quoted for."""


class Closed(msgspec.Struct, frozen=True):
    """Nothing was written: the stretch is no longer open."""


class Short(msgspec.Struct, frozen=True):
    """Nothing was written: the group costs `price`, and the hold has no more than `left`."""

    price: int
    left: int


class Written(msgspec.Struct, frozen=True):
    """The group is in: what it cost now, what is left of the hold, and the prices of its models as they are."""

    price: int
    left: int
    books: dict[str, PriceBook]


def write(
    tx: Tx, stretch_id: str, rows: Sequence[Usage], spared: Spared | None = None, standard: Standard | None = None
) -> Written | Short | Closed:
    """Write usage under a stretch, each row once, and capture what it costs. A hold is never used up to its last unit:
    it stays open until its stretch ends.

    A model that nobody has set prices for gets the `standard` ones now; without them it costs nothing.
    """
    stretch = lock_open(tx, stretch_id)
    if stretch is None:
        return Closed()
    new = _new_of(tx, rows)
    versions = _versions(tx, sorted({row.model for row in rows}), standard)
    rated = [_rated(row, versions.get(row.model, [])) for row in new]
    price = sum(row.price for row in rated)
    left = ledger.holds_of(tx, [stretch.hold])[stretch.hold].left
    if price >= left:
        return Short(price, left)
    if price:
        ledger.post(tx, _capture(stretch, rated[0], price))
    write_usage(tx, rated, stretch_id)
    note_alive(tx, stretch_id)
    for (day, surface, model), items in sorted((spared or {}).items()):
        tx.run(_spare, day=day, surface=surface, model=model, items=items)
    return Written(price, left - price, {model: books[0] for model, books in versions.items()})


def _versions(tx: Tx, models: Sequence[str], standard: Standard | None) -> dict[str, list[PriceBook]]:
    versions = list_versions(tx, models, tx.now)
    for model in models if standard else ():
        if model not in versions:
            versions[model] = [add_price_book(tx, model, standard or {})]
    return versions


def _new_of(tx: Tx, rows: Sequence[Usage]) -> list[Usage]:
    """Those that are not there yet, each key once, the first of it."""
    known = {tuple(row) for row in tx.all(_known, requests=sorted({row.request for row in rows}))} if rows else set()
    new: dict[tuple[str, int, str], Usage] = {}
    for row in rows:
        key = (row.request, row.attempt, row.meter)
        if key not in known:
            new.setdefault(key, row)
    return list(new.values())


def _rated(row: Usage, versions: Sequence[PriceBook]) -> Usage:
    """By the version in force when it was used, or by the first there is; a model without prices costs nothing."""
    if not versions:
        return row
    book = next((each for each in versions if each.effective_at <= row.at), versions[-1])
    return replace(row, price=price_of(book, row.meter, row.quantity), price_book=book.id)


def _capture(stretch: Stretch, first: Usage, price: int) -> ledger.Plan:
    name = derive_id("trf", stretch.id, first.request, str(first.attempt), first.meter)
    return ledger.Plan.of(ledger.Capture(name, stretch.hold, price, accounts.USE, stretch.id))


_u = tables.usage.c
_known: Prepared[Any] = prepare(select(_u.request, _u.attempt, _u.meter).where(in_set(_u.request, "requests")))
_spare: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_spared (day, surface, model, items) VALUES (:day, :surface, :model, :items) "
    "ON CONFLICT (day, surface, model) DO UPDATE SET items = cloud_spared.items + excluded.items"
)
