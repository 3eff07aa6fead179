"""The operator's desk: disputes to decide, returns, refunds, breaks, and money that waits for too long."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import orders
from entrepot.kernel import Refused, list_failed_reactions, list_stuck_tasks
from entrepot.orders import DisputeStatus, Verdict
from entrepot.pay import reconciliation

from ...claim_forms import PICTURE_BYTES_MAX, amount_in, picture_in
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import Made, listed
from .console import OPERATOR, show

PAGE = 20
WITH_PICTURE = {**OPERATOR, "rate": "upload"}


@get("/operator/desk", include_in_schema=False, opt=OPERATOR)
async def desk(visit: Visit, status: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """What waits for a decision, oldest duty first; disputes of one status or all that are open."""
    chosen = DisputeStatus(status) if status in set(DisputeStatus) else None
    found = await visit.read(lambda s: orders.list_disputes(s, visit.scope, chosen, after, PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await show(
        visit,
        "desk",
        "desk.html",
        disputes=page.items,
        older=page.next,
        chosen=chosen,
        statuses=(None, *DisputeStatus),
        waiting=await visit.read(lambda s: orders.count_waiting(s, visit.scope)),
        returns=await visit.read(lambda s: orders.list_returns(s, visit.scope, most=PAGE)),
        refunds=await visit.read(lambda s: orders.list_unpaid_refunds(s, visit.scope)),
        overdue=await visit.read(orders.list_overdue),
        breaks=await visit.read(lambda s: reconciliation.count_breaks(s, visit.scope)),
        failed=len(await visit.read(list_failed_reactions)),
        stuck=len(await visit.read(list_stuck_tasks)),
    )


@get("/operator/disputes/{dispute_id:str}", include_in_schema=False, opt=OPERATOR)
async def one_dispute(visit: Visit, dispute_id: Id) -> Response[str]:
    """A dispute with both sides' words, and who would bear what."""
    return await _show(visit, dispute_id, {})


@post("/operator/disputes/{dispute_id:str}", include_in_schema=False, opt=WITH_PICTURE,
      request_max_body_size=PICTURE_BYTES_MAX)  # fmt: skip
async def act_on_dispute(visit: Visit, dispute_id: Id) -> Response[Any]:
    """Ask or note something, look at what an amount would cost whom, or decide."""
    form = await visit.form()
    scope, act = visit.scope, form.get("act")
    dispute = await visit.read(lambda s: orders.get_dispute(s, scope, dispute_id))
    try:
        if act == "evidence":
            picture, text = await picture_in(visit), form.get("text", "")
            await visit.once(
                form.get("_key"),
                lambda tx: Made(orders.add_evidence(tx, scope, dispute_id, text, picture).id),
                Made,
            )
            return redirect(f"/operator/disputes/{dispute_id}")
        verdict = _verdict(form, dispute.currency)
        if act != "decide":
            preview = await visit.read(lambda s: orders.preview_dispute(s, scope, dispute_id, verdict))
            return await _show(visit, dispute_id, form, preview=preview)
        reason = form.get("reason", "")
        await visit.once(
            form.get("_key"), lambda tx: Made(orders.decide(tx, scope, dispute_id, verdict, reason).id), Made
        )
    except Refused as refusal:
        return await _show(visit, dispute_id, form, refusal)
    visit.flash("dispute.decided")
    return redirect(f"/operator/disputes/{dispute_id}")


def _verdict(form: dict[str, str], currency: str) -> Verdict:
    match form.get("verdict"):
        case "whole":
            return Verdict(whole=True)
        case "part":
            return Verdict(amount_minor=amount_in(form, "amount", currency))
    return Verdict()


async def _show(
    visit: CurrentVisit,
    dispute_id: str,
    form: dict[str, str],
    refusal: Refused | None = None,
    preview: orders.RefundPreview | None = None,
) -> Response[str]:
    dispute = await visit.read(lambda s: orders.get_dispute(s, visit.scope, dispute_id))
    seller = await visit.read(lambda s: orders.get_seller_order(s, visit.scope, dispute.seller_order_id))
    return await show(
        visit,
        "desk",
        "dispute.html",
        each=dispute,
        seller=seller,
        sent=form,
        preview=preview,
        sentence=refusal.sentence if refusal else None,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (desk, one_dispute, act_on_dispute)
