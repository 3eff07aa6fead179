"""The relay: gives committed events their position, and has each reaction done once.

Steps of one round, by the holder of the lease `relay`:

1. committed events without a position get the next ones, in the order they were announced;
2. for every event behind the cursor, each reaction runs in a command of its own, which also records that it ran: so its
   effect and the record are one, and a crash between two rounds repeats nothing;
3. one command records what failed, moves the cursor, and gives positions to what was announced meanwhile; when nothing
   is left to react to, it also gives the lease back;
4. a reaction that failed is tried again alone, later and later; the others go on.

So a batch of a hundred events costs two commits on SQLite, where the reactions of a batch share one. On PostgreSQL the
reactions of one handler share a command while they succeed, in the order of events; handlers run side by side.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import structlog

from .database import Database
from .errors import Refused
from .leases import acquire, release, still_held
from .positions import cursor_of, has_unplaced, last_position, list_named, move_cursor, place
from .reactions import Handler, Reaction, Reactions, handler_name, list_due, record_failure
from .stopping import NEVER, Deadline
from .tx import Snapshot, Tx

LEASE = "relay"
REACTED_MAX = 100
BATCHES_MAX = 20
CHAINS_AT_ONCE = 4
TOGETHER_MAX = 10
POLL_S = 0.25

log = structlog.get_logger(__name__)

Failure = tuple[Reaction, BaseException]


class Behind(NamedTuple):
    """What the cursor has not passed yet, up to a position."""

    reactions: list[Reaction]
    upto: int


class Placed(NamedTuple):
    """How many events got a position, and whether the lease was handed back because nothing else is left to do."""

    events: int
    released: bool


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
            if placed.released:
                break
            behind = self._database.read_now(self._behind)
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
        if has_unplaced(snapshot) or cursor_of(snapshot, LEASE) < last_position(snapshot):
            return True
        return bool(list_due(snapshot, self._by_name, 1))

    def _begin(self, tx: Tx) -> tuple[int, Placed] | None:
        """Take the lease and place what waits; None when another process has the lease."""
        fence = acquire(tx, LEASE, self._holder)
        return None if fence is None else (fence, self._place(tx))

    def _advance(self, tx: Tx, fence: int, upto: int, failures: Sequence[Failure]) -> Placed:
        """Record what became of a batch, and place what waits. Conflict when the lease was lost meanwhile."""
        still_held(tx, LEASE, fence)
        acquire(tx, LEASE, self._holder)
        for reaction, error in failures:
            record_failure(tx, reaction, error)
        move_cursor(tx, LEASE, upto)
        return self._place(tx)

    def _place(self, tx: Tx) -> Placed:
        """Place what waits. When there is nothing to react to, pass all of it and hand the lease back at once."""
        count = len(place(tx))
        behind = self._behind(tx)
        if behind.reactions:
            return Placed(count, released=False)
        if behind.upto > cursor_of(tx, LEASE):
            move_cursor(tx, LEASE, behind.upto)
        release(tx, LEASE, self._holder)
        return Placed(count, released=True)

    def _behind(self, snapshot: Snapshot) -> Behind:
        cursor = cursor_of(snapshot, LEASE)
        events = list_named(snapshot, self._names, cursor, REACTED_MAX)
        upto = events[-1].position if len(events) == REACTED_MAX else last_position(snapshot)
        return Behind(
            [Reaction(event, handler) for event in events for handler in self._handlers[event.event.name]], upto
        )

    def _react(self, reactions: Sequence[Reaction]) -> list[Failure]:
        """Run reactions, each in its own command; returns those that failed."""
        if self._database.dialect == "sqlite":
            return self._run_together(reactions)
        chains: dict[Handler, list[Reaction]] = {}
        for reaction in reactions:
            chains.setdefault(reaction.handler, []).append(reaction)
        with ThreadPoolExecutor(CHAINS_AT_ONCE, "entrepot-reaction") as threads:
            return [failure for failures in threads.map(self._run_in_turn, chains.values()) for failure in failures]

    def _run_together(self, reactions: Sequence[Reaction]) -> list[Failure]:
        """The writer's queue keeps their order, and its batches share a commit."""
        runs = [(reaction, self._database.submit(reaction.run)) for reaction in reactions]
        return self._failed((reaction, run.exception()) for reaction, run in runs)

    def _run_in_turn(self, reactions: Sequence[Reaction]) -> list[Failure]:
        """One handler's turns, in their order."""
        failures: list[Failure] = []
        for few in (reactions[n : n + TOGETHER_MAX] for n in range(0, len(reactions), TOGETHER_MAX)):
            if len(few) == 1 or not self._in_one_command(few):
                runs = [(reaction, self._database.submit(reaction.run).exception()) for reaction in few]
                failures += self._failed(runs)
        return failures

    def _in_one_command(self, reactions: Sequence[Reaction]) -> bool:
        """A handler's turns in one command, which costs one commit; False, and none of them done, when one fails.

        A handler that moves money cannot do so twice in a command. It is found out once, and goes alone from then on.
        """
        handler = reactions[0].handler
        if handler in self._alone:
            return False

        def command(tx: Tx) -> None:
            for reaction in reactions:
                reaction.run(tx)

        if self._database.submit(command).exception() is None:
            return True
        self._alone.add(handler)
        return False

    def _retry(self) -> int:
        due = self._database.read_now(lambda snapshot: list_due(snapshot, self._by_name, REACTED_MAX))
        for reaction, error in self._react(due) if due else ():
            self._database.write_now(lambda tx: record_failure(tx, reaction, error))  # noqa: B023
        return len(due)

    def _failed(self, ended: Iterable[tuple[Reaction, BaseException | None]]) -> list[Failure]:
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
