"""Rounds: what an organisation's calls want at one moment, decided and written together.

Calls that come while others are being let in, or settled, wait for the next round. So a hundred calls at once cost a
few transactions, not two hundred that wait for each other at the organisation's row. Each call has its own verdict: one
that is refused holds up no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot.kernel import Refused, Tx

from .admission import Admitted, Ask, plan_admissions, post_or_again, write_admissions
from .customers import Limits, lock_customer
from .settling import Ending, Settled, plan_endings, write_endings


class Held(msgspec.Struct, frozen=True):
    """What a round came to: a verdict on each call that asked, and how each that ended was settled, in their order."""

    verdicts: Sequence[Admitted | Refused]
    settled: Sequence[Settled]


def hold_round(
    tx: Tx, organisation: str, asks: Sequence[Ask], endings: Sequence[Ending], unit: str, holder: str, limits: Limits
) -> Held:
    """Settle what has ended and let in what asks, in this order: what is given back can be held again.

    All of them are the organisation's. Its row is locked before the rows of its requests, by everybody.
    """
    customer = lock_customer(tx, organisation, limits) if asks else None
    ended = plan_endings(tx, endings, unit)
    plan, admissions = ended.plan, None
    if customer is not None:
        admissions = plan_admissions(tx, customer, asks, unit, holder, ended.freed)
        plan += admissions.plan
    post_or_again(tx, plan)
    write_endings(tx, ended)
    if admissions is not None:
        write_admissions(tx, admissions)
    return Held(admissions.verdicts if admissions is not None else (), ended.settled)
