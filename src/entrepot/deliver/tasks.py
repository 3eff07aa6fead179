"""Deliver's tasks: the sandbox carrier drives, routes are planned, the lost are missed, days are learned."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, or_, select

from entrepot.identity import Scope
from entrepot.kernel import DAY, SECOND, Prepared, Scheduled, TaskKind, TaskRun, Tx, prepare

from . import tables
from .carriers import journey
from .learning import LEARN_TASK, learn_all
from .parcels import DRIVE_TASK, DriveTask, find_parcel, record_scan
from .planning import planning_tasks
from .types import Scan, Settings

LOST_TASK = "deliver.lost"
MOVING = ("handed_over", "in_transit", "out_for_delivery", "failed", "returning")
LOST_AT_ONCE_MAX = 500


class Housekeeping(msgspec.Struct, frozen=True):
    """Nothing but the time."""


SCHEDULE = (Scheduled(LOST_TASK, Housekeeping(), 3_600), Scheduled(LEARN_TASK, Housekeeping(), 86_400))


def tasks(settings: Settings | None = None) -> tuple[TaskKind[Any], ...]:
    """Deliver's tasks."""
    given = settings or Settings()

    def drive(run: TaskRun, body: DriveTask) -> None:
        run.settle(lambda tx: take_step(tx, body, given.sandbox_step_s, given.sandbox_fault_percent))

    def miss(run: TaskRun, body: Housekeeping) -> None:
        while run.database.write_now(lambda tx: miss_parcels(tx, given.lost_after_days)) == LOST_AT_ONCE_MAX:
            pass
        run.settle(lambda tx: None)

    def learn(run: TaskRun, body: Housekeeping) -> None:
        learn_all(run.database, given)

    return (
        TaskKind(DRIVE_TASK, DriveTask, drive),
        TaskKind(LOST_TASK, Housekeeping, miss),
        TaskKind(LEARN_TASK, Housekeeping, learn, slow=True),
        *planning_tasks(given),
    )


def take_step(tx: Tx, body: DriveTask, step_s: int, fault_percent: int = 0) -> None:
    """Scan a parcel where its journey has it now, and drive on after a while."""
    parcel = find_parcel(tx, body.parcel_id)
    if parcel is None:
        return
    steps = journey(parcel.id, fault_percent, to_point=parcel.pickup_point_id is not None)
    step = steps[body.step]
    # A worker that comes late scans what happened when it happened; what is told twice is told with the same time.
    at = min(parcel.booked_at + step.happened * step_s * SECOND, tx.now)
    record_scan(tx, Scope.system(), Scan(parcel.id, step.code, at, step.place, step.source_id, step.corrects))
    following = body.step + 1
    if following < len(steps):
        tx.enqueue(
            DRIVE_TASK,
            DriveTask(parcel.id, following),
            key=f"{parcel.id} {following}",
            run_at=tx.now + step_s * SECOND,
        )


def miss_parcels(tx: Tx, lost_after_days: int) -> int:
    """Count as lost what nothing was heard of for so many days; returns how many, 500 at most."""
    silent = tx.all(_silent, before=tx.now - lost_after_days * DAY, most=LOST_AT_ONCE_MAX)
    for row in silent:
        record_scan(tx, Scope.system(), Scan(row.id, "lost", tx.now, "", f"silent since {row.heard_at}"))
    return len(silent)


_c = tables.parcels.c
_silent: Prepared[Any] = prepare(
    select(_c.id, _c.heard_at)
    .where(or_(*[_c.state == state for state in MOVING]), _c.heard_at < bindparam("before"))
    .order_by(_c.heard_at, _c.id)
    .limit(bindparam("most"))
)
