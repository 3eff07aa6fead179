"""Rounds: what an organisation's calls want at one moment, decided and written together.

Calls that come while others are being let in, or settled, wait for the next round. So a hundred calls at once cost a
few transactions, not two hundred that wait for each other at the organisation's row. Each call has its own verdict: one
that is refused holds up no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot import ledger
from entrepot.kernel import Refused, Tx

from . import accounts
from .admission import Admitted, holds_for, plan_admissions, post_or_again, write_admissions
from .asks import Ask
from .budgets import Budget, funded_of, query_funded
from .customers import Limits
from .grounds import Grounds, Known, read_grounds
from .settling import Ending, Request, Settled, likely_steps, plan_endings, query_ending, write_endings


class Held(msgspec.Struct, frozen=True):
    """What a round came to: a verdict on each call that asked, and how each that ended was settled, in their order; and
    the organisation's budgets, where somebody asked, for the next round to think of."""

    verdicts: Sequence[Admitted | Refused]
    settled: Sequence[Settled]
    budgets: Sequence[Budget] | None = None


def hold_round(
    tx: Tx, organisation: str, asks: Sequence[Ask], endings: Sequence[Ending], unit: str, holder: str, limits: Limits,
    budgets: Sequence[Budget] = (),
) -> Held:  # fmt: skip
    """Settle what has ended and let in what asks, in this order: what is given back can be held again.

    All of them are the organisation's. Its row is locked before the rows of its requests, by everybody. `budgets` are
    those it had lately: what is believed of them is asked for early, and counts for nothing else.
    """
    grounds, attempts, known = _read(tx, organisation, asks, endings, unit, limits, budgets)
    ended = plan_endings(tx, endings, unit, attempts)
    if grounds is None:
        post_or_again(tx, ended.plan, known.found)
        write_endings(tx, ended)
        return Held((), ended.settled, None)
    admissions = plan_admissions(tx, grounds, asks, unit, holder, ended.freed, known)
    post_or_again(tx, ended.plan + admissions.plan, known.found)
    write_admissions(tx, admissions)
    write_endings(tx, ended)
    return Held(admissions.verdicts, ended.settled, grounds.budgets)


def _read(
    tx: Tx, organisation: str, asks: Sequence[Ask], endings: Sequence[Ending], unit: str, limits: Limits,
    budgets: Sequence[Budget],
) -> tuple[Grounds | None, Sequence[Request], Known]:  # fmt: skip
    """All that a round is decided by, in one turn to the server where it is as it was thought to be."""
    look = _foresee(organisation, asks, endings, unit, [each.account(tx.now) for each in budgets])
    if not asks:
        attempts, *rows = tx.all_of(query_ending(endings), *look.queries)
        return None, attempts, Known(look.found(rows))
    begins = [(budget, budget.begins_at(tx.now)) for budget in budgets]
    grounds, (attempts, funded, *rows) = read_grounds(
        tx, organisation, asks, limits, query_ending(endings), query_funded(begins), *look.queries
    )
    thought_of = frozenset(budget.id for budget in budgets)
    return grounds, attempts, Known(look.found(rows), funded_of(begins, funded), thought_of)


def _foresee(
    organisation: str, asks: Sequence[Ask], endings: Sequence[Ending], unit: str, budgets: Sequence[ledger.Account]
) -> ledger.Foreseen:
    """What a round will read of the ledger, as far as it can be told."""
    credit = accounts.compute(organisation, unit)
    steps = [step for ask in asks for step in holds_for(ask, credit, budgets, 1)]
    steps += [step for ending in endings for step in likely_steps(ending, unit)]
    held = sorted({owner for ending in endings for owner in ending.budgets})
    sides = [credit, accounts.earned(unit), *map(accounts.budget, held)] + [accounts.budget_used()] * bool(held)
    return ledger.foresee(steps, sides)
