"""How a guest comes back to an order: by a link that was signed for it. Knowing an order's id opens nothing."""

from __future__ import annotations

from entrepot.identity import Scope, sign, unsign
from entrepot.kernel import NotFound, Secret, Snapshot

from .access import is_guest
from .records import find_order

_PURPOSE = "orders.guest"


def link_to(key: Secret, order_id: str, owner: str) -> str:
    """The path of an order's page; a guest's carries a token that opens this one order, for ever."""
    path = f"/orders/{order_id}"
    return f"{path}?token={sign_order(key, order_id)}" if is_guest(owner) else path


def sign_order(key: Secret, order_id: str) -> str:
    """A token that opens this order to whoever has it."""
    return sign(key, _PURPOSE, order_id)


def follow_link(snapshot: Snapshot, key: Secret, token: str) -> tuple[str, Scope]:
    """The id of a guest's order and the scope to act on it with; use that scope for this order and nothing else.

    NotFound when the token was not made here, or for an order of a person, who signs in instead.
    """
    order = find_order(snapshot, unsign(key, _PURPOSE, token, snapshot.now))
    if order is None or not is_guest(order.owner):
        raise NotFound("This link leads nowhere: check that it was copied whole")
    return order.id, Scope.guest(order.owner)
