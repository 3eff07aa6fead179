"""Whole minor units with a currency, exact rates, one rounding by name, and shares that always sum to the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from .errors import Invalid

# ISO 4217: currencies whose minor unit is not a hundredth. Every other currency has two decimals.
_DECIMALS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"), 0
    ),
    **dict.fromkeys(("XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")  # Fraction alone reads 1e999999999, and takes its time
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩"}

MINOR_MAX = 2**53
"""Amounts stay below this, so that they are exact in every JSON reader."""


def decimals_of(currency: str) -> int:
    """How many decimals a currency's minor unit has (ISO 4217). Raises Invalid for what is no currency code."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper() or not currency.isalpha():
        raise Invalid(f"{currency!r} is not a currency code: write three capital letters, such as USD")
    return _DECIMALS.get(currency, 2)


class Money(msgspec.Struct, frozen=True, order=True):
    """An amount in whole minor units of one currency."""

    amount_minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other).amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other).amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def times(self, count: int) -> Money:
        """This amount, `count` times."""
        return Money(self.amount_minor * count, self.currency)

    def _same(self, other: Money) -> Money:
        assert self.currency == other.currency, f"{self.currency} and {other.currency} do not add"
        return other

    def __str__(self) -> str:
        return format_money(self.amount_minor, self.currency)


def format_money(amount_minor: int, currency: str) -> str:
    """Money for people: $1,234.50, ¥980, 12.345 KWD."""
    decimals = decimals_of(currency)
    whole, rest = divmod(abs(amount_minor), 10**decimals)
    number = f"{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
    sign = "-" if amount_minor < 0 else ""
    mark = _SIGNS.get(currency)
    return f"{sign}{mark}{number}" if mark else f"{sign}{number} {currency}"


def parse_money(text: str, currency: str) -> int:
    """Minor units from a decimal text such as 1234.50; refuses more decimals than the currency has."""
    decimals = decimals_of(currency)
    if not _AMOUNT.fullmatch(text.strip()):
        raise Invalid(f"{text[:40]!r} is not an amount: write a number such as 12.50")
    value = Fraction(text.strip()) * 10**decimals
    if value.denominator != 1:
        raise Invalid(f"{text!r} has more decimals than {currency} has: it has {decimals}")
    if abs(value) >= MINOR_MAX:
        raise Invalid(f"{text!r} is larger than an amount can be")
    return int(value)


def round_half_even(value: Fraction) -> int:
    """The nearest whole number; halves go to the even one, so that many roundings do not drift."""
    return round(value)


def share_bps(amount_minor: int, bps: int) -> int:
    """So many hundredths of a percent of an amount, rounded half to even, once."""
    whole, rest = divmod(amount_minor * bps, 10_000)  # as a Fraction is rounded, for a tenth of its time
    return whole + (rest > 5_000 or (rest == 5_000 and whole % 2))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts in proportion to the weights that sum to the whole (largest remainder; ties to the earlier part).

    All weights zero: the first part takes everything. Works for negative amounts as for positive ones.
    """
    assert weights, "a split needs at least one part"
    assert all(weight >= 0 for weight in weights)
    if amount < 0:
        return [-part for part in split(-amount, weights)]
    total = sum(weights)
    if total == 0:
        return [amount, *[0] * (len(weights) - 1)]
    parts = [amount * weight // total for weight in weights]
    remainders = [(-(amount * weight % total), place) for place, weight in enumerate(weights)]
    for _, place in sorted(remainders)[: amount - sum(parts)]:
        parts[place] += 1
    return parts
