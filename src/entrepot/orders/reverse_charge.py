"""Businesses that account for the tax themselves: the reverse charge on goods from one country to another.

Directive 2006/112/EC, articles 138 and 226, and laws like it: a merchant established in one country sells to a business
of another, where the goods go, and charges no tax. Which countries do so among themselves is what the operator's rates
say (`pay.TaxRate.reverse`). Both need a number that their country's own rules prove: the buyer one of the country where
the goods go, the merchant one of the country where it is established.

Where prices include tax, such a buyer sees and pays them without it: each piece, and each delivery, is rounded once.
All else follows as in any country: discounts, minimums and fees count what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot import pay
from entrepot.identity import Address
from entrepot.kernel import Snapshot

from .legal_details import details_of
from .sums import Want
from .tax import tax_shipping


class Where(msgspec.Struct, frozen=True):
    """What is known of the buyer when prices are shown: where it goes, whom to write to, and the tax number of a
    business there, empty for everybody else."""

    address: Address | None = None
    email: str | None = None
    tax_id: str = ""


def reverse_charged(
    snapshot: Snapshot, where: Where, merchants: Sequence[str], rates: Sequence[pay.TaxRate]
) -> frozenset[str]:
    """Those of the merchants from whose goods this buyer pays no tax, by the rates where the goods go."""
    if not (where.address and where.tax_id) or not any(rate.reverse for rate in rates):
        return frozenset()
    countries = pay.reversing_countries(snapshot) - {where.address.country}
    return frozenset(
        merchant_id
        for merchant_id, details in details_of(snapshot, merchants).items()
        if details.country in countries and pay.proven_tax_id(details.country, details.tax_id)
    )


def business_of(address: Address, billing: Address | None, tax_id: str) -> str:
    """The number of a business where the goods go; empty for one of elsewhere, and for one that nobody could check."""
    at_home = (billing or address).country == address.country
    return pay.proven_tax_id(address.country, tax_id) if tax_id and at_home else ""


def price_without(price_minor: int, area: pay.TaxArea, tax_category: str | None, category: str | None) -> int:
    """What one piece costs a buyer who accounts for its tax."""
    rate = area.rate_for(tax_category, category)
    if rate is None or not (rate.reverse and area.included):
        return price_minor
    return price_minor - pay.tax_of(price_minor, rate.ppm, True)


def delivery_without(amount_minor: int, area: pay.TaxArea, wants: Sequence[Want]) -> int:
    """What the delivery of these goods costs a buyer who accounts for its tax."""
    if not area.included:
        return amount_minor
    only = pay.TaxArea(
        {key: rate if rate.reverse else msgspec.structs.replace(rate, ppm=0) for key, rate in area.rates.items()}
    )
    rates = [only.rate_for(want.tax_category, want.category) for want in wants]
    taxed, _ = tax_shipping(amount_minor, only, [want.goods_minor for want in wants], rates)
    return amount_minor - taxed.tax_minor
