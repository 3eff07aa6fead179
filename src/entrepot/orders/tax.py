"""Taxes on a sale, by the rates that the operator keeps (`pay.TaxRate`). Pure; amounts in minor units, rates in parts
per million. What counts is where the goods go.

The seller's own discount lowers what is taxed. The platform's does not: it pays a part of the price in the buyer's
place, and the seller gets it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from entrepot.kernel import split
from entrepot.pay import TaxArea, TaxRate, tax_of

SHIPPING = "shipping"
"""The category of a rate for delivery. Without one, delivery is taxed as the goods are, in proportion."""
Rounding = Literal["line", "order"]


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


def _taxed(rate: TaxRate, tax_minor: int) -> Taxed:
    return Taxed(rate.name, rate.ppm, tax_minor)
