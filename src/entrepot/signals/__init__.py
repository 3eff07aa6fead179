"""Signals: what was shown, seen, clicked, carted, ordered and searched for. Append-only, and worth no money.

Adding one never waits: signals gather in memory and are written in groups. A crash may lose the last second of them.
"""

from .buffer import Buffer
from .forgetting import forget_signals
from .proofs import PROOFS
from .reading import SearchOutcome, Stored, list_signals, popularity, search_outcomes
from .types import Signal, SignalKind, Surface

__all__ = [
    "PROOFS",
    "Buffer",
    "SearchOutcome",
    "Signal",
    "SignalKind",
    "Stored",
    "Surface",
    "forget_signals",
    "list_signals",
    "popularity",
    "search_outcomes",
]
