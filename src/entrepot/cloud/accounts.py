"""The cloud's accounts on the ledger, and the codes of its transfers. All are in nano units of the home currency."""

from __future__ import annotations

from entrepot.ledger import Account

from .types import SHOP

GRANT = "cloud.grant"
STANDING = "cloud.standing"
END = "cloud.end"
RESERVE = "cloud.reserve"
TAB = "cloud.tab"
USE = "cloud.use"
RELEASE = "cloud.release"
MAKER = "cloud.maker"
MAKER_PAID = "cloud.maker.paid"
BUDGET = "cloud.budget"
CREDIT = "cloud.credit"
CREDIT_LINE = "cloud.credit_line"
GRANTED = "cloud.granted"
PAID = "cloud.paid"
INVOICE = "cloud.invoice"
DUE = "cloud.invoice.due"
SETTLED = "cloud.invoice.settled"
NETTED = "cloud.netted"
DISPUTED = "cloud.disputed"
ASIDE = "cloud.tax.aside"
TAX = "cloud.invoice.tax"
TAX_DUE = "cloud.invoice.tax.due"
EXPIRED = "cloud.grant.expired"
REPAID = "cloud.repaid"

BUDGET_UNIT = "budget9"
"""A budget's own unit, also a thousand-millionth of the home currency: it bounds money and is none."""


def nano(currency: str) -> str:
    """The ledger's unit for thousand-millionths of a currency."""
    return f"{currency}9"


def compute(organisation: str, unit: str) -> Account:
    """What an organisation can still spend on compute."""
    return Account(organisation, "compute", unit, floor=0)


def grants(unit: str) -> Account:
    """What the platform gave away as credit, as a negative balance."""
    return Account(SHOP, "compute_grants", unit)


def earned(unit: str) -> Account:
    """What compute was paid with."""
    return Account(SHOP, "compute_earned", unit)


def maker(organisation: str, unit: str) -> Account:
    """What a model's maker earned by its use."""
    return Account(organisation, "maker", unit, floor=0)


def makers_paid(unit: str) -> Account:
    """What makers earned and is due to them in whole minor units by now."""
    return Account(SHOP, "makers_paid", unit)


def maker_costs(currency: str) -> Account:
    """What makers' shares cost the market, as a negative balance."""
    return Account(SHOP, "maker_costs", currency)


def credit_lines(unit: str) -> Account:
    """What organisations may use before they pay, as a negative balance."""
    return Account(SHOP, "credit_lines", unit)


def prepaid(unit: str) -> Account:
    """Compute that was paid for beforehand, as a negative balance."""
    return Account(SHOP, "compute_prepaid", unit)


def budget(period: str) -> Account:
    """What is left of a budget in one period."""
    return Account(period, "budget", BUDGET_UNIT, floor=0)


def budget_source(unit: str = BUDGET_UNIT) -> Account:
    """Where budgets are filled from."""
    return Account(SHOP, "budgets", unit)


def budget_used(unit: str = BUDGET_UNIT) -> Account:
    """What was spent of budgets."""
    return Account(SHOP, "budgets_used", unit)


def granted(organisation: str, unit: str) -> Account:
    """What is left of an organisation's grants by its invoices, in nano units."""
    return Account(organisation, "compute_granted", unit, floor=0)


def grants_open(unit: str) -> Account:
    """What is left of all grants, as a negative balance."""
    return Account(SHOP, "compute_grants_open", unit)


def revenue(currency: str) -> Account:
    """What compute was invoiced for, in whole minor units."""
    return Account(SHOP, "compute_revenue", currency)


def receivable(organisation: str, currency: str) -> Account:
    """What an organisation was invoiced for and has not paid, as a negative balance."""
    return Account(organisation, "compute_receivable", currency, ceiling=0)


def paid_elsewhere(currency: str) -> Account:
    """What was paid for compute past the market's processors, as a negative balance: a bank transfer, cash."""
    return Account(SHOP, "compute_paid_elsewhere", currency)


def disputed(topup_id: str, currency: str) -> Account:
    """What of a top-up was not used yet when a bank took it back, kept apart until that is decided."""
    return Account(topup_id, "compute_disputed", currency, floor=0)


def disputed_tax(topup_id: str, currency: str) -> Account:
    """The same of the tax that was set aside with it."""
    return Account(topup_id, "compute_disputed_tax", currency, floor=0)


def tax_aside(organisation: str, currency: str) -> Account:
    """What an organisation paid beforehand towards the tax on what it will use."""
    return Account(organisation, "compute_tax_aside", currency, floor=0)


def tax(currency: str) -> Account:
    """What is due to tax offices for compute that was invoiced."""
    return Account(SHOP, "compute_tax", currency)
