"""Figures as people read them, by currency and language: money, dates, and how long ago."""

from __future__ import annotations

from datetime import UTC, datetime

from entrepot.kernel import DAY, HOUR, MINUTE, SECOND, decimals_of

from .texts import say

_MARKS = {
    "en": {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "HKD": "HK$"},
    "zh": {"USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "CNY": "¥", "INR": "₹", "KRW": "₩", "HKD": "HK$"},
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPANS = ((365 * DAY, "years"), (30 * DAY, "months"), (DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"))


def money(amount_minor: int, currency: str, language: str) -> str:
    """$1,234.50, ¥980, 12.345 KWD; minus before the mark."""
    decimals = decimals_of(currency)
    whole, rest = divmod(abs(amount_minor), 10**decimals)
    number = f"{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
    sign = "-" if amount_minor < 0 else ""
    mark = _MARKS[language].get(currency)
    return f"{sign}{mark}{number}" if mark else f"{sign}{number} {currency}"


def nano(amount: int, currency: str, language: str) -> str:
    """Thousand-millionths of a currency: to its usual decimals, and as many more as it takes to tell a small amount."""
    decimals, scale = decimals_of(currency), 9
    digits = f"{abs(amount):0{scale + 1}d}"
    whole, rest = int(digits[:-scale]), digits[-scale:]
    shown = rest[: max(decimals, min(len(rest.rstrip("0")), _first_two(rest)) if whole == 0 else decimals)]
    number = f"{whole:,}" + (f".{shown}" if shown else "")
    sign = "-" if amount < 0 else ""
    mark = _MARKS[language].get(currency)
    return f"{sign}{mark}{number}" if mark else f"{sign}{number} {currency}"


def rate(amount: int, currency: str, language: str) -> str:
    """A price in thousand-millionths, to its last digit: whoever pays by it must be able to reckon with it."""
    decimals = decimals_of(currency)
    whole, rest = divmod(amount, 10**9)
    digits = f"{rest:09d}".rstrip("0").ljust(decimals, "0")
    number = f"{whole:,}" + (f".{digits}" if digits else "")
    mark = _MARKS[language].get(currency)
    return f"{mark}{number}" if mark else f"{number} {currency}"


def many(count: int) -> str:
    """A round number as it is said of tokens: `1M`, `1k`; any other in whole figures."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if count >= size and count % size == 0:
            return f"{count // size:,}{sign}"
    return f"{count:,}"


def _first_two(rest: str) -> int:
    """How many decimals show the first two digits that count."""
    return len(rest) - len(rest.lstrip("0")) + 2


def day(at: int, language: str) -> str:
    """21 Nov 2026, or 2026年11月21日, in UTC."""
    moment = _moment(at)
    if language == "zh":
        return f"{moment.year}年{moment.month}月{moment.day}日"
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def moment(at: int, language: str) -> str:
    """The day with hours and minutes, in UTC."""
    return f"{day(at, language)} {_moment(at):%H:%M} UTC"


def day_of_month(at: int) -> int:
    """1 to 31, in UTC."""
    return _moment(at).day


def machine_time(at: int) -> str:
    """For the `datetime` attribute of a `time` element."""
    return f"{_moment(at):%Y-%m-%dT%H:%M:%SZ}"


def ago(at: int, now: int, language: str) -> str:
    """How long ago, or in how long: "3 minutes ago", "in 2 days", "just now"."""
    distance = abs(now - at)
    for span, unit in _SPANS:
        if distance >= span:
            direction = "ago" if at <= now else "ahead"
            return say(language, f"time.{unit}_{direction}", count=distance // span)
    return say(language, "time.now")


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC)
