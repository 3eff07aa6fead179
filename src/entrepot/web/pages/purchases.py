"""Orders as their buyer sees them: where everything is, who has the money, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import orders, pay
from entrepot.identity import Scope
from entrepot.kernel import NotFound, Refused
from entrepot.orders import DisputeKind, OrderView, ReturnReason, SellerOrderView, Stage

from ..claim_forms import pieces_in
from ..params import Id, MaybeInQuery
from ..rendering import redirect, render
from ..visit import CurrentVisit, Visit
from ..wire import listed

PAGE = 10
NOTHING: Mapping[str, str] = MappingProxyType({})
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
    return await show_order(visit, order_id, token, just_placed=placed is not None)


async def show_order(
    visit: CurrentVisit, order_id: str, token: str | None, refusal: Refused | None = None, just_placed: bool = False,
    *, refused: str = "", typed: Mapping[str, str] = NOTHING,
) -> Response[str]:  # fmt: skip
    """The page of an order, with what was refused on top of it; the form of that name still holds what was typed."""
    scope = await scope_of(visit, order_id, token)
    view = await visit.read(lambda s: orders.get_order(s, scope, order_id))
    action = paying = None
    if view.stage == "awaiting_payment":
        action = await visit.read(lambda s: pay.find_action(s, scope, order_id))
        paying = await visit.read(lambda s: pay.find_payment_by_ref(s, scope, order_id))
    return await render(
        visit,
        "order.html",
        status=400 if refusal else 200,
        order=view,
        action=action,
        paying=paying,
        events=_history(visit, view),
        waits=None if refusal else _WAITS_S.get(view.stage),
        just_placed=just_placed,
        token=token or "",
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        refused=refused,
        typed=typed,
        return_reasons=[(each.value, visit.say(f"return.reason.{each}")) for each in ReturnReason],
        dispute_kinds=[
            (each.value, visit.say(f"dispute.kind.{each}")) for each in DisputeKind if each != DisputeKind.CHARGEBACK
        ],
    )


@post("/orders/{order_id:str}/confirm", include_in_schema=False)
async def confirm(visit: Visit, order_id: Id) -> Response[Any]:
    """The goods are there: the merchant gets the money."""
    form = await visit.fields(OfSeller)
    scope = await _scope_for(visit, order_id, form)
    await visit.once(form.key, lambda tx: orders.confirm_receipt(tx, scope, form.seller_order_id), orders.Standing)
    visit.flash("order.confirmed")
    return redirect(address_of(order_id, form.token))


@post("/orders/{order_id:str}/cancel", include_in_schema=False)
async def cancel(visit: Visit, order_id: Id) -> Response[Any]:
    """Not wanted any more, and not sent yet: the money goes back."""
    form, typed = await visit.fields(OfSeller), await visit.form()
    scope = await _scope_for(visit, order_id, form)
    reason = form.reason.strip()
    try:
        pieces = pieces_in(typed) or None
        await visit.once(
            form.key, lambda tx: orders.cancel(tx, scope, form.seller_order_id, reason, pieces), orders.Standing
        )
    except Refused as refusal:
        return await show_order(visit, order_id, form.token, refusal, refused="cancel", typed=typed)
    visit.flash("order.cancelled")
    return redirect(address_of(order_id, form.token))


def _history(visit: CurrentVisit, view: OrderView) -> list[Event]:
    """What happened so far, the newest first."""
    events = [Event(view.placed_at, visit.say("history.placed"))]
    if view.paid_at:
        events.append(Event(view.paid_at, visit.say("history.paid"), view.total_minor))
    if view.ended_at and not view.paid_at:
        events.append(Event(view.ended_at, visit.say("history.ended")))
    for seller in view.sellers:
        events += _of_part(visit, seller)
    return sorted(events, key=lambda event: event.at)[::-1]  # of one moment, what was noted last comes first


def _of_part(visit: CurrentVisit, seller: SellerOrderView) -> list[Event]:
    """What happened to one merchant's part."""
    said = partial(visit.say, merchant=seller.merchant_name)
    events = []
    for name in ("shipped", "delivered", "completed", "cancelled"):
        if at := getattr(seller, f"{name}_at"):
            events.append(Event(at, said(f"history.{name}"), seller.left_minor if name == "completed" else None))
    if len(seller.sent) > 1 or (seller.sent and not seller.shipped_at):
        events += [Event(parcel.sent_at, said("history.parcel")) for parcel in seller.sent]
    events += [Event(each.asked_at, said("history.return_asked")) for each in seller.returns]
    events += [Event(each.opened_at, said("history.disputed")) for each in seller.disputes]
    events += [
        Event(each.decided_at, said(f"history.outcome.{each.outcome}")) for each in seller.disputes if each.decided_at
    ]
    for each in seller.refunds:
        text = "history.refunded" if each.paid_at else "history.refund_begun"
        events.append(Event(each.paid_at or each.created_at, said(text), each.paid_minor))
    return events


async def scope_of(visit: CurrentVisit, order_id: str, token: str | None) -> Scope:
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
    scope = await scope_of(visit, order_id, form.token)
    part = await visit.read(lambda s: orders.get_seller_order(s, scope, form.seller_order_id))
    if part.order_id != order_id:
        raise NotFound("There is no such order")
    return scope


def address_of(order_id: str, token: str) -> str:
    return f"/orders/{order_id}?{urlencode({'token': token})}" if token else f"/orders/{order_id}"


ROUTES: tuple[ControllerRouterHandler, ...] = (list_orders, order, confirm, cancel)
