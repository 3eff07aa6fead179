"""What must be true of the cloud's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, from_json, prepare

from . import tables
from .makers import check_makers
from .money_proofs import MONEY_PROOFS
from .replay import replay
from .requests import hold_id
from .stretches import hold_of
from .tabs import hold_of as tab_hold
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
    """Usage is never negative, classed as one of the classes, and belongs to a stretch or a request; a crash has an
    estimate."""
    count = int(snapshot.value(_count) or 0)
    breaches = [f"{row.request} of {row.meter} has {row.quantity}, class {row.usage_class}, stretch {row.stretch}"
                for row in snapshot.all(_odd)]  # fmt: skip
    breaches += [
        f"{row.id} crashed and has no estimate of what it left" for row in snapshot.all(_crashed) if row.rows < 1
    ]
    return Finding(count, breaches)


def _requests(snapshot: Snapshot) -> Finding:
    """An open attempt holds what it was admitted with; a settled one captured its rows' prices from each of its holds;
    a void one nothing. None holds on after its end."""
    rows: Sequence[Any] = snapshot.all(_attempts)
    breaches = []
    for begin in range(0, len(rows), BATCH):
        batch = rows[begin : begin + BATCH]
        ids = {hold_id(row.id, row.attempt, source) for row in batch for source in _sources(row)}
        holds = ledger.holds_of(snapshot, sorted(ids))
        for row in batch:
            breaches += _attempt_breaches(row, holds)
    return Finding(len(rows), breaches)


def _tabs(snapshot: Snapshot) -> Finding:
    """A tab comes to what its rows cost, and no more than it holds; an open one has captured nothing yet, a closed one
    what was spent, and holds no more."""
    rows: Sequence[Any] = snapshot.all(_tabs_with_cost)
    breaches = []
    for begin in range(0, len(rows), BATCH):
        batch = [(row, ("", *from_json(row.budgets, tuple[str, ...]))) for row in rows[begin : begin + BATCH]]
        holds = ledger.holds_of(snapshot, sorted(tab_hold(row.id, source) for row, each in batch for source in each))
        for row, sources in batch:
            if row.spent != row.cost:
                breaches.append(f"{row.id} came to {row.spent}; its rows cost {row.cost}")
            for source in sources:
                hold = holds.get(tab_hold(row.id, source))
                due = (row.amount, row.charged or 0, row.charged is None)
                if hold is None or (hold.amount, hold.captured, hold.left > 0) != due:
                    breaches.append(f"{row.id}: its hold on {source or 'the credit'} is {hold}, and should be {due}")
    return Finding(len(rows), breaches)


def _sources(row: Any) -> tuple[str, ...]:
    return ("", *from_json(row.budgets, tuple[str, ...])) if row.held and row.tab is None else ()


def _attempt_breaches(row: Any, holds: Mapping[str, ledger.HoldState]) -> list[str]:
    name = f"{row.id} (attempt {row.attempt})"
    found = [] if row.price == row.cost else [f"{name} was charged {row.price}; its rows cost {row.cost}"]
    if row.tab is not None and row.state == "open":
        found.append(f"{name} is open and on the tab {row.tab}: it holds nothing")
    for source in _sources(row):
        hold = holds.get(hold_id(row.id, row.attempt, source))
        if hold is None or hold.amount != row.held:
            found.append(f"{name} has no hold of {row.held} on {source or 'its credit'}")
        elif hold.captured != row.price:
            found.append(f"{name} was charged {row.price}; {hold.captured} was captured from {source or 'its credit'}")
        elif (hold.left > 0) != (row.state == "open"):
            found.append(f"{name} is {row.state} and {hold.left} of its hold on {source or 'its credit'} is left")
    return found


def _bills(snapshot: Snapshot) -> Finding:
    """Every row that was charged for comes to the same price from its price book again."""
    again = replay(snapshot, None, 0, ledger.AMOUNT_MAX)
    return Finding(
        again.rows,
        [f"{each.request} of {each.meter} was charged {each.charged} and rates {each.rated}" for each in
         again.differences],
    )  # fmt: skip


PROOFS = (
    Proof("cloud.makers", "makers got the share of every use of their models, and no more", check_makers),
    Proof("cloud.holds", "each stretch of metered work holds, captures and gives back what its usage cost", _holds),
    Proof("cloud.usage", "every use is counted once, in a stretch, and what a crash left is estimated", _usage),
    Proof("cloud.tabs", "each tab captured what the calls on it cost, once, and never more than it held", _tabs),
    Proof("cloud.requests", "every call holds while it runs, and captured what its usage rows cost", _requests),
    Proof("cloud.bills", "every usage row rates again to the price that was charged", _bills),
    *MONEY_PROOFS,
)

_s, _u, _r = tables.stretches.c, tables.usage.c, tables.requests.c
_cost = (
    select(_u.stretch, func.sum(_u.price).label("cost")).group_by(_u.stretch).subquery()
)  # fmt: skip
_stretches_with_cost: Prepared[Any] = prepare(
    select(_s.id, _s.unit, _s.amount, _s.state, func.coalesce(_cost.c.cost, 0).label("cost"))
    .join_from(tables.stretches, _cost, _cost.c.stretch == _s.id, isouter=True)
    .order_by(_s.id)
)
_t = tables.tabs.c
_tabs_with_cost: Prepared[Any] = prepare(
    select(_t.id, _t.amount, _t.budgets, _t.spent, _t.charged, func.coalesce(_cost.c.cost, 0).label("cost"))
    .join_from(tables.tabs, _cost, _cost.c.stretch == _t.id, isouter=True)
    .order_by(_t.id)
)
_count: Prepared[Any] = prepare(select(func.count().label("rows")).select_from(tables.usage))
_odd: Prepared[Any] = prepare(
    select(_u.request, _u.meter, _u.quantity, _u.usage_class, _u.stretch)
    .join_from(tables.usage, tables.stretches, _s.id == _u.stretch, isouter=True)
    .join(tables.requests, (_r.id == _u.request) & (_r.attempt == _u.attempt), isouter=True)
    .where(
        (_u.quantity < 0)
        | (_u.price < 0)
        | _u.usage_class.not_in(tuple(str(each) for each in UsageClass))
        | (_s.id.is_(None) & _r.id.is_(None))
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
_paid = select(_u.request, _u.attempt, func.sum(_u.price).label("cost")).group_by(_u.request, _u.attempt).subquery()
_attempts: Prepared[Any] = prepare(
    select(
        _r.id, _r.attempt, _r.state, _r.held, _r.budgets, _r.price, _r.tab, func.coalesce(_paid.c.cost, 0).label("cost")
    )
    .join_from(tables.requests, _paid, (_paid.c.request == _r.id) & (_paid.c.attempt == _r.attempt), isouter=True)
    .order_by(_r.id, _r.attempt)
)
