"""What a signal says."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class SignalKind(StrEnum):
    """What happened. `shown` is what the response held; `seen` is what the browser says was on the screen."""

    SHOWN = "shown"
    SEEN = "seen"
    CLICK = "click"
    CART = "cart"
    ORDER = "order"
    SEARCH = "search"


class Surface(StrEnum):
    """Where in the market it happened."""

    HOME = "home"
    SEARCH = "search"
    CATEGORY = "category"
    PRODUCT = "product"
    CART = "cart"
    CHECKOUT = "checkout"
    ASSISTANT = "assistant"
    OTHER = "other"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened in a session; `at` in microseconds.

    `request_id` joins what a response showed with what came of it. `position` counts from 0. `propensity` is how likely
    it was, from 0 to 1, that this product stood there: what learning from clicks needs to correct for position.
    """

    kind: SignalKind
    session: str
    at: int
    surface: str = Surface.OTHER
    actor: str | None = None
    request_id: str | None = None
    product_id: str | None = None
    query: str | None = None
    position: int | None = None
    propensity: float | None = None
