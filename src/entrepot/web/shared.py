"""What every page shows of the market and of the visitor's things, read in one snapshot."""

from __future__ import annotations

import msgspec

from entrepot import identity, orders
from entrepot.identity import Scope
from entrepot.kernel import Snapshot, find_fact

MARKET = "market"
"""The fact that holds the market's name, home currency and countries."""


class Market(msgspec.Struct, frozen=True):
    """What the owner said when the market was set up."""

    name: str = "Entrepot"
    currency: str = "USD"
    countries: tuple[str, ...] = ("*",)


class Shared(msgspec.Struct, frozen=True):
    """The market's name and currency, how much is in the cart, how many notices are unread."""

    market: str = "Entrepot"
    currency: str = "USD"
    cart_count: int = 0
    notices: int = 0


def read_market(snapshot: Snapshot) -> Market:
    """The market as it was set up."""
    value = find_fact(snapshot, MARKET)
    return Market() if value is None else msgspec.convert(value, Market)


def read_shared(snapshot: Snapshot, scope: Scope) -> Shared:
    """What every page shows to this visitor."""
    market = read_market(snapshot)
    if scope.is_public:
        return Shared(market.name, market.currency)
    cart = orders.find_cart(snapshot, scope)
    unread = identity.count_unread(snapshot, scope) if scope.is_person else 0
    return Shared(market.name, market.currency, cart.quantity if cart else 0, unread)
