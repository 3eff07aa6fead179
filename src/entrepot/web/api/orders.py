"""Orders, for who buys: placing, watching, confirming, cancelling. A guest may show the token of the mailed link."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import orders
from entrepot.identity import Scope
from entrepot.kernel import NotSignedIn, Tx

from .. import paying
from ..endpoints import endpoint
from ..noting import note_order
from ..params import NO_NUL, After, Amount, Email, Id, Key, Most, Token
from ..refusals import Unreadable
from ..visit import Visit
from ..wire import Listed, Made, listed
from .aftersales import Pieces

LinkToken = Annotated[
    str | None,
    QueryParameter(name="token", max_length=500, pattern=r"^[\x21-\x7e]+$", description="Of a guest's mailed link"),
]


class PlaceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision: one delivery quote per merchant, how to pay, and the total that was shown.

    `method` is a token of the payment processor; the sandbox knows tok_ok, tok_decline and others that misbehave. With
    gift cards in the cart, `expected_due_minor` is what was shown to be left to pay. `note` is for the merchants.
    """

    quote_ids: Annotated[list[Id], Meta(min_length=1, max_length=orders.CART_LINES_MAX)]
    method: Token
    expected_total_minor: Amount
    email: Email | None = None
    expected_due_minor: Amount | None = None
    note: Annotated[str, Meta(pattern=NO_NUL, max_length=1_000)] = ""


class Cancel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, in words for the other side."""

    reason: Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=500)]


class CancelPart(Cancel, frozen=True, forbid_unknown_fields=True):
    """The same for one merchant's part: all that is not sent, or so many pieces of lines."""

    pieces: Pieces | None = None


@endpoint("POST", "/api/orders", asks=PlaceOrder)
async def place_order(visit: Visit, asked: PlaceOrder, key: Key) -> orders.OrderView:
    """Make an order of the cart, all of it or nothing, and wait up to three seconds for its payment."""
    scope = visit.scope
    if scope.is_public:
        raise NotSignedIn("There is no cart to place: put something into it first, and keep the session's cookie")
    wish = orders.Place(
        tuple(asked.quote_ids), asked.method, asked.expected_total_minor, asked.email, visit.language,
        asked.expected_due_minor, asked.note,
    )  # fmt: skip
    placed = await paying.place_order(visit, wish, key)
    await paying.wait_for_payment(visit, placed.order_id)
    order = await visit.glance(lambda s: orders.get_order(s, scope, placed.order_id))
    note_order(visit, order)
    return order


@endpoint("GET", "/api/orders")
async def list_orders(visit: Visit, after: After = None, most: Most = 20) -> Listed[orders.OrderView]:
    """What the caller placed, newest first."""
    if visit.scope.is_public:
        return Listed([])
    found = await visit.read(lambda s: orders.list_orders(s, visit.scope, after, most + 1))
    return listed(found, most, lambda order: order.id)


@endpoint("GET", "/api/orders/{order_id:str}")
async def get_order(visit: Visit, order_id: Id, token: LinkToken = None) -> orders.OrderView:
    """An order with its parts, parcels and payment, and who holds the money until when."""
    scope = await acting(visit, order_id, token)
    return await visit.glance(lambda s: orders.get_order(s, scope, order_id))


@endpoint("POST", "/api/orders/{order_id:str}/cancel", asks=Cancel, status=200)
async def cancel_order(
    visit: Visit, order_id: Id, asked: Cancel, key: Key, token: LinkToken = None
) -> orders.OrderView:
    """Cancel every part that was not sent yet; what was paid for it goes back."""
    scope = await acting(visit, order_id, token)

    def command(tx: Tx) -> Made:
        orders.cancel_order(tx, scope, order_id, asked.reason)
        return Made(order_id)

    await visit.once(key, command, Made)
    return await visit.glance(lambda s: orders.get_order(s, scope, order_id))


@endpoint("GET", "/api/seller-orders/{seller_order_id:str}")
async def get_seller_order(visit: Visit, seller_order_id: Id) -> orders.SellerOrderView:
    """One merchant's part of an order, for its buyer, its merchant and the operator."""
    return await visit.read(lambda s: orders.get_seller_order(s, visit.scope, seller_order_id))


@endpoint("POST", "/api/seller-orders/{seller_order_id:str}/confirm", status=200)
async def confirm_receipt(visit: Visit, seller_order_id: Id, key: Key) -> orders.SellerOrderView:
    """Say that the goods have arrived: the sale is complete, and the merchant gets the money."""
    scope = visit.scope
    await visit.once(key, lambda tx: Made(orders.confirm_receipt(tx, scope, seller_order_id).seller_order_id), Made)
    return await visit.read(lambda s: orders.get_seller_order(s, scope, seller_order_id))


@endpoint("POST", "/api/seller-orders/{seller_order_id:str}/cancel", asks=CancelPart, status=200)
async def cancel_seller_order(visit: Visit, seller_order_id: Id, asked: CancelPart, key: Key) -> orders.SellerOrderView:
    """Cancel what is not sent of one merchant's part, as its buyer or its merchant; what was paid for it goes back."""
    scope = visit.scope
    pieces = asked.pieces
    await visit.once(
        key, lambda tx: Made(orders.cancel(tx, scope, seller_order_id, asked.reason, pieces).seller_order_id), Made
    )
    return await visit.read(lambda s: orders.get_seller_order(s, scope, seller_order_id))


async def acting(visit: Visit, order_id: str, token: str | None) -> Scope:
    """The caller's scope; with a guest's link, the scope that the link gives, for this one order."""
    if token is None:
        return visit.scope
    key = visit.entrepot.secret_key
    linked, scope = await visit.read(lambda s: orders.follow_link(s, key, token))
    if linked != order_id:
        raise Unreadable("This link is for another order", fields={"token": "is for another order"})
    return scope


ROUTES: tuple[ControllerRouterHandler, ...] = (
    place_order,
    list_orders,
    get_order,
    cancel_order,
    get_seller_order,
    confirm_receipt,
    cancel_seller_order,
)
