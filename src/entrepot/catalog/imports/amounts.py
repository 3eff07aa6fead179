"""Numbers as people and exporters write them: prices with points or commas, weights with units, counts."""

from __future__ import annotations

import re
from fractions import Fraction

from entrepot.kernel import Invalid, decimals_of, parse_money, round_half_even

_NUMBER = re.compile(r"^[+]?[0-9.,' \u00a0\u202f]{0,30}$")
_DECIMAL = re.compile(r"^[+-]?[0-9]{1,18}(\.[0-9]{0,18})?$")
_GAPS = re.compile("['\u00a0\u202f ]")
_SIGNS = "$€£¥₹₩ \u00a0\u202f"
_GRAMS = {"g": Fraction(1), "kg": Fraction(1000), "lb": Fraction("453.59237"), "oz": Fraction("28.349523125")}


def parse_price(text: str, currency: str) -> int:
    """Minor units from a price such as 12.50, 12,50, 1,234.50, 1.234,50 or $12. Invalid, with a sentence, for others.

    A single comma before three digits parts thousands, as exporters write it, unless the currency has three decimals.
    """
    bare = text.strip().removeprefix(currency).removesuffix(currency).strip(_SIGNS)
    if not _NUMBER.match(bare):
        raise Invalid(f"{text.strip()[:50]!r} is not a price: write a number such as 12.50")
    return parse_money(_plain(_GAPS.sub("", bare), decimals_of(currency)), currency)


def parse_count(text: str) -> int:
    """A whole number of pieces; what a shop has sold too many of counts as none. Invalid for others."""
    value = _fraction(_GAPS.sub("", text.strip()))
    if value is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a number of pieces: write a whole number")
    if value.denominator != 1:
        raise Invalid(f"{text.strip()[:50]!r} is not a whole number of pieces")
    return max(int(value), 0)


def parse_weight(text: str, unit: str = "g") -> int:
    """Grams, rounded, from a weight in g, kg, lb or oz. Invalid for others."""
    factor = _GRAMS.get(unit.strip().lower())
    if factor is None:
        raise Invalid(f"{unit.strip()[:20]!r} is no unit of weight we know: use g, kg, lb or oz")
    value = _fraction(_plain(_GAPS.sub("", text.strip()), None))
    if value is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a weight: write a number")
    if value < 0:
        raise Invalid("A weight is not below zero")
    return round_half_even(value * factor)


def _fraction(number: str) -> Fraction | None:
    """A plain decimal. Fraction alone would take 1e999999999 too, and never come back."""
    return Fraction(number) if _DECIMAL.match(number) else None


def _plain(number: str, decimals: int | None) -> str:
    """A number with a point for its decimals and nothing for its thousands."""
    point, comma = number.rfind("."), number.rfind(",")
    if point >= 0 and comma >= 0:
        return number.replace(",", "") if point > comma else number.replace(".", "").replace(",", ".")
    if comma < 0:
        return number.replace(".", "") if number.count(".") > 1 else number
    if number.count(",") > 1 or (decimals not in (None, 3) and len(number) - comma == 4):
        return number.replace(",", "")
    return number.replace(",", ".")
