"""Postal codes: how each country writes them, and what of an address its post cannot do without.

The formats are those of the Universal Postal Union and of CLDR. In a format `#` is a digit, `@` a letter, `*` either;
everything else stands as it is. A country that is not here is never refused for its postal code.

A code is read as people write it (in small letters, without its blank, with the country before it, in full-width signs)
and kept as its post writes it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple


class Format(NamedTuple):
    """How a country writes its codes, one that is in use, and whether mail cannot go without."""

    ways: tuple[str, ...]
    sample: str
    needed: bool


def read_postal(country: str, text: str) -> str | None:
    """A postal code as its country writes it; None for what is none. Without a known format it stays as it stands."""
    known = FORMATS.get(country)
    if known is None:
        return text
    plain = unicodedata.normalize("NFKC", text).upper()
    bare = _SEPARATORS.sub("", plain)
    tries = (bare, country + bare, bare.removeprefix(country), _SEPARATORS.sub("", _COUNTRY.sub("", plain)))
    return next((code for each in tries for way in known.ways if (code := _fit(way, each)) is not None), None)


def _fit(way: str, bare: str) -> str | None:
    """A code in this way of writing it, with its separators; None where it is not of this shape."""
    left, made = iter(bare), ""
    for sign in way:
        got = sign if sign in " -" else next(left, "")
        if not _stands_for(sign, got):
            return None
        made += got
    return made if next(left, None) is None else None


def _stands_for(sign: str, got: str) -> bool:
    match sign:
        case "#":
            return got.isascii() and got.isdigit()
        case "@":
            return got.isascii() and got.isalpha()
        case "*":
            return got.isascii() and got.isalnum()
    return got == sign


def _read(table: str, needed: bool) -> dict[str, Format]:
    found = {}
    for row in table.split(";"):
        country, _, rest = row.strip().partition(" ")
        ways, _, sample = rest.partition(" = ")
        found[country] = Format(tuple(ways.split(" / ")), sample, needed)
    return found


_SEPARATORS: Final = re.compile(r"[\s\u2010-\u2015\u2212\u3012-]+")
"""Blanks, hyphens of every length, and the sign that Japan's post begins with."""
_COUNTRY: Final = re.compile(r"^\s*[A-Z]{1,3}\s*-")
"""`D-` or `CH-` before a code, as letters from abroad had it."""
_NEEDED: Final = """
AT #### = 1010; AU #### = 2000; BE #### = 1000; BG #### = 1000; BR #####-### = 01310-100; CA @#@ #@# = M5V 2T6;
CH #### = 8001; CN ###### = 100000; CY #### = 1010; CZ ### ## = 110 00; DE ##### = 10115; DK #### = 1050;
EE ##### = 10111; ES ##### = 28013; FI ##### = 00100; FR ##### = 75001;
GB @# #@@ / @## #@@ / @@# #@@ / @@## #@@ / @#@ #@@ / @@#@ #@@ = SW1A 1AA; GR ### ## = 105 57; HR ##### = 10000;
HU #### = 1051; IL ####### / ##### = 9414106; IN ###### = 110001; IS ### = 101; IT ##### = 00118;
JP ###-#### = 100-0001; KR ##### = 04524; LI #### = 9490; LT LT-##### = LT-01103; LU #### = 1009; LV LV-#### = LV-1010;
MC 980## = 98000; MT @@@ #### = VLT 1117; MX ##### = 06000; MY ##### = 50050; NL #### @@ = 1012 AB; NO #### = 0150;
NZ #### = 6011; PH #### = 1000; PL ##-### = 00-001; PT ####-### = 1100-148; RO ###### = 010011; RS ##### = 11000;
RU ###### = 101000; SE ### ## = 111 20; SG ###### = 018956; SI #### = 1000; SK ### ## = 811 01; SM 4789# = 47890;
TH ##### = 10200; TR ##### = 06010; TW ### / ##### / ###### = 100; UA ##### = 01001; US ##### / #####-#### = 10118;
VA 00120 = 00120; ZA #### = 0002"""
_OPTIONAL: Final = """
AD AD### = AD100; AR #### / @####@@@ = C1002AAB; BD #### = 1000; BY ###### = 220050; CL ####### = 8340457;
CO ###### = 110111; CR ##### = 10101; EC ###### = 170515; GE #### = 0101; GI GX11 1AA = GX11 1AA; ID ##### = 10110;
IE @## **** / @#@ **** = D02 AF30; KE ##### = 00100; KZ ###### / @##@#@# = 010000; LK ##### = 00100; MA ##### = 10000;
MD MD-#### = MD-2001; ME ##### = 81000; MK #### = 1000; NG ###### = 100001; PE ##### = 15001; PK ##### = 44000;
SA ##### / #####-#### = 11564; TN #### = 1000; UY ##### = 11000; VN ##### / ###### = 10000"""
FORMATS: Final[dict[str, Format]] = {**_read(_NEEDED, True), **_read(_OPTIONAL, False)}
REGION_NEEDED: Final = frozenset({"AU", "BR", "CA", "CN", "IN", "JP", "MX", "US"})
"""Countries whose post goes by the state or the province as well."""
