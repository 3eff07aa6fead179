"""The ledger's housekeeping, for the schedule: seal what was posted, then fold what was sealed."""

from __future__ import annotations

import msgspec

from entrepot.kernel import Lane, TaskKind, TaskRun

from .chain import seal
from .snapshots import snapshot_accounts


class Housekeeping(msgspec.Struct, frozen=True):
    """These tasks need no more than to be done."""


def seal_all(run: TaskRun, body: Housekeeping) -> None:
    """Seal block after block until nothing is left."""
    while run.database.write_now(seal, Lane.BULK) and not run.closing:
        pass


def snapshot_all(run: TaskRun, body: Housekeeping) -> None:
    """Take snapshots until everything sealed was looked through."""
    while run.database.write_now(snapshot_accounts, Lane.BULK) and not run.closing:
        pass


TASKS: tuple[TaskKind[Housekeeping], ...] = (
    TaskKind("ledger.seal", Housekeeping, seal_all),
    TaskKind("ledger.snapshot", Housekeeping, snapshot_all),
)
