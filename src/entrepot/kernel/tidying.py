"""Throws away tasks that were done long ago, a little at a time. To be scheduled once a day.

A key says "once for ever", so tasks with one stay, except those of the schedule, whose slot is over.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, or_, select

from . import tables
from .clock import DAY
from .lanes import Lane
from .schedule import SLOT
from .sql import Prepared, prepare
from .tasks import TaskKind, TaskRun
from .tx import Tx

KEPT_AFTER = 7 * DAY
AT_ONCE_MAX = 1_000


class Tidy(msgspec.Struct, frozen=True):
    """The task's empty body."""


def tidy(tx: Tx) -> int:
    """Delete tasks that were done more than a week ago, at most a thousand; returns how many."""
    return tx.run(_delete, before_=tx.now - KEPT_AFTER, most_=AT_ONCE_MAX)


def _act(run: TaskRun, body: Tidy) -> None:
    while not run.closing and run.database.write_now(tidy, Lane.BULK):
        pass


TIDY = TaskKind("kernel.tidy", Tidy, _act)

_t = tables.tasks.c
_delete: Prepared[Any] = prepare(
    delete(tables.tasks).where(
        _t.id.in_(
            select(_t.id)
            .where(
                _t.state == "done",
                _t.finished_at < bindparam("before_"),
                or_(_t.key.is_(None), _t.key.startswith(SLOT)),
            )
            .limit(bindparam("most_"))
        )
    )
)
