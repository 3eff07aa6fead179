"""Spend alerts: a notice once for each threshold of a budget in each period, and once when credit runs low, until there
is more again.

Looked at every minute, so that no call waits for it: a look reads, and only what is to be told is written.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from entrepot import ledger
from entrepot.identity import Notice, notify
from entrepot.kernel import DAY, Database, Prepared, Snapshot, Tx, prepare
from entrepot.kernel.sql import prepare_text

from . import accounts, notices, tables
from .budgets import BUDGET_COLUMNS, Budget, period_id, read_budget
from .showing import show_nano
from .tab_rows import list_open_tabs, on_tabs
from .types import SHOP

LONGEST = 32 * DAY


class BudgetAlert(msgspec.Struct, frozen=True):
    """A threshold that a budget has passed in its present period, and nobody was told of."""

    budget: Budget
    begins_at: int
    spent: int
    reached_bps: int


class CreditAlert(msgspec.Struct, frozen=True):
    """An organisation whose credit has fallen to its threshold, and was not told of it."""

    organisation: str
    left: int


def tell_alerts(database: Database, currency: str) -> int:
    """Tell whoever is to be told now; returns how many notices were written."""
    unit = accounts.nano(currency)
    budgets = database.read_now(lambda s: find_budget_alerts(s))
    low, again = database.read_now(lambda s: find_credit_alerts(s, unit))
    if not (budgets or low or again):
        return 0

    def tell(tx: Tx) -> int:
        told = sum(_tell_budget(tx, alert, currency) for alert in budgets)
        told += sum(_tell_credit(tx, alert, currency) for alert in low)
        tx.run_many(_rearm, [{"organisation_": organisation} for organisation in again])
        return told

    return database.write_now(tell)


def find_budget_alerts(snapshot: Snapshot) -> list[BudgetAlert]:
    """The budgets that have passed a threshold in their present period that they had not passed before."""
    rows = [
        (budget, row.begins_at, int(row.funded), int(row.alerted_bps))
        for row in snapshot.all(_running, since=snapshot.now - LONGEST)
        for budget in (read_budget(*row[: len(BUDGET_COLUMNS)]),)
        if row.begins_at == budget.begins_at(snapshot.now)
    ]
    named = [accounts.budget(period_id(budget.id, begins_at)) for budget, begins_at, _, _ in rows]
    balances = ledger.balances_of(snapshot, named) if named else {}
    found = []
    for (budget, begins_at, funded, alerted_bps), account in zip(rows, named, strict=True):
        spent = funded - balances[account.id].balance
        reached = reached_of(budget, spent)
        if reached > alerted_bps:
            found.append(BudgetAlert(budget, begins_at, spent, reached))
    return found


def reached_of(budget: Budget, spent: int) -> int:
    """The highest threshold that spending so much has passed, in hundredths of a percent; 0: none."""
    if not budget.amount:
        return 0
    return max((each for each in budget.alert_bps if spent * 10_000 >= each * budget.amount), default=0)


def find_credit_alerts(snapshot: Snapshot, unit: str) -> tuple[list[CreditAlert], list[str]]:
    """Whose credit has fallen to its threshold; and who was told of that, and has more again."""
    rows = [row for row in snapshot.all(_customers) if row.organisation != SHOP]
    named = [accounts.compute(row.organisation, unit) for row in rows]
    balances = ledger.balances_of(snapshot, named) if named else {}
    kept = on_tabs(list_open_tabs(snapshot))
    low, again = [], []
    for row, account in zip(rows, named, strict=True):
        left = balances[account.id].available + kept[row.organisation].free
        if left <= row.alert_below and row.alerted_at is None:
            low.append(CreditAlert(row.organisation, left))
        elif left > row.alert_below and row.alerted_at is not None:
            again.append(row.organisation)
    return low, again


def _tell_budget(tx: Tx, alert: BudgetAlert, currency: str) -> int:
    """The row of the period is what claims it, so that two processes tell once."""
    budget = alert.budget
    if not tx.run(_alerted, id_=budget.id, begins_at_=alert.begins_at, bps_=alert.reached_bps):
        return 0
    params = {
        "percent": f"{alert.reached_bps / 100:g}", "name": budget.name, "spent": show_nano(alert.spent, currency),
        "amount": show_nano(budget.amount, currency),
    }  # fmt: skip
    notify(tx, Notice(budget.organisation, notices.BUDGET_REACHED, params, link="/cloud/budgets"))
    return 1


def _tell_credit(tx: Tx, alert: CreditAlert, currency: str) -> int:
    if not tx.run(_low, organisation=alert.organisation, now=tx.now):
        return 0
    params = {"left": show_nano(max(alert.left, 0), currency)}
    notify(tx, Notice(alert.organisation, notices.CREDIT_LOW, params, link="/cloud/credit"))
    return 1


_b, _p, _c, _i = tables.budgets.c, tables.budget_periods.c, tables.customers.c, tables.billing.c
_running: Prepared[Any] = prepare(
    select(*BUDGET_COLUMNS, _p.begins_at, _p.funded, _p.alerted_bps)
    .join_from(tables.budgets, tables.budget_periods, _p.budget_id == _b.id)
    .where(
        _b.ended_at.is_(None),
        (_p.begins_at >= bindparam("since")) | (_b.period == "total"),
        _p.alerted_bps < 10_000,
    )
    .order_by(_b.id)
)
_customers: Prepared[Any] = prepare(
    select(_c.organisation, func.coalesce(_i.alert_below, 0).label("alert_below"), _i.alerted_at)
    .join_from(tables.customers, tables.billing, _i.organisation == _c.organisation, isouter=True)
    .order_by(_c.organisation)
)
_alerted: Prepared[Any] = prepare(
    update(tables.budget_periods)
    .where(
        _p.budget_id == bindparam("id_"), _p.begins_at == bindparam("begins_at_"), _p.alerted_bps < bindparam("bps_")
    )
    .values(alerted_bps=bindparam("bps_"))
)
_low: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_billing "
    "(organisation, name, address, tax_id, note, country, region, netted, alert_below, alerted_at, changed_at) "
    "VALUES (:organisation, '', '', '', '', '', '', 0, 0, :now, :now) "
    "ON CONFLICT (organisation) DO UPDATE SET alerted_at = excluded.alerted_at WHERE cloud_billing.alerted_at IS NULL"
)
_rearm: Prepared[Any] = prepare(
    update(tables.billing).where(_i.organisation == bindparam("organisation_")).values(alerted_at=None)
)
