"""The currencies that a form offers, by code, with their names in the visitor's language."""

from __future__ import annotations

import functools

from babel import Locale

from entrepot import catalog


@functools.cache
def list_currencies(language: str) -> tuple[tuple[str, str], ...]:
    """(ISO 4217 code, code and name) of every currency in use, by code."""
    names = Locale.parse(language).currencies
    return tuple((code, f"{code} – {names[code]}" if code in names else code) for code in sorted(catalog.CURRENCIES))
