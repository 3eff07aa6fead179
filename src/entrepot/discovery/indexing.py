"""Keeping the index true: it follows the catalogue's events, and its files follow it.

What changes often (price, stock, ratings, whether it sells) is written into this process's columns at once. Words and
vectors are written by one process, the holder of the lease `index`, which commits what came and now and then makes it
durable with the position it stands at; the others open what it wrote. A directory that cannot be opened is said to be
damaged, once, in a sentence, and is built anew from the rows while what is left goes on serving.

A rebuild is a new generation beside the old: each process switches to it when it knows all that the old one does, and
a directory that nobody uses any more is removed (`index.claims`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from entrepot import cloud, pay, signals
from entrepot.cloud import Meter
from entrepot.kernel import DAY, Blobs, Database, Lane, Recorded, Refused, Snapshot, release
from entrepot.kernel.stopping import NEVER, Deadline
from entrepot.pay import Rates

from .building import build, find_served
from .documents import documents_of
from .early import EarlyChanges
from .following import LEASE, check_followed, convert_anew, first_of, follow, hold, ids_of, take_in
from .index.base import Busy, Damaged
from .index.claims import sweep
from .index.columns import change_of
from .index.generation import Generation
from .index.plain import PlainIndex
from .index.served import ServedIndex
from .preparing import Preparer
from .scorers import Scorers
from .settings import Settings
from .types import Change
from .warming import warm

LEASE_S = 15
TICK_S = 1.0
RENEW_S = 5.0
CHECKPOINT_S = 2.0
CHECKPOINT_SHARE = 50
"""Checkpoints take at most a fiftieth of the time."""
COLUMNS_CHECKPOINT_S = 60.0
POPULARITY_S = 300.0
POPULAR_MAX = 50_000
RATES_S = 5.0
SWEEP_S = 10.0
SCORER_S = 2.0

log = structlog.get_logger(__name__)


class Indexer:
    """The index of one process, as a projection of the catalogue's events. `index` is what to search."""

    def __init__(
        self,
        database: Database,
        meter: Meter,
        folder: Path,
        settings: Settings | None = None,
        holder: str = "indexer",
        blobs: Blobs | None = None,
    ) -> None:
        """`blobs` hold what was learned; without them nothing learned is used."""
        self._scorers = Scorers(database, blobs)
        self.index = ServedIndex()
        self.columns = ColumnFollower(self)
        self._position = self._asked = 0
        self._database = database
        self._meter = meter
        self._preparer = Preparer()
        self._folder = folder
        self._settings = settings or Settings()
        self._holder = holder
        self._generation: Generation | None = None
        self._name = ""
        self._writing = False
        self._dirty = self._columns_dirty = False
        self._lock = threading.RLock()
        self._due: dict[str, float] = {}
        self._checkpoint_took = 0.0
        self._rates: Rates | None = None
        self.early = EarlyChanges(database)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="entrepot-index", daemon=True)

    @property
    def generation(self) -> Generation | None:
        """What is open; None until `open`, and while a damaged one is built anew."""
        return self._generation

    # Following events

    @property
    def position(self) -> int:
        """The position of the last event that is in; goes back when an older generation is opened."""
        self._asked = self._position
        return self._asked

    @property
    def position_now(self) -> int:
        """The same, for those who only look."""
        return self._position

    def apply(self, snapshot: Snapshot, events: Sequence[Recorded]) -> None:
        """See `kernel.Projection`. Takes in as many events as speak of a thousand products, and stands behind those."""
        with self._lock:
            if self._asked != self._position:
                return  # another generation was opened since these events were asked for; they are asked for again
            events = first_of(events)
            if self._generation is not None:
                self._take_in(snapshot, events, self._generation)
            self._position = self._asked = events[-1].position

    def _take_in(self, snapshot: Snapshot, events: Sequence[Recorded], generation: Generation) -> None:
        self._columns_dirty = True
        try:
            words = take_in(snapshot, generation.index, self._meter, self._preparer, events, words=generation.writing)
        except Exception:
            if generation.writing:
                self._adopt(self._name)  # half of it may be in: go back to what is known to be whole
            raise
        self._dirty = self._dirty or words

    # Opening, rebuilding

    def open(self, *, build: bool = True) -> None:
        """Open what is served; when there is nothing whole, build it here and now, or leave that to `start`.

        Events since the last checkpoint are still to be applied.
        """
        cloud.open_encoders(self._settings.encoder)  # refused now, with a sentence, rather than at the first search
        with self._lock:
            self._hold_lease()
            self._adopt_served()
        if build and (self._generation is None or self._is_other_encoder()):
            self.rebuild()
        self._hold_lease()  # which says where the index stands
        self.refresh_scorer()

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Build a new generation from the rows while the old one serves, and switch; returns how many products."""

        def told(added: int) -> None:
            if self._writing and self._is_due("lease", RENEW_S):
                self._hold_lease()
            if progress is not None:
                progress(added)

        tuning = self._scorers.tuning(self._settings.encoder)
        _, count = build(self._database, self._meter, self._folder, self._settings, told, tuning)
        with self._lock:
            self._adopt_served()
        self._sweep()
        return count

    def _is_other_encoder(self) -> bool:
        """Whether what serves was made by another encoder than the one that is set, or by other weights of it."""
        wanted = self._settings.encoder, self._scorers.tuning_name(self._settings.encoder)
        manifest = None if self._generation is None else self._generation.manifest
        return manifest is not None and (manifest.encoder, manifest.tuning) != wanted

    def _sweep(self) -> None:
        """Remove the generations that nobody uses any more."""

        def is_served(name: str) -> bool:
            served = self._database.read_now(find_served)
            return served is not None and served.name == name

        sweep(self._folder, is_served)

    def _adopt_served(self) -> None:
        """Serve what the database says is served, when it is not yet what is open here."""
        served = self._database.read_now(find_served)
        if served is None or (served.name == self._name and self._generation is not None):
            return
        if self._generation is None:
            self._adopt(served.name)
        else:
            self._switch(served.name, self._generation)

    def _adopt(self, name: str) -> None:
        """Serve a generation as of its last checkpoint. When it is damaged, what served until now goes on serving."""
        if self._generation is not None:
            self._generation.close()  # a directory is open for writing once
            self._generation = None
        try:
            generation = self._open(self._folder / name)
        except Damaged as damage:
            log.warning("the search index is built anew from the catalogue", reason=damage.sentence)
            return
        self._serve(name, generation, generation.manifest.position)

    def _switch(self, name: str, before: Generation) -> None:
        """Serve another generation from now on, as soon as it knows all that the one before did.

        One who only reads waits until the writer has made the words durable that came after the new one was built.
        """
        try:
            generation = self._open(self._folder / name)
        except Damaged as damage:
            log.warning("the new search index cannot be opened; the one before goes on", reason=damage.sentence)
            return
        if not generation.writing and generation.manifest.position < before.manifest.position:
            generation.close()
            return
        try:
            position = follow(
                self._database, generation.index, self._meter, self._preparer, generation.manifest.position,
                words=generation.writing,
            )  # fmt: skip
            if generation.writing:
                generation.checkpoint(position)
        except BaseException:
            generation.close()
            raise
        self._serve(name, generation, position)
        before.close()

    def _serve(self, name: str, generation: Generation, position: int) -> None:
        generation.opened_at = position
        self._generation, self._name, self._position = generation, name, position
        self.index.current = self.early.index = generation.index
        self._dirty = self._columns_dirty = False
        self._rates = None
        self._due.pop("popularity", None)

    def _open(self, folder: Path) -> Generation:
        floor = self._settings.similarity_floor
        if self._writing:
            with suppress(Busy):  # a holder that was asleep has not let go yet: read until it has
                return check_followed(self._database, Generation.open(folder, floor, writing=True))
        return check_followed(self._database, Generation.open(folder, floor, writing=False))

    # Housekeeping

    def start(self) -> None:
        """Begin to keep the lease, make checkpoints, and follow switches."""
        self._thread.start()
        self.early.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """Make what is committed durable, hand the lease back, and let go of the files; Unavailable if it works on."""
        self._closing.set()
        self.early.stop(deadline)
        deadline.require(self._thread, "The search index is still at work")
        self.close()

    def close(self) -> None:
        """The end of `stop`, for whoever never started."""
        with self._lock:
            if self._generation is not None:
                if self._generation.writing and (self._dirty or self._columns_dirty):
                    self._checkpoint(self._generation)
                self._generation.close()
                self._generation = None
                self.index.current = PlainIndex()
                self.early.index = None
            self._preparer.close()
        if self._writing:
            self._writing = False
            with suppress(Refused):  # then the lease runs out by itself
                self._database.write_now(lambda tx: release(tx, LEASE, self._holder))

    def tick(self) -> None:
        """One round of housekeeping."""
        if self._is_due("lease", RENEW_S):
            self._hold_lease()
        with self._lock:
            self._adopt_served()
            generation = self._generation
            if generation is not None and not generation.writing and (self._writing or generation.is_behind()):
                self._adopt(self._name)
            elif generation is not None and generation.writing:
                self._checkpoint_if_due(generation)
            self._preparer.rest()
        if self._writing and self._is_due("sweep", SWEEP_S):
            self._sweep()
        if self._writing and (self._generation is None or self._is_other_encoder()):
            self.rebuild()
        self._grow_graph()
        self.refresh_scorer()
        self._refresh_prices()
        self._refresh_popularity()

    def _hold_lease(self) -> None:
        position = None if self._generation is None else self._generation.manifest.position
        fence = self._database.write_now(lambda tx: hold(tx, self._holder, LEASE_S, position), Lane.BULK)
        held = fence is not None
        if self._writing and not held and self._generation is not None:
            with self._lock:
                self._writing = False
                self._adopt(self._name)
        self._writing = held

    def _checkpoint_if_due(self, generation: Generation) -> None:
        pause = max(CHECKPOINT_S, CHECKPOINT_SHARE * self._checkpoint_took)
        if (self._dirty and self._is_due("checkpoint", pause)) or (
            self._columns_dirty and self._is_due("columns", max(pause, COLUMNS_CHECKPOINT_S))
        ):
            self._checkpoint(generation)

    def _checkpoint(self, generation: Generation) -> None:
        began = time.monotonic()
        generation.checkpoint(self._position)
        self._dirty = self._columns_dirty = False
        self._checkpoint_took = time.monotonic() - began

    def _grow_graph(self) -> None:
        generation = self._generation
        if generation is not None and generation.writing and generation.is_graph_wanted():
            graph = generation.make_graph()
            with self._lock:
                if self._generation is generation:
                    generation.index.attach(graph)
                    self._dirty = True

    def refresh_scorer(self) -> None:
        """Judge results by what the database says is to judge them."""
        index = self.index.current
        if self._is_due("scorer", SCORER_S) or index.scorer is not self._scorers.current:
            index.scorer = self._scorers.of(index.made_by)

    def _refresh_prices(self) -> None:
        """Convert foreign prices anew when the rates have changed."""
        generation = self._generation
        if generation is None or not self._is_due("rates", RATES_S):
            return
        rates = self._database.read_now(pay.read_rates)
        if rates != self._rates:
            convert_anew(self._database, generation.index)
            self._rates = rates

    def _refresh_popularity(self) -> None:
        generation = self._generation
        if generation is not None and self._is_due("warm " + self._name, math.inf):
            warm(generation.index)
        if generation is None or not self._is_due("popularity", POPULARITY_S):
            return
        since = self._database.clock.now() - self._settings.popular_days * DAY
        weights = self._database.read_now(lambda snapshot: signals.popularity(snapshot, since, POPULAR_MAX))
        with self._lock:
            generation.index.set_popularity(dict(weights))

    def _is_due(self, what: str, pause_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + pause_s
        return True

    def _loop(self) -> None:
        while not self._closing.is_set():
            try:
                self.tick()
            except Refused as refusal:
                log.warning("the search index waits", reason=refusal.sentence)
            except Exception:
                log.exception("the search index could not be kept; it is tried again")
            self._closing.wait(TICK_S)


class ColumnFollower:
    """Writes what changes often into the columns, on a thread of its own: so that a price shows at once while an import
    fills the index. The indexer applies the same events in its own time; whoever comes last reads the newest rows, so
    what the indexer has taken in already is passed over here."""

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer
        self._generation: Generation | None = None
        self._position = 0

    @property
    def position(self) -> int:
        """The position of the last event that is in; another generation begins where it was opened."""
        generation = self._indexer.generation
        if generation is not self._generation:
            self._generation = generation
            self._position = 0 if generation is None else generation.opened_at
        return self._position

    def apply(self, snapshot: Snapshot, events: Sequence[Recorded]) -> None:
        """See `kernel.Projection`."""
        events = first_of(events)
        if self._generation is not None:
            index, known_to = self._generation.index, self._indexer.position_now
            listed, changed = ids_of([each for each in events if each.position > known_to])
            known = {product_id for product_id in listed | changed if index.has(product_id)}
            found = documents_of(snapshot, known)
            index.change([change_of(found[each]) if each in found else Change(each) for each in sorted(known)])
        self._position = events[-1].position
