"""What must be true of the money of compute: invoices are their rows, and every customer's credit is explained."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from entrepot import ledger, pay
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import accounts, tables
from .amounts import currency_of, nano_per_minor
from .claiming import list_drafts
from .invoices import CloudInvoice, InvoiceLine, every_invoice, every_line
from .tab_rows import on_tabs, open_tabs_of
from .types import SHOP

BATCH = 500


def _invoices(snapshot: Snapshot) -> Finding:
    """The lines of an invoice are its rows and sum to its use; its amounts add up; each carries what the one before
    left."""
    found = snapshot.all(every_invoice)
    lines: defaultdict[str, list[InvoiceLine]] = defaultdict(list)
    for row in snapshot.all(every_line):
        lines[row[0]].append(InvoiceLine(*row[1:]))
    rows: defaultdict[str, dict[Any, tuple[int, int, int]]] = defaultdict(dict)
    for row in snapshot.all(_billed):
        key = (row.model, row.meter, row.price_book)
        rows[row.invoice][key] = (int(row.rows), int(row.quantity), int(row.price))
    left: dict[str, tuple[int, int]] = {}
    breaches = []
    for invoice in found:
        breaches += _unlike_rows(invoice, lines.pop(invoice.id, []), rows.pop(invoice.id, {}))
        breaches += _unlike_sums(invoice, left.get(invoice.organisation))
        left[invoice.organisation] = (invoice.left_nano, invoice.period_to)
    for draft in list_drafts(snapshot):
        made = {
            (each.model, each.meter, each.price_book): (each.rows, each.quantity, each.price) for each in draft.sums
        }
        if rows.pop(draft.invoice_id, {}) != made:
            breaches.append(f"{draft.invoice_id} is being made, and its sums are not those of the rows it has claimed")
    breaches += [f"rows of usage are on {each}, which is no invoice" for each in (*rows, *lines)]
    return Finding(len(found), breaches)


def _unlike_rows(
    invoice: CloudInvoice, lines: Sequence[InvoiceLine], rows: Mapping[Any, tuple[int, int, int]]
) -> list[str]:
    made = {(line.model, line.meter, line.price_book): (line.rows, line.quantity, line.price) for line in lines}
    breaches = [
        f"{invoice.label}: {model} {meter} is {made.get(key, 'no line')} there, and {rows.get(key, 'nothing')} by its "
        "rows (rows, quantity, nano)"
        for key in sorted({*made, *rows}, key=str)
        if made.get(key) != rows.get(key)
        for model, meter, _ in (key,)
    ]
    sums = sum(line.rows for line in lines), sum(line.price for line in lines)
    if sums != (invoice.rows, invoice.usage_nano):
        breaches.append(f"{invoice.label} sums {invoice.rows} rows to {invoice.usage_nano}; its lines say {sums}")
    parts = sum(line.net_minor for line in lines), sum(line.tax_minor for line in lines)
    if parts != (invoice.amount_minor, invoice.tax_minor):
        breaches.append(
            f"{invoice.label} is {invoice.amount_minor} and {invoice.tax_minor} of tax; its lines say {parts}"
        )
    return breaches


def _unlike_sums(invoice: CloudInvoice, before: tuple[int, int] | None) -> list[str]:
    per_minor = nano_per_minor(invoice.currency)
    carried, since = before or (0, invoice.period_from)
    charged = invoice.usage_nano + carried - invoice.granted_nano
    if (carried, since) != (invoice.carried_nano, invoice.period_from):
        return [f"{invoice.label} does not go on where the one before ended: {before}"]
    if charged != invoice.amount_minor * per_minor + invoice.left_nano or invoice.left_nano >= per_minor:
        return [f"{invoice.label} comes to {invoice.amount_minor} and leaves {invoice.left_nano}; its use is {charged}"]
    if invoice.tax_minor != invoice.tax.on(invoice.amount_minor):
        return [f"{invoice.label} has {invoice.tax_minor} of tax on {invoice.amount_minor}, by {invoice.tax}"]
    return []


def _moved(snapshot: Snapshot) -> Finding:
    """What invoices come to was moved, in whole minor units, and their tax is owed to the tax office; what is due of
    them is what customers owe."""
    found = snapshot.all(every_invoice)
    revenue: Counter[str] = Counter()
    tax: Counter[str] = Counter()
    owed: Counter[tuple[str, str]] = Counter()
    for invoice in found:
        revenue[invoice.currency] += invoice.amount_minor
        tax[invoice.currency] += invoice.tax_minor
        owed[invoice.organisation, invoice.currency] += invoice.open_minor
    expected = [(accounts.revenue(currency), amount) for currency, amount in revenue.items()]
    expected += [(accounts.tax(currency), amount) for currency, amount in tax.items()]
    expected += [(accounts.receivable(*key), -amount) for key, amount in owed.items()]
    return Finding(len(found), _unlike_balances(snapshot, expected))


def _credit(snapshot: Snapshot) -> Finding:
    """What a customer can spend is its credit line, what is left of its grants and of what it paid, less what it owes,
    less what the last invoice left below a minor unit, less what is on no invoice yet.

    So money and nano units say the same. Where compute was ever counted in two currencies, there is nothing to compare.
    """
    units = ledger.list_units(snapshot, "compute")
    customers = [row for row in snapshot.all(_customers) if row.organisation != SHOP]
    if len(units) != 1 or not customers:
        return Finding(0)
    unit = units.pop()
    unbilled = {row.organisation: int(row.price) for row in snapshot.all(_unbilled)}
    for draft in list_drafts(snapshot):
        unbilled[draft.organisation] = unbilled.get(draft.organisation, 0) + draft.price
    left: dict[str, int] = {}
    owed: Counter[str] = Counter()
    for invoice in snapshot.all(every_invoice):
        left[invoice.organisation] = invoice.left_nano
        owed[invoice.organisation] += invoice.open_net_minor * nano_per_minor(invoice.currency)
    breaches = []
    for begin in range(0, len(customers), BATCH):
        batch = customers[begin : begin + BATCH]
        known = _balances(snapshot, [row.organisation for row in batch], unit)
        for row in batch:
            spendable, explained = known[row.organisation]
            due = row.credit_line + explained - left.get(row.organisation, 0) - unbilled.get(row.organisation, 0)
            due -= owed[row.organisation]
            if spendable != due:
                breaches.append(f"{row.organisation} can spend {spendable} {unit}; what it paid and used says {due}")
    return Finding(len(customers), breaches)


def _balances(snapshot: Snapshot, organisations: Sequence[str], unit: str) -> dict[str, tuple[int, int]]:
    """What each can spend; and its grants and what it paid beforehand, together, in nano units."""
    currency, per_minor = currency_of(unit), nano_per_minor(currency_of(unit))
    named = {
        organisation: (
            accounts.compute(organisation, unit), accounts.granted(organisation, unit),
            pay.accounts.prepaid(organisation, currency),
        )
        for organisation in organisations
    }  # fmt: skip
    found = ledger.balances_of(snapshot, [account for three in named.values() for account in three])
    kept = on_tabs(open_tabs_of(snapshot, organisations))  # used, and captured within a second
    return {
        organisation: (
            found[spendable.id].balance - kept[organisation].spent,
            found[granted.id].balance + per_minor * found[prepaid.id].balance,
        )
        for organisation, (spendable, granted, prepaid) in named.items()
    }


def _topups(snapshot: Snapshot) -> Finding:
    """A top-up is paid when its payment's money was settled as prepaid, once and whole, and only then; what went back
    of it was refunded."""
    rows = snapshot.all(_every_topup)
    settled = pay.prepaid_of(snapshot, [row.id for row in rows])
    refunds = pay.list_refunds(snapshot, [row.payment_id for row in rows if row.refunded_minor])
    back = {payment: sum(each.amount_minor for each in found) for payment, found in refunds.items()}
    breaches = [
        f"{row.id} is {row.state} with {row.amount_minor}; {settled.get(row.id, 0)} was settled as prepaid"
        for row in rows
        if settled.get(row.id, 0) != (row.amount_minor if row.state in ("paid", "disputed") else 0)
    ]
    breaches += [
        f"{row.id} says that {row.refunded_minor} went back; its payment's refunds are {back.get(row.payment_id, 0)}"
        for row in rows
        if row.refunded_minor != back.get(row.payment_id, 0)
    ]
    return Finding(len(rows), breaches)


def _grants(snapshot: Snapshot) -> Finding:
    """Grants that end have not left more, together, than the organisation's grants have on the ledger."""
    units = ledger.list_units(snapshot, "compute_granted")
    rows = snapshot.all(_lasting)
    if len(units) != 1 or not rows:
        return Finding(0)
    unit = units.pop()
    named = {row.organisation: accounts.granted(row.organisation, unit) for row in rows}
    found = ledger.balances_of(snapshot, list(named.values()))
    breaches = [
        f"{row.organisation} has {row.left} {unit} left of grants that end, and less of all"
        for row in rows
        if int(row.left) > found[named[row.organisation].id].balance
    ]
    return Finding(len(rows), breaches)


def _unlike_balances(snapshot: Snapshot, expected: Sequence[tuple[ledger.Account, int]]) -> list[str]:
    breaches = []
    for begin in range(0, len(expected), BATCH):
        batch = expected[begin : begin + BATCH]
        found = ledger.balances_of(snapshot, [account for account, _ in batch])
        breaches += [
            f"{account.kind} of {account.owner} is {found[account.id].balance} {account.unit} and should be {due}"
            for account, due in batch
            if found[account.id].balance != due
        ]
    return breaches


MONEY_PROOFS = (
    Proof("cloud.invoices", "each invoice is its usage rows, to the nano unit, and goes on where the last one ended",
          _invoices),
    Proof("cloud.moved", "invoices moved what they come to, and what is due is owed", _moved),
    Proof("cloud.credit", "each customer's credit is what it was given and paid, less what it used", _credit),
    Proof("cloud.topups", "each top-up that was paid is credit once", _topups),
    Proof("cloud.grants", "credit that ends is part of what was granted", _grants),
)  # fmt: skip

_u, _t, _g = tables.usage.c, tables.topups.c, tables.grants.c
_billed: Prepared[Any] = prepare(
    select(
        _u.invoice, _u.model, _u.meter, _u.price_book, func.count().label("rows"),
        func.sum(_u.quantity).label("quantity"), func.sum(_u.price).label("price"),
    )
    .where(_u.invoice.is_not(None))
    .group_by(_u.invoice, _u.model, _u.meter, _u.price_book)
)  # fmt: skip
_unbilled: Prepared[Any] = prepare(
    select(_u.organisation, func.sum(_u.price).label("price")).where(_u.invoice.is_(None)).group_by(_u.organisation)
)
_customers: Prepared[Any] = prepare(
    select(tables.customers.c.organisation, tables.customers.c.credit_line).order_by(tables.customers.c.organisation)
)
_lasting: Prepared[Any] = prepare(
    select(_g.organisation, func.sum(_g.amount - _g.used - _g.expired).label("left"))
    .group_by(_g.organisation)
    .order_by(_g.organisation)
)
_every_topup: Prepared[Any] = prepare(
    select(_t.id, _t.state, _t.amount_minor, _t.payment_id, _t.refunded_minor).order_by(_t.id)
)
