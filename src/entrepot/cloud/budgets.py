"""Budgets: no more than so much in a period, for an organisation or for one of its keys.

A budget is a unit of the ledger's: each period has an account that is filled with the budget's amount, and every call
holds from it what it holds from the organisation's credit, in one plan. So calls at once cannot pass it together.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.identity import Scope, list_keys, require_organisation
from entrepot.kernel import (
    SECOND,
    Invalid,
    NotAllowed,
    NotFound,
    Prepared,
    Query,
    Snapshot,
    Tx,
    derive_id,
    from_json,
    in_set,
    prepare,
    to_json,
)
from entrepot.kernel.sql import prepare_text

from . import accounts, tables
from .tab_rows import on_tabs, open_tabs_of

Period = Literal["day", "month", "total"]
NAME_LENGTH_MAX = 100
ALERTS_MAX = 5


class Budget(msgspec.Struct, frozen=True):
    """A bound on spending, in nano units a period (UTC days, UTC months, or once). `key_id` is None for all keys."""

    id: str
    organisation: str
    name: str
    key_id: str | None
    period: Period
    amount: int
    alert_bps: tuple[int, ...]
    created_at: int

    def begins_at(self, now: int) -> int:
        """When the period of a time began, in microseconds; a `total` has one that began with the budget."""
        moment = datetime.fromtimestamp(now / 1_000_000, UTC)
        match self.period:
            case "day":
                start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
            case "month":
                start = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            case _:
                return self.created_at
        return int(start.timestamp()) * 1_000_000

    def renews_at(self, now: int) -> int | None:
        """When its next period begins; None for a `total`, which has no other."""
        if self.period == "total":
            return None
        begun = datetime.fromtimestamp(self.begins_at(now) // SECOND, UTC)
        after = begun + timedelta(days=1 if self.period == "day" else calendar.monthrange(begun.year, begun.month)[1])
        return int(after.timestamp()) * SECOND

    def account(self, now: int) -> ledger.Account:
        """Its account for the present period."""
        return accounts.budget(period_id(self.id, self.begins_at(now)))


class BudgetState(msgspec.Struct, frozen=True):
    """A budget in its present period, in nano units: what is spent, what calls under way hold, what is left."""

    budget: Budget
    begins_at: int
    spent: int
    held: int

    @property
    def left(self) -> int:
        """What can still be held."""
        return max(self.budget.amount - self.spent - self.held, 0)


def add_budget(
    tx: Tx, scope: Scope, name: str, amount: int, period: Period = "month", *, key_id: str | None = None,
    alert_bps: Sequence[int] = (8_000, 10_000),
) -> Budget:  # fmt: skip
    """Set a bound on what the caller's organisation, or one of its keys, spends."""
    organisation = require_organisation(scope)
    if not 0 < len(name.strip()) <= NAME_LENGTH_MAX:
        raise Invalid(f"A budget needs a name of at most {NAME_LENGTH_MAX} characters", fields={"name": "name it"})
    _check(amount, alert_bps)
    if key_id is not None and key_id not in {key.id for key in list_keys(tx, scope)}:
        raise NotFound("There is no such key")
    budget = Budget(
        tx.new_id("bud"), organisation, name.strip(), key_id, period, amount, tuple(sorted(set(alert_bps))), tx.now
    )
    tx.run(_insert, **msgspec.structs.asdict(budget) | {"alert_bps": to_json(budget.alert_bps), "ended_at": None})
    return budget


def change_budget(tx: Tx, scope: Scope, budget_id: str, amount: int, alert_bps: Sequence[int] | None = None) -> None:
    """Another amount from now on, in this period too, and other thresholds where they are given. What was spent or is
    held already stays: below it nothing more is admitted."""
    _require_no_key(scope)
    _check(amount, alert_bps or ())
    budget = tx.one(_own_budget, id=budget_id, organisation=require_organisation(scope))
    if budget is None:
        raise NotFound("There is no such budget")
    told = tuple(sorted(set(alert_bps))) if alert_bps is not None else budget.alert_bps
    tx.run(_change, id_=budget_id, organisation_=budget.organisation, amount_=amount, alert_bps_=to_json(told))
    if (amount, told) != (budget.amount, budget.alert_bps):  # what was told of the old amount says nothing of the new
        tx.run(_untold, id_=budget_id, begins_at_=budget.begins_at(tx.now))


def end_budget(tx: Tx, scope: Scope, budget_id: str) -> None:
    """Bound nothing by it any more."""
    _require_no_key(scope)
    if not tx.run(_end, id_=budget_id, organisation_=require_organisation(scope), now_=tx.now):
        raise NotFound("There is no such budget")


def list_budgets(snapshot: Snapshot, scope: Scope) -> list[BudgetState]:
    """The caller's budgets as they stand in their present periods."""
    budgets = snapshot.all(_all, organisation=require_organisation(scope))
    begins = [(budget, budget.begins_at(snapshot.now)) for budget in budgets]
    named = [budget.account(snapshot.now) for budget in budgets]
    balances = ledger.balances_of(snapshot, named)
    funded = read_funded(snapshot, begins)
    kept = on_tabs(open_tabs_of(snapshot, [require_organisation(scope)]))
    states = []
    for (budget, at), account in zip(begins, named, strict=True):
        balance, on_tab = balances[account.id], kept[account.owner]
        spent = funded.get(budget.id, 0) - balance.balance + on_tab.spent
        states.append(BudgetState(budget, at, spent, balance.pending_debits - on_tab.amount))
    return states


def query_budgets(organisation: str) -> Query:
    """The query for an organisation's budgets that have not ended, by id."""
    return _all, {"organisation": organisation}


def fund(
    tx: Tx, budgets: Sequence[Budget], known: Mapping[str, int] | None = None, freed: Mapping[str, int] | None = None
) -> tuple[list[ledger.Account], ledger.Plan]:
    """The account of each budget for the present period, and what to post first so that it holds the budget's amount:
    behind what accounts gain in the same plan, which `freed` says by their ids.

    The caller holds the organisation's row, so that two calls never fill one account. `known` is how much is in them,
    where that was read behind that row already (see `query_funded`).
    """
    begins = [(budget, budget.begins_at(tx.now)) for budget in budgets]
    funded = read_funded(tx, begins) if known is None else known
    named = [budget.account(tx.now) for budget in budgets]
    changed = [
        (budget, at, account)
        for (budget, at), account in zip(begins, named, strict=True)
        if funded.get(budget.id, -1) != budget.amount
    ]
    if not changed:
        return named, ledger.Plan()
    balances = ledger.balances_of(tx, [account for _, _, account in changed])
    steps: list[ledger.Step] = []
    for budget, at, account in changed:
        before = funded.get(budget.id, 0)
        # A budget cut below what is spent and held leaves nothing to hold: the rest goes when holds come back.
        there = balances[account.id].available + (freed or {}).get(account.id, 0)
        by = max(budget.amount - before, -there)
        steps += _fill(account, by, derive_id("trf", account.owner, str(before), str(before + by)), budget.id)
        tx.run(_fund, budget_id=budget.id, begins_at=at, funded=before + by)
    return named, ledger.Plan(tuple(steps))


def period_id(budget_id: str, begins_at: int) -> str:
    """The owner of a budget's account for one period."""
    return f"{budget_id}.{begins_at}"


def read_funded(snapshot: Snapshot, begins: Sequence[tuple[Budget, int]]) -> dict[str, int]:
    """How much was put into each budget's account of its period; nothing for one that was not used yet."""
    return funded_of(begins, snapshot.all_of(query_funded(begins))[0])


def query_funded(begins: Sequence[tuple[Budget, int]]) -> Query | None:
    """The query for how much was put into each budget's account of its period, for `funded_of`."""
    ids, periods = [budget.id for budget, _ in begins], sorted({at for _, at in begins})
    return (_funded, {"ids": ids, "begins": periods}) if begins else None


def funded_of(begins: Sequence[tuple[Budget, int]], rows: Sequence[Any]) -> dict[str, int]:
    """What `query_funded` found, by budget."""
    at = {budget.id: begins_at for budget, begins_at in begins}
    return {row.budget_id: row.funded for row in rows if at[row.budget_id] == row.begins_at}


def _require_no_key(scope: Scope) -> None:
    """A key that could change what bounds it would be bound by nothing."""
    if scope.actor.startswith("key_"):
        raise NotAllowed("A key may not change what bounds it: sign in to change or end a budget")


def _check(amount: int, alert_bps: Sequence[int]) -> None:
    if not 0 <= amount <= ledger.AMOUNT_MAX:
        raise Invalid("A budget is zero or more", fields={"amount": "zero or more"})
    if len(alert_bps) > ALERTS_MAX or any(not 0 < each <= 10_000 for each in alert_bps):
        raise Invalid(
            f"You can be told at up to {ALERTS_MAX} shares, each of 0.01 to 100 percent",
            fields={"alerts": "shares of 0.01 to 100 percent"},
        )


def _fill(account: ledger.Account, by: int, transfer_id: str, ref: str) -> list[ledger.Step]:
    source = accounts.budget_source(account.unit)
    if by > 0:
        return [ledger.Move(transfer_id, source, account, by, accounts.BUDGET, ref)]
    if by < 0:
        return [ledger.Move(transfer_id, account, source, -by, accounts.BUDGET, ref)]
    return []


def read_budget(
    budget_id: str, organisation: str, name: str, key_id: str | None, period: Any, amount: int, alert_bps: str, at: int
) -> Budget:
    """A budget from its columns."""
    return Budget(budget_id, organisation, name, key_id, period, amount, from_json(alert_bps, tuple[int, ...]), at)


_b, _p = tables.budgets.c, tables.budget_periods.c
BUDGET_COLUMNS = tuple(_b[name] for name in Budget.__struct_fields__)
_columns = select(*BUDGET_COLUMNS).where(_b.organisation == bindparam("organisation"), _b.ended_at.is_(None))
_all: Prepared[Budget] = prepare(_columns.order_by(_b.id), read_budget)
_funded: Prepared[Any] = prepare(
    select(_p.budget_id, _p.begins_at, _p.funded).where(in_set(_p.budget_id, "ids"), in_set(_p.begins_at, "begins"))
)
_insert: Prepared[Any] = prepare(
    insert(tables.budgets).values({column.name: bindparam(column.name) for column in tables.budgets.columns})
)
_own = (_b.id == bindparam("id_")) & (_b.organisation == bindparam("organisation_")) & _b.ended_at.is_(None)
_change: Prepared[Any] = prepare(
    update(tables.budgets).where(_own).values(amount=bindparam("amount_"), alert_bps=bindparam("alert_bps_"))
)
_own_budget: Prepared[Budget] = prepare(_columns.where(_b.id == bindparam("id")).with_for_update(), read_budget)
_untold: Prepared[Any] = prepare(
    update(tables.budget_periods)
    .where(_p.budget_id == bindparam("id_"), _p.begins_at == bindparam("begins_at_"))
    .values(alerted_bps=0)
)
_end: Prepared[Any] = prepare(update(tables.budgets).where(_own).values(ended_at=bindparam("now_")))
_fund: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_budget_periods (budget_id, begins_at, funded, alerted_bps) "
    "VALUES (:budget_id, :begins_at, :funded, 0) "
    "ON CONFLICT (budget_id, begins_at) DO UPDATE SET funded = excluded.funded"
)
