"""A projection follows the events in order, and soon."""

import threading
from collections.abc import Sequence

import pytest

from entrepot.kernel import Database, ProjectionThread, Recorded, Relay, RelayThread, Snapshot, catch_up
from entrepot.kernel.projections import POLL_S
from tests.kernel.things import announce
from tests.waiting import WAIT_S


class Seen:
    """Keeps what happened, in memory."""

    def __init__(self) -> None:
        self.position = 0
        self.whats: list[str] = []
        self.changed = threading.Condition()
        self.breaks = 0

    def apply(self, snapshot: Snapshot, events: Sequence[Recorded]) -> None:
        if self.breaks:
            self.breaks -= 1
            raise ValueError("broken")
        with self.changed:
            for event in events:
                self.whats.append(event.event.what)  # type: ignore[attr-defined]
            self.position = events[-1].position
            self.changed.notify_all()

    def wait_for(self, what: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: what in self.whats, WAIT_S)


def test_it_sees_every_event_once_in_order(database: Database) -> None:
    seen, relay = Seen(), Relay(database, {}, "one")
    announce(database, "a", "b", "c")
    relay.drain()
    assert catch_up(database, seen, most=2) == 3
    announce(database, "d")
    relay.drain()
    assert catch_up(database, seen) == 1
    assert catch_up(database, seen) == 0
    assert seen.whats == ["a", "b", "c", "d"]


def test_the_thread_shows_a_commit_soon_and_goes_on_after_a_failure(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soon: it is told of a commit, and waits for no look that it takes every so often."""
    for pause in ("relay.POLL_S", "projections.WOKEN_POLL_S"):
        monkeypatch.setattr(f"entrepot.kernel.{pause}", 10 * WAIT_S)
    monkeypatch.setitem(POLL_S, database.dialect, 10 * WAIT_S)
    seen, relay = Seen(), Relay(database, {}, "one")
    seen.breaks = 1
    relaying, projecting = RelayThread(database, relay), ProjectionThread(database, [seen])
    relay.when_placed(projecting.wake.set)
    relaying.start()
    projecting.start()
    announce(database, "first")
    seen.wait_for("first")
    for n in range(20):
        announce(database, f"{n}")
        seen.wait_for(f"{n}")
    projecting.stop()
    relaying.stop()


def test_the_thread_sees_what_another_process_placed(database: Database) -> None:
    seen = Seen()
    projecting = ProjectionThread(database, [seen])
    projecting.start()
    announce(database, "a")
    Relay(database, {}, "another").drain()
    seen.wait_for("a")
    projecting.stop()
