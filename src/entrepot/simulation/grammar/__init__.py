"""The words and rules the demo market is made of: kinds of products, taxonomy, attributes, names, reviews.

The words themselves are data, in `words/`: one TOML file for each family of products.
"""

from pathlib import Path

import msgspec

from entrepot.simulation.grammar.kind import Kind

_FAMILIES = ("electronics", "gadgetry", "clothing", "wearables", "pantry", "rooms", "household")


class _Family(msgspec.Struct, forbid_unknown_fields=True):
    kinds: tuple[Kind, ...]


def _family(name: str) -> tuple[Kind, ...]:
    text = (Path(__file__).parent / "words" / f"{name}.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Family).kinds


KINDS: tuple[Kind, ...] = tuple(kind for name in _FAMILIES for kind in _family(name))

__all__ = ["KINDS", "Kind"]
