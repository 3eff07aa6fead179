"""Reactions: what is done because of an event, once per (event, handler), and what became of it.

The row that says "done" is written in the command of the effect, so there is never one without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from . import tables
from .clock import SECOND
from .events import Event, Recorded
from .many import insert_rows
from .positions import recorded
from .sql import Prepared, in_set, prepare, prepare_text
from .tx import Snapshot, Tx

Handler = Callable[[Tx, Any], None]
Reactions = Mapping[type[Event], Sequence[Handler]]

ATTEMPTS_MAX = 10
RETRY_S = (1, 2, 5, 15, 60, 300, 900, 3_600, 3_600)


class FailedReaction(msgspec.Struct, frozen=True):
    """A reaction that did not succeed yet, for the operator to see and to run again."""

    event_id: str
    event_name: str
    handler: str
    attempts: int
    error: str
    retry_at: int | None


class Reaction(msgspec.Struct, frozen=True):
    """One handler's turn at one event."""

    event: Recorded
    handler: Handler
    is_retry: bool = False

    @property
    def name(self) -> str:
        """The handler's name in the database."""
        return handler_name(self.handler)

    def run(self, tx: Tx) -> None:
        """Have the effect and record it; nothing when it was had already."""
        claim = _claim_again if self.is_retry else _claim
        if tx.run(claim, event_id=self.event.id, handler=self.name, now=tx.now):
            self.handler(tx, self.event.event)


def run_together(tx: Tx, reactions: Sequence[Reaction], alone: set[Handler]) -> None:
    """Have the effects of several reactions and record them, all or none: nothing of it when one was had already.

    A handler that does what a command may do once (it posts to the ledger) is added to `alone`.
    """
    claims = [_done(each.event.id, each.name, tx.now) for each in reactions]
    if tx.write_all((_claim_all, claims)) != [len(claims)]:
        raise RuntimeError("a reaction among others was had before")
    for reaction in reactions:
        asked = tx.once_asked
        try:
            reaction.handler(tx, reaction.event.event)
        finally:
            if tx.once_asked > asked:
                alone.add(reaction.handler)


def handler_name(handler: Handler) -> str:
    """How a reaction is named in the database: module and function, without the package."""
    return f"{handler.__module__.removeprefix('entrepot.')}.{handler.__qualname__}"


def _done(event_id: str, handler: str, at: int) -> dict[str, Any]:
    return {"event_id": event_id, "handler": handler, "state": "done", "attempts": 1, "finished_at": at}


def list_failed_reactions(snapshot: Snapshot, most: int = 100) -> list[FailedReaction]:
    """What failed and waits for its next attempt, or has none left (`retry_at` is None), oldest first."""
    return snapshot.all(_failed, most=most)


def retry_reaction(tx: Tx, event_id: str, handler: str) -> None:
    """Have a failed reaction tried again now, and up to ten times more if need be."""
    tx.run(_retry_now, event_id_=event_id, handler_=handler, now_=tx.now)
    tx.announced = True  # wakes the relay


def list_due(snapshot: Snapshot, handlers: Mapping[str, Handler], most: int) -> list[Reaction]:
    """Failed reactions whose time to be tried again has come."""
    rows = snapshot.all(_due, now=snapshot.now, handlers=sorted(handlers), most=most)
    return [Reaction(recorded(row), handlers[row.handler], is_retry=True) for row in rows]


def record_failure(tx: Tx, reaction: Reaction, error: BaseException) -> None:
    """Remember that a reaction failed and when to try it again: later and later, and in the end not at all."""
    at = {"event_id": reaction.event.id, "handler": reaction.name}
    attempts = int(tx.value(_attempts, **at) or 0) + 1
    pause_s = RETRY_S[min(attempts, len(RETRY_S)) - 1]
    retry_at = tx.now + pause_s * SECOND if attempts < ATTEMPTS_MAX else None
    text = f"{type(error).__name__}: {error}"[:2_000]
    tx.run(_fail, **at, attempts=attempts, error=text, retry_at=retry_at)


_events, _reactions = tables.events.c, tables.reactions.c
_claim_all = insert_rows(
    tables.reactions, ["event_id", "handler", "state", "attempts", "finished_at"], "event_id", "handler"
)
_claim: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_reactions (event_id, handler, state, attempts, finished_at) "
    "VALUES (:event_id, :handler, 'done', 1, :now) ON CONFLICT DO NOTHING"
)
_claim_again: Prepared[Any] = prepare_text(
    "UPDATE kernel_reactions SET state = 'done', attempts = attempts + 1, finished_at = :now, retry_at = NULL "
    "WHERE event_id = :event_id AND handler = :handler AND state = 'failed'"
)
_fail: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_reactions (event_id, handler, state, attempts, error, retry_at) "
    "VALUES (:event_id, :handler, 'failed', :attempts, :error, :retry_at) "
    "ON CONFLICT (event_id, handler) DO UPDATE SET attempts = excluded.attempts, error = excluded.error, "
    "retry_at = excluded.retry_at WHERE kernel_reactions.state = 'failed'"
)
_attempts: Prepared[Any] = prepare(
    select(_reactions.attempts).where(
        _reactions.event_id == bindparam("event_id"), _reactions.handler == bindparam("handler")
    )
)
_retry_now: Prepared[Any] = prepare(
    update(tables.reactions)
    .where(
        _reactions.event_id == bindparam("event_id_"),
        _reactions.handler == bindparam("handler_"),
        _reactions.state == "failed",
    )
    .values(retry_at=bindparam("now_"), attempts=0)
)
_due: Prepared[Any] = prepare(
    select(_events.id, _events.name, _events.body, _events.announced_at, _events.position, _reactions.handler)
    .join_from(tables.reactions, tables.events, _reactions.event_id == _events.id)
    .where(
        _reactions.state == "failed", _reactions.retry_at <= bindparam("now"), in_set(_reactions.handler, "handlers")
    )
    .order_by(_reactions.retry_at, _events.position)
    .limit(bindparam("most"))
)
_failed: Prepared[FailedReaction] = prepare(
    select(
        _reactions.event_id,
        _events.name,
        _reactions.handler,
        _reactions.attempts,
        _reactions.error,
        _reactions.retry_at,
    )
    .join_from(tables.reactions, tables.events, _reactions.event_id == _events.id)
    .where(_reactions.state == "failed")
    .order_by(_events.position)
    .limit(bindparam("most")),
    FailedReaction,
)
