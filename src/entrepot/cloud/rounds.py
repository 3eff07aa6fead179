"""Rounds: what an organisation's calls want at one moment, decided and written together.

Calls that come while others are being let in, or settled, wait for the next round. So a hundred calls at once cost a
few transactions, not two hundred that wait for each other at the organisation's row. Each call has its own verdict: one
that is refused holds up no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot.kernel import Refused, Tx

from .admission import Admitted, plan_admissions, post_or_again, write_sets
from .asks import Ask
from .customers import Limits
from .grounds import read_grounds
from .settling import Ending, Settled, ending_sets, keep_answers, plan_endings, query_ending, write_endings


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
    grounds, attempts = None, None
    if asks:
        grounds, (attempts,) = read_grounds(tx, organisation, asks, limits, query_ending(endings))
    ended = plan_endings(tx, endings, unit, attempts)
    if grounds is None:
        post_or_again(tx, ended.plan)
        write_endings(tx, ended)
        return Held((), ended.settled)
    admissions = plan_admissions(tx, grounds, asks, unit, holder, ended.freed)
    post_or_again(tx, ended.plan + admissions.plan)
    write_sets(tx, *ending_sets(ended), *admissions.sets())
    keep_answers(tx, ended)
    return Held(admissions.verdicts, ended.settled)
