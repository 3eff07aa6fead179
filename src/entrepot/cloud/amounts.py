"""Amounts of compute: nano units for what is used, whole minor units for what is paid, and how people write both."""

from __future__ import annotations

import re
from fractions import Fraction

from entrepot.kernel import Invalid, decimals_of
from entrepot.ledger import AMOUNT_MAX

from .meters import METERS

NANO = 10**9
DECIMALS_MAX = 9
_PLAIN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,18})?")  # Fraction alone reads 1e999999999, 1/3 and other alphabets' digits


def nano_per_minor(currency: str) -> int:
    """How many nano units a minor unit of a currency has: ten million to a cent, a thousand million to a yen."""
    return int(10 ** (DECIMALS_MAX - decimals_of(currency)))


def currency_of(unit: str) -> str:
    """The currency whose nano units the ledger counts in this unit."""
    return unit.removesuffix("9")


def read_nano(text: str, field: str = "amount") -> int:
    """Nano units from a decimal text such as 25.00, of at most nine decimals. Invalid, naming the field, for others."""
    plain = text.strip()
    value = Fraction(plain) * NANO if _PLAIN.fullmatch(plain) else None
    if value is None or value.denominator != 1 or value > AMOUNT_MAX:
        raise Invalid(f"Write an amount such as 25.00, not {text[:40]!r}", fields={field: "such as 25.00"})
    return int(value)


def read_price(text: str) -> tuple[str, int]:
    """A meter and its price in nano units, from `output_tokens=0.60`."""
    meter, _, amount = text.partition("=")
    if meter not in METERS:
        raise Invalid(f"There is no meter {meter[:60]!r}: use one of {', '.join(METERS)}")
    try:
        return meter, read_nano(amount, meter)
    except Invalid:
        raise Invalid(f"{text[:80]!r} is no price: write {meter}=0.60, with at most nine decimals") from None


def write_nano(amount: int) -> str:
    """An amount exactly, as a plain decimal text: 0.000000175, without zeros that say nothing."""
    whole, rest = divmod(abs(amount), NANO)
    text = f"{whole}.{rest:09d}".rstrip("0").rstrip(".")
    return f"-{text}" if amount < 0 else text
