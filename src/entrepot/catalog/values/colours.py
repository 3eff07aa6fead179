"""Colours by family: midnight blue is navy, gris anthracite is grey."""

from __future__ import annotations

import re
from functools import cache

from .data import plain, read_data

_SEVERAL = re.compile(r"\s*(?:/|&|\+|,|;|\||\band\b|\bund\b|\bwith\b|\bmit\b|\bet\b|、|和)\s*")
_SHADE = re.compile(
    r"^(?:light|dark|deep|pale|bright|soft|matte?|matt|glossy|metallic|pastel|neon|vintage|antique|classic|true|pure"
    r"|hell|dunkel|浅|深|亮|哑光|淡)[\s-]*"
)
MULTICOLOR = "multicolor"


def family_of(text: str) -> str | None:
    """The family of the colour, or `multicolor` where several families are named; None for what is no known colour."""
    names = [name for name in _SEVERAL.split(plain(text).replace("_", " ")) if name]
    families = {_one(name) for name in names}
    if not families or None in families:
        return None
    return families.pop() if len(families) == 1 else MULTICOLOR


def split_colours(text: str) -> tuple[str, ...]:
    """The colours that a text names, each with its own words: black/white is two."""
    names = tuple(name.strip() for name in re.split(r"[/&+,;|、]", text) if name.strip())
    return names if len(names) > 1 and all(_one(plain(name)) for name in names) else (text,)


def _one(name: str) -> str | None:
    known = _families()
    if found := known.get(name) or known.get(name.replace("-", " ")):
        return found
    bare = _SHADE.sub("", name)
    if bare != name and bare:
        return _one(bare)
    words = name.replace("-", " ").split()
    if len(words) < 2:
        return None
    return known.get(words[-1]) or known.get(words[0])


@cache
def _families() -> dict[str, str]:
    return {
        plain(word): family.replace("_", " ")
        for family, words in read_data("colours.toml").items()
        for word in (family.replace("_", " "), *words)
    }


def colour_words() -> dict[str, str]:
    """Every word for a colour, and its family."""
    return dict(_families())
