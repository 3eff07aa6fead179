"""What a buyer does about goods that are not as they should be: send them back, dispute, say and show what is wrong."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.types import ControllerRouterHandler

from entrepot import orders
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, Refused
from entrepot.orders import DisputeKind, ReturnReason

from ..claim_forms import PICTURE_BYTES_MAX, amount_in, picture_in, pieces_in
from ..params import Id
from ..rendering import redirect
from ..visit import Visit
from ..wire import Made
from .purchases import address_of, scope_of, show_order

WITH_PICTURE = {"rate": "upload"}


@post("/orders/{order_id:str}/returns", include_in_schema=False)
async def ask_return(visit: Visit, order_id: Id) -> Response[Any]:
    """Pieces are to go back."""
    form = await visit.form()
    scope, seller_order_id = await _part(visit, order_id, form)
    try:
        reason = _one_of(ReturnReason, "reason", form, visit)
        pieces, note = pieces_in(form), form.get("note", "")
        await visit.once(
            form.get("_key"),
            lambda tx: Made(orders.ask_return(tx, scope, seller_order_id, reason, pieces, note).id),
            Made,
        )
    except Refused as refusal:
        return await show_order(visit, order_id, form.get("token", ""), refusal, refused="return", typed=form)
    visit.flash("return.asked")
    return redirect(address_of(order_id, form.get("token", "")))


@post("/orders/{order_id:str}/returns/{return_id:str}", include_in_schema=False)
async def act_on_return(visit: Visit, order_id: Id, return_id: Id) -> Response[Any]:
    """Hand an accepted return over, or keep the goods after all."""
    form = await visit.form()
    scope = await scope_of(visit, order_id, form.get("token"))
    row = await visit.read(lambda s: orders.get_return(s, scope, return_id))
    if row.order_id != order_id:
        raise NotFound("There is no such return")
    try:
        if form.get("act") == "withdraw":
            await visit.once(form.get("_key"), lambda tx: Made(orders.withdraw_return(tx, scope, return_id).id), Made)
        else:
            carriers, carrier = visit.entrepot.carriers, form.get("carrier", "")
            carriers.check(carrier)
            wish = (carrier, form.get("tracking_no", "").strip() or None, carriers.for_labels)
            await visit.once(
                form.get("_key"), lambda tx: Made(orders.send_return(tx, scope, return_id, *wish).id), Made
            )
    except Refused as refusal:
        return await show_order(visit, order_id, form.get("token", ""), refusal)
    visit.flash("return.withdrawn" if form.get("act") == "withdraw" else "return.handed_over")
    return redirect(address_of(order_id, form.get("token", "")))


@post("/orders/{order_id:str}/disputes", include_in_schema=False, opt=WITH_PICTURE,
      request_max_body_size=PICTURE_BYTES_MAX)  # fmt: skip
async def open_dispute(visit: Visit, order_id: Id) -> Response[Any]:
    """Something is wrong: the money stays where it is."""
    form = await visit.form()
    scope, seller_order_id = await _part(visit, order_id, form)
    seller = await visit.read(lambda s: orders.get_seller_order(s, scope, seller_order_id))
    try:
        kind = _one_of(DisputeKind, "kind", form, visit)
        asked_minor = amount_in(form, "asked", seller.currency) or None
        picture, reason = await picture_in(visit), form.get("reason", "")

        def command(tx: Any) -> Made:
            made = orders.open_dispute(tx, scope, seller_order_id, kind, reason, asked_minor)
            if picture is not None:
                orders.add_evidence(tx, scope, made.id, "", picture)
            return Made(made.id)

        await visit.once(form.get("_key"), command, Made)
    except Refused as refusal:
        return await show_order(visit, order_id, form.get("token", ""), refusal, refused="dispute", typed=form)
    visit.flash("dispute.opened")
    return redirect(address_of(order_id, form.get("token", "")))


@post("/orders/{order_id:str}/disputes/{dispute_id:str}", include_in_schema=False, opt=WITH_PICTURE,
      request_max_body_size=PICTURE_BYTES_MAX)  # fmt: skip
async def act_on_dispute(visit: Visit, order_id: Id, dispute_id: Id) -> Response[Any]:
    """Say or show more, or be content after all."""
    form = await visit.form()
    scope = await scope_of(visit, order_id, form.get("token"))
    dispute = await visit.read(lambda s: orders.get_dispute(s, scope, dispute_id))
    if dispute.order_id != order_id:
        raise NotFound("There is no such dispute")
    try:
        if form.get("act") == "withdraw":
            await visit.once(form.get("_key"), lambda tx: Made(orders.withdraw_dispute(tx, scope, dispute_id).id), Made)
        else:
            picture, text = await picture_in(visit), form.get("text", "")
            await visit.once(
                form.get("_key"),
                lambda tx: Made(orders.add_evidence(tx, scope, dispute_id, text, picture).id),
                Made,
            )
    except Refused as refusal:
        return await show_order(visit, order_id, form.get("token", ""), refusal)
    visit.flash("dispute.withdrawn" if form.get("act") == "withdraw" else "dispute.said")
    return redirect(address_of(order_id, form.get("token", "")))


async def _part(visit: Any, order_id: str, form: dict[str, str]) -> tuple[Scope, str]:
    """The scope, and the seller order, which must be of this order: a link opens one."""
    scope = await scope_of(visit, order_id, form.get("token"))
    seller_order_id = form.get("seller_order_id", "")
    part = await visit.read(lambda s: orders.get_seller_order(s, scope, seller_order_id))
    if part.order_id != order_id:
        raise NotFound("There is no such order")
    return scope, seller_order_id


def _one_of(kind: Any, field: str, form: dict[str, str], visit: Any) -> Any:
    text = form.get(field, "")
    if text not in set(kind):
        raise Invalid(visit.say("claim.choose_reason"), fields={field: visit.say("claim.choose_reason")})
    return kind(text)


ROUTES: tuple[ControllerRouterHandler, ...] = (ask_return, act_on_return, open_dispute, act_on_dispute)
