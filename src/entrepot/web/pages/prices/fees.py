"""What the platform takes of a sale, beside the commission that was agreed with each merchant."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, orders
from entrepot.kernel import Refused
from entrepot.orders import FeeDraft

from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from ..operator.console import OPERATOR, show
from ..reading import amounts_of, bps_of, day_of

HERE = "/operator/fees"


class FeeForm(msgspec.Struct, frozen=True):
    """A fee as it is typed."""

    name: str = ""
    kind: str = "extra"
    percent: str = ""
    fixed: str = ""
    merchant_id: str = ""
    category: str = ""
    valid_from: str = ""
    valid_to: str = ""


@get(HERE, include_in_schema=False, opt=OPERATOR)
async def fees(visit: Visit) -> Response[str]:
    """Every fee."""
    return await _show(visit, FeeForm())


@post(HERE, include_in_schema=False, opt=OPERATOR)
async def save_fee(visit: Visit) -> Response[Any]:
    """Keep a fee."""
    form = await visit.fields(FeeForm)
    try:
        draft = FeeDraft(
            name=form.name,
            kind=cast(Any, "commission" if form.kind == "commission" else "extra"),
            bps=bps_of(form.percent, "bps"),
            fixed=amounts_of(form.fixed, "fixed"),
            merchant_id=form.merchant_id,
            category=form.category.strip(),
            valid_from=day_of(form.valid_from, "valid_from"),
            valid_to=day_of(form.valid_to, "valid_to"),
        )
        await visit.write(lambda tx: orders.save_fee(tx, visit.scope, draft))
    except Refused as refusal:
        return await _show(visit, form, refusal)
    visit.flash("form.saved")
    return redirect(HERE)


@post(HERE + "/{fee_id:str}/delete", include_in_schema=False, opt=OPERATOR)
async def delete_fee(visit: Visit, fee_id: Id) -> Response[Any]:
    """Take a fee out."""
    await visit.write(lambda tx: orders.delete_fee(tx, visit.scope, fee_id))
    return redirect(HERE)


async def _show(visit: Visit, form: FeeForm, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: orders.list_fees(s, scope))
    named = sorted({rule.merchant_id for rule in found if rule.merchant_id})
    merchants = await visit.read(lambda s: catalog.merchants_of(s, named))
    return await show(
        visit,
        "fees",
        "fees.html",
        status=400 if refusal else 200,
        form=form,
        fees=found,
        names={merchant_id: merchant.name for merchant_id, merchant in merchants.items()},
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (fees, save_fee, delete_fee)
