"""The cart, the checkout, and the one button that places an order."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import identity, orders
from entrepot.identity import Address, SavedAddress
from entrepot.kernel import Conflict, NotFound, Refused, Snapshot
from entrepot.orders import CartView, Checkout, DeliveryOption, OrderStatus, Place, Placed

from ..countries import list_countries
from ..noting import note_cart, note_order
from ..paying import METHODS, wait_for_payment
from ..rendering import redirect, render
from ..visit import Visit

NOTHING = Address(name="", line1="", line2="", city="", region="", postal_code="", country="", phone="")
QUOTE = "quote."
AMOUNT_DIGITS_MAX = 18


class PutInCart(msgspec.Struct, frozen=True):
    """A form's wish: so many more of an offer, or with `set` exactly so many."""

    offer_id: str
    quantity: int = 1
    set: str = ""


class CheckoutAddress(msgspec.Struct, frozen=True):
    """The form of the checkout's first step."""

    email: str = ""
    saved: str = ""
    keep: str = ""
    name: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""

    @property
    def address(self) -> Address:
        """The address that was typed."""
        fields = {name: getattr(self, name).strip() for name in Address.__struct_fields__}
        return Address(**fields)


@get("/cart", include_in_schema=False)
async def cart(visit: Visit) -> Response[str]:
    """What is in the cart, by merchant, at today's prices."""
    return await render(visit, "cart.html", cart=await _cart(visit))


@post("/cart/lines", include_in_schema=False)
async def put_in_cart(visit: Visit) -> Response[Any]:
    """Put an offer in, change how many, or take it out."""
    wish = await visit.fields(PutInCart)
    scope = await visit.owner()
    quantity = wish.quantity
    if not wish.set:
        there = await visit.read(lambda s: orders.view_cart(s, scope))
        quantity += sum(
            line.quantity for group in there.groups for line in group.lines if line.offer_id == wish.offer_id
        )
    await visit.write(lambda tx: orders.set_line(tx, scope, wish.offer_id, quantity))
    if quantity:
        await note_cart(visit, wish.offer_id)
    visit.flash("cart.changed_now" if wish.set else "cart.added")
    return redirect("/cart")


@get("/checkout", include_in_schema=False)
async def checkout(visit: Visit) -> Response[Any]:
    """Where it goes; then, once that is known, what delivery costs, and the button to pay."""
    view = await _cart(visit)
    if not view.groups:
        return redirect("/cart")
    scope = visit.scope
    quoted = await visit.read(lambda s: orders.view_checkout(s, scope))
    query = dict(visit.request.query_params.items())
    if quoted is None or "edit" in query:
        address, email = (quoted.address, quoted.email) if quoted else (NOTHING, _own_email(visit))
        return await _ask_address(visit, view, address, email)
    if not quoted.ready:
        try:
            asked = quoted
            quoted = await visit.write(lambda tx: orders.quote_cart(tx, scope, asked.address, asked.email))
        except Refused as refusal:
            return await _ask_address(visit, view, quoted.address, quoted.email, refusal)
    return await _show_checkout(visit, quoted, query)


@post("/checkout/address", include_in_schema=False)
async def choose_address(visit: Visit) -> Response[Any]:
    """Take the address and ask every merchant's delivery for its price."""
    wish = await visit.fields(CheckoutAddress)
    scope = await visit.owner()
    address, email = wish.address, wish.email or _own_email(visit)
    if wish.saved:
        address = await visit.read(lambda s: _saved(s, visit, wish.saved).address)
    try:
        await visit.write(lambda tx: orders.quote_cart(tx, scope, address, email))
    except Refused as refusal:
        return await _ask_address(visit, await _cart(visit), address, email, refusal)
    if wish.keep and scope.is_person and not wish.saved:
        await visit.write(lambda tx: identity.save_address(tx, scope, address))
    return redirect("/checkout")


@post("/checkout/place", include_in_schema=False, opt={"rate": "write"})
async def place(visit: Visit) -> Response[Any]:
    """Place the order and wait a moment for its payment; the order's page goes on waiting."""
    fields = await visit.form()
    scope = visit.scope
    wish = _wish(fields, visit.language)
    settings = visit.entrepot.settings.orders
    try:
        placed = await visit.once(fields.get("_key"), lambda tx: orders.place(tx, scope, wish, settings), Placed)
    except Conflict as refusal:
        return await _refuse_place(visit, refusal)
    status = await wait_for_payment(visit, placed.order_id)
    note_order(visit, await visit.read(lambda s: orders.get_order(s, scope, placed.order_id)))
    done = "?placed=1" if status in (OrderStatus.PAID, OrderStatus.AWAITING_PAYMENT) else ""
    return redirect(f"/orders/{placed.order_id}{done}")


async def _refuse_place(visit: Visit, refusal: Refused) -> Response[Any]:
    """Say what changed: beside the new figures where there are any, else where the cart went."""
    scope = visit.scope
    if order_id := refusal.fields.get("order_id"):
        return redirect(f"/orders/{order_id}")
    view = await _cart(visit)
    if not view.groups:
        raise refusal
    before = await visit.read(lambda s: orders.view_checkout(s, scope))
    if before is None:
        return redirect("/checkout")
    try:
        quoted = await visit.write(lambda tx: orders.quote_cart(tx, scope, before.address, before.email))
    except Refused as second:
        return await render(visit, "cart.html", status=409, cart=view, sentence=second.sentence)
    return await _show_checkout(visit, quoted, {}, refusal)


async def _show_checkout(
    visit: Visit, quoted: Checkout, query: dict[str, str], refusal: Refused | None = None
) -> Response[str]:
    chosen = {group.merchant_id: _chosen(group.options, query.get(group.merchant_id)) for group in quoted.groups}
    shipping_minor = sum(option.amount_minor for option in chosen.values())
    return await render(
        visit,
        "checkout.html",
        status=409 if refusal else 200,
        checkout=quoted,
        cart=quoted.cart,
        chosen=chosen,
        shipping_minor=shipping_minor,
        total_minor=quoted.items_minor + shipping_minor + quoted.tax_minor,
        sentence=refusal.sentence if refusal else None,
        changes=[change.sentence for change in quoted.cart.changes],
        methods=METHODS,
        method_chosen=METHODS[0],
        confirm_days=visit.entrepot.settings.orders.confirm_days,
    )


async def _ask_address(
    visit: Visit, view: CartView, address: Address, email: str, refusal: Refused | None = None
) -> Response[str]:
    scope = visit.scope
    saved = await visit.read(lambda s: identity.list_addresses(s, scope)) if scope.is_person else []
    return await render(
        visit,
        "checkout.html",
        status=400 if refusal else 200,
        checkout=None,
        cart=view,
        address=address,
        email=email,
        saved=saved,
        countries=list_countries(visit.language),
        errors=refusal.fields if refusal else {},
        sentence=refusal.sentence if refusal else None,
        changes=[],
    )


async def _cart(visit: Visit) -> CartView:
    scope = visit.scope
    if scope.is_public:
        return CartView(None, None, (), 0, 0, (), False)
    return await visit.read(lambda s: orders.view_cart(s, scope))


def _chosen(options: tuple[DeliveryOption, ...], quote_id: str | None) -> DeliveryOption:
    return next((option for option in options if option.quote_id == quote_id), options[0])


def _wish(fields: dict[str, str], language: str) -> Place:
    quotes = tuple(value for name, value in fields.items() if name.startswith(QUOTE))
    total = fields.get("total_minor", "")
    is_amount = total.isdecimal() and len(total) <= AMOUNT_DIGITS_MAX
    return Place(quotes, fields.get("method", ""), int(total) if is_amount else -1, language=language)


def _saved(snapshot: Snapshot, visit: Visit, address_id: str) -> SavedAddress:
    for saved in identity.list_addresses(snapshot, visit.scope):
        if saved.id == address_id:
            return saved
    raise NotFound("There is no such address")


def _own_email(visit: Visit) -> str:
    return visit.session.user.email if visit.session and visit.session.user else ""


ROUTES: tuple[ControllerRouterHandler, ...] = (cart, put_in_cart, checkout, choose_address, place)
