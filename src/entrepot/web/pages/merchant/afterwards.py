"""After the sale, as the merchant sees it: refunds of goodwill, returns to answer and to look at, disputes."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import orders
from entrepot.kernel import Refused, Tx
from entrepot.orders import DisputeStatus, Inspection, Label, RefundPreview, RefundWish, ReturnStatus

from ...claim_forms import PICTURE_BYTES_MAX, amount_in, amounts_in, picture_in, pieces_in
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import Made, listed
from .console import MEMBER, show

PAGE = 20
WITH_PICTURE = {**MEMBER, "rate": "upload"}


@get("/merchant/orders/{seller_order_id:str}/refund", include_in_schema=False, opt=MEMBER)
async def refund_form(visit: Visit, seller_order_id: Id) -> Response[str]:
    """Choose what to give back."""
    return await _show_refund(visit, seller_order_id, {})


@post("/merchant/orders/{seller_order_id:str}/refund", include_in_schema=False, opt=MEMBER)
async def refund(visit: Visit, seller_order_id: Id) -> Response[Any]:
    """First show who bears how much, then do it."""
    form = await visit.form()
    seller = await visit.read(lambda s: orders.get_seller_order(s, visit.scope, seller_order_id))
    try:
        wish = RefundWish(
            pieces_in(form), amounts_in(form, seller.currency), amount_in(form, "shipping", seller.currency)
        )
        preview = await visit.read(lambda s: orders.preview_refund(s, visit.scope, seller_order_id, wish))
        if form.get("act") != "do":
            return await _show_refund(visit, seller_order_id, form, preview)
        reason = form.get("reason", "")
        await visit.once(
            form.get("_key"),
            lambda tx: orders.refund(tx, visit.scope, seller_order_id, wish, reason),
            orders.Refunded,
        )
    except Refused as refusal:
        return await _show_refund(visit, seller_order_id, form, None, refusal)
    visit.flash("refund.given")
    return redirect(f"/merchant/orders/{seller_order_id}")


@get("/merchant/returns", include_in_schema=False, opt=MEMBER)
async def list_returns(visit: Visit, status: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Returns and disputes that are open, or returns of one status; what waits for the merchant first."""
    chosen = ReturnStatus(status) if status in set(ReturnStatus) else None
    found = await visit.read(lambda s: orders.list_returns(s, visit.scope, chosen, after, PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await show(
        visit,
        "returns",
        "returns.html",
        returns=page.items,
        older=page.next,
        chosen=chosen,
        statuses=(None, *ReturnStatus),
        disputes=await visit.read(lambda s: orders.list_disputes(s, visit.scope)),
        waiting=await visit.read(lambda s: orders.count_waiting(s, visit.scope)),
    )


@get("/merchant/returns/{return_id:str}", include_in_schema=False, opt=MEMBER)
async def one_return(visit: Visit, return_id: Id) -> Response[str]:
    """A return, what it would cost, and what to do about it."""
    return await _show_return(visit, return_id)


@post("/merchant/returns/{return_id:str}", include_in_schema=False, opt=WITH_PICTURE,
      request_max_body_size=PICTURE_BYTES_MAX)  # fmt: skip
async def act_on_return(visit: Visit, return_id: Id) -> Response[Any]:
    """Accept, decline, or say what came back."""
    form = await visit.form()
    scope, note, act = visit.scope, form.get("note", ""), form.get("act")
    try:
        if act == "inspect":
            picture = await picture_in(visit)
            found = Inspection(pieces_in(form, "good."), pieces_in(form, "shelf."), note, picture)
            await visit.once(
                form.get("_key"), lambda tx: Made(orders.inspect_return(tx, scope, return_id, found).id), Made
            )
        else:
            label = Label.BUYER if form.get("label") == Label.BUYER else Label.MERCHANT
            accept = act == "accept"
            await visit.once(
                form.get("_key"),
                lambda tx: Made(orders.answer_return(tx, scope, return_id, accept, note, label).id),
                Made,
            )
    except Refused as refusal:
        return await _show_return(visit, return_id, refusal)
    visit.flash("return.answered")
    return redirect(f"/merchant/returns/{return_id}")


@get("/merchant/disputes", include_in_schema=False, opt=MEMBER)
async def list_disputes(visit: Visit, status: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """Disputes, open ones or those that are decided."""
    chosen = DisputeStatus(status) if status in set(DisputeStatus) else None
    found = await visit.read(lambda s: orders.list_disputes(s, visit.scope, chosen, after, PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await show(
        visit, "returns", "disputes.html", disputes=page.items, older=page.next, chosen=chosen,
        statuses=(None, *DisputeStatus),
    )  # fmt: skip


@get("/merchant/disputes/{dispute_id:str}", include_in_schema=False, opt=MEMBER)
async def one_dispute(visit: Visit, dispute_id: Id) -> Response[str]:
    """A dispute, and what to do about it."""
    return await _show_dispute(visit, dispute_id)


@post("/merchant/disputes/{dispute_id:str}", include_in_schema=False, opt=WITH_PICTURE,
      request_max_body_size=PICTURE_BYTES_MAX)  # fmt: skip
async def act_on_dispute(visit: Visit, dispute_id: Id) -> Response[Any]:
    """Answer it, or give in."""
    form = await visit.form()
    scope = visit.scope
    try:
        if form.get("act") == "concede":
            await visit.once(form.get("_key"), lambda tx: Made(orders.concede(tx, scope, dispute_id).id), Made)
        else:
            picture, text = await picture_in(visit), form.get("text", "")

            def say(tx: Tx) -> Made:
                return Made(orders.add_evidence(tx, scope, dispute_id, text, picture).id)

            await visit.once(form.get("_key"), say, Made)
    except Refused as refusal:
        return await _show_dispute(visit, dispute_id, refusal)
    visit.flash("dispute.said")
    return redirect(f"/merchant/disputes/{dispute_id}")


async def _show_refund(
    visit: CurrentVisit,
    seller_order_id: str,
    form: dict[str, str],
    preview: RefundPreview | None = None,
    refusal: Refused | None = None,
) -> Response[str]:
    seller = await visit.read(lambda s: orders.get_seller_order(s, visit.scope, seller_order_id))
    return await show(
        visit, "orders", "refund.html", seller=seller, sent=form, preview=preview, refusal=refusal
    )  # fmt: skip


async def _show_return(visit: CurrentVisit, return_id: str, refusal: Refused | None = None) -> Response[str]:
    row = await visit.read(lambda s: orders.get_return(s, visit.scope, return_id))
    preview = None
    if row.can_answer or row.can_inspect:
        preview = await visit.read(lambda s: orders.preview_return(s, visit.scope, return_id))
    return await show(visit, "returns", "return.html", each=row, preview=preview, refusal=refusal)


async def _show_dispute(visit: CurrentVisit, dispute_id: str, refusal: Refused | None = None) -> Response[str]:
    dispute = await visit.read(lambda s: orders.get_dispute(s, visit.scope, dispute_id))
    seller = await visit.read(lambda s: orders.get_seller_order(s, visit.scope, dispute.seller_order_id))
    preview = None
    if dispute.can_concede:
        preview = await visit.read(lambda s: orders.preview_dispute(s, visit.scope, dispute_id))
    return await show(visit, "returns", "dispute.html", each=dispute, seller=seller, preview=preview, refusal=refusal)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    refund_form,
    refund,
    list_returns,
    one_return,
    act_on_return,
    list_disputes,
    one_dispute,
    act_on_dispute,
)
