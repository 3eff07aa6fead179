"""Taxes on a sale, by the rates that the operator keeps. Pure; amounts in minor units, rates in parts per million.

What counts is where the goods go. A country with rates is taxed: prices there either include the tax (it is then part
of what is shown) or not (it comes on top). A region with rates of its own is an area of its own: its country's rates do
not count there. Of an area's rates the one for the goods' tax category counts, else the one for the nearest of their
categories, else the one for everything. A country without rates is export: no tax.

The seller's own discount lowers what is taxed. The platform's does not: it pays a part of the price in the buyer's
place, and the seller gets it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

import msgspec

from entrepot.kernel import split

PPM = 1_000_000
SHIPPING = "shipping"
"""The category of a rate for delivery. Without one, delivery is taxed as the goods are, in proportion."""
Rounding = Literal["line", "order"]


class TaxRate(msgspec.Struct, frozen=True):
    """A rate for goods of a category (`""`: all) that go to a country, or to one of its regions, while it is valid."""

    id: str
    country: str
    region: str
    category: str
    name: str
    ppm: int
    included: int
    valid_from: int
    valid_to: int | None

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


class TaxSum(NamedTuple):
    """The tax of one rate over several lines, to be shown: what was taxed, and the tax."""

    name: str
    ppm: int
    base_minor: int
    tax_minor: int


class Taxed(NamedTuple):
    """The tax of one thing: its rate's name and figure (0 when several rates met), and the amount."""

    name: str = ""
    ppm: int = 0
    tax_minor: int = 0


NO_TAX = Taxed()


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


def tax_lines(bases: Sequence[int], rates: Sequence[TaxRate | None], included: bool, rounding: Rounding) -> list[Taxed]:
    """The tax of each line on what its seller gets for it.

    By `line` each line is rounded, half up. By `order` each rate is rounded once for all its lines, and shared out
    among them by largest remainder.
    """
    if rounding == "line":
        return [
            _taxed(rate, tax_of(base, rate.ppm, included)) if rate else NO_TAX
            for base, rate in zip(bases, rates, strict=True)
        ]
    found = [NO_TAX] * len(bases)
    for rate in {rate.id: rate for rate in rates if rate}.values():
        places = [place for place, each in enumerate(rates) if each is not None and each.id == rate.id]
        weights = [bases[place] for place in places]
        whole = tax_of(sum(weights), rate.ppm, included)
        for place, tax_minor in zip(places, split(whole, weights), strict=True):
            found[place] = _taxed(rate, tax_minor)
    return found


def tax_shipping(
    base_minor: int, area: TaxArea, bases: Sequence[int], rates: Sequence[TaxRate | None]
) -> tuple[Taxed, tuple[TaxSum, ...]]:
    """The tax of a delivery, and how it divides by rate: by its own rate, or as the goods are taxed, in proportion."""
    if own := area.rates.get(SHIPPING):
        shares: dict[TaxRate | None, int] = {own: base_minor}
    else:
        weights: dict[TaxRate | None, int] = {}
        for base, rate in zip(bases, rates, strict=True):
            weights[rate] = weights.get(rate, 0) + base
        shares = dict(zip(weights, split(base_minor, list(weights.values())), strict=True)) if weights else {}
    sums = tuple(
        TaxSum(rate.name, rate.ppm, part, tax_of(part, rate.ppm, area.included))
        for rate, part in shares.items()
        if rate is not None and part
    )
    names = " + ".join(dict.fromkeys(each.name for each in sums))
    single = sums[0].ppm if len(sums) == 1 else 0
    return Taxed(names, single, sum(each.tax_minor for each in sums)), sums


def sum_taxes(sums: Iterable[TaxSum]) -> tuple[TaxSum, ...]:
    """One row for each rate, in the order in which the rates come."""
    found: dict[tuple[str, int], TaxSum] = {}
    for each in sums:
        was = found.get((each.name, each.ppm), TaxSum(each.name, each.ppm, 0, 0))
        found[each.name, each.ppm] = TaxSum(
            each.name, each.ppm, was.base_minor + each.base_minor, was.tax_minor + each.tax_minor
        )
    return tuple(found.values())


def tax_of(base_minor: int, ppm: int, included: bool) -> int:
    """The tax in a price that includes it, or on one that does not; half a minor unit goes up."""
    exact = Fraction(base_minor * ppm, PPM + ppm if included else PPM)
    return int((2 * exact.numerator + exact.denominator) // (2 * exact.denominator))


def _taxed(rate: TaxRate, tax_minor: int) -> Taxed:
    return Taxed(rate.name, rate.ppm, tax_minor)
