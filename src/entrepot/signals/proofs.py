"""What must be true of the signals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import tables
from .forgetting import FORGOTTEN


def _append_only(snapshot: Snapshot) -> Finding:
    row = snapshot.one(_counted)
    assert row is not None
    counted = {each.name: each.last for each in snapshot.all(_counters)}
    last, forgotten = counted.get("signals", 0), counted.get(FORGOTTEN, 0)
    whole = row.rows + forgotten == last and row.newest in (last, None)
    missing = f"{last} signals were written, {forgotten} forgotten by the rule, and {row.rows} are there"
    return Finding(row.rows, () if whole else (missing,))


PROOFS = (
    Proof(
        "signals.append_only",
        "every signal that was ever written is still there, or was old enough to be forgotten",
        _append_only,
    ),
)

_counted: Prepared[Any] = prepare(
    select(func.count().label("rows"), func.max(tables.signals.c.number).label("newest")).select_from(tables.signals)
)
_counters: Prepared[Any] = prepare(select(tables.counter.c.name, tables.counter.c.last))
