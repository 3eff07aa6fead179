"""The tax on compute: prices are without it, and what is due follows from where the market and its customer are.

Tax falls due when compute is used, on the invoice of it: credit that was paid is a promise that can still be paid back.
So that nobody who paid beforehand owes anything later, the tax is paid with the credit and set aside until then.
"""

from __future__ import annotations

from entrepot import pay
from entrepot.identity import Scope
from entrepot.kernel import Snapshot

from .accounting import account_owner
from .billing import read_billing
from .types import SHOP

CATEGORY = "compute"
"""The category of rates for compute. Without one, the rate for everything counts."""


def get_tax(snapshot: Snapshot, scope: Scope) -> pay.TaxDue:
    """What tax the caller's organisation pays on what it uses."""
    return tax_of_customer(snapshot, account_owner(scope))


def tax_of_customer(snapshot: Snapshot, organisation: str) -> pay.TaxDue:
    """What tax a customer pays now. Who has not said where it is, is taxed where the market is."""
    if organisation == SHOP:
        return pay.TaxDue()
    found = read_billing(snapshot, [SHOP, organisation])
    seller, buyer = found[SHOP], found[organisation]
    country = buyer.country or seller.country
    if not country:
        return pay.TaxDue()
    number = pay.proven_tax_id(buyer.country, buyer.tax_id)
    at = pay.TaxParty(country, buyer.region if buyer.country else seller.region, number)
    rates = pay.tax_rates_for(snapshot, country)
    return pay.tax_due(rates, pay.TaxParty(seller.country), at, CATEGORY, snapshot.now)
