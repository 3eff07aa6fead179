"""How far the background work is behind: what an operator's monitoring watches."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, func, select

from . import tables
from .sql import Prepared, prepare
from .tx import Snapshot


class Backlog(msgspec.Struct, frozen=True):
    """Events that nobody has placed yet, tasks whose time has come, and how long the oldest of each has waited, in
    microseconds; 0 where nothing waits."""

    events: int
    events_age: int
    tasks: int
    tasks_age: int


def read_backlog(snapshot: Snapshot) -> Backlog:
    """The backlog at this moment."""
    events, announced_at = snapshot.one(_events) or (0, None)
    tasks, run_at = snapshot.one(_tasks, now=snapshot.now) or (0, None)
    return Backlog(int(events), _age(snapshot.now, announced_at), int(tasks), _age(snapshot.now, run_at))


def _age(now: int, since: int | None) -> int:
    return 0 if since is None else max(now - since, 0)


_e, _t = tables.events.c, tables.tasks.c
_events: Prepared[tuple[int, int | None]] = prepare(
    select(func.count().label("rows"), func.min(_e.announced_at).label("oldest")).where(_e.position.is_(None))
)
_tasks: Prepared[tuple[int, int | None]] = prepare(
    select(func.count().label("rows"), func.min(_t.run_at).label("oldest")).where(
        _t.state == "waiting", _t.run_at <= bindparam("now")
    )
)
