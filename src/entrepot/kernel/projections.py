"""Projections: what a process keeps in memory and can make again from the rows at any time.

A projection has a cursor of its own, applies events in order and never writes to the database.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import structlog

from .database import Database
from .errors import Refused
from .events import Recorded
from .positions import last_position, list_events
from .stopping import NEVER, Deadline
from .tx import Snapshot

POLL_S = {"sqlite": 0.25, "postgresql": 0.03}
WOKEN_POLL_S = 0.1
"""How often to look while this process's own relay wakes us: what others place in between is rare then."""
FAILED_POLL_S = 1.0

log = structlog.get_logger(__name__)


class Projection(Protocol):
    """Follows the events in order."""

    @property
    def position(self) -> int:
        """The last position that it has seen."""
        ...

    def apply(self, snapshot: Snapshot, events: Sequence[Recorded]) -> None:
        """Take in the next events, reading what it needs from the snapshot, and move `position` to the last of them."""
        ...


def catch_up(database: Database, projection: Projection, most: int = 500) -> int:
    """Apply everything that is placed and not yet seen; returns how many events."""
    total = 0

    def step(snapshot: Snapshot) -> tuple[int, bool]:
        events = list_events(snapshot, projection.position, most)
        if events:
            projection.apply(snapshot, events)
        # A projection may take in fewer than it was given; it is asked again for the others.
        return len(events), len(events) == most or (bool(events) and projection.position < events[-1].position)

    more = True
    while more:
        count, more = database.read_now(step)
        total += count
    return total


class ProjectionThread:
    """Keeps projections up with the relay: woken by this process's relay (give its `when_placed` our `wake.set`).

    It also looks for what other processes' relays placed: often on PostgreSQL, where they serve beside this one.
    """

    def __init__(self, database: Database, projections: Sequence[Projection]) -> None:
        self._database = database
        self._projections = projections
        self._poll_s = POLL_S[database.dialect]
        self._closing = False
        self.wake = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="entrepot-projections", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """End after the step under way."""
        self._closing = True
        self.wake.set()
        deadline.require(self._thread, "Lists that follow what happened are still at work")

    def _loop(self) -> None:
        woken = False
        while not self._closing:
            self.wake.clear()
            is_well = self._keep_up()
            poll_s = self._poll_s if not woken else max(self._poll_s, WOKEN_POLL_S)
            woken = self.wake.wait(poll_s if is_well else FAILED_POLL_S)

    def _keep_up(self) -> bool:
        """Bring everybody up to the newest event; False when one of them could not be. One question tells who must."""
        try:
            last = self._database.read_now(last_position)
        except Refused as refusal:
            log.warning("projections wait", reason=refusal.sentence)
            return False
        except Exception:
            log.exception("it cannot be seen what projections lack")
            return False
        return not [each for each in self._projections if each.position < last and not self._catch_up(each)]

    def _catch_up(self, projection: Projection) -> bool:
        try:
            catch_up(self._database, projection)
        except Refused as refusal:
            log.warning("a projection waits", reason=refusal.sentence)
            return False
        except Exception:
            log.exception("a projection failed; it goes on from where it was", projection=repr(projection))
            return False
        return True
