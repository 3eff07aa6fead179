"""The sandbox carrier: brings every parcel to its door, one scan after another."""

from __future__ import annotations

from typing import Any

from entrepot.identity import Scope
from entrepot.kernel import SECOND, TaskKind, TaskRun, Tx

from .parcels import DRIVE_TASK, DriveTask, record_scan
from .types import Scan, ScanCode, Settings

ROUTE: tuple[tuple[ScanCode, str], ...] = (
    ("label", "Sender"),
    ("handed_over", "Sender"),
    ("in_transit", "Sorting centre"),
    ("out_for_delivery", "Delivery base"),
    ("delivered", "Front door"),
)


def tasks(settings: Settings | None = None) -> tuple[TaskKind[Any], ...]:
    """Deliver's tasks."""
    step_s = (settings or Settings()).sandbox_step_s

    def drive(run: TaskRun, body: DriveTask) -> None:
        run.settle(lambda tx: take_step(tx, body, step_s))

    return (TaskKind(DRIVE_TASK, DriveTask, drive),)


def take_step(tx: Tx, body: DriveTask, step_s: int) -> None:
    """Scan a parcel where it is now, and drive on after a while."""
    code, place = ROUTE[body.step]
    record_scan(tx, Scope.system(), Scan(body.parcel_id, code, tx.now, place, f"sandbox {body.step}"))
    following = body.step + 1
    if following < len(ROUTE):
        tx.enqueue(
            DRIVE_TASK,
            DriveTask(body.parcel_id, following),
            key=f"{body.parcel_id} {following}",
            run_at=tx.now + step_s * SECOND,
        )
