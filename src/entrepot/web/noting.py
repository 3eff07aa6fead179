"""What is remembered of a session for learning: never of whoever has none, and nothing but goods and places."""

from __future__ import annotations

from entrepot import catalog, orders, signals
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


async def note_cart(visit: Visit, offer_id: str) -> None:
    """An offer was put into the cart."""
    if visit.session is not None:
        offers = await visit.glance(lambda s: catalog.offers_for_cart(s, [offer_id]))
        for offer in offers.values():
            note(visit, SignalKind.CART, offer.product_id, surface=Surface.CART)


def note_order(visit: Visit, order: orders.OrderView) -> None:
    """Goods were ordered."""
    for product_id in {line.product_id for part in order.sellers for line in part.lines}:
        note(visit, SignalKind.ORDER, product_id, surface=Surface.CHECKOUT)
