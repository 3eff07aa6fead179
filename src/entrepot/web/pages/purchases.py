"""Orders as their buyer sees them: where everything is, who has the money, and what to do next."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import orders
from entrepot.orders import Stage

from ..params import Id
from ..rendering import redirect, render
from ..visit import Visit
from ..wire import listed

PAGE = 10
_WAITS_S = {Stage.AWAITING_PAYMENT: 2, Stage.PAID: 15, Stage.SHIPPED: 10}


class OfSeller(msgspec.Struct, frozen=True):
    """A form about one merchant's part."""

    seller_order_id: str
    reason: str = ""
    key: str = msgspec.field(default="", name="_key")


@get("/orders", include_in_schema=False, opt={"access": "person"})
async def list_orders(visit: Visit, after: str | None = None) -> Response[str]:
    """What the signed-in person bought."""
    found = await visit.read(lambda s: orders.list_orders(s, visit.scope, after, PAGE + 1))
    page = listed(found, PAGE, lambda order: order.id)
    return await render(visit, "orders.html", orders=page.items, older=page.next)


@get("/orders/{order_id:str}", include_in_schema=False)
async def order(visit: Visit, order_id: Id, placed: str | None = None) -> Response[str]:
    """One order; it looks again by itself while something is on its way."""
    view = await visit.read(lambda s: orders.get_order(s, visit.scope, order_id))
    waits = _WAITS_S.get(view.stage)
    return await render(visit, "order.html", order=view, waits=waits, just_placed=placed is not None)


@post("/orders/{order_id:str}/confirm", include_in_schema=False)
async def confirm(visit: Visit, order_id: Id) -> Response[Any]:
    """The goods are there: the merchant gets the money."""
    form = await visit.fields(OfSeller)
    await visit.once(
        form.key, lambda tx: orders.confirm_receipt(tx, visit.scope, form.seller_order_id), orders.Standing
    )
    visit.flash("order.confirmed")
    return redirect(f"/orders/{order_id}")


@post("/orders/{order_id:str}/cancel", include_in_schema=False)
async def cancel(visit: Visit, order_id: Id) -> Response[Any]:
    """Not wanted any more, and not sent yet: the money goes back."""
    form = await visit.fields(OfSeller)
    reason = form.reason.strip()
    await visit.once(form.key, lambda tx: orders.cancel(tx, visit.scope, form.seller_order_id, reason), orders.Standing)
    visit.flash("order.cancelled")
    return redirect(f"/orders/{order_id}")


ROUTES: tuple[ControllerRouterHandler, ...] = (list_orders, order, confirm, cancel)
