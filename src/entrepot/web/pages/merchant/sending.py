"""Orders as their merchant sees them: send, tell where a parcel is, cancel."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import deliver, orders
from entrepot.deliver import OWN, Scan
from entrepot.kernel import Invalid, Refused
from entrepot.orders import Shipment, Standing

from ...carriers import carrier_name
from ...claim_forms import pieces_in
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Done
from .. import listed_orders
from .console import MEMBER, show

PAGE = 20
SCAN_CODES = ("handed_over", "in_transit", "out_for_delivery", "delivered", "failed", "returning", "returned")


class ShipForm(msgspec.Struct, frozen=True):
    """How the goods leave."""

    carrier: str
    tracking_no: str = ""
    key: str = msgspec.field(default="", name="_key")


class ScanForm(msgspec.Struct, frozen=True):
    """Where a parcel was seen."""

    code: str
    seller_order_id: str
    key: str = msgspec.field(default="", name="_key")


class CancelForm(msgspec.Struct, frozen=True):
    """Why the goods cannot be sent."""

    reason: str = ""
    key: str = msgspec.field(default="", name="_key")


@get("/merchant/orders", include_in_schema=False, opt=MEMBER)
async def list_orders(visit: Visit, status: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Orders, newest first, of one status or all."""
    return await show(visit, "orders", "orders.html", **await listed_orders.list_orders(visit, status, after, PAGE))


@get("/merchant/orders/{seller_order_id:str}", include_in_schema=False, opt=MEMBER)
async def order(visit: Visit, seller_order_id: Id) -> Response[str]:
    """One order: what to send, where to, and what of the money is the merchant's."""
    return await _show_order(visit, seller_order_id)


@post("/merchant/orders/{seller_order_id:str}/ship", include_in_schema=False, opt=MEMBER)
async def ship(visit: Visit, seller_order_id: Id) -> Response[Any]:
    """Book the parcel; the stock leaves the shelf."""
    form, typed = await visit.fields(ShipForm), await visit.form()
    try:
        pieces = pieces_in(typed) or None
        visit.entrepot.carriers.check(form.carrier)
        shipment = Shipment(form.carrier.strip(), form.tracking_no.strip() or None, pieces)
        await visit.once(form.key, lambda tx: orders.ship(tx, visit.scope, seller_order_id, shipment), Standing)
    except Refused as refusal:
        return await _show_order(visit, seller_order_id, refusal, "ship", typed)
    visit.flash("merchant.shipped")
    return redirect(f"/merchant/orders/{seller_order_id}")


@post("/merchant/orders/{seller_order_id:str}/cancel", include_in_schema=False, opt=MEMBER)
async def cancel(visit: Visit, seller_order_id: Id) -> Response[Any]:
    """Say that it cannot be sent; the buyer's money goes back."""
    form, typed = await visit.fields(CancelForm), await visit.form()
    reason = form.reason.strip()
    try:
        pieces = pieces_in(typed) or None
        await visit.once(form.key, lambda tx: orders.cancel(tx, visit.scope, seller_order_id, reason, pieces), Standing)
    except Refused as refusal:
        return await _show_order(visit, seller_order_id, refusal, "cancel", typed)
    visit.flash("merchant.cancelled")
    return redirect(f"/merchant/orders/{seller_order_id}")


@post("/merchant/parcels/{parcel_id:str}/scans", include_in_schema=False, opt=MEMBER)
async def scan(visit: Visit, parcel_id: Id) -> Response[Any]:
    """Tell where a parcel is that a carrier without a connection brings."""
    form = await visit.fields(ScanForm)
    if form.code not in SCAN_CODES:
        raise Invalid(f"Choose one of {', '.join(SCAN_CODES)}")

    def record(tx: Any) -> Done:
        seen = Scan(parcel_id, form.code, tx.now, "", tx.new_id("scn"))  # type: ignore[arg-type]
        deliver.record_scan(tx, visit.scope, seen)
        return Done()

    await visit.once(form.key, record, Done)
    return redirect(f"/merchant/orders/{form.seller_order_id}")


async def _show_order(
    visit: Visit, seller_order_id: str, refusal: Refused | None = None, refused: str = "",
    typed: dict[str, str] | None = None,
) -> Response[str]:  # fmt: skip
    """The page; the form of this name was refused, and still holds what was typed."""
    seller = await visit.read(lambda s: orders.get_seller_order(s, visit.scope, seller_order_id))
    mine = {OWN: visit.say("carrier.own")}
    carriers = [(each.name, mine.get(each.name) or carrier_name(visit, each)) for each in visit.entrepot.carriers]
    return await show(
        visit, "orders", "order.html", seller=seller, carriers=carriers, scan_codes=SCAN_CODES, refusal=refusal,
        refused=refused, typed=typed or {},
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (list_orders, order, ship, cancel, scan)
