"""Rounds: what an organisation's calls want at one moment, decided and written together.

Calls that come while others are being let in, or settled, wait for the next round. So a hundred calls at once cost a
few transactions, not two hundred that wait for each other at the organisation's row. Each call has its own verdict: one
that is refused holds up no other. A round also opens the tabs that let calls in without one, and closes them (`tabs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from entrepot import ledger
from entrepot.kernel import Refused, TooMany, Tx

from . import accounts, tabs
from .admission import (
    TWICE,
    Admissions,
    Admitted,
    LetInBefore,
    OutOfCredit,
    OverBudget,
    holds_for,
    plan_admissions,
    post_or_again,
    write_admissions,
)
from .asks import Ask
from .budgets import Budget, funded_of, query_funded
from .customers import Customer, Limits, query_locked, rate_rows
from .grounds import Bounds, Grounds, Known, read_grounds
from .requests import Request
from .settling import Ending, Settled, likely_steps, plan_endings, query_ending, write_endings
from .tab_rows import Tab, open_tabs_of
from .tabs import Closing, OnTab, Opened


class Round(msgspec.Struct, frozen=True):
    """What is wanted, all of it one organisation's: calls that ask to be let in, calls that end, by themselves or on a
    tab, and tabs that are closed.

    `budgets` are those that the organisation had lately: what is believed of them is asked for early, and counts for
    nothing else. With `opens` a tab is opened for calls like the last one that is let in, unless one is `open_for`
    such. `again` says that the round may have been held before, and its end not been heard of.
    """

    organisation: str
    asks: Sequence[Ask] = ()
    endings: Sequence[Ending] = ()
    on_tabs: Sequence[OnTab] = ()
    closings: Sequence[Closing] = ()
    budgets: Sequence[Budget] = ()
    opens: bool = False
    open_for: Sequence[Bounds] = ()
    again: bool = False


class Held(msgspec.Struct, frozen=True):
    """What a round came to: a verdict on each call that asked, in their order; how each attempt that ended was settled;
    the organisation's budgets, where somebody asked, for the next round to think of; the tab that was opened; and
    whether somebody was refused while another process has a tab of the organisation's open."""

    verdicts: Sequence[Admitted | Refused] = ()
    settled: Mapping[tuple[str, int], Settled] = {}
    budgets: Sequence[Budget] | None = None
    opened: Opened | None = None
    others_hold: bool = False


class _Read(msgspec.Struct, frozen=True):
    """All that a round is decided by. The customer's row is locked where somebody asks, or a tab is closed; there are
    no grounds where nobody asks."""

    customer: Customer | None
    grounds: Grounds | None
    attempts: Sequence[Request]
    tabs: Sequence[Tab]
    shares: Sequence[tuple[str, str, int]]
    known: Known


def hold_round(tx: Tx, wanted: Round, unit: str, holder: str, limits: Limits) -> Held:
    """Settle what has ended, close tabs, and let in what asks, in this order: what is given back can be held again.

    The organisation's row is locked before its tabs and its requests, by everybody who locks more than one of them.
    """
    if wanted.again:
        wanted = _not_before(tx, wanted, holder)
    on_tabs = tabs.plan_settlings(wanted.on_tabs, tx.now)
    if not (wanted.asks or wanted.endings or wanted.closings):
        tabs.write_settlings(tx, on_tabs)
        return Held(settled=_by_attempt(on_tabs.settled))
    opening = tx.new_id("tab") if wanted.opens else ""
    read = _read(tx, wanted, unit, limits, opening)
    ended = plan_endings(tx, wanted.endings, unit, read.attempts)
    closed = tabs.plan_closings(tx, wanted.closings, read.tabs, read.shares)
    held = Held(settled=_by_attempt([*ended.settled, *on_tabs.settled]))
    if read.grounds is not None:
        freed = {name: ended.freed.get(name, 0) + closed.freed.get(name, 0) for name in {**ended.freed, **closed.freed}}
        customer = tabs.paces_of(read.grounds.customer, wanted.closings, tx.now)
        grounds = msgspec.structs.replace(read.grounds, customer=customer)
        admissions = plan_admissions(tx, grounds, wanted.asks, unit, holder, freed, read.known)
        held = _answered(tx, held, wanted, grounds, admissions, opening, holder)
        steps = tabs.steps_of(held.opened.tab) if held.opened is not None else ()
        post_or_again(tx, ended.plan + closed.plan + admissions.plan + ledger.Plan(tuple(steps)), read.known.found)
        write_admissions(tx, admissions, read.grounds.customer)
        if held.opened is not None:
            tabs.write_tab(tx, held.opened.tab)
    else:
        post_or_again(tx, ended.plan + closed.plan, read.known.found)
        if read.customer is not None:
            tx.send_all(rate_rows(tabs.paces_of(read.customer, wanted.closings, tx.now)))
    tabs.write_closings(tx, closed)
    write_endings(tx, ended)
    tabs.write_settlings(tx, on_tabs)
    return held


def _answered(
    tx: Tx, held: Held, wanted: Round, grounds: Grounds, admissions: Admissions, opening: str, holder: str
) -> Held:
    """What those that ask are told, and the tab that is opened for those who come after them."""
    verdicts, opened, others_hold = admissions.verdicts, None, False
    if wanted.opens and all(isinstance(verdict, Admitted) for verdict in verdicts):
        opened = tabs.plan_tab(opening, grounds, admissions, wanted.asks[-1].key_id, holder, wanted.open_for, tx.now)
    if any(isinstance(verdict, OutOfCredit | OverBudget | TooMany) for verdict in verdicts):
        others_hold = any(each.holder != holder for each in open_tabs_of(tx, [wanted.organisation]))
    return msgspec.structs.replace(
        held, verdicts=verdicts, budgets=grounds.budgets, opened=opened, others_hold=others_hold
    )


def _not_before(tx: Tx, wanted: Round, holder: str) -> Round:
    """The round without what was done of it before. A call of ours that is there by now was settled on its tab, or let
    in for good as the tab was closed: it ends by its row. LetInBefore when it is another process's."""
    rows = {(row.id, row.attempt): row for row in tx.all_of(query_ending([each.ending for each in wanted.on_tabs]))[0]}
    if any(row.holder != holder for row in rows.values()):
        raise LetInBefore(TWICE)
    known = [each for each in wanted.on_tabs if (each.request.id, each.request.attempt) in rows]
    return msgspec.structs.replace(
        wanted, endings=[*wanted.endings, *(each.ending for each in known)],
        on_tabs=[each for each in wanted.on_tabs if each not in known],
    )  # fmt: skip


def _read(tx: Tx, wanted: Round, unit: str, limits: Limits, opening: str) -> _Read:
    """All that a round is decided by, in one turn to the server where it is as it was thought to be."""
    look = _foresee(wanted, unit, [each.account(tx.now) for each in wanted.budgets], opening)
    closing = tabs.query_closings(wanted.closings)
    ending = query_ending(wanted.endings)
    if not wanted.asks:
        lock = query_locked(wanted.organisation) if wanted.closings else None
        customers, found, shares, attempts, *rows = tx.all_of(lock, *closing, ending, *look.queries)
        return _Read(next(iter(customers), None), None, attempts, found, shares, Known(look.found(rows)))
    begins = [(budget, budget.begins_at(tx.now)) for budget in wanted.budgets]
    grounds, (found, shares, attempts, funded, *rows) = read_grounds(
        tx, wanted.organisation, wanted.asks, limits, *closing, ending, query_funded(begins), *look.queries
    )
    thought_of = frozenset(budget.id for budget in wanted.budgets)
    known = Known(look.found(rows), funded_of(begins, funded), thought_of)
    return _Read(grounds.customer, grounds, attempts, found, shares, known)


def _foresee(wanted: Round, unit: str, budgets: Sequence[ledger.Account], opening: str) -> ledger.Foreseen:
    """What a round will read of the ledger, as far as it can be told."""
    credit = accounts.compute(wanted.organisation, unit)
    steps = [step for ask in wanted.asks for step in holds_for(ask, credit, budgets, 1)]
    steps += [step for ending in wanted.endings for step in likely_steps(ending, unit)]
    steps += [step for closing in wanted.closings for step in tabs.likely_steps(closing)]
    if wanted.opens:
        steps += tabs.steps_of(tabs.likely_tab(opening, credit, budgets))
    held = {owner for ending in wanted.endings for owner in ending.budgets}
    held |= {owner for closing in wanted.closings for owner in closing.tab.budgets}
    sides = [credit, accounts.earned(unit), *map(accounts.budget, sorted(held))] + [accounts.budget_used()] * bool(held)
    return ledger.foresee(steps, sides)


def _by_attempt(settled: Sequence[Settled]) -> dict[tuple[str, int], Settled]:
    return {(each.request, each.attempt): each for each in settled}
