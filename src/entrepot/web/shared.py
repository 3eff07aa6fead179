"""What every page shows of the market and of the visitor's things, read in one snapshot."""

from __future__ import annotations

import msgspec

from entrepot import group, identity, orders
from entrepot.group import Market
from entrepot.identity import Scope
from entrepot.kernel import Snapshot


class Shared(msgspec.Struct, frozen=True):
    """The market's name and currency, how much is in the cart, how many notices are unread."""

    market: str = "Entrepot"
    currency: str = "USD"
    cart_count: int = 0
    notices: int = 0


def read_market(snapshot: Snapshot) -> Market:
    """The market, or one of that name in a home where none was opened yet."""
    return group.find_market(snapshot) or Market()


def read_shared(snapshot: Snapshot, scope: Scope) -> Shared:
    """What every page shows to this visitor."""
    market = read_market(snapshot)
    if scope.is_public:
        return Shared(market.name, market.currency)
    cart = orders.find_cart(snapshot, scope)
    unread = identity.count_unread(snapshot, scope) if scope.is_person else 0
    return Shared(market.name, market.currency, cart.quantity if cart else 0, unread)
