"""The gallery: the vectors of all products' pictures, in memory, where the nearest to a photograph are found.

It is read when somebody first searches by a picture, so whoever never does pays nothing, and follows `PicturesSeen`
from then on. All vectors are compared: a hundred thousand pictures take some ten milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from entrepot.kernel import Database, Recorded, Snapshot, last_position

from ..events import PicturesSeen
from .encoder import SCALE, Bytes
from .features import Floats
from .rows import SeenPicture, next_seen, seen_of

BATCH = 5_000
CHUNK = 16_384
"""So many vectors are compared at a time: they then lie in the processor's cache as floats."""


class Gallery:
    """A projection of `PicturesSeen`. Any thread may look for the nearest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.RLock()
        self._encoder = ""
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._vectors: Bytes = np.zeros((0, 0), np.int8)
        self._alive: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._position = -1

    @property
    def position(self) -> int:
        """See `kernel.Projection`. Before the first search nothing is followed."""
        if self._position < 0:
            self._position = self._database.read_now(last_position)
        return self._position

    def apply(self, snapshot: Snapshot, events: Sequence[Recorded]) -> None:
        """See `kernel.Projection`."""
        ids = {each for recorded in events if isinstance(recorded.event, PicturesSeen)
               for each in recorded.event.product_ids}  # fmt: skip
        with self._lock:
            if ids and self._encoder:
                self._put(sorted(ids), seen_of(snapshot, sorted(ids), self._encoder))
            self._position = events[-1].position

    def nearest(self, encoder: str, vector: Floats, most: int) -> list[tuple[str, float]]:
        """The products whose pictures are nearest to a vector of this encoder, with how near; the nearest first."""
        with self._lock:
            if self._encoder != encoder:
                self._load(encoder)
            count, ids, vectors, alive = len(self._ids), self._ids, self._vectors, self._alive
        likeness = np.empty(count, np.float32)
        for begin in range(0, count, CHUNK):
            part = vectors[begin : min(begin + CHUNK, count)].astype(np.float32)
            likeness[begin : begin + len(part)] = part @ vector / SCALE
        likeness[~alive[:count]] = -np.inf
        most = min(most, int(np.count_nonzero(alive[:count])))
        best = np.argpartition(-likeness, most - 1)[:most] if most else np.zeros(0, np.int64)
        found = sorted((-float(likeness[at]), ids[at]) for at in best.tolist())
        return [(product_id, -less) for less, product_id in found]

    def _load(self, encoder: str) -> None:
        self._encoder, self._rows, self._ids = encoder, {}, []
        self._vectors, self._alive = np.zeros((0, 0), np.int8), np.zeros(0, np.bool_)
        after = ""
        while seen := self._database.read_now(partial(_next, encoder=encoder, after=after)):
            self._put([], seen)
            after = seen[-1].product_id

    def _put(self, changed: Sequence[str], seen: Sequence[SeenPicture]) -> None:
        """Let go of what changed and put in what is seen now, behind all others: no row is moved or written over."""
        for each in changed:
            if (row := self._rows.pop(each, None)) is not None:
                self._alive[row] = False
        if not seen:
            return
        begin, end = len(self._ids), len(self._ids) + len(seen)
        fresh = np.stack([np.frombuffer(each.vector, np.int8) for each in seen])
        if end > len(self._vectors):
            room = max(end, len(self._vectors) * 3 // 2)
            vectors, alive = np.zeros((room, fresh.shape[1]), np.int8), np.zeros(room, np.bool_)
            if begin:
                vectors[:begin], alive[:begin] = self._vectors[:begin], self._alive[:begin]
            self._vectors, self._alive = vectors, alive
        self._vectors[begin:end], self._alive[begin:end] = fresh, True
        self._rows.update((each.product_id, row) for row, each in enumerate(seen, begin))
        self._ids += [each.product_id for each in seen]


def _next(snapshot: Snapshot, encoder: str, after: str) -> list[SeenPicture]:
    return next_seen(snapshot, encoder, after, BATCH)
