"""The data files beside this module, and the one spelling in which words are compared."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

_SPACE = re.compile(r"\s+")


@cache
def read_data(name: str) -> dict[str, Any]:
    """A data file of this folder, read once."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)


def plain(text: str) -> str:
    """A text for comparing: full-width signs and ligatures as usual ones, small letters, single spaces."""
    if text.isascii():
        return " ".join(text.split()).lower()
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()
