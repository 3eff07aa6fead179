"""What people write into the forms of rules: amounts by currency, percentages, days, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from entrepot.kernel import SECOND, Invalid, decimals_of, parse_money

_PART = re.compile(r"([A-Z]{3})\s*([0-9.]+)|([0-9.]+)\s*([A-Z]{3})")


@contextmanager
def at_field(name: str) -> Iterator[None]:
    """What is refused inside is refused of this field, unless it names one itself."""
    try:
        yield
    except Invalid as refusal:
        raise refusal if refusal.fields else _wrong(name, refusal.sentence) from None


def amounts_of(text: str, field: str) -> dict[str, int]:
    """`USD 5.00, EUR 4.50` as minor units by currency. Invalid, naming the field, for anything else."""
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.upper().replace(";", ",").split(","))):
        if (read := _PART.fullmatch(part)) is None:
            raise _wrong(field, f"{part[:40]!r} is no amount: write such as USD 5.00, EUR 4.50")
        currency, amount = read[1] or read[4], read[2] or read[3]
        try:
            found[currency] = parse_money(amount, currency)
        except Invalid as error:
            raise _wrong(field, error.sentence) from None
    return found


def amounts_text(amounts: Mapping[str, int]) -> str:
    """The same the other way, as a form shows it."""
    return ", ".join(f"{currency} {plain(amount, currency)}" for currency, amount in amounts.items())


def plain(amount_minor: int, currency: str) -> str:
    """An amount as a number with its decimals: 1234.50."""
    decimals = decimals_of(currency)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def bps_of(text: str, field: str) -> int:
    """A percentage with up to two decimals as basis points; nothing is 0."""
    text = text.replace("%", "").replace(",", ".").strip()
    if not text:
        return 0
    try:
        return parse_money(text, "USD")  # a percentage has two decimals, as a dollar has
    except Invalid:
        raise _wrong(field, f"{text[:20]!r} is no percentage: write such as 8 or 7.5") from None


def percent_text(bps: int) -> str:
    """Basis points as a percentage."""
    return f"{bps / 100:g}" if bps else ""


def whole_of(text: str, field: str) -> int | None:
    """A whole number, or None where nothing is written."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.lstrip("-").isdecimal() and len(text) <= 12):
        raise _wrong(field, f"{text[:20]!r} is no whole number")
    return int(text)


def day_of(text: str, field: str) -> int | None:
    """A day, or a day and time, in UTC, as microseconds; None where nothing is written."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp()) * SECOND
    except (ValueError, OverflowError):
        raise _wrong(field, f"{text[:30]!r} is no day: write such as 2026-12-24") from None


def day_text(at: int | None) -> str:
    """The same the other way, for a field of the kind `date`."""
    return "" if at is None else datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d")


def words_of(text: str) -> tuple[str, ...]:
    """A list with commas or on lines of its own, each once."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in re.split(r"[,;\n]", text)))))


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})


def read_amount(text: str, currency: str) -> int:
    """Minor units of an amount as people type it: with one or two digits behind it, a comma is a decimal point."""
    return parse_money(_COMMA.sub(r"\1.\2", text.strip()), currency)


_COMMA = re.compile(r"^(\d+),(\d{1,2})$", re.ASCII)
