"""Times as exporters and spreadsheets write them: ISO 8601 in all it allows, and dates in the orders of countries.

A date with points is day first, as everywhere where points are written. With slashes or hyphens day and month are told
apart where one of them is above twelve; where they could be either, nobody guesses.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from entrepot.kernel import Invalid
from entrepot.kernel.clock import from_rfc3339

_ZONE: Final = re.compile(r"([+-]\d\d)(\d\d)$")
_CLOCK: Final = re.compile(r"[T ](\d{1,2}):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?\s*(Z|[+-]\d\d:?\d\d)?$")
_YEAR_FIRST: Final = re.compile(r"^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d\d)(\d\d))$")
_YEAR_LAST: Final = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$")
_NAMED: Final = re.compile(r"^(?:(\d{1,2})\.?[ -]([^\W\d]{3,10})\.?|([^\W\d]{3,10})\.? (\d{1,2}))[, -]+(\d{4})$")
_SERIAL: Final = re.compile(r"^[2-7]\d{4}(?:[.,]\d+)?$")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"), 1
    )
    for name in names.split()
}


def parse_time(text: str, *, ends: bool = False) -> str:
    """RFC 3339 from a time or a date; in UTC where it names no zone. Invalid, with a sentence, for others.

    A date alone means its beginning, or its last second where something `ends` on it.
    """
    bare = text.strip()
    clock = _CLOCK.search(bare)
    day = _day(bare[: clock.start()].strip() if clock else bare, text)
    if clock is None:
        return f"{day}T{'23:59:59' if ends else '00:00:00'}Z"
    zone = _ZONE.sub(r"\1:\2", clock[4] or "Z")
    whole = f"{day}T{clock[1]:0>2}:{clock[2]}:{clock[3] or '00'}{zone}"
    try:
        from_rfc3339(whole)
    except (ValueError, OverflowError):
        raise _no_time(text) from None
    return whole


def _day(written: str, text: str) -> str:
    if found := _YEAR_FIRST.match(written):
        month, day = found[3] or found[5] or found[7], found[4] or found[6] or found[8]
        return _date(int(found[1]), int(month), int(day), text)
    if found := _YEAR_LAST.match(written):
        return _date(int(found[4]), *_month_and_day(int(found[1]), int(found[3]), found[2], text), text)
    if found := _NAMED.match(written):
        month = _MONTHS.get((found[2] or found[3])[:3].lower(), 0)
        return _date(int(found[5]), month, int(found[1] or found[4]), text)
    if _SERIAL.match(written):
        raise Invalid(f"{text[:50]!r} is how a spreadsheet counts days: format the column as a date, and save it again")
    raise _no_time(text)


def _month_and_day(first: int, second: int, sign: str, text: str) -> tuple[int, int]:
    if sign == "." or first > 12 or first == second:
        return second, first
    if second > 12:
        return first, second
    raise Invalid(f"{text[:50]!r} may be day or month first: write the year first, such as 2026-01-31")


def _date(year: int, month: int, day: int, text: str) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise _no_time(text) from None


def _no_time(text: str) -> Invalid:
    return Invalid(f"{text[:50]!r} is no time: write 2026-01-31T12:00Z, or a date such as 2026-01-31")
