"""What the cloud announces."""

from __future__ import annotations

from entrepot.kernel import Event


class ModelPublished(Event, frozen=True):
    """A version of a model may be called, and is found in the catalogue."""

    model_id: str
    model: str
    version: int


class ModelWithdrawn(Event, frozen=True):
    """A version of a model may be called no more."""

    model_id: str
    model: str
    version: int
