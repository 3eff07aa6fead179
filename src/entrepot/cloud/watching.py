"""What one process's engines did since it began, counted as it happens: for monitoring and the operator's page.

Nothing here is money: bills are made from rows. Counts are of this process and begin anew with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from .refused import Refusals

WAIT_BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
TENANTS_MAX = 1_000
"""So many organisations are told apart for each model; the rest is counted as one."""
OTHERS = "others"


class Waits(msgspec.Struct):
    """How long calls waited for their turn: how many, together, at most, and how many no longer than each bucket."""

    calls: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0
    within: list[int] = msgspec.field(default_factory=lambda: [0] * len(WAIT_BUCKETS_S))

    def add(self, waited_s: float) -> None:
        """Count one call."""
        self.calls += 1
        self.total_s += waited_s
        self.longest_s = max(self.longest_s, waited_s)
        for place, bound in enumerate(WAIT_BUCKETS_S):
            if waited_s <= bound:
                self.within[place] += 1


class Watch:
    """The counts of one process. Used from its event loop only."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        """By model and outcome: a usage class, or `void`."""
        self.quantities: Counter[tuple[str, str]] = Counter()
        """What was billed, by model and meter."""
        self.spent: Counter[str] = Counter()
        """What it cost, in nano units, by model."""
        self.waits: dict[str, Waits] = {}
        """By model."""
        self.work: dict[str, dict[str, float]] = {}
        """The estimated cost of the calls that had their turn, in the queue's units, by model and organisation."""
        self.tenant_waits: dict[tuple[str, str], Waits] = {}
        """By model and organisation."""
        self.restarts: Counter[str] = Counter()
        """How often a model's engine died and was started anew."""
        self.refusals = Refusals()
        """Calls that were not let in, or could not be answered."""

    def ended(self, model: str, outcome: str, price: int, quantities: Mapping[str, int]) -> None:
        """A call was settled, or came to nothing."""
        self.calls[model, outcome] += 1
        self.spent[model] += price
        for meter, quantity in quantities.items():
            self.quantities[model, meter] += quantity

    def waited(self, model: str, organisation: str, cost: float, waited_s: float) -> None:
        """A call had its turn, after so long."""
        work = self.work.setdefault(model, {})
        known = organisation in work or len(work) < TENANTS_MAX
        tenant = organisation if known else OTHERS
        work[tenant] = work.get(tenant, 0.0) + cost
        self.waits.setdefault(model, Waits()).add(waited_s)
        self.tenant_waits.setdefault((model, tenant), Waits()).add(waited_s)

    def restarted(self, model: str) -> None:
        """An engine that had died was started anew."""
        self.restarts[model] += 1
