"""The arithmetic of a seller order: what the buyer pays, and who gets it. Pure; everything is whole minor units.

Rounding happens once, in the commission. The seller's leg is what remains: the legs sum to the whole by construction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from entrepot.kernel import share_bps

from .types import Legs


class Priced(Protocol):
    """Anything with pieces at a price."""

    @property
    def quantity(self) -> int: ...
    @property
    def price_minor(self) -> int: ...


def sum_of(lines: Iterable[Priced]) -> int:
    """What these goods cost together."""
    return sum(line.quantity * line.price_minor for line in lines)


def legs_of(items_minor: int, shipping_minor: int, tax_minor: int, commission_bps: int) -> Legs:
    """Who gets what when a sale completes.

    The commission is taken on the goods alone; what the buyer paid for delivery goes to the carrier whole.
    """
    assert items_minor >= 0
    assert shipping_minor >= 0
    assert tax_minor >= 0
    assert 0 <= commission_bps <= 10_000
    commission_minor = share_bps(items_minor, commission_bps)
    legs = Legs(items_minor - commission_minor, commission_minor, shipping_minor, tax_minor)
    assert legs.total_minor == items_minor + shipping_minor + tax_minor
    return legs
