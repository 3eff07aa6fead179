"""Numbers as people and exporters write them: prices with points or commas, weights with units, counts."""

from __future__ import annotations

import re
from fractions import Fraction

from entrepot.kernel import Invalid, decimals_of, parse_money, round_half_even

from ..currencies import is_currency

_NUMBER = re.compile(r"^[+]?[0-9.,' \u00a0\u202f]{0,30}$")
_DECIMAL = re.compile(r"^[+-]?[0-9]{1,18}(\.[0-9]{0,18})?$")
_EITHER = re.compile(r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$")
"""1.000 is a thousand in one half of the world and one in the other."""
_GROUPED = re.compile(r"^[+-]?[0-9]{1,3}([.,][0-9]{2,3})*[.,][0-9]{3}$")
"""By thousands, or by lakhs as in India."""
_THOUSANDS = re.compile(r"^[+-]?[0-9]{1,3}(,[0-9]{3})+$")
_USUAL = re.compile(r"([0-9]{1,12})\.([0-9]{2})")
"""As nearly every exporter writes a price: read without arithmetic of fractions."""
_GAPS = re.compile("['\u00a0\u202f ]")
_SIGNS = "$€£¥₹₩ \u00a0\u202f"
_GRAMS = {
    "g": Fraction(1), "kg": Fraction(1000), "lb": Fraction("453.59237"), "oz": Fraction("28.349523125"),
    "mg": Fraction(1, 1000), "t": Fraction(1_000_000),
}  # fmt: skip
_MILLIMETRES = {
    "mm": Fraction(1), "cm": Fraction(10), "dm": Fraction(100), "m": Fraction(1000), "in": Fraction("25.4"),
    "ft": Fraction("304.8"),
}  # fmt: skip
_UNITS = {
    "gr": "g", "gram": "g", "grams": "g", "gramm": "g", "克": "g", "kgs": "kg", "kilo": "kg", "kilogram": "kg",
    "kilograms": "kg", "千克": "kg", "公斤": "kg", "lbs": "lb", "pound": "lb", "pounds": "lb", "磅": "lb",
    "ounce": "oz", "ounces": "oz", "盎司": "oz", "毫米": "mm", "厘米": "cm", "公分": "cm", "米": "m", "inch": "in",
    "inches": "in", '"': "in", "英寸": "in", "feet": "ft", "foot": "ft", "grm": "g", "kgm": "kg", "lbr": "lb",
    "onz": "oz", "mmt": "mm", "cmt": "cm", "mtr": "m", "inh": "in", "fot": "ft", "mgm": "mg", "吨": "t",
}  # fmt: skip
_CURRENCY_SIGNS = {
    "US$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD", "HK$": "HKD", "NZ$": "NZD", "NT$": "TWD",
    "S$": "SGD", "R$": "BRL", "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₫": "VND",
    "zł": "PLN", "Kč": "CZK", "kr": "", "元": "CNY", "円": "JPY", "￥": "CNY", "RMB": "CNY", "฿": "THB",
    "EURO": "EUR", "EUROS": "EUR", "POUND": "GBP", "POUNDS": "GBP", "YEN": "JPY", "YUAN": "CNY",
}  # fmt: skip
_SHARED_SIGNS = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN"), "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "dollar": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD"),
    "dollars": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD"),
}  # fmt: skip
_AMOUNT = re.compile(
    r"^(?=[^0-9]{0,40}[0-9])([^0-9.,+-]{0,8}?)\s*([+-]?[0-9.,' \u00a0\u202f]{1,30}?)\s*([^0-9.,+-]{0,8})$"
)
_MEASURE = re.compile(r"^([+-]?[0-9.,' \u00a0\u202f]{1,30}?)\s*([^0-9.,+\s-]{0,10})$")


def parse_price(text: str, currency: str) -> int:
    """Minor units from a price such as 12.50, 12,50, 1,234.50, 1.234,50 or $12. Invalid, with a sentence, for others.

    A single comma before three digits parts thousands, as exporters write it, unless the currency has three decimals.
    """
    if (usual := _USUAL.fullmatch(text)) is not None and decimals_of(currency) == 2:
        return int(usual[1]) * 100 + int(usual[2])
    bare = text.strip().removeprefix(currency).removesuffix(currency).strip(_SIGNS)
    if not _NUMBER.match(bare):
        raise Invalid(f"{text.strip()[:50]!r} is not a price: write a number such as 12.50")
    plain = _GAPS.sub("", bare)
    if _EITHER.match(plain) and decimals_of(currency) < 3:
        whole = plain.replace(".", "")
        raise Invalid(f"{text.strip()[:50]!r} may be thousands or decimals: write {whole}, or two decimals")
    number = _plain(plain, decimals_of(currency))
    if not number:
        raise Invalid(f"{text.strip()[:50]!r} is not a price: write a number such as 12.50")
    return parse_money(number, currency)


def parse_money_cell(text: str, currency: str) -> tuple[int, str]:
    """Minor units and currency of a price that may name its own, such as 15.00 USD, 15,00 € or ¥1200.

    Where it names none, or a sign that several share, `currency` is meant. Invalid, with a sentence, for others.
    """
    if _USUAL.fullmatch(text) is not None:
        return parse_price(text, currency), currency
    found = _AMOUNT.match(text.strip())
    if found is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a price: write a number such as 12.50 {currency}")
    named = found[1].strip() or found[3].strip()
    if found[1].strip() and found[3].strip() and _currency_of(found[1], currency) != _currency_of(found[3], currency):
        raise Invalid(f"{text.strip()[:50]!r} names two currencies: write one")
    known = _currency_of(named, currency) if named else currency
    return parse_price(found[2], known), known


def parse_price_in(text: str, currency: str) -> int:
    """Minor units of a price in this currency. Invalid, with a sentence, for one that names another."""
    amount, named = parse_money_cell(text, currency)
    if named != currency:
        raise Invalid(f"{text.strip()[:50]!r} is in {named}, and prices here are in {currency}: write it in {currency}")
    return amount


def _currency_of(named: str, default: str) -> str:
    named = named.strip()
    if (shared := _SHARED_SIGNS.get(named.lower())) is not None:
        return default if default in shared else shared[0]
    if (known := _CURRENCY_SIGNS.get(named)) or (known := _CURRENCY_SIGNS.get(named.upper())):
        return known
    code = named.rstrip(".").upper()
    if not is_currency(code):
        raise Invalid(f"{named[:20]!r} is no currency we know: write its three letters, such as USD")
    return code


def parse_measure(text: str, unit: str = "mm") -> int:
    """Millimetres, rounded, from a length such as 12 cm or 4.5 in; `unit` where it names none. Invalid for others."""
    found = _MEASURE.match(text.strip())
    if found is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a length: write a number and mm, cm, m or in")
    factor = _MILLIMETRES.get(_unit_of(found[2] or unit))
    if factor is None:
        raise Invalid(f"{found[2][:20]!r} is no unit of length we know: use mm, cm, m or in")
    value = _fraction(_plain(_GAPS.sub("", found[1]), None))
    if value is None or value < 0:
        raise Invalid(f"{text.strip()[:50]!r} is not a length: write a number and mm, cm, m or in")
    return round_half_even(value * factor)


def parse_weight_cell(text: str, unit: str = "g") -> int:
    """Grams of a weight that may name its unit, such as 1.2 kg; `unit` where it names none. Invalid for others."""
    found = _MEASURE.match(text.strip())
    if found is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a weight: write a number and g, kg, lb or oz")
    return parse_weight(found[1], found[2] or unit)


def _unit_of(text: str) -> str:
    plain = text.strip().rstrip(".").lower()
    return _UNITS.get(plain, plain)


def parse_count(text: str) -> int:
    """A whole number of pieces; what a shop has sold too many of counts as none. Invalid for others."""
    if _is_whole(text):
        return int(text)
    bare = _GAPS.sub("", text.strip())
    value = _fraction(bare.replace(",", "") if _THOUSANDS.match(bare) else bare)
    if _EITHER.match(bare):
        many = bare.replace(".", "")
        raise Invalid(f"{text.strip()[:50]!r} may be thousands or decimals: write {many}, or {bare[:-4]}")
    if value is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a number of pieces: write a whole number")
    if value.denominator != 1:
        raise Invalid(f"{text.strip()[:50]!r} is not a whole number of pieces")
    return max(int(value), 0)


def parse_weight(text: str, unit: str = "g") -> int:
    """Grams, rounded, from a weight in g, kg, lb or oz. Invalid for others."""
    if unit == "g" and _is_whole(text):
        return int(text)
    factor = _GRAMS.get(_unit_of(unit))
    if factor is None:
        raise Invalid(f"{unit.strip()[:20]!r} is no unit of weight we know: use g, kg, lb or oz")
    value = _fraction(_plain(_GAPS.sub("", text.strip()), None))
    if value is None:
        raise Invalid(f"{text.strip()[:50]!r} is not a weight: write a number")
    if value < 0:
        raise Invalid("A weight is not below zero")
    return round_half_even(value * factor)


def _is_whole(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= 18


def _fraction(number: str) -> Fraction | None:
    """A plain decimal. Fraction alone would take 1e999999999 too, and never come back."""
    return Fraction(number) if _DECIMAL.match(number) else None


def _plain(number: str, decimals: int | None) -> str:
    """A number with a point for its decimals and nothing for its thousands; nothing where they stand astray."""
    point, comma = number.rfind("."), number.rfind(",")
    if point >= 0 and comma >= 0:
        whole, rest = number[: max(point, comma)], number[max(point, comma) + 1 :]
        return f"{_bare(whole)}.{rest}" if _GROUPED.match(whole) else ""
    if number.count(",") > 1 or number.count(".") > 1:
        return _bare(number) if _GROUPED.match(number) else ""
    if comma >= 0 and decimals not in (None, 3) and len(number) - comma == 4:
        return number.replace(",", "")
    return number.replace(",", ".")


def _bare(number: str) -> str:
    return number.replace(".", "").replace(",", "")
