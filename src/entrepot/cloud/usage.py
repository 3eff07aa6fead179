"""Usage rows: so much of one meter by one attempt at one request, written once. The claim and the row are one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot.kernel import RowSet, Tx, insert_rows

from . import tables
from .types import Usage


def write_usage(tx: Tx, rows: Sequence[Usage], stretch: str | None = None) -> None:
    """Write rows under the stretch of work whose hold pays for them, or each under its request; a row that is there
    stays."""
    tx.write_all(usage_rows(rows, stretch))


def usage_rows(rows: Sequence[Usage], stretch: str | None = None) -> RowSet:
    """The same, to be written together with others."""
    return _insert, [{**msgspec.structs.asdict(row), "stretch": stretch or row.request} for row in rows]


_insert = insert_rows(
    tables.usage,
    [column.name for column in tables.usage.columns if column is not tables.usage.c.invoice],
    "request",
    "attempt",
    "meter",
)
