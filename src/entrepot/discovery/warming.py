"""What is made at the first use, made before somebody waits for it: the phrase book takes half a second of processor,
once in a process."""

from __future__ import annotations

from entrepot import cloud

from .index.fused import FusedIndex
from .meaning import packs
from .understanding import Asker, understand

SAMPLE = "not warm, under 2 kg, under 5"
"""A query with a denial and both sorts of bounds."""


def warm(index: FusedIndex) -> None:
    """Use every part of a search once: the words of queries, their meaning, the index."""
    understand(SAMPLE, index, packs(), Asker("USD"))
    cloud.open_encoders(index.encoder).query.embed([SAMPLE])
    index.warm()
