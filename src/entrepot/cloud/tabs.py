"""Tabs: the calls of a busy customer far from its limits, let in from memory and captured together.

Two commits for every call, one to let it in and one to settle it, are more than most calls need. So when calls follow
each other, and much more is left than they can cost, a round opens a tab: a standing hold on the credit and on each
budget that counts the calls, and a part of the pace that the customer has. From then on the tab's process lets calls in
by itself. Each is written with its bill as it is settled, in one commit before its last byte, which adds its price to
the tab's row; the row can come to no more than the tab holds, and takes nothing once it is closed.

After a second the tab is closed: what was spent is captured, the rest of it and of the pace goes back, and a call that
is still under way gets a row and holds of its own. Near a limit no tab is opened: a tab takes a small part of what is
left, and must have room for several calls. Whoever is refused meanwhile is asked again once tabs are closed, so that
nobody is refused what fits.

A process that dies leaves its tab open, and the reconciler closes it. Calls that were under way and not a second old
have left nothing then: they were not answered, and nobody pays for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger
from entrepot.kernel import Prepared, Query, Tx, derive_id, in_set, prepare, to_json

from . import accounts, tables
from .admission import TWICE, Admissions, LetInBefore, holds_for_request
from .customers import Customer, Pace, claim_pace, return_pace
from .grounds import Bounds, Grounds
from .rating import PriceBook
from .requests import NEW_REQUESTS, Request, row_of
from .settling import Ending, Settled, closed, settle_by, usage_of
from .tab_rows import TAB_ROWS, Tab, read_tab
from .types import Usage
from .usage import usage_rows

CALLS = 1_000
"""A tab is to have room for so many calls like the one that it is opened for."""
PART = 8
"""It takes at most this part of what is left of the credit, of each budget and of the pace."""
CALLS_LEAST = 8
"""It is not worth opening for fewer calls."""


class Opened(msgspec.Struct, frozen=True):
    """A tab that was opened, what counts its calls, and the pace that it may let them in at."""

    tab: Tab
    bounds: Bounds
    pace: Pace


class OnTab(msgspec.Struct, frozen=True):
    """A call that was let in on a tab (`request.tab`), by the prices of `book`, and how it ends."""

    request: Request
    book: PriceBook
    ending: Ending


class Closing(msgspec.Struct, frozen=True):
    """A tab that is to be closed: the calls on it that are under way, and the pace that is left of it."""

    tab: Tab
    under_way: Sequence[Request] = ()
    pace: Pace = Pace()


class Settlings(msgspec.Struct):
    """What was decided on calls that end on tabs, before anything is written: how each was settled, in their order, and
    by how much each tab's `spent` grows."""

    settled: list[Settled] = msgspec.field(default_factory=list)
    spent: Counter[str] = msgspec.field(default_factory=Counter)
    rows: list[dict[str, Any]] = msgspec.field(default_factory=list)
    usage: dict[str, list[Usage]] = msgspec.field(default_factory=dict)


class Closings(msgspec.Struct):
    """What was decided on tabs that are closed: what to post, what accounts gain by it, by their ids, and which of them
    are written, with the calls that go on. A tab that was closed before is left alone."""

    plan: ledger.Plan = ledger.Plan()
    freed: dict[str, int] = msgspec.field(default_factory=dict)
    closed: list[dict[str, Any]] = msgspec.field(default_factory=list)
    requests: list[Request] = msgspec.field(default_factory=list)


def hold_of(tab: str, source: str = "") -> str:
    """A tab's standing hold on the organisation's credit, or on a budget's account."""
    return derive_id("hld", tab, source)


# --- opening


def plan_tab(
    tab_id: str, grounds: Grounds, admissions: Admissions, key_id: str | None, holder: str,
    open_for: Sequence[Bounds], now: int,
) -> Opened | None:  # fmt: skip
    """A tab for calls like the last one that was let in, where there is much more left than these can cost, and none is
    open for such; None where not. Its pace is taken from the customer of `admissions`; `steps_of` it are its holds."""
    room, last, bounds = admissions.room, admissions.requests[-1], grounds.bounds(key_id, now)
    if room is None or not last.held or bounds in open_for:
        return None
    owners, tokens = tuple(owner for owner, _ in bounds), sum(last.limits.values())
    left = [room.left[account.id] for account in (room.credit, *map(accounts.budget, owners))]
    amount = min(last.held * CALLS, min(left) // PART, ledger.AMOUNT_MAX)
    pace, customer = claim_pace(admissions.customer, Pace(CALLS, CALLS * tokens), PART, now)
    if min(amount // last.held, pace.calls, pace.tokens // tokens) < CALLS_LEAST:
        return None
    admissions.customer = customer
    tab = Tab(tab_id, customer.organisation, holder, room.credit.unit, amount, owners, 0, None, now, None)
    return Opened(tab, bounds, pace)


def steps_of(tab: Tab) -> Sequence[ledger.Step]:
    """What a tab sets aside."""
    return [
        ledger.Hold(hold_of(tab.id, source), debit, credit, tab.amount, accounts.TAB, tab.id)
        for source, debit, credit in _sources(tab)
    ]


def likely_tab(tab_id: str, credit: ledger.Account, budgets: Sequence[ledger.Account]) -> Tab:
    """A tab like the one that will be opened: see `ledger.foresee`."""
    return Tab(tab_id, credit.owner, "", credit.unit, 1, tuple(each.owner for each in budgets), 0, None, 0, None)


def write_tab(tx: Tx, tab: Tab) -> None:
    """Write the row of a tab whose steps were posted."""
    tx.send(_insert, **msgspec.structs.asdict(tab) | {"budgets": to_json(tab.budgets)})


# --- settling


def plan_settlings(entries: Sequence[OnTab], now: int) -> Settlings:
    """Decide how calls on tabs end. Nothing is read for it."""
    decided = Settlings()
    for request, book, ending in ((each.request, each.book, each.ending) for each in entries):
        assert request.tab is not None, "a call on a tab"
        assert ending.keep is None, "a call whose answer is kept stands alone"
        settled, rated = settle_by(book, request, ending)
        decided.settled.append(settled)
        decided.spent[request.tab] += settled.price
        decided.rows.append({**row_of(request), **closed(settled, ending, now)})
        decided.usage.setdefault(request.tab, []).extend(usage_of(request, ending, rated, now))
    return decided


def write_settlings(tx: Tx, decided: Settlings) -> None:
    """Write the calls with their usage, and add them to their tabs. LetInBefore when one of them is there already."""
    for tab, spent in decided.spent.items():
        if spent:
            tx.send(_spend, id_=tab, spent_=spent)
    tx.send_new((NEW_REQUESTS, decided.rows, LetInBefore(TWICE)))
    tx.send_all(*(usage_rows(rows, tab) for tab, rows in decided.usage.items()))


# --- closing


def query_closings(closings: Sequence[Closing]) -> tuple[Query | None, Query | None]:
    """The queries for the rows of tabs that are closed, kept from others until the commit, and for what their calls
    earned the makers of models. The organisation's row is locked before."""
    ids = sorted(each.tab.id for each in closings)
    return ((_lock, {"ids": ids}), (_shares, {"ids": ids})) if ids else (None, None)


def likely_steps(closing: Closing) -> Sequence[ledger.Step]:
    """Steps like those that will close a tab: see `ledger.foresee`."""
    return [*_charge(closing.tab, 1), *_own_holds(closing)]


def plan_closings(
    tx: Tx, closings: Sequence[Closing], tabs: Sequence[Tab], shares: Sequence[tuple[str, str, int]]
) -> Closings:
    """Decide how tabs are closed, by their rows and by what their calls earned makers, as `query_closings` found it."""
    decided, steps = Closings(), list[ledger.Step]()
    rows, makers = {tab.id: tab for tab in tabs}, _makers(tx, shares)
    for closing in closings:
        tab = rows[closing.tab.id]
        if tab.charged is not None:
            continue
        steps += [*_charge(tab, tab.spent), *_own_holds(closing)]
        steps += [_share(tab, model, amount, makers) for id_, model, amount in shares if id_ == tab.id]
        _free(decided, tab, closing)
        decided.closed.append({"id_": tab.id, "charged_": tab.spent, "now_": tx.now})
        decided.requests += [msgspec.structs.replace(each, tab=None) for each in closing.under_way]
    decided.plan = ledger.Plan(tuple(steps))
    return decided


def paces_of(customer: Customer, closings: Iterable[Closing], now: int) -> Customer:
    """The customer with the pace back that is left of tabs."""
    for each in closings:
        customer = return_pace(customer, each.pace, now)
    return customer


def write_closings(tx: Tx, decided: Closings) -> None:
    """Write what was decided, once the plan is posted."""
    for row in decided.closed:
        tx.send(_close, **row)
    tx.send_new((NEW_REQUESTS, [row_of(each) for each in decided.requests], LetInBefore(TWICE)))


def close_left(tx: Tx, tab: Tab) -> None:
    """Close a tab whose process is gone; one that was closed meanwhile stays as it is."""
    closing = Closing(tab)
    tabs, shares = tx.all_of(*query_closings([closing]))
    decided = plan_closings(tx, [closing], tabs, shares)
    ledger.post(tx, decided.plan)
    write_closings(tx, decided)


def _sources(tab: Tab) -> list[tuple[str, ledger.Account, ledger.Account]]:
    """What a tab holds of: a name of each, who gives and who gets what is captured."""
    credit = ("", accounts.compute(tab.organisation, tab.unit), accounts.earned(tab.unit))
    return [credit, *((owner, accounts.budget(owner), accounts.budget_used()) for owner in tab.budgets)]


def _charge(tab: Tab, spent: int) -> Sequence[ledger.Step]:
    holds = [hold_of(tab.id, source) for source, _, _ in _sources(tab)]
    if spent:
        return [
            ledger.Capture(derive_id("trf", hold, "use"), hold, spent, accounts.USE, tab.id, final=True)
            for hold in holds
        ]
    return [ledger.Void(derive_id("trf", hold, "release"), hold, accounts.RELEASE, tab.id) for hold in holds]


def _own_holds(closing: Closing) -> list[ledger.Step]:
    credit = accounts.compute(closing.tab.organisation, closing.tab.unit)
    return [step for each in closing.under_way for step in holds_for_request(each, credit)]


def _free(decided: Closings, tab: Tab, closing: Closing) -> None:
    """What is there again to be held: what the tab did not spend, less what calls under way hold by themselves now."""
    for _, account, _ in _sources(tab):
        decided.freed[account.id] = decided.freed.get(account.id, 0) + tab.amount - tab.spent
    for each in closing.under_way:
        for account in (accounts.compute(tab.organisation, tab.unit), *map(accounts.budget, each.budgets)):
            decided.freed[account.id] -= each.held


def _makers(tx: Tx, shares: Sequence[tuple[str, str, int]]) -> Mapping[str, str]:
    return dict(tx.all(_owners, names=sorted({model for _, model, _ in shares}))) if shares else {}


def _share(tab: Tab, model: str, amount: int, makers: Mapping[str, str]) -> ledger.Step:
    maker = accounts.maker(makers[model], tab.unit)
    share = derive_id("trf", tab.id, model, "maker")
    return ledger.Move(share, accounts.earned(tab.unit), maker, int(amount), accounts.MAKER, tab.id)


_t, _u, _m = tables.tabs.c, tables.usage.c, tables.models.c
_lock: Prepared[Tab] = prepare(TAB_ROWS.where(in_set(_t.id, "ids")).order_by(_t.id).with_for_update(), read_tab)
_insert: Prepared[Any] = prepare(insert(tables.tabs).values({c.name: bindparam(c.name) for c in tables.tabs.columns}))
_spend: Prepared[Any] = prepare(
    update(tables.tabs).where(_t.id == bindparam("id_")).values(spent=_t.spent + bindparam("spent_"))
)
_close: Prepared[Any] = prepare(
    update(tables.tabs)
    .where(_t.id == bindparam("id_"))
    .values(charged=bindparam("charged_"), closed_at=bindparam("now_"))
)
_shares: Prepared[Any] = prepare(
    select(_u.stretch, _u.model, func.sum(_u.share).label("share"))
    .where(in_set(_u.stretch, "ids"), _u.share > 0)
    .group_by(_u.stretch, _u.model)
    .order_by(_u.stretch, _u.model)
)
_newest = (
    select(_m.name, func.max(_m.version).label("version")).where(in_set(_m.name, "names")).group_by(_m.name).subquery()
)
_owners: Prepared[Any] = prepare(
    select(_m.name, _m.organisation).join_from(
        tables.models, _newest, (_m.name == _newest.c.name) & (_m.version == _newest.c.version)
    )
)
