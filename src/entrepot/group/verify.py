"""Verify: every proof of every room, checked from the stored rows alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec

from entrepot import catalog, cloud, deliver, identity, ledger, orders, pay, signals
from entrepot.kernel import Database, Proof

PROOFS: tuple[Proof, ...] = (
    *identity.PROOFS,
    *ledger.PROOFS,
    *signals.PROOFS,
    *pay.PROOFS,
    *deliver.PROOFS,
    *catalog.PROOFS,
    *cloud.PROOFS,
    *orders.PROOFS,
)


class Verdict(msgspec.Struct, frozen=True):
    """How one proof went."""

    name: str
    what: str
    rows: int
    breaches: tuple[str, ...]
    took_s: float

    @property
    def state(self) -> str:
        """`broken`, `nothing to prove` (no rows yet) or `holds`."""
        if self.breaches:
            return "broken"
        return "holds" if self.rows else "nothing to prove"


def verify(database: Database, proofs: Sequence[Proof] = PROOFS) -> Iterator[Verdict]:
    """Check each proof in a snapshot of its own, in order, giving its verdict as soon as it is known."""
    for proof in proofs:
        started = time.perf_counter()
        finding = database.read_now(proof.check)
        took_s = time.perf_counter() - started
        yield Verdict(proof.name, proof.what, finding.rows, tuple(finding.breaches), took_s)
