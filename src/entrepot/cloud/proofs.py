"""What must be true of the cloud's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import tables
from .stretches import hold_of
from .types import UsageClass

BATCH = 500


def _holds(snapshot: Snapshot) -> Finding:
    """An open stretch has its hold open; an ended one captured what its rows cost and has nothing left."""
    rows: Sequence[Any] = snapshot.all(_stretches_with_cost)
    breaches = []
    for begin in range(0, len(rows), BATCH):
        batch = rows[begin : begin + BATCH]
        holds = ledger.holds_of(snapshot, [hold_of(row.id) for row in batch])
        for row in batch:
            hold = holds.get(hold_of(row.id))
            if hold is None or (hold.amount, hold.unit) != (row.amount, row.unit):
                breaches.append(f"{row.id} has no hold of {row.amount} {row.unit} on the ledger")
            elif hold.captured != row.cost:
                breaches.append(f"{row.id} cost {row.cost} by its usage; {hold.captured} was captured")
            elif (hold.left > 0) != (row.state == "open"):
                breaches.append(f"{row.id} is {row.state} and {hold.left} of its hold is left")
    return Finding(len(rows), breaches)


def _usage(snapshot: Snapshot) -> Finding:
    """Usage is never negative, classed as one of the classes, and belongs to a stretch; a crash has one estimate."""
    count = int(snapshot.value(_count) or 0)
    breaches = [f"{row.request} of {row.meter} has {row.quantity}, class {row.usage_class}, stretch {row.stretch}"
                for row in snapshot.all(_odd)]  # fmt: skip
    breaches += [f"{row.id} crashed and has {row.rows} estimates" for row in snapshot.all(_crashed) if row.rows != 1]
    return Finding(count, breaches)


PROOFS = (
    Proof("cloud.holds", "each stretch of metered work holds, captures and gives back what its usage cost", _holds),
    Proof("cloud.usage", "every use is counted once, in a stretch, and what a crash left is estimated once", _usage),
)

_s, _u = tables.stretches.c, tables.usage.c
_cost = (
    select(_u.stretch, func.sum(_u.price).label("cost")).group_by(_u.stretch).subquery()
)  # fmt: skip
_stretches_with_cost: Prepared[Any] = prepare(
    select(_s.id, _s.unit, _s.amount, _s.state, func.coalesce(_cost.c.cost, 0).label("cost"))
    .join_from(tables.stretches, _cost, _cost.c.stretch == _s.id, isouter=True)
    .order_by(_s.id)
)
_count: Prepared[Any] = prepare(select(func.count().label("rows")).select_from(tables.usage))
_odd: Prepared[Any] = prepare(
    select(_u.request, _u.meter, _u.quantity, _u.usage_class, _u.stretch)
    .join_from(tables.usage, tables.stretches, _s.id == _u.stretch, isouter=True)
    .where(
        (_u.quantity < 0)
        | (_u.price < 0)
        | _u.usage_class.not_in(tuple(str(each) for each in UsageClass))
        | _s.id.is_(None)
    )
    .limit(100)
)
_estimates = (
    select(_u.stretch, func.count().label("rows")).where(_u.usage_class == "estimated").group_by(_u.stretch).subquery()
)
_crashed: Prepared[Any] = prepare(
    select(_s.id, func.coalesce(_estimates.c.rows, 0).label("rows"))
    .join_from(tables.stretches, _estimates, _estimates.c.stretch == _s.id, isouter=True)
    .where(_s.state == "crashed")
)
