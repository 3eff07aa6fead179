"""Proofs: what must be true of the stored rows, said in one line and checked from the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from .tx import Snapshot


class Finding(msgspec.Struct, frozen=True):
    """What a proof saw: how many rows it looked at, and a sentence for each breach."""

    rows: int
    breaches: Sequence[str] = ()


class Proof(msgspec.Struct, frozen=True):
    """A named claim about the stored rows. `what` reads as a sentence; a proof over no rows has nothing to prove."""

    name: str
    what: str
    check: Callable[[Snapshot], Finding]
