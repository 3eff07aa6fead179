"""Replaying a bill: rating every usage row again from its price book, and comparing with what was charged."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from entrepot.kernel import Invalid, Prepared, Snapshot, prepare

from . import tables
from .amounts import read_nano
from .pricing import read_price_books
from .rating import price_of


class Difference(msgspec.Struct, frozen=True):
    """A row that was charged otherwise than its price book says; prices in nano units."""

    request: str
    attempt: int
    meter: str
    charged: int
    rated: int


class Replay(msgspec.Struct, frozen=True):
    """A bill, made twice: what was charged and what the rows come to again, in nano units."""

    rows: int
    charged: int
    rated: int
    differences: tuple[Difference, ...]


def replay(snapshot: Snapshot, organisation: str | None, since: int, until: int) -> Replay:
    """The bill of an organisation (None: of all) from one time up to, not including, another, rated again.

    What has no price book must have cost nothing.
    """
    if organisation is None:
        rows = snapshot.all(_rows, since=since, until=until)
    else:
        rows = snapshot.all(_rows_of, organisation=organisation, since=since, until=until)
    return _again(snapshot, rows)


def replay_invoice(snapshot: Snapshot, invoice_id: str) -> Replay:
    """The rows of an invoice, rated again; for who has seen the invoice."""
    return _again(snapshot, snapshot.all(_rows_on, invoice=invoice_id))


def replay_export(lines: Iterable[str]) -> Replay:
    """The rows of an export (`csv`), rated again from the prices that stand beside them: by anybody, without us.

    Invalid for a file that is no export, naming the line.
    """
    rows = charged = total = 0
    differences: list[Difference] = []
    for place, row in enumerate(csv.DictReader(lines), 2):
        try:
            meter, quantity, cost = row["meter"], int(row["quantity"]), int(row["cost_nano"])
            rated = -(-quantity * read_nano(row["price"]) // int(row["per"]))
            known = Difference(row["request"], int(row["attempt"]), meter, cost, rated)
        except (KeyError, TypeError, ValueError, ZeroDivisionError, Invalid):
            raise Invalid(f"Line {place} is not of an export: make one with `entrepot bill export`") from None
        rows, charged, total = rows + 1, charged + cost, total + rated
        if cost != rated:
            differences.append(known)
    return Replay(rows, charged, total, tuple(differences))


def _again(snapshot: Snapshot, rows: Sequence[Any]) -> Replay:
    books = read_price_books(snapshot, sorted({row.price_book for row in rows if row.price_book is not None}))
    rated = [price_of(books[row.price_book], row.meter, row.quantity) if row.price_book else 0 for row in rows]
    differences = tuple(
        Difference(row.request, row.attempt, row.meter, row.price, again)
        for row, again in zip(rows, rated, strict=True)
        if row.price != again
    )
    return Replay(len(rows), sum(row.price for row in rows), sum(rated), differences)


_u = tables.usage.c
_query = (
    select(_u.request, _u.attempt, _u.meter, _u.quantity, _u.price, _u.price_book)
    .where(_u.at >= bindparam("since"), _u.at < bindparam("until"))
    .order_by(_u.at, _u.request, _u.attempt, _u.meter)
)
_rows: Prepared[Any] = prepare(_query)
_rows_of: Prepared[Any] = prepare(_query.where(_u.organisation == bindparam("organisation")))
_rows_on: Prepared[Any] = prepare(
    select(_u.request, _u.attempt, _u.meter, _u.quantity, _u.price, _u.price_book)
    .where(_u.invoice == bindparam("invoice"))
    .order_by(_u.at, _u.request, _u.attempt, _u.meter)
)
