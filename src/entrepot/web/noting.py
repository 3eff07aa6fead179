"""What is remembered of a session for learning: never of whoever has none, and nothing but goods and places."""

from __future__ import annotations

from entrepot import orders, signals
from entrepot.signals import SignalKind, Surface

from .visit import Visit


def note(
    visit: Visit,
    kind: SignalKind,
    product_id: str,
    *,
    surface: str = Surface.OTHER,
    request_id: str | None = None,
    position: int | None = None,
) -> None:
    """Remember one thing that happened with a product; costs no time."""
    if visit.session is None:
        return
    actor = visit.scope.actor if visit.scope.is_person else None
    visit.entrepot.signals.add(
        signals.Signal(
            kind=kind,
            session=visit.session.id,
            at=visit.now,
            surface=surface,
            actor=actor,
            request_id=request_id,
            product_id=product_id,
            position=position,
        )
    )


def note_cart(visit: Visit, cart: orders.CartView, offer_id: str) -> None:
    """An offer was put into the cart."""
    for line in (line for group in cart.groups for line in group.lines if line.offer_id == offer_id):
        note(visit, SignalKind.CART, line.product_id, surface=Surface.CART)


def note_order(visit: Visit, order: orders.OrderView) -> None:
    """Goods were ordered."""
    for product_id in {line.product_id for part in order.sellers for line in part.lines}:
        note(visit, SignalKind.ORDER, product_id, surface=Surface.CHECKOUT)
