"""What a buyer gathers and decides: a cart with its items, the wish to place it, and what was made of it."""

from __future__ import annotations

import msgspec

from .types import OrderStatus


class CartItem(msgspec.Struct, frozen=True):
    """An offer in a cart, and its price when it was last put there."""

    offer_id: str
    quantity: int
    added_price_minor: int
    added_at: int


class Cart(msgspec.Struct, frozen=True):
    """An open cart. All its offers are in one currency."""

    id: str
    owner: str
    currency: str
    items: tuple[CartItem, ...] = ()
    codes: tuple[str, ...] = ()
    """Codes of promotions, as they were typed."""
    cards: tuple[str, ...] = ()
    """Gift cards, by id, whose codes were given."""

    @property
    def quantity(self) -> int:
        """Pieces, over all lines."""
        return sum(item.quantity for item in self.items)


class Place(msgspec.Struct, frozen=True):
    """A buyer's decision: one delivery quote per merchant, how to pay, and the total that was shown.

    `method` is a processor's token for a way to pay. `email` may be left out when the checkout has one.
    `expected_due_minor` is what was shown to be left to pay after gift cards; None: not checked. `note` is for the
    merchants.
    """

    quote_ids: tuple[str, ...]
    method: str
    expected_total_minor: int
    email: str | None = None
    language: str = "en"
    expected_due_minor: int | None = None
    note: str = ""


class Placed(msgspec.Struct, frozen=True):
    """What was made of a cart."""

    order_id: str
    payment_id: str
    status: OrderStatus
    cart_id: str
    seller_order_ids: tuple[str, ...]
    currency: str
    total_minor: int
