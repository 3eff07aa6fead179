"""What became of holds, and which are past their time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import tables
from .types import HoldState


def find_hold(snapshot: Snapshot, hold_id: str) -> HoldState | None:
    """A hold as it stands, or None."""
    return holds_of(snapshot, [hold_id]).get(hold_id)


def holds_of(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, HoldState]:
    """Those of these holds that exist, by id."""
    return {hold.id: hold for hold in snapshot.all(_holds, ids=ids)}


def list_expired_holds(snapshot: Snapshot, now: int, most: int = 500) -> list[HoldState]:
    """Open holds whose time is over, the longest first: what an `Expire` would release."""
    return snapshot.all(_expired, now=now, most=most)


_h = tables.holds.c
_state = (_h.id, _h.debit, _h.credit, _h.unit, _h.amount, _h.captured, _h.released, _h.state, _h.expires_at)
_holds: Prepared[HoldState] = prepare(select(*_state).where(in_set(_h.id, "ids")), HoldState)
_expired: Prepared[HoldState] = prepare(
    select(*_state)
    .where(_h.state == "open", _h.expires_at.is_not(None), _h.expires_at <= bindparam("now"))
    .order_by(_h.expires_at, _h.id)
    .limit(bindparam("most")),
    HoldState,
)
