"""The arithmetic of a seller order: what the buyer pays, and who gets it. Pure; everything is whole minor units.

Every line, and the delivery, has legs of its own; the seller order's are exactly their sum. In each of them

    paid + subsidy = seller + commission + carrier + tax

Discounts, tax and commission are rounded where they are made, once. The seller's leg is what remains, so the legs sum
to the whole by construction. A refund takes legs by parts (`legs_of_part`): all the parts sum to the whole again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Protocol

from .types import Legs, Line, SellerOrder


class Priced(Protocol):
    """Anything with pieces at a price."""

    @property
    def quantity(self) -> int: ...
    @property
    def price_minor(self) -> int: ...


def sum_of(lines: Iterable[Priced]) -> int:
    """What these goods cost together."""
    return sum(line.quantity * line.price_minor for line in lines)


def line_sum(seller: SellerOrder) -> int:
    """What the buyer pays for the goods alone, with their tax: what the lines sum to."""
    on_top = 0 if seller.tax_included else seller.tax_minor - seller.shipping_tax_minor
    return seller.items_minor - seller.discount_minor + on_top


def line_legs(line: Line) -> Legs:
    """Who gets what of a line. The platform's discount is its subsidy; the seller's lowers the seller's leg alone."""
    included = line.tax_minor if line.tax_included else 0
    seller_minor = line.goods_minor - line.seller_discount_minor - included - line.commission_minor
    return Legs(seller_minor, line.commission_minor, 0, line.tax_minor, line.platform_discount_minor)


def shipping_legs(seller: SellerOrder) -> Legs:
    """Who gets what of the delivery: the carrier when the platform priced it, the seller when the seller did."""
    included = seller.shipping_tax_minor if seller.tax_included else 0
    net_minor = seller.shipping_minor - seller.shipping_seller_discount_minor - included
    of_seller, of_carrier = (0, net_minor) if seller.shipping_by_platform else (net_minor, 0)
    return Legs(of_seller, 0, of_carrier, seller.shipping_tax_minor, seller.shipping_platform_discount_minor)


def legs_of_part(legs: Legs, taken_before: int, taken_now: int, of: int) -> Legs:
    """What so many pieces (or minor units) of a whole of `of` carry of its legs, after others were taken before.

    The parts of a whole sum to it on every leg, however it is cut; none of them is below zero; and each keeps the
    invariant, so that what goes back to the buyer and the platform is just what seller, commission, carrier and tax
    give up.
    """
    assert taken_before >= 0
    assert taken_now >= 0
    assert taken_before + taken_now <= of
    return _first(legs, taken_before + taken_now, of) - _first(legs, taken_before, of)


def _first(legs: Legs, taken: int, of: int) -> Legs:
    """What the first `taken` of `of` carry. Growing with `taken` on every leg, which largest remainders would not."""
    total = legs.total_minor * taken // of if of else legs.total_minor
    parts = (legs.seller_minor, legs.commission_minor, legs.carrier_minor, legs.tax_minor)
    seller_minor, commission_minor, carrier_minor, tax_minor = apportion(total, parts)
    _, subsidy_minor = apportion(total, (legs.paid_minor, legs.subsidy_minor))
    return Legs(seller_minor, commission_minor, carrier_minor, tax_minor, subsidy_minor)


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` out by weights that sum to as much or more, so that a larger total lowers nobody's share.

    Jefferson's method: everybody's whole share first, then one unit each to whoever has the most weight for each unit
    with it. Nobody gets more than the weight.
    """
    whole = sum(weights)
    assert 0 <= total <= whole
    if total == whole:
        return list(weights)
    parts = [total * weight // whole for weight in weights]
    for _ in range(total - sum(parts)):
        best = max(range(len(parts)), key=lambda place: (Fraction(weights[place], parts[place] + 1), -place))
        parts[best] += 1
    return parts
