"""Signals that were kept long enough."""

from __future__ import annotations

from typing import Any

from entrepot.kernel import Aging, Prepared, Tx, prepare_text

from . import tables

FORGOTTEN = "forgotten"
"""The counter of those that were deleted: the proof that none is missing takes it into account."""

_aging = Aging(tables.signals, tables.signals.c.number, tables.signals.c.at)


def forget_signals(tx: Tx, before: int) -> int:
    """Delete the oldest signals of before a time, at most a thousand; returns how many."""
    gone = _aging.forget(tx, before)
    if gone:
        tx.run(_count, name=FORGOTTEN, count=gone)
    return gone


_count: Prepared[Any] = prepare_text(
    "INSERT INTO signals_counter (name, last) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET last = signals_counter.last + excluded.last"
)
