"""What every format comes to: lines of money in and out, from our side of the account."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

import msgspec

from entrepot.kernel import SECOND, Invalid, parse_money

FileFormat = Literal["csv", "stripe", "alipay", "camt053"]
LineKind = Literal["payment", "refund", "payout", "fee", "chargeback", "transfer", "other"]
"""`payment`, `refund`, `payout`, `chargeback`: buyers' or merchants' money. `transfer`: between our own accounts."""

BYTES_MAX = 64_000_000
LINES_MAX = 200_000
TEXT_MAX = 500
_UTC = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")


class FileLine(msgspec.Struct, frozen=True):
    """A line of a file: `amount_minor` is above zero when money came to us, before `fee_minor` was taken off it.

    `ref` is the provider's own name of what happened, `key` ours where the file has it, `note` what somebody wrote.
    """

    number: int
    kind: LineKind
    ref: str
    key: str
    at: int
    currency: str
    amount_minor: int
    fee_minor: int = 0
    note: str = ""


class Unusable(msgspec.Struct, frozen=True):
    """A line that could not be read, and why."""

    number: int
    reason: str


class Mapping(msgspec.Struct, frozen=True):
    """Which column of a CSV file says what; empty names are guessed from the header.

    `currency_fixed` counts where there is no column. `decimal` is the sign before the cents. `day_first` reads 01/02 as
    the first of February.
    """

    at: str = ""
    amount: str = ""
    currency: str = ""
    currency_fixed: str = ""
    ref: str = ""
    note: str = ""
    fee: str = ""
    kind: str = ""
    decimal: Literal[".", ","] = "."
    day_first: bool = True


def amount_of(text: str, currency: str, decimal: str = ".") -> int:
    """Minor units from a decimal text of a file, with or without grouping; Invalid when it is none."""
    plain = text.strip().replace("\u00a0", "").replace(" ", "").replace("'", "").replace("\u2212", "-")
    plain = plain.replace("." if decimal == "," else ",", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    return parse_money(plain.replace(",", ".").removeprefix("+") or "0", currency)


def time_of(text: str, zone: timezone = UTC, *, day_first: bool = True) -> int:
    """Microseconds from a date or time of a file; Invalid when it is none. Without a zone, the file's own counts."""
    text = text.strip()
    found = _UTC.fullmatch(text)
    try:
        if found is None:
            return _of_date(_local_date(text, day_first=day_first), zone)
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        at = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[7], zone))
        return int(at.timestamp()) * SECOND
    except (ValueError, OverflowError):
        raise Invalid(f"{text[:40]!r} is no date that can be read") from None


def clean(text: str | None) -> str:
    """A text of a file, short enough to keep, without what no page can show."""
    return "".join(sign if sign.isprintable() else " " for sign in text or "").strip()[:TEXT_MAX]


def _zone(text: str | None, default: timezone) -> timezone:
    if not text:
        return default
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _local_date(text: str, *, day_first: bool) -> date:
    parts = re.split(r"[./-]", text.split(" ")[0])
    if len(parts) != 3:
        raise ValueError(text)
    first, second, year = (int(part) for part in parts)
    if len(parts[0]) == 4:
        return date(first, second, year)
    day, month = (first, second) if day_first else (second, first)
    return date(year + 2_000 if year < 100 else year, month, day)


def _of_date(day: date, zone: timezone) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * SECOND
