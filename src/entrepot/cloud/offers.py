"""What is for sale: each model's newest live version with the prices that hold now."""

from __future__ import annotations

import msgspec

from entrepot.kernel import Snapshot

from .pricing import find_price_books
from .rating import PriceBook
from .registry import Model, list_live


class Offer(msgspec.Struct, frozen=True):
    """A model and its prices."""

    model: Model
    book: PriceBook


def list_offers(snapshot: Snapshot) -> list[Offer]:
    """Every model that can be called now, by name."""
    models = list_live(snapshot)
    books = find_price_books(snapshot, [model.name for model in models], snapshot.now)
    return [Offer(model, books[model.name]) for model in models if model.name in books]
