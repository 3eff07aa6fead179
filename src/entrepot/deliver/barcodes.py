"""Code 128 (set B): a number as bars, for labels that scanners read. Each sign is three bars and three spaces."""

from __future__ import annotations

from entrepot.kernel import Invalid

_DIGITS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222"
    "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321"
    "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121"
    "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224"
    "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111"
    "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113"
    "114311411113411311113141114131311141411131211412211214211232"
)
_WIDTHS = [_DIGITS[at : at + 6] for at in range(0, len(_DIGITS), 6)]
_STOP = "2331112"
_START_B, _MODULUS = 104, 103
QUIET = 10
"""Modules of white that scanners need on either side."""


def code128(text: str) -> list[tuple[int, int]]:
    """The bars of a text: where each begins and how wide it is, in modules, behind the quiet zone.

    Invalid for a text with signs that a label cannot carry (only printable ASCII can be).
    """
    if not text or not text.isascii() or not text.isprintable():
        raise Invalid(f"{text[:40]!r} cannot be printed as a barcode")
    values = [ord(sign) - 32 for sign in text]
    check = (_START_B + sum(place * value for place, value in enumerate(values, 1))) % _MODULUS
    widths = "".join([*(_WIDTHS[value] for value in (_START_B, *values, check)), _STOP])
    bars, at = [], QUIET
    for place, width in enumerate(map(int, widths)):
        if place % 2 == 0:
            bars.append((at, width))
        at += width
    return bars


def width_of(text: str) -> int:
    """How many modules wide a barcode is, with its quiet zones."""
    return 11 * (len(text) + 3) + 2 + 2 * QUIET
