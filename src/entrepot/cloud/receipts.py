"""Money that comes in for compute, by whatever way: it pays what is due first, the oldest invoice first; the rest is
there for what will be used. All of it but the tax is credit to spend at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from entrepot import ledger, pay
from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Invalid, Prepared, Tx, derive_id, format_money, prepare

from . import accounts, tables
from .customers import Limits, credit_plan, lock_customer, paid_credit
from .events import InvoicePaid
from .grants import add_grant
from .invoices import CloudInvoice, lock_open_invoices
from .taxing import tax_of_customer
from .types import SHOP

REF_LENGTH_MAX = 200


def receive(
    tx: Tx, organisation: str, currency: str, amount_minor: int, ref: str, tax: pay.TaxDue | None = None
) -> ledger.Plan:
    """What follows when so much more stands on an organisation's prepaid account; the caller posts it, behind what
    brought the money.

    Of what is credit the tax that will be due on it is set aside, by `tax` where it was told before. The caller holds
    the organisation's row, and makes sure that the same money is not received twice.
    """
    plan, left_minor, spendable_minor = ledger.Plan(), amount_minor, 0
    for invoice in lock_open_invoices(tx, organisation):
        part_minor = min(left_minor, invoice.open_minor)
        if part_minor > 0 and invoice.currency == currency:
            plan += pay_invoice(tx, invoice, part_minor, ref)
            paid_minor = invoice.paid_minor + part_minor
            spendable_minor += invoice.net_of(paid_minor) - invoice.net_of(invoice.paid_minor)
            left_minor -= part_minor
    aside_minor = (tax or tax_of_customer(tx, organisation)).within(left_minor)
    spendable_minor += left_minor - aside_minor
    if spendable_minor:
        plan += paid_credit(organisation, currency, spendable_minor, ref)
    return plan + set_aside(organisation, currency, aside_minor, ref)


def set_aside(organisation: str, currency: str, tax_minor: int, ref: str) -> ledger.Plan:
    """Of what was paid beforehand, what will be due as tax."""
    if not tax_minor:
        return ledger.Plan()
    source, target = pay.accounts.prepaid(organisation, currency), accounts.tax_aside(organisation, currency)
    name = derive_id("trf", ref, accounts.ASIDE)
    return ledger.Plan.of(ledger.Move(name, source, target, tax_minor, accounts.ASIDE, ref))


def pay_invoice(tx: Tx, invoice: CloudInvoice, part_minor: int, ref: str) -> ledger.Plan:
    """Prepaid money towards what is due of an invoice."""
    assert 0 < part_minor <= invoice.open_minor
    is_whole = part_minor == invoice.open_minor
    tx.run(_pay, id_=invoice.id, paid_=invoice.paid_minor + part_minor, paid_at_=tx.now if is_whole else None)
    if is_whole:
        tx.announce(InvoicePaid(invoice.id, invoice.organisation))
    source = pay.accounts.prepaid(invoice.organisation, invoice.currency)
    target = accounts.receivable(invoice.organisation, invoice.currency)
    name = derive_id("trf", ref, invoice.id, accounts.SETTLED)
    return ledger.Plan.of(ledger.Move(name, source, target, part_minor, accounts.SETTLED, invoice.id))


def record_payment(
    tx: Tx, scope: Scope, organisation: str, currency: str, amount_minor: int, ref: str, limits: Limits
) -> bool:
    """Record money that was paid past the market's processors: a bank transfer, cash. The operator's.

    `ref` is the payment's own name: the same one is received once, and False is returned when it was before. Conflict
    when it was received with another amount or for another organisation.
    """
    require_operator(scope)
    _check(organisation, amount_minor, ref)
    lock_customer(tx, organisation, limits)
    came = ledger.Move(
        derive_id("trf", ref, accounts.PAID), accounts.paid_elsewhere(currency),
        pay.accounts.prepaid(organisation, currency), amount_minor, accounts.PAID, ref,
    )  # fmt: skip
    if any(each.code == accounts.PAID for each in ledger.list_transfers(tx, ref=ref)):
        ledger.post(tx, ledger.Plan.of(came))  # the same again, or a conflict
        return False
    ledger.post(tx, ledger.Plan.of(came) + receive(tx, organisation, currency, amount_minor, ref))
    audit(tx, scope, "cloud.record_payment", organisation, {"amount": format_money(amount_minor, currency), "ref": ref})
    return True


def grant_credit(
    tx: Tx, scope: Scope, organisation: str, unit: str, amount: int, ref: str, limits: Limits,
    expires_at: int | None = None,
) -> bool:  # fmt: skip
    """Give an organisation credit that it does not pay for, until a time or for ever. The operator's.

    The same `ref` gives once, and False is returned when it did before.
    """
    require_operator(scope)
    _check(organisation, amount, ref)
    if expires_at is not None and expires_at <= tx.now:
        raise Invalid("Credit lasts until a day that is to come", fields={"expires": "a day to come"})
    lock_customer(tx, organisation, limits)
    posted = ledger.post(tx, credit_plan(organisation, unit, amount, ref, granted=True))
    if posted.applied:
        if expires_at is not None:
            add_grant(tx, organisation, amount, ref, expires_at)
        said = {"nano": amount, "unit": unit, "ref": ref, "expires_at": expires_at}
        audit(tx, scope, "cloud.grant_credit", organisation, said)
    return bool(posted.applied)


def _check(organisation: str, amount: int, ref: str) -> None:
    if not 0 < amount <= ledger.AMOUNT_MAX:
        raise Invalid("Write an amount above zero, such as 25.00", fields={"amount": "above zero"})
    if not 0 < len(ref) <= REF_LENGTH_MAX or not ref.isprintable():
        raise Invalid("Name it, such as by a payment's number: the same one counts once", fields={"ref": "name it"})
    if organisation == SHOP:
        raise Invalid("The market's own compute is paid by its standing holds", fields={"organisation": "a customer"})


_pay: Prepared[Any] = prepare(
    update(tables.invoices)
    .where(tables.invoices.c.id == bindparam("id_"))
    .values(paid_minor=bindparam("paid_"), paid_at=bindparam("paid_at_"))
)
