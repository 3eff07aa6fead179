"""The meter: what was used is noted in memory at once, and written in groups within a second.

Noting costs a request an append to a list. Writing happens on a thread of the meter's own, in the bulk lane, under a
stretch with a standing hold (`stretches`), and each row once however often a group is tried.
"""

from __future__ import annotations

import threading

import structlog

from entrepot.kernel import MINUTE, Clock, Database, Lane, Refused, Tx

from . import stretches
from .accounts import nano
from .types import SHOP, Settings, Usage

GATHER_S = 0.5
HEARTBEAT = MINUTE
STRETCH_MAX = 60 * MINUTE
WRITTEN_MAX = 1_000
NOTED_MAX = 200_000

log = structlog.get_logger(__name__)

_living: set[str] = set()
"""The holders of this process: their stretches are nobody's to close."""


class Meter:
    """Counts what one process uses, for one organisation. Any thread may note; `close` writes the rest."""

    def __init__(
        self, database: Database, clock: Clock | None = None, settings: Settings | None = None, organisation: str = SHOP
    ) -> None:
        settings = settings or Settings()
        self.database = database
        self.clock = clock or database.clock
        self._unit = nano(settings.currency)
        self._amount = settings.standing_hold
        self._organisation = organisation
        self._holder = stretches.holder_name(f"{database.random.getrandbits(64):016x}")
        self._stretch: str | None = None
        self._opened_at = 0
        self._alive_at = 0
        self._noted: list[Usage] = []
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._flushing = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def record(self, usage: Usage) -> None:
        """Note what was used. Never waits for the database; it is written within a second."""
        self._noted.append(usage)
        if not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self.start()

    def start(self) -> None:
        """Begin a stretch and write from now on; the first `record` does it too."""
        with self._starting:
            if self._thread is None and not self._closing.is_set():
                _living.add(self._holder)
                self._thread = threading.Thread(target=self._loop, name="entrepot-meter", daemon=True)
                self._thread.start()

    def flush(self) -> int:
        """Write what is noted; returns how many rows. Refused when the database cannot take them: they stay noted."""
        written = 0
        with self._flushing:
            self._keep_open()
            while rows := self._noted[:WRITTEN_MAX]:
                self._write(rows)
                del self._noted[: len(rows)]
                written += len(rows)
        return written

    def close(self) -> None:
        """Write the rest, give the standing hold back, and end."""
        self._closing.set()
        self._wake.set()
        with self._starting:
            thread = self._thread
        if thread is not None:
            thread.join()
        try:
            if self._noted:
                self.flush()
            if (stretch := self._stretch) is not None:
                self._stretch = None
                self.database.write_now(lambda tx: stretches.end(tx, stretch))
        finally:
            _living.discard(self._holder)

    def _loop(self) -> None:
        self._try_flush()
        while not self._closing.is_set():
            self._wake.wait(HEARTBEAT / 1_000_000)
            self._wake.clear()
            self._closing.wait(GATHER_S if self._noted else 0)
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
        except Refused as refusal:
            log.warning("usage waits in memory", reason=refusal.sentence, rows=len(self._noted))
            del self._noted[:-NOTED_MAX]
        except Exception:
            log.exception("usage could not be written; it is tried again", rows=len(self._noted))
        if self._noted:
            self._closing.wait(GATHER_S)
            self._wake.set()

    def _keep_open(self) -> None:
        """Have a stretch that is open and not too long, and say that it is alive."""
        now = self.clock.now()
        if self._stretch is not None and now - self._opened_at > STRETCH_MAX:
            stretch, self._stretch = self._stretch, None
            self.database.write_now(lambda tx: stretches.end(tx, stretch), Lane.BULK)
        if self._stretch is None:
            self._begin()
        elif not self._noted and now - self._alive_at >= HEARTBEAT:
            self._write([])

    def _begin(self) -> str:
        _living.add(self._holder)

        def begin(tx: Tx) -> str:
            return stretches.begin(tx, self._organisation, self._holder, self._unit, self._amount, sorted(_living))

        stretch = self._stretch = self.database.write_now(begin, Lane.BULK)
        self._opened_at = self._alive_at = self.clock.now()
        return stretch

    def _write(self, rows: list[Usage]) -> None:
        stretch = self._stretch or self._begin()
        if not self.database.write_now(lambda tx: stretches.write(tx, stretch, rows), Lane.BULK):
            log.warning("another process took this one for dead and closed its stretch; a new one begins")
            stretch = self._begin()
            self.database.write_now(lambda tx: stretches.write(tx, stretch, rows), Lane.BULK)
        self._alive_at = self.clock.now()
