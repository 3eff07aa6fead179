"""Global trade item numbers: the digits below a bar code, by which the same article of two sellers is known."""

from __future__ import annotations

import re
from functools import lru_cache

_LENGTHS = (8, 12, 13, 14)
_SCIENTIFIC = re.compile(r"^[0-9](?:[.,][0-9]*)?[eE]\+?[0-9]{1,2}$")


def find_gtin(text: str) -> str | None:
    """The number as 14 digits; None for what is no GTIN."""
    digits = text.strip().replace(" ", "").replace("-", "").removesuffix(".0")  # which spreadsheets append
    if len(digits) not in _LENGTHS or not digits.isascii() or not digits.isdigit():
        return None
    return _checked(digits.zfill(14))


@lru_cache(maxsize=16_384)  # of each variant a save asks several times
def _checked(padded: str) -> str | None:
    return padded if _check_digit(padded[:13]) == int(padded[13]) else None


def gtin_fault(text: str) -> str:
    """What is wrong with a number that is no GTIN, and what to do: spreadsheets spoil them in ways of their own."""
    bare = text.strip().replace(" ", "").replace("-", "")
    if is_rounded(bare):
        return "A spreadsheet has rounded this number: format the column as text, and copy the digits in again"
    if bare.isascii() and bare.isdigit() and bare.strip("0"):
        padded = [bare.zfill(size) for size in _LENGTHS if size > len(bare)]
        if whole := next(filter(find_gtin, padded), ""):
            return f"This may have lost its leading zeros: if so, write {whole}, in a column formatted as text"
        if len(bare) in _LENGTHS:
            last = _check_digit(bare.zfill(14)[:13])
            return f"The last digit checks the others, and would be {last}: compare the number with the bar code"
    return "A GTIN has 8, 12, 13 or 14 digits, the last of which checks the others: leave it out if you do not know it"


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet has written a long number as 4.00638E+12, so that its last digits are lost."""
    return _SCIENTIFIC.match(text) is not None


def is_shared(gtin: str) -> bool:
    """Whether a 14-digit number names the same article everywhere.

    A shop may use some ranges for its own goods (02, 04, 20 to 29; of short numbers 0 and 2), so that the same number
    means other things elsewhere; all zeros is what an empty field becomes.
    """
    if gtin.startswith("000000"):
        return gtin.strip("0") != "" and gtin[6] not in "02"
    prefix = gtin[1:4]
    return not ("020" <= prefix < "030" or "040" <= prefix < "050" or "200" <= prefix < "300")


def _check_digit(digits: str) -> int:
    """What the last of 14 digits must be: threes and ones in turn, made up to a multiple of ten."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return -total % 10
