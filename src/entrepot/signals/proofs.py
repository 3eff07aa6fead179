"""What must be true of the signals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import tables


def _append_only(snapshot: Snapshot) -> Finding:
    row = snapshot.one(_counted)
    assert row is not None
    last = snapshot.value(_last) or 0
    whole = row.rows == last and row.newest in (last, None)
    return Finding(row.rows, () if whole else (f"{last} signals were written and {row.rows} are there",))


PROOFS = (Proof("signals.append_only", "every signal that was ever written is still there", _append_only),)

_counted: Prepared[Any] = prepare(
    select(func.count().label("rows"), func.max(tables.signals.c.number).label("newest")).select_from(tables.signals)
)
_last: Prepared[Any] = prepare(select(tables.counter.c.last))
