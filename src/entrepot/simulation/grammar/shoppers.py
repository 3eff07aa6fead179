"""Ways of shopping and the words shoppers use, from `words/shoppers.toml`."""

from pathlib import Path

import msgspec


class Archetype(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way of shopping."""

    name: str
    share: float  # of all shoppers
    price_care: float  # worth lost per doubling of the price
    quality_care: float
    groups: dict[str, float]  # the beginning of a category path -> how often wished for
    tastes: dict[str, float]  # an attribute's value, or a flag's code -> worth


class _Shoppers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    archetypes: tuple[Archetype, ...]
    colour_words: dict[str, tuple[str, ...]]
    flag_words: dict[str, str]
    implying: dict[str, dict[str, str | bool]]  # a name for a kind -> what it says beyond the kind


_SHOPPERS = msgspec.toml.decode((Path(__file__).parent / "words" / "shoppers.toml").read_bytes(), type=_Shoppers)
ARCHETYPES = _SHOPPERS.archetypes
COLOUR_WORDS = _SHOPPERS.colour_words
FLAG_WORDS = _SHOPPERS.flag_words
IMPLYING = _SHOPPERS.implying
