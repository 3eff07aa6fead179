"""Usage rows: so much of one meter by one attempt at one request, written once. The claim and the row are one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot.kernel import Prepared, Tx
from entrepot.kernel.sql import prepare_text

from . import tables
from .types import Usage


def write_usage(tx: Tx, rows: Sequence[Usage], stretch: str | None = None) -> None:
    """Write rows under the stretch of work whose hold pays for them, or each under its request; a row that is there
    stays."""
    tx.run_many(_insert, [{**msgspec.structs.asdict(row), "stretch": stretch or row.request} for row in rows])


_FIELDS = [column.name for column in tables.usage.columns if column is not tables.usage.c.invoice]
_insert: Prepared[Any] = prepare_text(
    f"INSERT INTO cloud_usage ({', '.join(_FIELDS)}) VALUES ({', '.join(':' + name for name in _FIELDS)}) "
    "ON CONFLICT (request, attempt, meter) DO NOTHING"
)
