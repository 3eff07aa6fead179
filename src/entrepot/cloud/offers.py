"""What is for sale: each model's newest live version with the prices that hold now."""

from __future__ import annotations

import msgspec

from entrepot.kernel import Snapshot

from .pricing import find_price_books
from .rating import PriceBook
from .registry import Model, find_live, list_live


class Offer(msgspec.Struct, frozen=True):
    """A model and its prices."""

    model: Model
    book: PriceBook


def list_offers(snapshot: Snapshot) -> list[Offer]:
    """Every model that can be called now, by name."""
    models = list_live(snapshot)
    books = find_price_books(snapshot, [model.name for model in models], snapshot.now)
    return [Offer(model, books[model.name]) for model in models if model.name in books]


def find_offer(snapshot: Snapshot, name: str) -> Offer | None:
    """What may be called under a name, `name@2` for an older version; None where nothing is."""
    model = find_live(snapshot, name)
    books = {} if model is None else find_price_books(snapshot, [model.name], snapshot.now)
    return Offer(model, books[model.name]) if model is not None and model.name in books else None
