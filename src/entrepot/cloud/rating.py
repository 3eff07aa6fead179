"""Rating: what use costs, as a pure function of quantities and a version of a model's prices.

Each usage row is rated by itself and rounded up once, to a whole nano unit; nothing later rounds it again. So a bill is
a sum, and whoever has the rows and the price book comes to the same total.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from entrepot.kernel import share_bps

from .meters import METERS

PRICE_MAX = 10**15
"""The largest quoted price: a million of the home currency for as many units as prices are quoted for."""


class PriceBook(msgspec.Struct, frozen=True):
    """One version of a model's prices, which never changes. `nano` is the price of each meter, per `METERS[...].per`.

    `maker_bps` is the share of every price that the model's maker earns, in hundredths of a percent.
    """

    id: str
    model: str
    version: int
    effective_at: int
    nano: dict[str, int]
    maker_bps: int = 0


class Rated(msgspec.Struct, frozen=True):
    """So much of one meter and what it costs, in nano units; `maker` is the maker's part of that."""

    meter: str
    quantity: int
    price: int
    maker: int


def price_of(book: PriceBook, meter: str, quantity: int) -> int:
    """What a quantity costs, rounded up to a whole nano unit. A meter without a price costs nothing."""
    assert quantity >= 0
    return -(-quantity * book.nano.get(meter, 0) // METERS[meter].per)


def rate(book: PriceBook, quantities: Mapping[str, int]) -> tuple[Rated, ...]:
    """A row for each meter that was used, in the order of their names."""
    return tuple(
        Rated(meter, quantity, price, share_bps(price, book.maker_bps))
        for meter, quantity in sorted(quantities.items())
        if quantity
        for price in (price_of(book, meter, quantity),)
    )


def total_of(rows: tuple[Rated, ...]) -> int:
    """What the rows cost together."""
    return sum(row.price for row in rows)
