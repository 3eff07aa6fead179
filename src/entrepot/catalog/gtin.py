"""Global trade item numbers: the digits below a bar code, by which the same article of two sellers is known."""

from __future__ import annotations

from functools import lru_cache

_LENGTHS = (8, 12, 13, 14)


def find_gtin(text: str) -> str | None:
    """The number as 14 digits; None for what is no GTIN."""
    digits = text.strip().replace(" ", "").replace("-", "")
    if len(digits) not in _LENGTHS or not digits.isascii() or not digits.isdigit():
        return None
    return _checked(digits.zfill(14))


@lru_cache(maxsize=16_384)  # of each variant a save asks several times
def _checked(padded: str) -> str | None:
    return padded if _check_digit(padded[:13]) == int(padded[13]) else None


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
