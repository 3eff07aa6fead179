"""What an organisation uses and spends: its credit, its days, its calls."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from entrepot import ledger
from entrepot.identity import Scope, require_organisation
from entrepot.kernel import DAY, Prepared, Snapshot, prepare
from entrepot.kernel.sql import prepare_text

from . import accounts, tables
from .customers import find_customer
from .tab_rows import on_tabs, open_tabs_of
from .types import SHOP


class Credit(msgspec.Struct, frozen=True):
    """What an organisation can still spend, in nano units: `left` is free, `held` waits for calls under way, `line` of
    it is a credit line."""

    left: int
    held: int
    line: int


class DaySpend(msgspec.Struct, frozen=True):
    """What was spent on a day (its beginning, UTC), in nano units, and by how many calls."""

    day: int
    price: int
    calls: int


class CallView(msgspec.Struct, frozen=True):
    """A call as its owner sees it. `outcome` is a usage class, `void`, or None while it runs."""

    id: str
    attempt: int
    model: str
    actor: str
    surface: str
    outcome: str | None
    price: int
    opened_at: int
    closed_at: int | None


def account_owner(scope: Scope) -> str:
    """Whose compute account a caller uses: the operator's is the shop's."""
    return SHOP if scope.is_operator or scope.is_system else require_organisation(scope)


def read_credit(snapshot: Snapshot, scope: Scope, unit: str) -> Credit:
    """The caller's credit now."""
    organisation = account_owner(scope)
    balance = ledger.balance_of(snapshot, accounts.compute(organisation, unit))
    customer = find_customer(snapshot, organisation)
    kept = on_tabs(open_tabs_of(snapshot, [organisation]))[organisation]
    line = customer.credit_line if customer else 0
    return Credit(balance.available + kept.free, balance.pending_debits - kept.amount, line)


def spend_by_day(snapshot: Snapshot, scope: Scope, days: int) -> list[DaySpend]:
    """The caller's last so many days, today last; days without any are zero."""
    today = snapshot.now - snapshot.now % DAY
    first = today - (days - 1) * DAY
    rows = snapshot.all(_by_day, organisation=account_owner(scope), since=first, day=DAY)
    found = {int(row[0]): (int(row[1]), int(row[2])) for row in rows}
    return [DaySpend(at, *found.get(at, (0, 0))) for at in range(first, today + DAY, DAY)]


def list_calls(snapshot: Snapshot, scope: Scope, after: str | None, most: int) -> list[CallView]:
    """The caller's calls, newest first, from the one after `after` on."""
    return snapshot.all(_calls, organisation=account_owner(scope), after=after or "~", most=most)


_r = tables.requests.c
_by_day: Prepared[Any] = prepare_text(
    "SELECT at - at % :day AS begins, SUM(price), COUNT(DISTINCT request) FROM cloud_usage "
    "WHERE organisation = :organisation AND at >= :since GROUP BY 1 ORDER BY 1"
)
_calls: Prepared[CallView] = prepare(
    select(*(_r[name] for name in CallView.__struct_fields__))
    .where(_r.organisation == bindparam("organisation"), _r.id < bindparam("after"))
    .order_by(_r.id.desc(), _r.attempt.desc())
    .limit(bindparam("most")),
    CallView,
)
