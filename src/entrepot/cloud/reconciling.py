"""The reconciler: closes what a process left open that died in the middle of a call.

Each attempt is classed by what is known of it. A stream that was looked at is settled for what had come by then
(`checkpointed`). One that was never looked at is void: nobody pays for what cannot be shown. Its holds end either way,
so no reserve outlives its process by more than a round of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from entrepot.kernel import MINUTE, Database, Snapshot, TaskKind, TaskRun, Tx, is_dead

from .accounts import nano
from .registry import find_live
from .settling import Request, Settled, list_open_requests, lock_request, settle, void
from .types import SHOP, Settings, UsageClass

RECONCILE = "cloud.reconcile"

SILENT_MAX = 30 * MINUTE
"""A call of another machine's process that has been open for so long without a look at it has been given up."""


def reconcile(
    database: Database, unit: str, makers: Callable[[str], str | None], living: Mapping[str, object] | None = None
) -> list[Settled]:
    """Close every attempt whose process is gone; returns how each ended. One transaction for each, so that what is
    wrong with one keeps no other open.

    `living` are the holders of this very process, `makers` names the organisation that made a model.
    """
    now = database.clock.now()
    mine = living or {}
    left = [
        row
        for row in database.read_now(list_open_requests)
        if row.holder not in mine and (is_dead(row.holder) or _is_silent(row, now))
    ]
    return [database.write_now(partial(close_left, row=row, unit=unit, maker=makers(row.model))) for row in left]


def close_left(tx: Tx, row: Request, unit: str, maker: str | None) -> Settled:
    """Close one attempt by what was last seen of it; one that was closed meanwhile stays as it is."""
    seen = lock_request(tx, row.id, row.attempt).seen
    if not seen:
        return void(tx, row.id, row.attempt)
    return settle(tx, row.id, row.attempt, seen, unit, outcome=UsageClass.CHECKPOINTED, maker=maker)


def _is_silent(row: Request, now: int) -> bool:
    return max(row.opened_at, row.seen_at or 0) <= now - SILENT_MAX


class Reconcile(msgspec.Struct, frozen=True):
    """A round of the reconciler."""


def reconcile_task(settings: Settings, holder: str) -> TaskKind[Reconcile]:
    """The round as a task. `holder` is this process, whose calls are its own to settle."""

    def act(run: TaskRun, _: Reconcile) -> None:
        def maker(model: str) -> str | None:
            return run.database.read_now(lambda snapshot: maker_of(snapshot, model))

        reconcile(run.database, nano(settings.currency), maker, {holder: None})

    return TaskKind(RECONCILE, Reconcile, act)


def maker_of(snapshot: Snapshot, name: str) -> str | None:
    """The organisation that earns a model's share; None for the platform's own."""
    model = find_live(snapshot, name)
    return model.organisation if model is not None and model.organisation != SHOP else None
