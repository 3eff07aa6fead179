"""Throws away what is over: sessions, links and sign-in attempts. To be scheduled once an hour."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete

from entrepot.kernel import DAY, Aging, Lane, Prepared, TaskKind, TaskRun, Tx, prepare

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

_notices = Aging(tables.notices, tables.notices.c.id, tables.notices.c.created_at)
_events = Aging(tables.webhook_events, tables.webhook_events.c.id, tables.webhook_events.c.at)
_deliveries = Aging(tables.webhook_deliveries, tables.webhook_deliveries.c.id, tables.webhook_deliveries.c.created_at)


def forget_notices(tx: Tx, before: int) -> int:
    """Delete the oldest notices of before a time, read or not, at most a thousand; returns how many."""
    return _notices.forget(tx, before)


def forget_webhooks(tx: Tx, before: int) -> int:
    """Delete the oldest events that webhooks told of before a time, and what became of each delivery, at most a
    thousand of both; returns how many."""
    return _deliveries.forget(tx, before) + _events.forget(tx, before)


_before: BindParameter[int] = bindparam("before_")
_sessions: Prepared[Any] = prepare(delete(tables.sessions).where(tables.sessions.c.expires_at < _before))
_links: Prepared[Any] = prepare(delete(tables.links).where(tables.links.c.expires_at < _before))
_attempts: Prepared[Any] = prepare(delete(tables.attempts).where(tables.attempts.c.failed_at < _before))
