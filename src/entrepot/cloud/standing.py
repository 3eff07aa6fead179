"""Where a customer stands: what it can spend, what that is made of, what it owes, and how it came to that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from entrepot import ledger, pay
from entrepot.identity import Scope, organisations_of, require_operator
from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import accounts, tables
from .accounting import account_owner
from .amounts import nano_per_minor
from .invoices import invoiced_of
from .tab_rows import on_tabs, open_tabs_of
from .types import SHOP

LISTED_MAX = 500


class Standing(msgspec.Struct, frozen=True):
    """A customer's account. In nano units: `left` is free to spend, `held` waits for calls under way, `line` of it is
    a credit line, `granted` what grants have left, `unbilled` used and on no invoice yet. In minor units: `prepaid` was
    paid and is on no invoice yet, `due` is invoiced and unpaid; `aside` was paid for the tax on what will be used."""

    organisation: str
    name: str
    left: int
    held: int
    line: int
    granted: int
    unbilled: int
    prepaid_minor: int
    due_minor: int
    aside_minor: int


class Movement(msgspec.Struct, frozen=True):
    """Credit that came or went: `code` says how, `ref` for what. An amount of grants in nano units, of money in minor
    units; the other is None."""

    id: str
    code: str
    ref: str
    nano: int | None
    amount_minor: int | None
    at: int


def read_standing(snapshot: Snapshot, scope: Scope, currency: str) -> Standing:
    """Where the caller's organisation stands now."""
    return _standings(snapshot, [account_owner(scope)], currency)[0]


def list_customers(snapshot: Snapshot, scope: Scope, currency: str, after: str = "", most: int = 100) -> list[Standing]:
    """Where every customer stands, by id, behind `after`; for the operator."""
    require_operator(scope)
    rows = snapshot.all(_customers, after=after, most=min(most, LISTED_MAX))
    return _standings(snapshot, [row.organisation for row in rows if row.organisation != SHOP], currency)


def find_standing(snapshot: Snapshot, scope: Scope, currency: str, organisation: str) -> Standing:
    """Where one organisation stands, whether or not it ever used anything; for the operator."""
    require_operator(scope)
    return _standings(snapshot, [organisation], currency)[0]


def list_movements(snapshot: Snapshot, scope: Scope, currency: str, most: int = 50) -> list[Movement]:
    """How the caller's credit came and went, newest first: grants, payments, invoices. Calls are not among them."""
    organisation = account_owner(scope)
    grants = accounts.granted(organisation, accounts.nano(currency))
    money = pay.accounts.prepaid(organisation, currency)
    found = [
        Movement(each.id, each.code, each.ref, _signed(each, grants), None, each.at)
        for each in ledger.list_latest(snapshot, grants, most=most)
    ]
    found += [
        Movement(each.id, each.code, each.ref, None, _signed(each, money), each.at)
        for each in ledger.list_latest(snapshot, money, most=most)
    ]
    return sorted(found, key=lambda each: -each.at)[:most]


def _signed(transfer: ledger.Transfer, account: ledger.Account) -> int:
    return transfer.amount if transfer.credit == account.id else -transfer.amount


def _standings(snapshot: Snapshot, organisations: Sequence[str], currency: str) -> list[Standing]:
    """What was used and is on no invoice follows from the balances: what was lent, given and paid, less what can be
    spent and what invoices wait for. So it costs the same after a million calls; a proof compares it with the rows."""
    unit, per_minor = accounts.nano(currency), nano_per_minor(currency)
    kept = on_tabs(open_tabs_of(snapshot, organisations))
    named = {
        organisation: (
            accounts.compute(organisation, unit), accounts.granted(organisation, unit),
            pay.accounts.prepaid(organisation, currency), accounts.receivable(organisation, currency),
            accounts.tax_aside(organisation, currency),
        )
        for organisation in organisations
    }  # fmt: skip
    found = ledger.balances_of(snapshot, [account for five in named.values() for account in five]) if named else {}
    lines = {row.organisation: row.credit_line for row in snapshot.all(_lines, organisations=list(organisations))}
    invoiced = invoiced_of(snapshot, organisations)
    unbilled = {
        each: lines.get(each, 0) + found[granted.id].balance + per_minor * found[prepaid.id].balance
        - found[spendable.id].balance + kept[each].spent
        - invoiced[each].left_nano - per_minor * invoiced[each].open_net_minor
        for each, (spendable, granted, prepaid, _, _) in named.items()
        if each != SHOP  # which is invoiced for nothing, ever
    }  # fmt: skip
    names = organisations_of(snapshot, list(organisations))
    return [
        Standing(
            each, names[each].name if each in names else each, found[spendable.id].available + kept[each].free,
            found[spendable.id].pending_debits - kept[each].amount, lines.get(each, 0), found[granted.id].balance,
            unbilled.get(each, 0), found[prepaid.id].balance, -found[owed.id].balance, found[aside.id].balance,
        )
        for each, (spendable, granted, prepaid, owed, aside) in named.items()
    ]  # fmt: skip


_c = tables.customers.c
_customers: Prepared[Any] = prepare(
    select(_c.organisation)
    .where(_c.organisation > bindparam("after"))
    .order_by(_c.organisation)
    .limit(bindparam("most"))
)
_lines: Prepared[Any] = prepare(select(_c.organisation, _c.credit_line).where(in_set(_c.organisation, "organisations")))
