"""The cart, and what the goods in it cost to have delivered. Guests have carts too: the first line begins a session."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import orders, pay
from entrepot.kernel import Invalid, Secret, Tx

from ..endpoints import endpoint
from ..noting import note_cart
from ..params import NO_NUL, Currency, Email, Id, OptionalKey
from ..visit import Visit
from ..wire import Made
from .account import PostalAddress

QuoteIds = Annotated[
    str | None,
    QueryParameter(name="quote_ids", max_length=5_000, pattern=NO_NUL, description="Ids with commas between"),
]


class SetLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have so many pieces of an offer in the cart; 0 takes it out."""

    offer_id: Id
    quantity: Annotated[int, Meta(ge=0, le=orders.QUANTITY_MAX)]


class QuoteCart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where everything is to go, whom to write to, the address on the invoice where that is another, and the tax number
    of a business that buys, in the country of the invoice."""

    address: PostalAddress
    email: Email
    billing: PostalAddress | None = None
    tax_id: Annotated[str, Meta(pattern=NO_NUL, max_length=60)] = ""


class ChooseCurrency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The currency that the cart is to be in."""

    currency: Currency


class UseCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of a promotion."""

    code: Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=40)]


class UseGiftCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of a gift card."""

    code: Secret


@endpoint("GET", "/api/cart")
async def get_cart(visit: Visit) -> orders.CartView:
    """The cart at today's prices, by merchant, with what changed since it was filled."""
    return await visit.glance(lambda s: orders.view_cart(s, visit.scope))


@endpoint("PUT", "/api/cart/lines", asks=SetLine)
async def set_cart_line(visit: Visit, asked: SetLine, key: OptionalKey = None) -> orders.CartView:
    """Put an offer into the cart, change how many, or take it out."""
    scope = await visit.owner()

    def change(tx: Tx) -> orders.CartView:
        orders.set_line(tx, scope, asked.offer_id, asked.quantity)
        return orders.view_cart(tx, scope)

    if key is None:
        cart = await visit.write(change)
    else:
        await visit.once(key, lambda tx: Made(change(tx).id or ""), Made)
        cart = await visit.glance(lambda s: orders.view_cart(s, scope))
    note_cart(visit, cart, asked.offer_id)
    return cart


@endpoint("POST", "/api/cart/quote", asks=QuoteCart, status=200)
async def quote_cart(visit: Visit, asked: QuoteCart) -> orders.Checkout:
    """Ask what delivery costs with each merchant, and what everything comes to; quotes stand for a while."""
    scope, address = await visit.owner(), asked.address.plain()
    billing = asked.billing.plain() if asked.billing else None
    minutes = visit.entrepot.settings.deliver.quote_minutes
    return await visit.write(
        lambda tx: orders.quote_cart(tx, scope, address, asked.email, minutes, billing, asked.tax_id)
    )


@endpoint("GET", "/api/cart/checkout")
async def get_checkout(visit: Visit, quote_ids: QuoteIds = None) -> orders.Checkout:
    """The checkout as it was last quoted, with chosen quotes: one of each merchant, the first where none is named."""
    if visit.scope.is_public:
        raise Invalid("There is no cart yet: put something in first")
    wanted = [each for each in (quote_ids or "").split(",") if each]
    found = await visit.glance(lambda s: orders.view_checkout(s, visit.scope))
    if found is None:
        raise Invalid("Nothing was quoted yet: post an address to /api/cart/quote first")
    offered = {option.quote_id: option.merchant_id for group in found.groups for option in group.options}
    if any(each not in offered for each in wanted):
        raise Invalid("One of these is not among the quotes of this cart", fields={"quote_ids": "not of this cart"})
    chosen = {offered[each]: each for each in wanted}
    return await visit.glance(lambda s: orders.view_checkout(s, visit.scope, chosen)) or found


@endpoint("PUT", "/api/cart/currency", asks=ChooseCurrency)
async def choose_cart_currency(visit: Visit, asked: ChooseCurrency, key: OptionalKey = None) -> orders.CartView:
    """Have the cart in another currency: its goods at their own prices there, else converted at today's rate."""
    scope = await visit.owner()
    await visit.once(key, lambda tx: Made(orders.choose_currency(tx, scope, asked.currency).id), Made)
    return await visit.glance(lambda s: orders.view_cart(s, scope))


@endpoint("POST", "/api/cart/codes", asks=UseCode, status=200, rate="code")
async def use_code(visit: Visit, asked: UseCode, key: OptionalKey = None) -> orders.CartView:
    """Use a promotion's code. Refused with the reason when it takes nothing off."""
    scope = await visit.owner()
    await visit.once(key, lambda tx: Made(str(orders.add_code(tx, scope, asked.code).id)), Made)
    return await visit.glance(lambda s: orders.view_cart(s, scope))


@endpoint("POST", "/api/cart/codes/remove", asks=UseCode, status=200)
async def stop_using_code(visit: Visit, asked: UseCode, key: OptionalKey = None) -> orders.CartView:
    """Use a code no longer."""
    scope = await visit.owner()
    await visit.once(key, lambda tx: Made(str(orders.remove_code(tx, scope, asked.code).id)), Made)
    return await visit.glance(lambda s: orders.view_cart(s, scope))


@endpoint("POST", "/api/cart/gift-cards", asks=UseGiftCard, status=200, rate="code")
async def use_gift_card(visit: Visit, asked: UseGiftCard, key: OptionalKey = None) -> orders.CartView:
    """Pay with a gift card, as far as it goes."""
    scope = await visit.owner()
    await visit.once(key, lambda tx: Made(str(orders.add_gift_card(tx, scope, asked.code).id)), Made)
    return await visit.glance(lambda s: orders.view_cart(s, scope))


@endpoint("DELETE", "/api/cart/gift-cards/{card_id:str}")
async def stop_using_gift_card(visit: Visit, card_id: Id) -> orders.CartView:
    """Keep a gift card for another time."""
    scope = await visit.owner()
    return await visit.write(lambda tx: orders.remove_gift_card(tx, scope, card_id))


@endpoint("POST", "/api/gift-cards/balance", asks=UseGiftCard, status=200, rate="code")
async def get_gift_card_balance(visit: Visit, asked: UseGiftCard) -> pay.CardBalance:
    """What is left on a gift card, for whoever has its code."""
    return await visit.read(lambda s: pay.find_gift_card(s, asked.code))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    get_cart,
    set_cart_line,
    quote_cart,
    get_checkout,
    choose_cart_currency,
    use_code,
    stop_using_code,
    use_gift_card,
    stop_using_gift_card,
    get_gift_card_balance,
)
