"""The cart, the checkout, and the one button that places an order."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import identity, orders, pay
from entrepot.identity import SavedAddress
from entrepot.kernel import Conflict, Invalid, NotFound, Refused, Secret, Snapshot
from entrepot.orders import CartView, Checkout, OrderStatus, Place

from ..checkout_forms import NOTHING, Asked, CheckoutAddress, asked_of
from ..claim_forms import pieces_of
from ..countries import list_countries
from ..noting import note_cart, note_order
from ..paying import methods_for, place_order, wait_for_payment
from ..rendering import redirect, render
from ..visit import Visit

QUOTE = "quote."
AMOUNT_DIGITS_MAX = 18


class PutInCart(msgspec.Struct, frozen=True):
    """A form's wish: so many more of an offer, or with `set` exactly so many."""

    offer_id: str
    quantity: str = "1"
    set: str = ""


class CartExtra(msgspec.Struct, frozen=True):
    """A code of a promotion or of a gift card, or the id of a card; and where the form stands."""

    code: str = ""
    card_id: str = ""
    currency: str = ""
    back: str = "cart"


@get("/cart", include_in_schema=False)
async def cart(visit: Visit) -> Response[str]:
    """What is in the cart, by merchant, at today's prices."""
    return await _show_cart(visit)


@post("/cart/lines", include_in_schema=False)
async def put_in_cart(visit: Visit) -> Response[Any]:
    """Put an offer in, change how many, or take it out. What cannot be is said above the cart."""
    wish = await visit.fields(PutInCart)
    scope = await visit.owner()
    try:
        quantity = pieces_of(wish.quantity)
        if not wish.set:
            there = await visit.read(lambda s: orders.view_cart(s, scope))
            quantity += sum(
                line.quantity for group in there.groups for line in group.lines if line.offer_id == wish.offer_id
            )
        await visit.write(lambda tx: orders.set_line(tx, scope, wish.offer_id, quantity))
    except (Invalid, Conflict) as refusal:
        return await _show_cart(visit, refusal, status=422 if isinstance(refusal, Invalid) else 409)
    note_cart(visit, await visit.read(lambda s: orders.view_cart(s, scope)), wish.offer_id)
    visit.flash("cart.changed_now" if wish.set else "cart.added")
    return redirect("/cart")


@post("/cart/codes", include_in_schema=False, opt={"rate": "code"})
async def add_code(visit: Visit) -> Response[Any]:
    """Use a promotion's code."""
    wish = await visit.fields(CartExtra)
    scope = await visit.owner()
    try:
        await visit.write(lambda tx: orders.add_code(tx, scope, wish.code))
    except Refused as refusal:
        return await _show_again(visit, wish, refusal)
    visit.flash("cart.code_added")
    return redirect(_back(wish))


@post("/cart/codes/remove", include_in_schema=False)
async def remove_code(visit: Visit) -> Response[Any]:
    """Use a code no longer."""
    wish = await visit.fields(CartExtra)
    scope = await visit.owner()
    await visit.write(lambda tx: orders.remove_code(tx, scope, wish.code))
    return redirect(_back(wish))


@post("/cart/gift-cards", include_in_schema=False, opt={"rate": "code"})
async def add_gift_card(visit: Visit) -> Response[Any]:
    """Pay with a gift card, as far as it goes."""
    wish = await visit.fields(CartExtra)
    scope = await visit.owner()
    try:
        await visit.write(lambda tx: orders.add_gift_card(tx, scope, Secret(wish.code)))
    except Refused as refusal:
        return await _show_again(visit, wish, refusal)
    visit.flash("cart.card_added")
    return redirect(_back(wish))


@post("/cart/gift-cards/remove", include_in_schema=False)
async def remove_gift_card(visit: Visit) -> Response[Any]:
    """Keep a gift card for another time."""
    wish = await visit.fields(CartExtra)
    scope = await visit.owner()
    await visit.write(lambda tx: orders.remove_gift_card(tx, scope, wish.card_id))
    return redirect(_back(wish))


@post("/cart/currency", include_in_schema=False)
async def choose_currency(visit: Visit) -> Response[Any]:
    """Have the cart in another currency."""
    wish = await visit.fields(CartExtra)
    scope = await visit.owner()
    try:
        await visit.write(lambda tx: orders.choose_currency(tx, scope, wish.currency))
    except Refused as refusal:
        return await _show_again(visit, wish, refusal)
    return redirect(_back(wish))


@get("/gift-card", include_in_schema=False)
async def gift_card(visit: Visit) -> Response[str]:
    """Where the balance of a gift card can be asked for."""
    return await render(visit, "gift-card.html", found=None, sentence=None, typed="")


@post("/gift-card", include_in_schema=False, opt={"rate": "code"})
async def show_gift_card(visit: Visit) -> Response[str]:
    """What is left on a gift card, for whoever has its code."""
    typed = (await visit.form()).get("code", "")
    code = Secret(typed)
    try:
        found = await visit.read(lambda s: pay.find_gift_card(s, code))
    except Refused as refusal:
        return await render(visit, "gift-card.html", status=404, found=None, sentence=refusal.sentence, typed=typed)
    return await render(visit, "gift-card.html", found=found, sentence=None, typed="")


@get("/checkout", include_in_schema=False)
async def checkout(visit: Visit) -> Response[Any]:
    """Where it goes; then, once that is known, what delivery costs, and the button to pay."""
    view = await _cart(visit)
    if not view.groups:
        return redirect("/cart")
    query = dict(visit.request.query_params.items())
    quoted = await _quoted(visit, query)
    if quoted is None or "edit" in query:
        asked = asked_of(quoted) if quoted else Asked(NOTHING, _own_email(visit))
        return await _ask_address(visit, view, asked, edited=query.get("edit", ""))
    before = quoted
    if not quoted.ready:
        try:
            await _quote(visit, asked_of(before))
        except Refused as refusal:
            return await _ask_address(visit, view, asked_of(before), refusal)
        quoted = await _quoted(visit, {}) or before
    return await _show_checkout(visit, quoted, [change.sentence for change in before.changes])


@post("/checkout/address", include_in_schema=False)
async def choose_address(visit: Visit) -> Response[Any]:
    """Take the address and ask every merchant's delivery for its price."""
    wish = await visit.fields(CheckoutAddress)
    scope = await visit.owner()
    address = wish.address
    if wish.saved:
        address = await visit.read(lambda s: _saved(s, visit, wish.saved).address)
    asked = Asked(address, wish.email or _own_email(visit), wish.billing, wish.tax_id)
    try:
        await _quote(visit, asked)
    except Refused as refusal:
        view = await _cart(visit)
        return await _ask_address(visit, view, asked, refusal, wish.edit)
    if wish.keep and scope.is_person and not wish.saved:
        await visit.write(lambda tx: identity.save_address(tx, scope, address, wish.edit or None))
    return redirect("/checkout")


@post("/checkout/place", include_in_schema=False, opt={"rate": "write"})
async def place(visit: Visit) -> Response[Any]:
    """Place the order and wait a moment for its payment; the order's page goes on waiting."""
    fields = await visit.form()
    scope = visit.scope
    wish = _wish(fields, visit.language)
    try:
        placed = await place_order(visit, wish, fields.get("_key"))
    except (Conflict, Invalid) as refusal:
        return await _refuse_place(visit, refusal, fields)
    status = await wait_for_payment(visit, placed.order_id)
    note_order(visit, await visit.read(lambda s: orders.get_order(s, scope, placed.order_id)))
    done = "?placed=1" if status in (OrderStatus.PAID, OrderStatus.AWAITING_PAYMENT) else ""
    return redirect(f"/orders/{placed.order_id}{done}")


async def _refuse_place(visit: Visit, refusal: Refused, fields: dict[str, str]) -> Response[Any]:
    """Say what changed: beside the new figures where there are any, else where the cart went."""
    if order_id := refusal.fields.get("order_id"):
        return redirect(f"/orders/{order_id}")
    view = await _cart(visit)
    if not view.groups:
        raise refusal
    chosen = {name.removeprefix(QUOTE): value for name, value in fields.items() if name.startswith(QUOTE)}
    before = await _quoted(visit, chosen)
    if before is None:
        return redirect("/checkout")
    if not before.ready:
        try:
            await _quote(visit, asked_of(before))
        except Refused as second:
            return await _show_cart(visit, second)
        before = await _quoted(visit, chosen) or before
    return await _show_checkout(visit, before, [], refusal, fields)


async def _show_checkout(
    visit: Visit,
    quoted: Checkout,
    changes: list[str],
    refusal: Refused | None = None,
    fields: dict[str, str] | None = None,
) -> Response[str]:
    methods = methods_for(visit, quoted.currency)
    sent = fields or {}
    return await render(
        visit,
        "checkout.html",
        status=409 if refusal else 200,
        checkout=quoted,
        cart=quoted.cart,
        currencies=await _currencies(visit, quoted.cart),
        sentence=refusal.sentence if refusal else None,
        code_error=refusal.fields.get("code") if refusal else None,
        changes=[*changes, *(change.sentence for change in quoted.cart.changes if change.sentence not in changes)],
        methods=methods,
        method_chosen=sent.get("method") if sent.get("method") in methods else (methods[0] if methods else ""),
        order_note=sent.get("note", ""),
        confirm_days=visit.entrepot.settings.orders.confirm_days,
        pay_minutes=visit.entrepot.settings.orders.pay_minutes,
    )


async def _ask_address(
    visit: Visit,
    view: CartView,
    asked: Asked,
    refusal: Refused | None = None,
    edited: str = "",
) -> Response[str]:
    scope = visit.scope
    saved = await visit.read(lambda s: identity.list_addresses(s, scope)) if scope.is_person else []
    changed = next((each for each in saved if each.id == edited), None)
    return await render(
        visit,
        "checkout.html",
        status=400 if refusal else 200,
        checkout=None,
        cart=view,
        address=changed.address if changed and not refusal else asked.address,
        edited=changed.id if changed else "",
        billing=asked.billing or NOTHING,
        other_billing=asked.billing is not None,
        email=asked.email,
        tax_id=asked.tax_id,
        saved=saved,
        countries=list_countries(visit.language),
        errors=refusal.fields if refusal else {},
        sentence=refusal.sentence if refusal else None,
        changes=[],
    )


async def _show_cart(visit: Visit, refusal: Refused | None = None, code: str = "", status: int = 409) -> Response[str]:
    view = await _cart(visit)
    return await render(
        visit,
        "cart.html",
        status=status if refusal else 200,
        cart=view,
        currencies=await _currencies(visit, view),
        sentence=refusal.sentence if refusal else None,
        code=code,
        code_error=refusal.fields.get("code") if refusal else None,
    )


async def _show_again(visit: Visit, wish: CartExtra, refusal: Refused) -> Response[Any]:
    """The page on which the form stood, with what was refused."""
    if wish.back == "checkout" and (quoted := await _quoted(visit, {})) is not None and quoted.ready:
        return await _show_checkout(visit, quoted, [], refusal)
    return await _show_cart(visit, refusal, wish.code)


async def _cart(visit: Visit) -> CartView:
    scope = visit.scope
    if scope.is_public:
        return CartView(None, None, (), 0, 0, (), False)
    return await visit.read(lambda s: orders.view_cart(s, scope))


async def _quoted(visit: Visit, chosen: dict[str, str]) -> Checkout | None:
    scope = visit.scope
    if scope.is_public:
        return None
    return await visit.read(lambda s: orders.view_checkout(s, scope, chosen))


async def _quote(visit: Visit, asked: Asked) -> Checkout:
    scope, minutes = visit.scope, visit.entrepot.settings.deliver.quote_minutes
    return await visit.write(
        lambda tx: orders.quote_cart(tx, scope, asked.address, asked.email, minutes, asked.billing, asked.tax_id)
    )


async def _currencies(visit: Visit, view: CartView) -> tuple[str, ...]:
    """The currencies that a cart may be in: the market's with a rate, and the one it is in."""
    rates = await visit.read(pay.read_rates)
    known = rates.currencies if len(rates.currencies) > 1 else ()
    return known if view.currency is None or view.currency in known or not known else (view.currency, *known)


def _back(wish: CartExtra) -> str:
    return "/checkout" if wish.back == "checkout" else "/cart"


def _wish(fields: dict[str, str], language: str) -> Place:
    quotes = tuple(value for name, value in fields.items() if name.startswith(QUOTE))
    return Place(
        quotes,
        fields.get("method", ""),
        _amount(fields.get("total_minor", "")),
        language=language,
        expected_due_minor=_amount(fields.get("due_minor", fields.get("total_minor", ""))),
        note=fields.get("note", ""),
    )


def _amount(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= AMOUNT_DIGITS_MAX else -1


def _saved(snapshot: Snapshot, visit: Visit, address_id: str) -> SavedAddress:
    for saved in identity.list_addresses(snapshot, visit.scope):
        if saved.id == address_id:
            return saved
    raise NotFound("There is no such address")


def _own_email(visit: Visit) -> str:
    return visit.session.user.email if visit.session and visit.session.user else ""


ROUTES: tuple[ControllerRouterHandler, ...] = (
    cart, put_in_cart, add_code, remove_code, add_gift_card, remove_gift_card, choose_currency, gift_card,
    show_gift_card, checkout, choose_address, place,
)  # fmt: skip
