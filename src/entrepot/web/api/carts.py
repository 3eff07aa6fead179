"""The cart, and what the goods in it cost to have delivered. Guests have carts too: the first line begins a session."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import orders

from ..endpoints import endpoint
from ..noting import note_cart
from ..params import Email, Id, OptionalKey
from ..visit import Visit
from ..wire import Made
from .account import PostalAddress


class SetLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have so many pieces of an offer in the cart; 0 takes it out."""

    offer_id: Id
    quantity: Annotated[int, Meta(ge=0, le=orders.QUANTITY_MAX)]


class QuoteCart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where everything is to go, and whom to write to."""

    address: PostalAddress
    email: Email


@endpoint("GET", "/api/cart")
async def get_cart(visit: Visit) -> orders.CartView:
    """The cart at today's prices, by merchant, with what changed since it was filled."""
    return await visit.glance(lambda s: orders.view_cart(s, visit.scope))


@endpoint("PUT", "/api/cart/lines", asks=SetLine)
async def set_cart_line(visit: Visit, asked: SetLine, key: OptionalKey = None) -> orders.CartView:
    """Put an offer into the cart, change how many, or take it out."""
    scope = await visit.owner()
    await visit.once(key, lambda tx: Made(orders.set_line(tx, scope, asked.offer_id, asked.quantity).id), Made)
    if asked.quantity:
        await note_cart(visit, asked.offer_id)
    return await visit.glance(lambda s: orders.view_cart(s, scope))


@endpoint("POST", "/api/cart/quote", asks=QuoteCart, status=200)
async def quote_cart(visit: Visit, asked: QuoteCart) -> orders.Checkout:
    """Ask what delivery costs with each merchant, and what everything comes to; quotes stand for a while."""
    scope, address = await visit.owner(), asked.address.plain()
    minutes = visit.entrepot.settings.deliver.quote_minutes
    return await visit.write(lambda tx: orders.quote_cart(tx, scope, address, asked.email, minutes))


ROUTES: tuple[ControllerRouterHandler, ...] = (get_cart, set_cart_line, quote_cart)
