"""Reserves: what calls under way hold, and those that are stuck because whoever served them is gone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot import ledger
from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import MINUTE, Snapshot, Tx, is_dead

from .reconciling import RECONCILE, Reconcile
from .requests import Request
from .settling import list_open_requests
from .stretches import list_open

STUCK_AFTER = 5 * MINUTE
"""A call that nobody has looked at for so long is said to be stuck, though its process may still live."""


class Reserve(msgspec.Struct, frozen=True):
    """An attempt at a call that is not settled; `held` in nano units. `is_stuck` when its process is gone, or nobody
    looked at it for long: the reconciler closes it."""

    request: str
    attempt: int
    organisation: str
    model: str
    held: int
    opened_at: int
    seen_at: int | None
    is_stuck: bool


class StandingHold(msgspec.Struct, frozen=True):
    """What a process of the shop has set aside for what it uses: how much, and how much of that was used."""

    id: str
    holder: str
    amount: int
    spent: int
    opened_at: int
    alive_at: int


def list_reserves(snapshot: Snapshot, scope: Scope, mine: Sequence[str]) -> list[Reserve]:
    """Every open attempt, the oldest first. `mine` are the holders that live in this very process. The operator's."""
    require_operator(scope)
    return [_reserve(row, snapshot.now, mine) for row in list_open_requests(snapshot)]


def list_standing_holds(snapshot: Snapshot, scope: Scope) -> list[StandingHold]:
    """The stretches that are open now. The operator's."""
    require_operator(scope)
    rows = list_open(snapshot)
    holds = ledger.holds_of(snapshot, [row.hold for row in rows])
    return [
        StandingHold(row.id, row.holder, row.amount, holds[row.hold].captured, row.opened_at, row.alive_at)
        for row in rows
    ]


def request_reconciling(tx: Tx, scope: Scope) -> None:
    """Have what dead processes left closed now rather than within the minute. The operator's."""
    require_operator(scope)
    tx.enqueue(RECONCILE, Reconcile())
    audit(tx, scope, "cloud.request_reconciling", RECONCILE)


def _reserve(row: Request, now: int, mine: Sequence[str]) -> Reserve:
    gone = row.holder not in mine and is_dead(row.holder)
    silent = max(row.opened_at, row.seen_at or 0) <= now - STUCK_AFTER
    return Reserve(
        row.id, row.attempt, row.organisation, row.model, row.held, row.opened_at, row.seen_at, gone or silent
    )
