"""Changes of this process shown before their events are placed: an import's command may keep the relay waiting, and a
shopkeeper who has just changed a price should not.

Only what a person does counts, a handful of products at a time; the rest comes by the projections, which also take in
again what was shown here. Columns are always written from the newest rows, so it does not matter who comes first.
"""

from __future__ import annotations

import threading

import structlog

from entrepot.catalog import OffersChanged, ProductsHidden, StockChanged
from entrepot.kernel import NEVER, Database, Deadline, Refused, Snapshot, list_unplaced

from .documents import documents_of
from .index.columns import change_of
from .index.fused import FusedIndex
from .types import Change

KINDS = (OffersChanged, StockChanged, ProductsHidden)
NAMES = [kind.name for kind in KINDS]
EVENTS_MAX = 200
PRODUCTS_MAX = 20

log = structlog.get_logger(__name__)


class EarlyChanges:
    """Looks at what waits for its position whenever this process has announced a change. `index` is what is served."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: frozenset[str] = frozenset()
        self._wake = threading.Event()
        self._closing = False
        self.index: FusedIndex | None = None
        self._thread = threading.Thread(target=self._loop, name="entrepot-early", daemon=True)

    def start(self) -> None:
        """Begin."""
        for kind in KINDS:
            self._database.follow(kind, lambda event: self._wake.set())
        self._thread.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """End after the look under way."""
        self._closing = True
        self._wake.set()
        deadline.require(self._thread, "Changes are still being shown")

    def look(self) -> int:
        """Write what small changes wait into the columns; returns how many products those were."""
        index = self.index
        return 0 if index is None else self._database.read_now(lambda snapshot: self._show(snapshot, index))

    def _show(self, snapshot: Snapshot, index: FusedIndex) -> int:
        events = list_unplaced(snapshot, NAMES, EVENTS_MAX)
        new = [getattr(each.event, "product_ids", ()) for each in events if each.id not in self._seen]
        ids = sorted({each for few in new if len(few) <= PRODUCTS_MAX for each in few if index.has(each)})
        found = documents_of(snapshot, ids)
        index.change([change_of(found[each]) if each in found else Change(each) for each in ids])
        self._seen = frozenset(each.id for each in events)
        return len(ids)

    def _loop(self) -> None:
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            try:
                self.look()
            except Refused as refusal:
                log.warning("changes come with their events", reason=refusal.sentence)
            except Exception:
                log.exception("changes could not be shown early; they come with their events")
