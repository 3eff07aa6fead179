"""What is known of an industry's goods, as data: attributes, words, what fits what, what a good listing says.

Packs of our own lie beside this module as TOML; others come as plug-ins by the entry point `entrepot.packs`.
"""

from .finding import attribute_of, is_same_word, list_packs, own_attribute_of, pack_named, pack_of, same_words
from .loading import PackFault, read_pack
from .reading import normalise, normalise_all
from .types import Check, Pack, PackAttribute, Role, Thing, Value

__all__ = [
    "Check",
    "Pack",
    "PackAttribute",
    "PackFault",
    "Role",
    "Thing",
    "Value",
    "attribute_of",
    "is_same_word",
    "list_packs",
    "normalise",
    "normalise_all",
    "own_attribute_of",
    "pack_named",
    "pack_of",
    "read_pack",
    "same_words",
]
