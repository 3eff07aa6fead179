"""Numbers as people write them: decimal comma or point, grouped thousands, fractions.

`1,234.5`, `1.234,5`, `1 234,5` and `1'234.5` are the same number. With a single separator before exactly three digits
two readings exist: a comma then groups thousands and a point is decimal, unless only the other reading lies within the
bounds that are known of the attribute (`1.500 W` of a heater, `1,500 kg` of a bag of flour).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Final

Bounds = tuple[Fraction | None, Fraction | None]
"""The least and the most that is plausible, both included; None where nothing is known."""

UNBOUNDED: Final[Bounds] = (None, None)
DIGITS_MAX: Final = 30
_DECIMALS: Final = 6

_FRACTION = r"(?:[0-9]{1,6}(?:\s+|\s?-\s?))?[0-9]{1,3}\s?/\s?[0-9]{1,3}(?![0-9])"
_GROUPED = r"[0-9]{1,3}(?:[ '’.,][0-9]{3})+(?![0-9])(?:[.,][0-9]+(?![0-9]|[.,][0-9]))?"
_PLAIN = r"[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+"
NUMBER = re.compile(rf"[-+]?(?:{_FRACTION}|{_GROUPED}|{_PLAIN})")
_PARTS = re.compile(r"^(?:([0-9]+)[\s-]+)?([0-9]+)\s?/\s?([0-9]+)$")
_ONE_SIGN: Final = str.maketrans({"\u2044": "/", "\u2212": "-", "\u2010": "-", "\u2011": "-"})
_PARTS_OF_ONE: Final = frozenset({2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64})


def tidy(text: str) -> str:
    """Signs of one meaning as one sign: full-width digits, `½` as 1/2, every minus and every space."""
    folded = text if text.isascii() else "".join(_spread(sign) for sign in text)
    return " ".join(folded.translate(_ONE_SIGN).split())


def read_number(text: str, bounds: Bounds = UNBOUNDED) -> Fraction | None:
    """The number that a text is, the whole of it; None where it is none."""
    text = tidy(text)
    if len(text) > DIGITS_MAX or not NUMBER.fullmatch(text):
        return None
    sign = -1 if text.startswith("-") else 1
    bare = text.lstrip("+-")
    if "/" in bare:
        return _mixed(bare, sign)
    readings = [sign * each for each in _readings(bare)]
    fitting = [each for each in readings if is_within(each, bounds)]
    return (fitting or readings)[0]


def is_within(number: Fraction, bounds: Bounds) -> bool:
    """Whether a number lies within bounds."""
    least, most = bounds
    return (least is None or number >= least) and (most is None or number <= most)


def written(number: Fraction) -> str:
    """A number in plain digits, rounded half to even to six decimals, without trailing zeros."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(number.numerator) / Decimal(number.denominator)
        rounded = exact.quantize(Decimal(1).scaleb(-_DECIMALS), rounding=ROUND_HALF_EVEN)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _spread(sign: str) -> str:
    """A sign such as ½ stands apart from the whole number before it; an exponent stays one: 10² is not 102."""
    if sign in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞":
        return " " + unicodedata.normalize("NFKC", sign) + " "
    return sign if unicodedata.decomposition(sign).startswith(("<super>", "<sub>")) else _folded(sign)


def _folded(sign: str) -> str:
    return unicodedata.normalize("NFKC", sign)


def _mixed(text: str, sign: int) -> Fraction | None:
    match = _PARTS.match(text)
    if match is None:
        return None
    whole, above, below = int(match[1] or 0), int(match[2]), int(match[3])
    if below not in _PARTS_OF_ONE or above >= below:
        return None
    return sign * (whole + Fraction(above, below))


def _readings(text: str) -> list[Fraction]:
    """What an unsigned number can mean, the usual meaning first."""
    text = text.replace(" ", "").replace("'", "").replace("’", "")
    commas, points = text.count(","), text.count(".")
    if commas and points:
        decimal, group = (",", ".") if text.rfind(",") > text.rfind(".") else (".", ",")
        return [Fraction(text.replace(group, "").replace(decimal, "."))]
    if commas + points == 0:
        return [Fraction(text)]
    separator = "," if commas else "."
    if commas + points > 1:
        return [Fraction(text.replace(separator, ""))]
    before, _, after = text.partition(separator)
    as_decimal = Fraction(f"{before or 0}.{after}")
    if len(after) != 3 or not 1 <= len(before) <= 3 or before.startswith("0"):
        return [as_decimal]
    as_group = Fraction(before + after)
    return [as_group, as_decimal] if separator == "," else [as_decimal, as_group]
