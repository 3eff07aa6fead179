"""Orders as their buyer sees them: where everything is, who has the money, and what to do next."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import orders
from entrepot.identity import Scope
from entrepot.kernel import NotFound
from entrepot.orders import OrderView, Stage

from ..params import Id, MaybeInQuery
from ..rendering import redirect, render
from ..visit import Visit
from ..wire import listed

PAGE = 10
_WAITS_S = {Stage.AWAITING_PAYMENT: 2, Stage.PAID: 15, Stage.SHIPPED: 10}


class Event(msgspec.Struct, frozen=True):
    """Something that happened to an order, in words, and how much money it was about."""

    at: int
    text: str
    amount_minor: int | None = None


class OfSeller(msgspec.Struct, frozen=True):
    """A form about one merchant's part."""

    seller_order_id: str
    reason: str = ""
    token: str = ""
    key: str = msgspec.field(default="", name="_key")


@get("/orders", include_in_schema=False, opt={"access": "person"})
async def list_orders(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """What the signed-in person bought."""
    found = await visit.read(lambda s: orders.list_orders(s, visit.scope, after, PAGE + 1))
    page = listed(found, PAGE, lambda order: order.id)
    return await render(visit, "orders.html", orders=page.items, older=page.next)


@get("/orders/{order_id:str}", include_in_schema=False)
async def order(visit: Visit, order_id: Id, placed: MaybeInQuery = None, token: MaybeInQuery = None) -> Response[str]:
    """One order, for its buyer or whoever has its link; it looks again by itself while something is on its way."""
    scope = await _scope(visit, order_id, token)
    view = await visit.read(lambda s: orders.get_order(s, scope, order_id))
    waits = _WAITS_S.get(view.stage)
    return await render(
        visit,
        "order.html",
        order=view,
        events=_history(visit, view),
        waits=waits,
        just_placed=placed is not None,
        token=token or "",
    )


@post("/orders/{order_id:str}/confirm", include_in_schema=False)
async def confirm(visit: Visit, order_id: Id) -> Response[Any]:
    """The goods are there: the merchant gets the money."""
    form = await visit.fields(OfSeller)
    scope = await _scope_for(visit, order_id, form)
    await visit.once(form.key, lambda tx: orders.confirm_receipt(tx, scope, form.seller_order_id), orders.Standing)
    visit.flash("order.confirmed")
    return redirect(_address(order_id, form.token))


@post("/orders/{order_id:str}/cancel", include_in_schema=False)
async def cancel(visit: Visit, order_id: Id) -> Response[Any]:
    """Not wanted any more, and not sent yet: the money goes back."""
    form = await visit.fields(OfSeller)
    scope = await _scope_for(visit, order_id, form)
    reason = form.reason.strip()
    await visit.once(form.key, lambda tx: orders.cancel(tx, scope, form.seller_order_id, reason), orders.Standing)
    visit.flash("order.cancelled")
    return redirect(_address(order_id, form.token))


def _history(visit: Visit, view: OrderView) -> list[Event]:
    """What happened so far, the newest first."""
    events = [Event(view.placed_at, visit.say("history.placed"))]
    if view.paid_at:
        events.append(Event(view.paid_at, visit.say("history.paid"), view.total_minor))
    if view.ended_at and not view.paid_at:
        events.append(Event(view.ended_at, visit.say("history.ended")))
    for seller in view.sellers:
        for name in ("shipped", "delivered", "completed", "cancelled", "refunded"):
            if at := getattr(seller, f"{name}_at"):
                text = visit.say(f"history.{name}", merchant=seller.merchant_name)
                moves = name in ("completed", "refunded")
                events.append(Event(at, text, seller.total_minor if moves else None))
    return sorted(events, key=lambda event: -event.at)


async def _scope(visit: Visit, order_id: str, token: str | None) -> Scope:
    """The visitor's own scope, or the guest's whose signed link to this very order they have."""
    if not token:
        return visit.scope
    key = visit.entrepot.secret_key
    linked_id, scope = await visit.read(lambda s: orders.follow_link(s, key, token))
    if linked_id != order_id:
        raise NotFound("This link is for another order")
    return scope


async def _scope_for(visit: Visit, order_id: str, form: OfSeller) -> Scope:
    """The same for a form about a part: a link opens one order, so the part must be of this one."""
    scope = await _scope(visit, order_id, form.token)
    part = await visit.read(lambda s: orders.get_seller_order(s, scope, form.seller_order_id))
    if part.order_id != order_id:
        raise NotFound("There is no such order")
    return scope


def _address(order_id: str, token: str) -> str:
    return f"/orders/{order_id}?{urlencode({'token': token})}" if token else f"/orders/{order_id}"


ROUTES: tuple[ControllerRouterHandler, ...] = (list_orders, order, confirm, cancel)
