"""Amounts of compute and days, as notices tell them."""

from __future__ import annotations

from datetime import UTC, datetime

from entrepot.kernel import format_money

from .amounts import nano_per_minor


def show_nano(amount: int, currency: str) -> str:
    """An amount of nano units as money, down to the whole minor unit."""
    return format_money(amount // nano_per_minor(currency), currency)


def show_day(at: int) -> str:
    """A day, in UTC: 2026-11-21."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%d")
