"""The countries that a form offers, by name in the visitor's language."""

from __future__ import annotations

import functools

from babel import Locale

from entrepot import identity


@functools.cache
def list_countries(language: str) -> tuple[tuple[str, str], ...]:
    """(ISO code, name) of every country, by name."""
    names = Locale.parse(language).territories
    return tuple(
        sorted(((code, names[code]) for code in identity.COUNTRIES if code in names), key=lambda pair: pair[1])
    )


def country_name(code: str, language: str) -> str:
    """A country's name; the code itself for what has none."""
    return str(Locale.parse(language).territories.get(code, code))
