"""The relay: gives committed events their position, and has each reaction done once.

Steps of one round, by the holder of the lease `relay`:

1. committed events without a position get the next ones, in the order they were announced;
2. for every event behind the cursor, each reaction runs in the command that also records that it ran: so its effect and
   the record are one, and a crash between two rounds repeats nothing;
3. one command records what failed, moves the cursor, and gives positions to what was announced meanwhile; when nothing
   is left to react to, it also gives the lease back;
4. a reaction that failed is tried again alone, later and later; the others go on.

Reactions share a command while all of them succeed, in the order of events: a commit costs more than most of them. When
one fails, nothing of that command is kept, and each of them runs in one of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import structlog

from .database import Database
from .errors import Refused
from .leases import acquire, release, renew
from .positions import cursor_and_last, has_unplaced, list_named, move_cursor, place
from .reactions import Handler, Reaction, Reactions, handler_name, list_due, record_failure, run_together
from .stopping import NEVER, Deadline
from .tx import Snapshot, Tx

LEASE = "relay"
REACTED_MAX = 100
BATCHES_MAX = 20
CHAINS_AT_ONCE = 4
TOGETHER_MAX = 30
POLL_S = 0.25

log = structlog.get_logger(__name__)

Failure = tuple[Reaction, BaseException]


class Behind(NamedTuple):
    """What the cursor has not passed yet, up to a position."""

    reactions: list[Reaction]
    upto: int


class Placed(NamedTuple):
    """How many events got a position, and what to react to now; when that is nothing, the lease was handed back."""

    events: int
    behind: Behind


class Relay:
    """Places events and runs reactions while it holds the lease."""

    def __init__(self, database: Database, reactions: Reactions, holder: str) -> None:
        self._database = database
        self._handlers = {event.name: tuple(handlers) for event, handlers in reactions.items() if handlers}
        self._by_name = {handler_name(handler): handler for handlers in reactions.values() for handler in handlers}
        self._names = sorted(self._handlers)
        self._holder = holder
        self._placed: list[Callable[[], None]] = []
        self._alone: set[Handler] = set()

    def when_placed(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever new positions were given by this process."""
        self._placed.append(wake)

    def round(self) -> int:
        """One round; returns how many events were placed or reacted to. 0 when another process holds the lease."""
        if not self._database.read_now(self._has_work):
            return 0
        begun = self._database.write_now(self._begin)
        if begun is None:
            return 0
        fence, placed = begun
        handled = self._tell(placed)
        for _ in range(BATCHES_MAX):  # then the retries get their turn, however much comes
            behind = placed.behind
            if not behind.reactions:
                break
            failures = self._react(behind.reactions)
            placed = self._database.write_now(lambda tx: self._advance(tx, fence, behind.upto, failures))  # noqa: B023
            handled += len(behind.reactions) + self._tell(placed)
        return handled + self._retry()

    def drain(self) -> int:
        """Rounds until nothing is left to do; returns how many events were handled."""
        total = 0
        while count := self.round():
            total += count
        return total

    def release(self) -> None:
        """Hand the lease back."""
        self._database.write_now(lambda tx: release(tx, LEASE, self._holder))

    def _has_work(self, snapshot: Snapshot) -> bool:
        cursor, last = cursor_and_last(snapshot, LEASE)
        if cursor < last or has_unplaced(snapshot):
            return True
        return bool(list_due(snapshot, self._by_name, 1))

    def _begin(self, tx: Tx) -> tuple[int, Placed] | None:
        """Take the lease and place what waits; None when another process has the lease."""
        fence = acquire(tx, LEASE, self._holder)
        return None if fence is None else (fence, self._place(tx))

    def _advance(self, tx: Tx, fence: int, upto: int, failures: Sequence[Failure]) -> Placed:
        """Record what became of a batch, and place what waits. Conflict when the lease was lost meanwhile."""
        renew(tx, LEASE, self._holder, fence)
        for reaction, error in failures:
            record_failure(tx, reaction, error)
        move_cursor(tx, LEASE, upto)
        return self._place(tx)

    def _place(self, tx: Tx) -> Placed:
        """Place what waits. When there is nothing to react to, pass all of it and hand the lease back at once."""
        count = len(place(tx))
        cursor, last = cursor_and_last(tx, LEASE)
        behind = self._behind(tx, cursor, last)
        if not behind.reactions:
            if behind.upto > cursor:
                move_cursor(tx, LEASE, behind.upto)
            release(tx, LEASE, self._holder)
        return Placed(count, behind)

    def _behind(self, tx: Tx, cursor: int, last: int) -> Behind:
        events = list_named(tx, self._names, cursor, REACTED_MAX) if cursor < last else []
        upto = events[-1].position if len(events) == REACTED_MAX else last
        return Behind(
            [Reaction(event, handler) for event in events for handler in self._handlers[event.event.name]], upto
        )

    def _react(self, reactions: Sequence[Reaction]) -> list[Failure]:
        """Run reactions, together where that may be; returns those that failed."""
        alone = [each for each in reactions if each.handler in self._alone]
        shared = [each for each in reactions if each.handler not in self._alone]
        while len(shared) > 1 and self._in_one_command(shared[:TOGETHER_MAX]):
            shared = shared[TOGETHER_MAX:]
        return self._run_each(alone + shared)

    def _in_one_command(self, reactions: Sequence[Reaction]) -> bool:
        """Run reactions in one command; False, and none of them had, when one fails."""
        run = self._database.submit(lambda tx: run_together(tx, reactions, self._alone))
        return run.exception() is None

    def _run_each(self, reactions: Sequence[Reaction]) -> list[Failure]:
        """Run reactions in commands of their own: those of a handler in their order."""
        if self._database.dialect == "sqlite":  # the writer's queue keeps their order, and its batches share a commit
            return self._failed((each, self._database.submit(each.run)) for each in reactions)
        chains: dict[Handler, list[Reaction]] = {}
        for reaction in reactions:
            chains.setdefault(reaction.handler, []).append(reaction)
        if len(chains) <= 1:
            return self._run_in_turn(reactions)
        with ThreadPoolExecutor(CHAINS_AT_ONCE, "entrepot-reaction") as threads:
            return [failure for failures in threads.map(self._run_in_turn, chains.values()) for failure in failures]

    def _run_in_turn(self, reactions: Sequence[Reaction]) -> list[Failure]:
        return [failure for each in reactions for failure in self._failed([(each, self._database.submit(each.run))])]

    def _retry(self) -> int:
        due = self._database.read_now(lambda snapshot: list_due(snapshot, self._by_name, REACTED_MAX))
        for reaction, error in self._run_each(due):
            self._database.write_now(lambda tx: record_failure(tx, reaction, error))  # noqa: B023
        return len(due)

    def _failed(self, runs: Iterable[tuple[Reaction, Future[None]]]) -> list[Failure]:
        ended = [(reaction, run.exception()) for reaction, run in list(runs)]
        failures = [(reaction, error) for reaction, error in ended if error is not None]
        for reaction, error in failures:
            if not isinstance(error, Refused):
                log.error("a reaction failed", handler=reaction.name, event_id=reaction.event.id, exc_info=error)
        return failures

    def _tell(self, placed: Placed) -> int:
        """Wake who follows the positions; returns how many were given."""
        if placed.events:
            for wake in self._placed:
                wake()
        return placed.events


class RelayThread:
    """Runs a relay's rounds as events are announced, and looks four times a second for those of other processes."""

    def __init__(self, database: Database, relay: Relay) -> None:
        self._relay = relay
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name="entrepot-relay", daemon=True)
        database.when_announced(self._wake.set)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """End after the round under way, and hand the lease back."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            deadline.require(self._thread, "Reactions to what happened are still at work")
            try:
                self._relay.release()
            except Refused as refusal:
                log.warning("the relay's lease runs out by itself", reason=refusal.sentence)

    def _loop(self) -> None:
        while not self._closing:
            self._wake.clear()
            try:
                busy = self._relay.round()
            except Refused as refusal:
                log.warning("the relay pauses", reason=refusal.sentence)
                busy = 0
            except Exception:
                log.exception("the relay pauses")
                busy = 0
            if not busy and not self._closing:
                self._wake.wait(POLL_S)
