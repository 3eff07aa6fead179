"""Netting: what a merchant has to pay for compute comes off what the market owes it, and stands in its statement."""

from __future__ import annotations

from entrepot import ledger, pay
from entrepot.kernel import Tx

from . import accounts
from .billing import read_billing
from .customers import Limits, lock_customer
from .invoices import lock_open_invoices
from .receipts import receive


def net(tx: Tx, organisation: str, currency: str, limits: Limits) -> bool:
    """Let a merchant's sales pay what is due of its invoices; False when nothing is due, or nothing is there."""
    lock_customer(tx, organisation, limits)
    plan = net_plan(tx, organisation, currency)
    ledger.post(tx, plan)
    return bool(plan)


def net_plan(tx: Tx, organisation: str, currency: str) -> ledger.Plan:
    """What to post for it. Nothing for who does not want it. The caller holds the organisation's row."""
    if not read_billing(tx, [organisation])[organisation].netted:
        return ledger.Plan()
    due = [invoice for invoice in lock_open_invoices(tx, organisation) if invoice.currency == currency]
    open_minor = sum(invoice.open_minor for invoice in due)
    amount_minor = min(open_minor, pay.due_to(tx, organisation, currency)) if open_minor else 0
    if amount_minor <= 0:
        return ledger.Plan()
    prepaid = pay.accounts.prepaid(organisation, currency)
    taken = pay.book_entry(tx, organisation, currency, -amount_minor, accounts.NETTED, due[0].id, prepaid)
    return taken + receive(tx, organisation, currency, amount_minor, tx.new_id("net"))
