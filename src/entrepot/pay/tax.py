"""Taxes by the rates that the operator keeps: which hold where somebody is, and what they come to. Pure.

A country with rates is taxed: prices there either include the tax (it is then part of what is shown) or not (it comes
on top). A region with rates of its own is an area of its own: its country's rates do not count there. Of an area's
rates the one for the goods' tax category counts, else the one for the nearest of their categories, else the one for
everything. A country without rates is export: no tax. Rates are in parts per million, amounts in minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal

import msgspec

PPM = 1_000_000


class TaxRate(msgspec.Struct, frozen=True):
    """A rate for goods of a category (`""`: all) that go to a country, or to one of its regions, while it is valid.

    With `reverse`, a business of that country that buys from another one pays none: it accounts for the tax itself.
    """

    id: str
    country: str
    region: str
    category: str
    name: str
    ppm: int
    included: int
    valid_from: int
    valid_to: int | None
    reverse: int = 0

    @property
    def percent(self) -> str:
        """For people: 19, 8.875."""
        return percent_of(self.ppm)


class TaxArea(msgspec.Struct, frozen=True):
    """The rates where one order goes. Without any, nothing is taxed."""

    rates: Mapping[str, TaxRate] = {}

    @property
    def included(self) -> bool:
        """Whether prices include the tax here."""
        return any(rate.included for rate in self.rates.values())

    def rate_for(self, tax_category: str | None, category: str | None) -> TaxRate | None:
        """The rate of goods, by their tax category and their place in the tree of categories."""
        if tax_category and tax_category in self.rates:
            return self.rates[tax_category]
        path = category or ""
        while path:
            if path in self.rates:
                return self.rates[path]
            path = path.rpartition("/")[0]
        return self.rates.get("")


def reversed_area(area: TaxArea) -> TaxArea:
    """The same area for a business that accounts for the tax itself: rates that reverse stand there at nothing."""
    return TaxArea(
        {key: msgspec.structs.replace(rate, ppm=0) if rate.reverse else rate for key, rate in area.rates.items()}
    )


def percent_of(ppm: int) -> str:
    """Parts per million as a percentage without needless zeros."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)


def area_of(rates: Iterable[TaxRate], country: str, region: str, now: int) -> TaxArea:
    """The rates that hold for an address now. Of two for the same goods the one that began later counts."""
    here = [
        rate for rate in rates
        if rate.country == country and rate.valid_from <= now and (rate.valid_to is None or now < rate.valid_to)
    ]  # fmt: skip
    wanted = region_key(region)
    own = [rate for rate in here if rate.region and rate.region == wanted]
    chosen = own or [rate for rate in here if not rate.region]
    return TaxArea({rate.category: rate for rate in sorted(chosen, key=lambda rate: (rate.valid_from, rate.id))})


def region_key(region: str) -> str:
    """How regions compare: without regard to case and spaces at the ends."""
    return " ".join(region.split()).casefold()


def tax_of(base_minor: int, ppm: int, included: bool) -> int:
    """The tax in a price that includes it, or on one that does not; half a minor unit goes up."""
    exact = Fraction(base_minor * ppm, PPM + ppm if included else PPM)
    return int((2 * exact.numerator + exact.denominator) // (2 * exact.denominator))


class TaxParty(msgspec.Struct, frozen=True):
    """Where somebody is for taxes; `tax_id` is a business's number that was checked, empty for everybody else."""

    country: str = ""
    region: str = ""
    tax_id: str = ""


class TaxDue(msgspec.Struct, frozen=True):
    """What tax is due on a sale: none at all (`none`), so much of the price (`taxed`), or the buyer accounts for it
    (`reverse`). `name` is the rate's."""

    kind: Literal["none", "taxed", "reverse"] = "none"
    name: str = ""
    ppm: int = 0

    def on(self, net_minor: int) -> int:
        """The tax on a price without it, in minor units."""
        return tax_of(net_minor, self.ppm, False)

    def within(self, gross_minor: int) -> int:
        """The tax in an amount that holds it."""
        return tax_of(gross_minor, self.ppm, True)


def tax_due(rates: Iterable[TaxRate], seller: TaxParty, buyer: TaxParty, category: str, now: int) -> TaxDue:
    """What is due when a seller sells something of a category to a buyer, by the rates where the buyer is.

    A business of another country than the seller's pays none where the rate is one that reverses: it accounts for the
    tax itself (Directive 2006/112/EC, article 196, and laws like it).
    """
    rate = area_of(rates, buyer.country, buyer.region, now).rate_for(category, None)
    if rate is None:
        return TaxDue()
    if rate.reverse and buyer.tax_id and seller.country not in ("", buyer.country):
        return TaxDue("reverse", rate.name, 0)
    return TaxDue("taxed", rate.name, rate.ppm)
