"""Makers: what those who publish models earn, and how it becomes money that is due to them.

At each settled use the maker's share moves, in thousand-millionths, in the very post that captures the price. What has
come to whole minor units is made due like a merchant's sales: it stands in a statement and is paid out. What is left
below one unit waits for the next use, so nothing is rounded away.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot import ledger, pay
from entrepot.identity import Scope, require_organisation
from entrepot.kernel import Finding, Prepared, Snapshot, TaskKind, TaskRun, Tx, derive_id, prepare

from . import accounts, tables
from .amounts import nano_per_minor
from .types import SHOP, Settings

MAKERS = "cloud.pay_makers"
KIND = "maker"
PAID = accounts.MAKER_PAID


class PayMakers(msgspec.Struct, frozen=True):
    """Make due what makers earned."""


class Earned(msgspec.Struct, frozen=True):
    """What a model earned its maker since a time: `calls` of it, the tokens' price and the share, in nano units."""

    model: str
    calls: int
    price: int
    share: int


class Earnings(msgspec.Struct, frozen=True):
    """What an organisation earned with its models: `share` in all, `waiting` of it below a minor unit or not yet made
    due (nano units); by model since a time."""

    share: int
    waiting: int
    models: tuple[Earned, ...]


def read_earnings(snapshot: Snapshot, scope: Scope, unit: str, since: int = 0) -> Earnings:
    """What the caller's organisation earned with its models, the best earning first."""
    organisation = require_organisation(scope)
    models = [Earned(row[0], *map(int, row[1:])) for row in
              snapshot.all(_by_model, organisation=organisation, since=since)]  # fmt: skip
    waiting = ledger.balance_of(snapshot, accounts.maker(organisation, unit)).available
    return Earnings(int(snapshot.value(_all_of, organisation=organisation) or 0), waiting, tuple(models))


def pay_makers(tx: Tx, currency: str) -> int:
    """Make due what each maker earned in whole minor units, in one post; returns how many it was something for."""
    unit, per_minor = accounts.nano(currency), nano_per_minor(currency)
    makers = [accounts.maker(row, unit) for row in tx.all(_makers)]
    balances = ledger.balances_of(tx, makers)
    due = [(each, balances[each.id].available // per_minor) for each in makers]
    plan = ledger.Plan()
    for account, minor in due:
        if minor > 0:
            plan += _due(tx, account, minor, minor * per_minor, currency)
    ledger.post(tx, plan)
    return sum(minor > 0 for _, minor in due)


def makers_task(settings: Settings) -> TaskKind[PayMakers]:
    """The task that does it."""

    def run(task: TaskRun, body: PayMakers) -> None:
        task.database.write_now(lambda tx: pay_makers(tx, settings.currency))

    return TaskKind(MAKERS, PayMakers, run)


def check_makers(snapshot: Snapshot) -> Finding:
    """What a maker got is the share of every usage row of their models: it waits, or is due to them in money."""
    rows = snapshot.all(_earned)
    units = ledger.list_units(snapshot, KIND)
    waiting = {(row.organisation, unit): accounts.maker(row.organisation, unit) for row in rows for unit in units}
    balances = ledger.balances_of(snapshot, list(waiting.values()))
    got: Counter[str] = Counter()
    for (organisation, _), account in waiting.items():
        got[organisation] += balances[account.id].balance
    for (organisation, currency), minor in pay.booked_under(snapshot, PAID).items():
        got[organisation] += minor * nano_per_minor(currency)
    for row in snapshot.all(_on_tabs):  # it moves as the tab is closed, within a second
        got[row.organisation] += int(row.share)
    breaches = [
        f"{row.organisation} earned {row.share} by usage rows and got {got[row.organisation]}"
        for row in rows
        if got[row.organisation] != int(row.share)
    ]
    return Finding(len(rows), breaches)


def _due(tx: Tx, account: ledger.Account, minor: int, nano: int, currency: str) -> ledger.Plan:
    ref = tx.new_id("mkp")
    moved = ledger.Move(derive_id("trf", ref), account, accounts.makers_paid(account.unit), nano, PAID, ref)
    owed = pay.book_entry(tx, account.owner, currency, minor, PAID, ref, accounts.maker_costs(currency))
    return ledger.Plan.of(moved) + owed


_u, _m = tables.usage.c, tables.models.c
_owners = select(_m.name, _m.organisation).where(_m.organisation != SHOP).distinct().subquery()
_makers: Prepared[str] = prepare(
    select(_owners.c.organisation).distinct().order_by(_owners.c.organisation), lambda organisation: organisation
)
_named = _u.model == _owners.c.name
_by_model: Prepared[Any] = prepare(
    select(
        _u.model, func.count(_u.request.distinct()).label("calls"), func.sum(_u.price).label("price"),
        func.sum(_u.share).label("share"),
    )
    .join_from(tables.usage, _owners, _named)
    .where(_owners.c.organisation == bindparam("organisation"), _u.at >= bindparam("since"))
    .group_by(_u.model)
    .order_by(func.sum(_u.share).desc(), _u.model)
)  # fmt: skip
_all_of: Prepared[Any] = prepare(
    select(func.sum(_u.share).label("share"))
    .join_from(tables.usage, _owners, _named)
    .where(_owners.c.organisation == bindparam("organisation"))
)
_shares = (
    select(_owners.c.organisation, func.sum(_u.share).label("share"))
    .join_from(tables.usage, _owners, _named)
    .group_by(_owners.c.organisation)
    .order_by(_owners.c.organisation)
)
_earned: Prepared[Any] = prepare(_shares)
_on_tabs: Prepared[Any] = prepare(
    _shares.join(tables.tabs, _u.stretch == tables.tabs.c.id).where(tables.tabs.c.charged.is_(None))
)
