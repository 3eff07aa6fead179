"""Yes and no, in the languages that feeds come in."""

from __future__ import annotations

from functools import cache

from .data import plain, read_data


def read_boolean(text: str) -> bool | None:
    """What a word says of an attribute that is a yes or a no; None for any other word."""
    return _words().get(plain(text))


@cache
def _words() -> dict[str, bool]:
    words = read_data("words.toml")["boolean"]
    return {plain(word): said == "yes" for said in ("yes", "no") for word in words[said]}
