"""Throws away what is over: sessions, links and sign-in attempts. To be scheduled once an hour."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete

from entrepot.kernel import DAY, Lane, Prepared, TaskKind, TaskRun, Tx, prepare

from . import tables

KEPT_AFTER = 7 * DAY


class Tidy(msgspec.Struct, frozen=True):
    """The task's empty body."""


def tidy(tx: Tx) -> int:
    """Delete sessions, links and attempts that have been over for a week; returns how many."""
    return sum(tx.run(statement, before_=tx.now - KEPT_AFTER) for statement in (_sessions, _links, _attempts))


def _act(run: TaskRun, body: Tidy) -> None:
    run.database.write_now(tidy, Lane.BULK)


TIDY = TaskKind("identity.tidy", Tidy, _act)

_before: BindParameter[int] = bindparam("before_")
_sessions: Prepared[Any] = prepare(delete(tables.sessions).where(tables.sessions.c.expires_at < _before))
_links: Prepared[Any] = prepare(delete(tables.links).where(tables.links.c.expires_at < _before))
_attempts: Prepared[Any] = prepare(delete(tables.attempts).where(tables.attempts.c.failed_at < _before))
