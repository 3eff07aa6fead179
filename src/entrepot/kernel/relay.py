"""The relay: gives committed events their position, and has each reaction done once.

Steps of one round, by the holder of the lease `relay`:

1. committed events without a position get the next ones, in the order they were announced;
2. for every event behind the cursor, each reaction runs in a command of its own, which also records that it ran: so its
   effect and the record are one, and a crash between two rounds repeats nothing;
3. a reaction that fails is recorded with its error and retried alone, later and later; the others go on;
4. the cursor moves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec
import structlog
from sqlalchemy import bindparam, func, select, update

from . import tables
from .clock import SECOND
from .database import Database
from .errors import Refused
from .events import Event, Recorded, event_type
from .lanes import Lane
from .leases import acquire, release, still_held
from .sql import Prepared, from_json, prepare, prepare_text
from .tx import Snapshot, Tx

Handler = Callable[[Tx, Any], None]
Reactions = Mapping[type[Event], Sequence[Handler]]

LEASE = "relay"
PLACED_MAX = 1_000
REACTED_MAX = 100
ATTEMPTS_MAX = 10
RETRY_S = (1, 2, 5, 15, 60, 300, 900, 3_600, 3_600)
POLL_S = 0.5

log = structlog.get_logger(__name__)


def handler_name(handler: Handler) -> str:
    """How a reaction is named in the database: module and function, without the package."""
    return f"{handler.__module__.removeprefix('entrepot.')}.{handler.__qualname__}"


def list_events(snapshot: Snapshot, after: int, most: int = 500) -> list[Recorded]:
    """Events behind a position, in order. Names that no room declares any more are left out."""
    return [event for row in snapshot.all(_behind, after=after, most=most) if (event := _recorded(row)) is not None]


def last_position(snapshot: Snapshot) -> int:
    """The position of the newest placed event; 0 when there is none."""
    return int(snapshot.value(_last) or 0)


class FailedReaction(msgspec.Struct, frozen=True):
    """A reaction that did not succeed yet, for the operator to see and to run again."""

    event_id: str
    event_name: str
    handler: str
    attempts: int
    error: str
    retry_at: int | None


def list_failed_reactions(snapshot: Snapshot, most: int = 100) -> list[FailedReaction]:
    """What failed and waits for its next attempt, or has none left (`retry_at` is None), oldest first."""
    return snapshot.all(_failed, most=most)


def retry_reaction(tx: Tx, event_id: str, handler: str) -> None:
    """Have a failed reaction tried again now."""
    tx.run(_retry_now, event_id_=event_id, handler_=handler, now_=tx.now)


class Relay:
    """Places events and runs reactions while it holds the lease."""

    def __init__(self, database: Database, reactions: Reactions, holder: str) -> None:
        self._database = database
        self._handlers = {event.name: tuple(handlers) for event, handlers in reactions.items()}
        self._by_name = {handler_name(handler): handler for handlers in reactions.values() for handler in handlers}
        self._holder = holder
        self._placed: list[Callable[[], None]] = []

    def when_placed(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever new positions were given by this process."""
        self._placed.append(wake)

    def round(self) -> int:
        """One round; returns how many events were placed or reacted to. 0 when another process holds the lease."""
        fence = self._database.write_now(lambda tx: acquire(tx, LEASE, self._holder))
        if fence is None:
            return 0
        placed = self._database.write_now(lambda tx: _place(tx, fence))
        if placed:
            for wake in self._placed:
                wake()
        return placed + self._react(fence) + self._retry()

    def drain(self) -> int:
        """Rounds until nothing is left to do; returns how many events were handled."""
        total = 0
        while count := self.round():
            total += count
        return total

    def release(self) -> None:
        """Hand the lease back."""
        self._database.write_now(lambda tx: release(tx, LEASE, self._holder))

    def _react(self, fence: int) -> int:
        events = self._database.read_now(_unreacted)
        if not events:
            return 0
        runs = [
            (event, handler, self._submit(event, handler))
            for event in events
            for handler in self._handlers.get(event.event.name, ())
        ]
        for event, handler, run in runs:
            self._settle(event, handler, run)
        self._database.write_now(lambda tx: _move_cursor(tx, fence, events[-1].position), Lane.INTERACTIVE)
        return len(events)

    def _submit(self, event: Recorded, handler: Handler) -> Future[None]:
        name = handler_name(handler)

        def run(tx: Tx) -> None:
            if tx.run(_claim, event_id=event.id, handler=name, now=tx.now):
                handler(tx, event.event)

        future = self._database.submit(run)
        if self._database.dialect == "postgresql":
            future.exception()  # one at a time: positions order the reactions there as the writer's queue does here
        return future

    def _settle(self, event: Recorded, handler: Handler, run: Future[None]) -> None:
        error = run.exception()
        if error is None:
            return
        name = handler_name(handler)
        if not isinstance(error, Refused):
            log.error("a reaction failed", handler=name, event_id=event.id, event_name=event.event.name, exc_info=error)
        text = f"{type(error).__name__}: {error}"[:2_000]
        self._database.write_now(lambda tx: _record_failure(tx, event.id, name, text))

    def _retry(self) -> int:
        due = self._database.read_now(lambda snapshot: snapshot.all(_due, now=snapshot.now, most=REACTED_MAX))
        done = 0
        for row in due:
            handler = self._by_name.get(row.handler)
            event = _recorded(row)
            if handler is None or event is None:
                continue
            self._settle(event, handler, self._submit_again(event, handler))
            done += 1
        return done

    def _submit_again(self, event: Recorded, handler: Handler) -> Future[None]:
        name = handler_name(handler)

        def run(tx: Tx) -> None:
            if tx.run(_finish, event_id_=event.id, handler_=name, now_=tx.now):
                handler(tx, event.event)

        return self._database.submit(run)


class RelayThread:
    """Runs a relay's rounds as events are announced, and looks every half second for those of other processes."""

    def __init__(self, database: Database, relay: Relay) -> None:
        self._relay = relay
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name="entrepot-relay", daemon=True)
        database.when_announced(self._wake.set)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round under way, and hand the lease back."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
            self._relay.release()

    def _loop(self) -> None:
        while not self._closing:
            self._wake.clear()
            try:
                busy = self._relay.round()
            except Exception as error:
                log.warning("the relay pauses", reason=str(error))
                busy = 0
            if not busy and not self._closing:
                self._wake.wait(POLL_S)


def _place(tx: Tx, fence: int) -> int:
    unplaced = tx.all(_unplaced, most=PLACED_MAX)
    if not unplaced:
        return 0
    still_held(tx, LEASE, fence)
    first = last_position(tx) + 1
    tx.run_many(_set_position, [{"id_": row.id, "position_": first + n} for n, row in enumerate(unplaced)])
    return len(unplaced)


def _unreacted(snapshot: Snapshot) -> list[Recorded]:
    return list_events(snapshot, int(snapshot.value(_cursor, name=LEASE) or 0), REACTED_MAX)


def _move_cursor(tx: Tx, fence: int, position: int) -> None:
    still_held(tx, LEASE, fence)
    tx.run(_set_cursor, name=LEASE, position=position)


def _record_failure(tx: Tx, event_id: str, handler: str, error: str) -> None:
    attempts = int(tx.value(_attempts, event_id=event_id, handler=handler) or 0) + 1
    pause_s = RETRY_S[min(attempts, len(RETRY_S)) - 1]
    retry_at = tx.now + pause_s * SECOND if attempts < ATTEMPTS_MAX else None
    tx.run(_fail, event_id=event_id, handler=handler, attempts=attempts, error=error, retry_at=retry_at)


def _recorded(row: Any) -> Recorded | None:
    kind = event_type(row.name)
    return None if kind is None else Recorded(row.id, row.position, row.announced_at, from_json(row.body, kind))


_events, _reactions = tables.events.c, tables.reactions.c
_unplaced: Prepared[Any] = prepare(
    select(_events.id)
    .where(_events.position.is_(None))
    .order_by(_events.announced_at, _events.serial)
    .limit(bindparam("most"))
)
_last: Prepared[Any] = prepare(select(func.max(_events.position).label("position")))
_set_position: Prepared[Any] = prepare(
    update(tables.events).where(_events.id == bindparam("id_")).values(position=bindparam("position_"))
)
_behind: Prepared[Any] = prepare(
    select(_events.id, _events.name, _events.body, _events.announced_at, _events.position)
    .where(_events.position > bindparam("after"))
    .order_by(_events.position)
    .limit(bindparam("most"))
)
_cursor: Prepared[Any] = prepare(select(tables.cursors.c.position).where(tables.cursors.c.name == bindparam("name")))
_set_cursor: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_cursors (name, position) VALUES (:name, :position) "
    "ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)
_claim: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_reactions (event_id, handler, state, attempts, finished_at) "
    "VALUES (:event_id, :handler, 'done', 1, :now) ON CONFLICT DO NOTHING"
)
_fail: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_reactions (event_id, handler, state, attempts, error, retry_at) "
    "VALUES (:event_id, :handler, 'failed', :attempts, :error, :retry_at) "
    "ON CONFLICT (event_id, handler) DO UPDATE SET state = 'failed', attempts = excluded.attempts, "
    "error = excluded.error, retry_at = excluded.retry_at WHERE kernel_reactions.state = 'failed'"
)
_attempts: Prepared[Any] = prepare(
    select(_reactions.attempts).where(
        _reactions.event_id == bindparam("event_id"), _reactions.handler == bindparam("handler")
    )
)
_finish: Prepared[Any] = prepare(
    update(tables.reactions)
    .where(
        _reactions.event_id == bindparam("event_id_"),
        _reactions.handler == bindparam("handler_"),
        _reactions.state == "failed",
    )
    .values(state="done", finished_at=bindparam("now_"), retry_at=None)
)
_retry_now: Prepared[Any] = prepare(
    update(tables.reactions)
    .where(
        _reactions.event_id == bindparam("event_id_"),
        _reactions.handler == bindparam("handler_"),
        _reactions.state == "failed",
    )
    .values(retry_at=bindparam("now_"))
)
_due: Prepared[Any] = prepare(
    select(_events.id, _events.name, _events.body, _events.announced_at, _events.position, _reactions.handler)
    .join_from(tables.reactions, tables.events, _reactions.event_id == _events.id)
    .where(_reactions.state == "failed", _reactions.retry_at <= bindparam("now"))
    .order_by(_reactions.retry_at)
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
