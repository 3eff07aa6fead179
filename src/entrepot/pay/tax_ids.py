"""Tax numbers of businesses: read, brought into one form, and checked by what their country says of them.

Formats of the European Union's VAT numbers are those that the Commission's VIES describes
(https://ec.europa.eu/taxation_customs/vies, "VAT number structure"); check digits as each country publishes them, where
it does. Whether somebody has that number, only the country's own register knows: here is told that it can be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from entrepot.kernel import Invalid

LENGTH_MAX = 30


class TaxId(msgspec.Struct, frozen=True):
    """A business's tax number, without spaces, as its country writes it; with the country's own prefix where it has
    one. `checked`: its form is known, and it fits; else nobody could tell, and it is no evidence of a business."""

    country: str
    number: str
    checked: bool


def read_tax_id(country: str, text: str) -> TaxId:
    """The tax number that somebody wrote, for a country. Invalid, saying how it is written there, for what is none."""
    number = re.sub(r"[\s./-]", "", text).upper()
    if not number or len(number) > LENGTH_MAX or not number.isascii() or not number.isalnum():
        raise _no_number("A tax number has letters and digits", "DE136695976")
    rule = _RULES.get(country)
    if rule is None:
        return TaxId(country, number, False)
    prefix, form, check, sample = rule
    bare = number.removeprefix(prefix) if prefix else number
    if not re.fullmatch(form, bare) or (check is not None and not check(bare)):
        raise _no_number(f"This is no tax number of {country}", sample)
    return TaxId(country, prefix + bare, True)


def proven_tax_id(country: str, text: str) -> str:
    """The tax number that this is by its country's own rules; empty for none, and for what nobody could check."""
    try:
        found = read_tax_id(country, text)
    except Invalid:
        return ""
    return found.number if found.checked else ""


def _no_number(why: str, sample: str) -> Invalid:
    return Invalid(f"{why}: write it such as {sample}", fields={"tax_id": f"such as {sample}"})


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(each - 9 * (each > 9) for each in doubled) % 10 == 0


def _iso_7064(digits: str) -> bool:
    """ISO 7064, MOD 11,10: Germany and Croatia."""
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[-1])


def _austria(digits: str) -> bool:
    parts = (int(digit) * (1 + place % 2) for place, digit in enumerate(digits[1:8]))
    return (96 - sum(each - 9 * (each > 9) for each in parts)) % 10 == int(digits[-1])


def _belgium(digits: str) -> bool:
    return 97 - int(digits[:8]) % 97 == int(digits[8:])


def _denmark(digits: str) -> bool:
    return _weighted(digits, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _finland(digits: str) -> bool:
    return (11 - _weighted(digits[:7], (7, 9, 10, 5, 8, 4, 2)) % 11) % 11 == int(digits[7])


def _france(number: str) -> bool:
    if not number.isdigit():
        return True  # keys with letters have no published rule
    return (12 + 3 * (int(number[2:]) % 97)) % 97 == int(number[:2])


def _ireland(number: str) -> bool:
    total = _weighted(number[:7], (8, 7, 6, 5, 4, 3, 2))
    if len(number) == 9 and number[8] != "W":
        total += (ord(number[8]) - 64) * 9
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def _italy(digits: str) -> bool:
    return _luhn(digits)


def _luxembourg(digits: str) -> bool:
    return int(digits[:6]) % 89 == int(digits[6:])


def _netherlands(number: str) -> bool:
    by_eleven = _weighted(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11 == int(number[8])
    letters = "".join(str(int(each, 36)) for each in f"NL{number}")
    return by_eleven or int(letters) % 97 == 1


def _poland(digits: str) -> bool:
    return _weighted(digits[:9], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(digits[9])


def _portugal(digits: str) -> bool:
    rest = 11 - _weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest > 9 else rest) == int(digits[8])


def _britain(digits: str) -> bool:
    total = _weighted(digits[:7], (8, 7, 6, 5, 4, 3, 2)) + int(digits[7:9])
    return total % 97 == 0 or (total + 55) % 97 == 0


def _switzerland(number: str) -> bool:
    return (11 - _weighted(number[:8], (5, 4, 3, 2, 7, 6, 5, 4)) % 11) % 11 == int(number[8])


def _norway(number: str) -> bool:
    return (11 - _weighted(number[:8], (3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11 == int(number[8])


def _australia(digits: str) -> bool:
    return _weighted(f"{int(digits[0]) - 1}{digits[1:]}", (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 0


_CHINESE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _china(number: str) -> bool:
    """GB 32100-2015: the unified social credit identifier, modulo 31."""
    total = sum(_CHINESE.index(each) * pow(3, place, 31) for place, each in enumerate(number[:17]))
    return _CHINESE[(31 - total % 31) % 31] == number[17]


_Rule = tuple[str, str, Callable[[str], bool] | None, str]

_RULES: dict[str, _Rule] = {  # prefix, what follows it, its check digits, a sample
    "AT": ("AT", r"U[0-9]{8}", _austria, "ATU13585627"),
    "BE": ("BE", r"[01][0-9]{9}", _belgium, "BE0428759497"),
    "BG": ("BG", r"[0-9]{9,10}", None, "BG175074752"),
    "CY": ("CY", r"[0-9]{8}[A-Z]", None, "CY10259033P"),
    "CZ": ("CZ", r"[0-9]{8,10}", None, "CZ25123891"),
    "DE": ("DE", r"[1-9][0-9]{8}", _iso_7064, "DE136695976"),
    "DK": ("DK", r"[0-9]{8}", _denmark, "DK13585628"),
    "EE": ("EE", r"[0-9]{9}", None, "EE100931558"),
    "ES": ("ES", r"[A-Z0-9][0-9]{7}[A-Z0-9]", None, "ESB58378431"),
    "FI": ("FI", r"[0-9]{8}", _finland, "FI20774740"),
    "FR": ("FR", r"[A-HJ-NP-Z0-9]{2}[0-9]{9}", _france, "FR40303265045"),
    "GR": ("EL", r"[0-9]{9}", None, "EL094259216"),
    "HR": ("HR", r"[0-9]{11}", _iso_7064, "HR33392005961"),
    "HU": ("HU", r"[0-9]{8}", None, "HU12892312"),
    "IE": ("IE", r"[0-9]{7}[A-W][A-I]?W?", _ireland, "IE6433435F"),
    "IT": ("IT", r"[0-9]{11}", _italy, "IT00743110157"),
    "LT": ("LT", r"([0-9]{9}|[0-9]{12})", None, "LT119511515"),
    "LU": ("LU", r"[0-9]{8}", _luxembourg, "LU15027442"),
    "LV": ("LV", r"[0-9]{11}", None, "LV40003521600"),
    "MT": ("MT", r"[0-9]{8}", None, "MT11679112"),
    "NL": ("NL", r"[0-9]{9}B[0-9]{2}", _netherlands, "NL004495445B01"),
    "PL": ("PL", r"[0-9]{10}", _poland, "PL8567346215"),
    "PT": ("PT", r"[0-9]{9}", _portugal, "PT501964843"),
    "RO": ("RO", r"[0-9]{2,10}", None, "RO18547290"),
    "SE": ("SE", r"[0-9]{10}01", lambda number: _luhn(number[:10]), "SE123456789701"),
    "SI": ("SI", r"[1-9][0-9]{7}", None, "SI50223054"),
    "SK": ("SK", r"[0-9]{10}", lambda number: int(number) % 11 == 0, "SK2022749619"),
    "GB": ("GB", r"[0-9]{9}([0-9]{3})?", _britain, "GB980780684"),
    "CH": ("CHE", r"[0-9]{9}(MWST|TVA|IVA)?", _switzerland, "CHE107787577MWST"),
    "NO": ("NO", r"[0-9]{9}(MVA)?", _norway, "NO995525828MVA"),
    "AU": ("", r"[1-9][0-9]{10}", _australia, "83914571673"),
    "CN": ("", r"[0-9ABCDEFGHJKLMNPQRTUWXY]{18}", _china, "91110000600037341L"),
}
