"""The meter: what is to be used is admitted in memory and noted at once, and written in groups within a second.

1. `admit` sets aside what the work can cost at most, from what the stretch's standing hold has left;
2. `record` notes what was used, which costs a request an append to a list;
3. a thread of the meter's own writes what is noted, rated and captured (`flushing`), each row once however often a
   group is tried;
4. a hold that is nearly used up is replaced before anybody has to wait for it.

Nothing that was used is ever dropped: while the database cannot be written, usage waits in memory, and when no more of
it may wait, new work is refused instead.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import structlog

from entrepot.kernel import (
    DAY,
    MINUTE,
    NEVER,
    Clock,
    Database,
    Deadline,
    Lane,
    Refused,
    Tx,
    Unavailable,
    process_name,
)

from . import flushing, stretches
from .accounts import nano
from .flushing import Closed, Short, Standard, Written
from .rating import PriceBook, price_of
from .types import SHOP, Settings, Usage

GATHER_S = 0.5
HEARTBEAT = MINUTE
STRETCH_MAX = 60 * MINUTE
WRITTEN_MAX = 1_000
NOTED_MAX = 200_000
"""So much usage may wait for a database that cannot be written (about 100 MB)."""
RENEWED_BELOW = 4
"""A stretch is replaced when less than a fourth of its hold is left."""

log = structlog.get_logger(__name__)

_living: set[str] = set()
"""The holders of this process: their stretches are nobody's to close."""


class Meter:
    """Counts what one process uses, for one organisation. Any thread may admit and record; `close` writes the rest."""

    def __init__(
        self, database: Database, clock: Clock | None = None, settings: Settings | None = None,
        organisation: str = SHOP, prepare: Callable[[Tx], None] | None = None, standard: Standard | None = None,
    ) -> None:  # fmt: skip
        """`prepare` is run in the transaction that begins a stretch: to have the prices there that it rates by. A model
        that nobody has set prices for is paid by the `standard` ones."""
        settings = settings or Settings()
        self.database = database
        self.clock = clock or database.clock
        self._unit = nano(settings.currency)
        self._standing = settings.standing_hold
        self._organisation = organisation
        self._prepare = prepare
        self._standard = standard
        self._holder = process_name()
        self._stretch: str | None = None
        self._amount = 0
        self._opened_at = 0
        self._alive_at = 0
        self._counting = threading.Lock()
        self._noted: list[Usage] = []
        self._spared: Counter[tuple[int, str, str]] = Counter()
        self._left = self._standing
        self._under_way = 0
        self._waiting = 0
        self._books: dict[str, PriceBook] = {}
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._flushing = threading.RLock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many rows are noted and not written yet."""
        return len(self._noted)

    def admit(self, model: str, meter: str, most: int) -> int:
        """Let work begin that uses at most so much of one meter; returns what is set aside for it, in nano units, which
        `record` or `release` takes.

        Decided in memory, but for work that the hold does not cover: that waits for a larger one. Unavailable when it
        cannot be had, or too much usage waits to be written.
        """
        cost = self._price(model, meter, most)
        if self._set_aside(cost):
            return cost
        self._enlarge(cost)
        if not self._set_aside(cost):
            raise Unavailable("What was used cannot be written, so no more is begun: look at the database")
        return cost

    def record(self, usage: Usage, admitted: int = 0) -> None:
        """Note what was used, and take back what was set aside for it. Never waits for the database; it is written
        within a second."""
        price = self._price(usage.model, usage.meter, usage.quantity)
        with self._counting:
            self._noted.append(usage)
            self._waiting += price
            self._under_way -= admitted
        self._wake_up()

    def release(self, admitted: int) -> None:
        """Take back what was set aside for work that came to nothing."""
        with self._counting:
            self._under_way -= admitted

    def spare(self, model: str, surface: str) -> None:
        """Note that something was answered from memory, without the model."""
        now = self.clock.now()
        with self._counting:
            self._spared[now - now % DAY, surface, model] += 1
        self._wake_up()

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
            while self._noted or self._spared:
                written += self._write_some()
        return written

    def close(self, deadline: Deadline = NEVER) -> None:
        """Write the rest, give the standing hold back, and end.

        Unavailable when usage cannot be written. A hold that cannot be given back is, by the reconciler.
        """
        self._closing.set()
        self._wake.set()
        with self._starting:
            thread = self._thread
        try:
            if thread is not None:
                deadline.require(thread, "Usage of models is still being written")
            if self._noted or self._spared:
                self.flush()
            self._end()
        except Refused as refusal:
            if not self._noted:
                log.warning("the reconciler gives the standing hold back", reason=refusal.sentence)
                return
            raise Unavailable(
                f"{len(self._noted)} rows of usage were not written ({refusal.sentence}); the reconciler estimates "
                "them from what was set aside"
            ) from refusal
        finally:
            _living.discard(self._holder)

    # In memory

    def _price(self, model: str, meter: str, quantity: int) -> int:
        book = self._books.get(model)
        return price_of(book, meter, quantity) if book is not None else 0

    def _set_aside(self, cost: int) -> bool:
        with self._counting:
            if len(self._noted) >= NOTED_MAX or self._waiting + self._under_way + cost >= self._left:
                return False
            self._under_way += cost
        return True

    def _enlarge(self, cost: int) -> None:
        """Have a hold that covers this work beside all other that is under way."""
        try:
            with self._flushing:
                self.flush()
                if self._under_way + cost >= self._left:
                    self._renew(self._under_way + cost)
        except Refused as refusal:
            raise Unavailable(f"What this would cost cannot be set aside: {refusal.sentence}") from refusal

    def _wake_up(self) -> None:
        if not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self.start()

    # On the meter's own thread, or whoever flushes

    def _loop(self) -> None:
        self._try_flush()
        while not self._closing.is_set():
            self._wake.wait(HEARTBEAT / 1_000_000)
            self._wake.clear()
            self._closing.wait(GATHER_S if self._noted or self._spared else 0)
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
            return
        except Refused as refusal:
            log.warning("usage waits in memory", reason=refusal.sentence, rows=len(self._noted))
        except Exception:
            log.exception("usage could not be written; it is tried again", rows=len(self._noted))
        self._closing.wait(GATHER_S)
        self._wake.set()

    def _keep_open(self) -> None:
        """Have a stretch that is open, not too long and not nearly used up, and say that it is alive."""
        now = self.clock.now()
        used_up = self._left - self._waiting - self._under_way < self._amount // RENEWED_BELOW
        if self._stretch is None:
            self._begin(self._standing)
        elif used_up or now - self._opened_at > STRETCH_MAX:
            self._renew(self._waiting + self._under_way)
        elif not self._noted and now - self._alive_at >= HEARTBEAT:
            self._write([], Counter())

    def _renew(self, needed: int) -> None:
        self._end()
        self._begin(max(self._standing, 2 * needed))

    def _end(self) -> None:
        if (stretch := self._stretch) is not None:
            self.database.write_now(lambda tx: stretches.end(tx, stretch), Lane.BULK)
            self._stretch = None

    def _begin(self, amount: int) -> str:
        _living.add(self._holder)

        def begin(tx: Tx) -> str:
            if self._prepare is not None:
                self._prepare(tx)
            return stretches.begin(tx, self._organisation, self._holder, self._unit, amount, sorted(_living))

        stretch = self._stretch = self.database.write_now(begin, Lane.BULK)
        self._amount = self._left = amount
        self._opened_at = self._alive_at = self.clock.now()
        return stretch

    def _write_some(self) -> int:
        with self._counting:
            rows, spared = self._noted[:WRITTEN_MAX], self._spared.copy()
        estimated = sum(self._price(row.model, row.meter, row.quantity) for row in rows)
        written = self._write(rows, spared)
        with self._counting:
            del self._noted[: len(rows)]
            self._spared -= spared
            self._left = written.left
            self._books.update(written.books)
            self._waiting = max(self._waiting - estimated, 0)
            if not self._noted:
                self._waiting = 0
        return len(rows)

    def _write(self, rows: list[Usage], spared: Counter[tuple[int, str, str]]) -> Written:
        """Write a group, in another stretch where the one there is was closed or has too little left."""
        while True:
            stretch = self._stretch or self._begin(self._standing)

            def write(tx: Tx, stretch: str = stretch) -> Written | Short | Closed:
                return flushing.write(tx, stretch, rows, spared, self._standard)

            match self.database.write_now(write, Lane.BULK):
                case Written() as written:
                    self._alive_at = self.clock.now()
                    return written
                case Short(price=price):
                    self._renew(price)
                case Closed():
                    log.warning("another process took this one for dead and closed its stretch; a new one begins")
                    self._stretch = None
