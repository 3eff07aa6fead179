"""What discovery announces."""

from __future__ import annotations

from entrepot.kernel import Event


class RulesChanged(Event, frozen=True):
    """Rules or synonyms came, changed or ended: whoever searches reads them anew."""

    ids: tuple[str, ...]


class LearnedChanged(Event, frozen=True):
    """Search uses something learned from now on, or, without an id, nothing learned; `kind` is ranker or encoder."""

    kind: str
    encoder: str
    learned_id: str | None


class PicturesSeen(Event, frozen=True):
    """Products' pictures were seen by the encoder, or their products no longer have them."""

    product_ids: tuple[str, ...]
