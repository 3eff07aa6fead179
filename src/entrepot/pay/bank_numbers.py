"""Numbers of bank accounts: how they are checked, and how they are shown without being told. Pure."""

from __future__ import annotations

import re
from typing import Literal

from entrepot.kernel import Invalid

AccountKind = Literal["iban", "account", "stripe", "alipay"]

# How long an IBAN is in each country that has them (ISO 13616).
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}")
_ACCOUNT = re.compile(r"(?:[0-9A-Z]{2,12}/)?[0-9A-Z]{4,34}")
_STRIPE = re.compile(r"acct_[0-9A-Za-z]{6,40}")
_ALIPAY = re.compile(r"[^\s@]{1,64}@[^\s@]{1,64}\.[^\s@]{1,32}|\+?[0-9][0-9-]{6,20}|2088[0-9]{12}")
NAME_LENGTH = 12
"""How long our own references are, behind RF and their check digits."""


def check_number(kind: AccountKind, number: str) -> str:
    """The number as it is kept, without spaces; Invalid, saying what is wrong, for one that cannot be."""
    plain = "".join(number.split())
    match kind:
        case "iban":
            return check_iban(plain)
        case "account":
            plain = plain.replace("-", "").upper()
            if not _ACCOUNT.fullmatch(plain):
                raise _wrong("An account number has 4 to 34 digits or letters, after the bank's code and a /")
        case "stripe":
            if not _STRIPE.fullmatch(plain):
                raise _wrong("A Stripe account begins with acct_")
        case "alipay":
            if not _ALIPAY.fullmatch(plain):
                raise _wrong("Write the e-mail address, telephone number or user number of the Alipay account")
    return plain


def check_iban(number: str) -> str:
    """An IBAN without spaces; Invalid when its country, length or check digits are wrong."""
    plain = "".join(number.split()).upper()
    if not plain.isascii() or not _IBAN.fullmatch(plain):
        raise _wrong("An IBAN begins with two letters and two digits, such as DE89 3704 …")
    if plain[:2] not in _LENGTHS:
        raise _wrong(f"There are no IBANs in {plain[:2]}: write the account's own number")
    if len(plain) != _LENGTHS[plain[:2]]:
        raise _wrong(f"An IBAN of {plain[:2]} has {_LENGTHS[plain[:2]]} signs, this has {len(plain)}")
    if _remainder(plain) != 1:
        raise _wrong("This IBAN has a typing error: its check digits do not fit")
    return plain


def mask(number: str) -> str:
    """A number by which its owner knows it again, and nobody else can use it."""
    if "@" in number:
        name, _, host = number.partition("@")
        return f"{name[:1]}…@{host}"
    prefix = number[:2] if number[:2].isalpha() and number[2:4].isdigit() else ""
    return f"{prefix}…{number[-4:]}" if len(number) > 7 else f"…{number[-2:]}"


def creditor_reference(name: str) -> str:
    """A reference for a transfer that finds typing errors itself (ISO 11649), from letters and digits.

    >>> creditor_reference("539007547034")
    'RF18539007547034'
    """
    assert re.fullmatch(r"[0-9A-Z]{1,21}", name), f"{name} is no reference"
    return f"RF{98 - _remainder('RF00' + name):02}{name}"


def find_references(text: str) -> list[str]:
    """Every reference of ours with right check digits in what a bank wrote, whatever spaces and signs stand in it."""
    plain = re.sub(r"[^0-9A-Z]", "", text.upper())
    candidates = (plain[each.start() : each.start() + 4 + NAME_LENGTH] for each in re.finditer("(?=RF[0-9]{2})", plain))
    return [each for each in candidates if len(each) == 4 + NAME_LENGTH and _remainder(each) == 1]


def _remainder(plain: str) -> int:
    """The number that letters and digits make, its first four signs at the end, modulo 97."""
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"number": sentence})
