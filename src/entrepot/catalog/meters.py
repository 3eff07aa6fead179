"""Prices by the meter, as they are stored and as lists show them."""

from __future__ import annotations

from entrepot.kernel import decimals_of, from_json

from .types import MeterPrice

NANO_DECIMALS = 9


def price_of(meters: tuple[MeterPrice, ...], currency: str) -> int:
    """What lists show: the first meter's price in minor units, rounded up; zero where it is free."""
    per_minor: int = 10 ** (NANO_DECIMALS - decimals_of(currency))
    return -(-meters[0].nano // per_minor)


def read_meters(text: str | None) -> tuple[MeterPrice, ...]:
    """The prices as they are stored; none for a thing."""
    return () if text is None else from_json(text, tuple[MeterPrice, ...])
