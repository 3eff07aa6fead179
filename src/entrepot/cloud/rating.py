"""Rating: what use costs, as a pure function of quantities and a version of a model's prices.

Each usage row is rated by itself and rounded up once, to a whole nano unit; nothing later rounds it again. So a bill is
a sum, and whoever has the rows and the price book comes to the same total.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from entrepot.kernel import share_bps

from .meters import METERS

PRICE_MAX = 10**15
"""The largest quoted price: a million of the home currency for as many units as prices are quoted for."""
WHOLE_BPS = 10_000
HALF_BPS = 5_000
"""What a call in a batch costs of the same call by itself, unless its prices say otherwise: half."""

Tier = Literal["standard", "batch"]
"""Which calls prices are for: those that somebody waits for, or those of a batch."""


class PriceBook(msgspec.Struct, frozen=True):
    """One version of a model's prices, which never changes. `nano` is the price of each meter, per `METERS[...].per`.

    `maker_bps` is the share of every price that the model's maker earns, and `batch_bps` what a call in a batch costs
    of the same call by itself, both in hundredths of a percent. A version has a book for each `tier`, of which `nano`
    is what it says.
    """

    id: str
    model: str
    version: int
    effective_at: int
    nano: dict[str, int]
    maker_bps: int = 0
    batch_bps: int = WHOLE_BPS
    tier: Tier = "standard"

    @property
    def batch_nano(self) -> dict[str, int]:
        """What calls in batches cost by this version, each price rounded up to a whole nano unit."""
        return batch_prices(self.nano, self.batch_bps) if self.tier == "standard" else self.nano


class Rated(msgspec.Struct, frozen=True):
    """So much of one meter and what it costs, in nano units; `maker` is the maker's part of that."""

    meter: str
    quantity: int
    price: int
    maker: int


def batch_prices(nano: Mapping[str, int], batch_bps: int) -> dict[str, int]:
    """The prices of a batch: so much of the standard ones, each rounded up to a whole nano unit.

    >>> batch_prices({"input_tokens": 150_000_000, "output_tokens": 1}, 5_000)
    {'input_tokens': 75000000, 'output_tokens': 1}
    """
    return {meter: -(-price * batch_bps // WHOLE_BPS) for meter, price in nano.items()}


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
