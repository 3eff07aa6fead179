"""The buffer between a request and the table: adding is an append in memory, writing happens once a second in bulk."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from hashlib import blake2b
from typing import Any

import structlog
from sqlalchemy import bindparam, insert, select

from entrepot.kernel import (
    NEVER,
    Database,
    Deadline,
    Lane,
    Prepared,
    Refused,
    Tx,
    Unavailable,
    in_set,
    prepare,
    prepare_text,
)

from . import tables
from .types import Signal, SignalKind

KEPT_MAX = 20_000
FLUSH_S = 1.0
WRITTEN_MAX = 1_000
QUERY_LENGTH_MAX = 200

log = structlog.get_logger(__name__)

Numbered = tuple[int, Signal]


class Buffer:
    """Signals that are not written yet. When it is full, the oldest `shown` goes first; `dropped` counts them."""

    def __init__(self, database: Database, kept_max: int = KEPT_MAX) -> None:
        self.dropped = 0
        self._database = database
        self._kept_max = kept_max
        self._shown: deque[Numbered] = deque()
        self._others: deque[Numbered] = deque()
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="entrepot-signals", daemon=True)

    def add(self, *signals: Signal) -> None:
        """Remember signals. Never waits for the database and never raises for a full buffer."""
        with self._lock:
            for signal in signals:
                lane = self._shown if signal.kind == SignalKind.SHOWN else self._others
                lane.append((next(self._order), signal))
            self._drop_surplus()

    def flush(self) -> int:
        """Write what is in the buffer, and return how many signals that was.

        Refused when the database cannot take them now; they stay in the buffer for the next time.
        """
        written = 0
        with self._flushing:
            while batch := self._take(WRITTEN_MAX):
                self._write(batch)
                written += len(batch)
        return written

    def start(self) -> None:
        """Begin to flush once a second."""
        self._thread.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """Flush a last time and end. Unavailable when what is in the buffer could not be written, and so is lost."""
        self._closing.set()
        deadline.require(self._thread, "Signals are still being written")
        self._try_flush()
        if lost := len(self._shown) + len(self._others):
            raise Unavailable(f"{lost} signals of what visitors saw and did could not be written and are lost")

    def _loop(self) -> None:
        while not self._closing.wait(FLUSH_S):
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
        except Refused as refusal:
            log.warning("signals wait in memory", reason=refusal.sentence)
        except Exception:
            log.exception("signals could not be written and are lost", dropped=self.dropped)

    def _take(self, most: int) -> list[Numbered]:
        with self._lock:
            oldest = list(itertools.islice(heapq.merge(self._shown, self._others, key=_number), most))
            for _, signal in oldest:
                (self._shown if signal.kind == SignalKind.SHOWN else self._others).popleft()
            return oldest

    def _write(self, batch: list[Numbered]) -> None:
        rows = [_row(signal) for _, signal in batch]
        try:
            self._database.write_now(lambda tx: _append(tx, rows), Lane.BULK)
        except Refused:
            self._put_back(batch)
            raise
        except BaseException:
            self.dropped += len(batch)
            raise

    def _put_back(self, batch: list[Numbered]) -> None:
        with self._lock:
            for numbered in reversed(batch):
                (self._shown if numbered[1].kind == SignalKind.SHOWN else self._others).appendleft(numbered)
            self._drop_surplus()

    def _drop_surplus(self) -> None:
        while len(self._shown) + len(self._others) > self._kept_max:
            (self._shown or self._others).popleft()
            self.dropped += 1


def _number(numbered: Numbered) -> int:
    return numbered[0]


def _append(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Number the rows and write them. What may be reported once and was reported before is left out."""
    tx.value(_advance, name="signals", count=0)  # the counter stays locked: nobody else writes in between
    fresh = _unreported(tx, rows)
    last = int(tx.value(_advance, name="signals", count=len(fresh)))
    first = last - len(fresh) + 1
    tx.run_many(_insert, [{"number": first + place, **row} for place, row in enumerate(fresh)])


def _unreported(tx: Tx, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asked = sorted({row["once"] for row in rows if row["once"]})
    known = {row.once for row in tx.all(_reported, keys=asked)} if asked else set()
    fresh = []
    for row in rows:
        if row["once"] is None or row["once"] not in known:
            fresh.append(row)
            known.add(row["once"])
    return fresh


def _row(signal: Signal) -> dict[str, Any]:
    row = {field: getattr(signal, field) for field in signal.__struct_fields__}
    row["kind"] = str(signal.kind)
    row["surface"] = str(signal.surface)
    row["once"] = _once(signal)
    if signal.query is not None:
        row["query"] = _storable(signal.query)
    return row


def _once(signal: Signal) -> str | None:
    """What makes a report of a browser the same as another one."""
    if signal.kind not in (SignalKind.SEEN, SignalKind.CLICK) or not (signal.request_id and signal.product_id):
        return None
    said = f"{signal.kind} {signal.request_id} {signal.product_id}"
    return blake2b(said.encode(), digest_size=12).hexdigest()


def _storable(text: str) -> str:
    """What a person typed, short, and without what a database cannot hold: one odd query must not stop a thousand."""
    return text[:QUERY_LENGTH_MAX].replace("\0", "").encode("utf-8", "replace").decode()


_advance: Prepared[Any] = prepare_text(
    "INSERT INTO signals_counter (name, last) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET last = signals_counter.last + excluded.last RETURNING last"
)
_reported: Prepared[Any] = prepare(select(tables.signals.c.once).where(in_set(tables.signals.c.once, "keys")))
_insert: Prepared[Any] = prepare(
    insert(tables.signals).values({column.name: bindparam(column.name) for column in tables.signals.columns})
)
