"""The schedule: tasks that come again every so often, enqueued once per slot by the holder of a lease."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec
import structlog

from .clock import SECOND
from .database import Database
from .errors import Refused
from .leases import acquire, release
from .stopping import NEVER, Deadline
from .tx import Tx

LEASE = "schedule"
SLOT = "slot "
TICK_S = 1.0

log = structlog.get_logger(__name__)


class Scheduled(msgspec.Struct, frozen=True):
    """A task of kind `kind` every `every_s` seconds, on whole multiples of it."""

    kind: str
    body: msgspec.Struct
    every_s: int


def enqueue_due(tx: Tx, schedule: Sequence[Scheduled]) -> int:
    """Enqueue each entry for the slot that the time is in, once; returns how many were new."""
    slots = [(entry, tx.now // (entry.every_s * SECOND)) for entry in schedule]
    return sum(tx.enqueue(entry.kind, entry.body, key=f"{SLOT}{slot}") is not None for entry, slot in slots)


class ScheduleThread:
    """Enqueues what is due, each second, while it holds the lease."""

    def __init__(self, database: Database, schedule: Sequence[Scheduled], holder: str) -> None:
        self._database = database
        self._schedule = schedule
        self._holder = holder
        self._closing = threading.Event()
        self._slots: list[int] = []
        self._thread = threading.Thread(target=self._loop, name="entrepot-schedule", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """End, and hand the lease back."""
        self._closing.set()
        if self._thread.is_alive():
            deadline.require(self._thread, "The schedule is still at work")
            try:
                self._database.write_now(lambda tx: release(tx, LEASE, self._holder))
            except Refused as refusal:
                log.warning("the schedule's lease runs out by itself", reason=refusal.sentence)

    def _loop(self) -> None:
        while not self._closing.wait(TICK_S):
            now = self._database.clock.now()
            slots = [now // (entry.every_s * SECOND) for entry in self._schedule]
            if slots == self._slots:
                continue
            try:
                if self._database.write_now(self._tick):
                    self._slots = slots
            except Refused as refusal:
                log.warning("the schedule pauses", reason=refusal.sentence)
            except Exception:
                log.exception("the schedule pauses")

    def _tick(self, tx: Tx) -> bool:
        """Whether the slots are seen to: another process that holds the lease may end before it is."""
        if acquire(tx, LEASE, self._holder) is None:
            return False
        enqueue_due(tx, self._schedule)
        return True
