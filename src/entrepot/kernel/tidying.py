"""Throws away what is over or was kept long enough, a little at a time. To be scheduled once a day.

Tasks go a week after they were done. A key says "once for ever", so those with one stay, except those of the schedule,
whose slot is over.

What only ever grows goes by its age, the oldest first (`Aging`). An event goes only when everybody who keeps a cursor
in the database has passed it, and when no reaction to it has failed. A reader that goes on from a place of its own asks
`forgotten_up_to` first whether it still can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Column, Table, bindparam, delete, func, or_, select

from . import tables
from .clock import DAY
from .facts import find_fact, write_fact
from .lanes import Lane
from .schedule import SLOT
from .sql import Prepared, in_set, prepare
from .tasks import TaskKind, TaskRun
from .tx import Snapshot, Tx

TIDY = "kernel.tidy"
KEPT_AFTER = 7 * DAY
AT_ONCE_MAX = 1_000
FORGOTTEN = "kernel.events_forgotten_up_to"

Forget = Callable[[Tx, int], int]
"""Deletes some of what is older than a time, and returns how many rows; 0 when nothing is left to delete."""


class Tidy(msgspec.Struct, frozen=True):
    """The task's empty body."""


class Kept(msgspec.Struct, frozen=True):
    """How long something is kept, in days; 0: for ever."""

    forget: Forget
    days: int


def tidy_task(*kept: Kept) -> TaskKind[Tidy]:
    """The round as a task."""

    def act(run: TaskRun, body: Tidy) -> None:
        _repeat(run, tidy)
        for each in kept:
            if each.days:
                _repeat(run, lambda tx: each.forget(tx, tx.now - each.days * DAY))  # noqa: B023

    return TaskKind(TIDY, Tidy, act)


def _repeat(run: TaskRun, command: Callable[[Tx], int]) -> None:
    """Small commands, behind whoever waits for the writer."""
    while not run.closing and run.database.write_now(command, Lane.BULK):
        pass


def tidy(tx: Tx) -> int:
    """Delete tasks that were done more than a week ago, at most a thousand; returns how many."""
    return tx.run(_delete, before_=tx.now - KEPT_AFTER, most_=AT_ONCE_MAX)


class Aging:
    """A table whose rows are added in the order of their key, and go in it when they are old."""

    def __init__(self, rows: Table, key: Column[Any], at: Column[Any]) -> None:
        self._head: Prepared[Any] = prepare(
            select(key.label("key"), at.label("at")).order_by(key).limit(bindparam("most"))
        )
        self._delete: Prepared[Any] = prepare(delete(rows).where(in_set(key, "keys")))

    def forget(self, tx: Tx, before: int) -> int:
        """Delete rows of before a time, at most a thousand; returns how many."""
        old = [row.key for row in tx.all(self._head, most=AT_ONCE_MAX) if row.at < before]
        return tx.run(self._delete, keys=old) if old else 0


def forget_events(tx: Tx, before: int) -> int:
    """Delete events that were announced before a time and that everybody has passed, at most a thousand, with what
    became of their reactions; returns how many."""
    passed = tx.value(_slowest)
    head = tx.all(_head, passed=passed or 0, most=AT_ONCE_MAX)
    old = {row.id: row.position for row in head if row.announced_at < before}
    failing = {row.event_id for row in tx.all(_failing, ids=list(old))} if old else set()
    gone = sorted(old.keys() - failing)
    if gone:
        tx.run(_delete_reactions, ids=gone)
        tx.run(_delete_events, ids=gone)
        write_fact(tx, FORGOTTEN, max(forgotten_up_to(tx), *(old[each] for each in gone)))
    return len(gone)


def forgotten_up_to(snapshot: Snapshot) -> int:
    """The position of the last event that was deleted; 0 when none was. Who stands before it cannot follow any more."""
    return int(find_fact(snapshot, FORGOTTEN) or 0)


_t, _e, _r = tables.tasks.c, tables.events.c, tables.reactions.c
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
_slowest: Prepared[Any] = prepare(select(func.min(tables.cursors.c.position).label("position")))
_head: Prepared[Any] = prepare(
    select(_e.id, _e.position, _e.announced_at)
    .where(_e.position < bindparam("passed"))  # the last one stays: positions are counted on from it
    .order_by(_e.position)
    .limit(bindparam("most"))
)
_failing: Prepared[Any] = prepare(select(_r.event_id).where(in_set(_r.event_id, "ids"), _r.state == "failed"))
_delete_reactions: Prepared[Any] = prepare(delete(tables.reactions).where(in_set(_r.event_id, "ids")))
_delete_events: Prepared[Any] = prepare(delete(tables.events).where(in_set(_e.id, "ids")))
