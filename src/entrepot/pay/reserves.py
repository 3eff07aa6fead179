"""Reserves: a share of what a merchant earns is kept back for refunds to come, and let go when its time is over."""

from __future__ import annotations

from entrepot.kernel import Tx


def release_due(tx: Tx) -> int:
    """Let merchants have what was kept back long enough; returns how many parts were let go."""
    return 0
