"""Models that makers submit: looked at, published with a share for the maker, or sent back with a reason."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.kernel import Invalid, Refused

from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import OPERATOR, show


class Decision(msgspec.Struct, frozen=True):
    """A share as people write it, in percent; or a reason."""

    share: str = ""
    reason: str = ""


@get("/operator/models", include_in_schema=False, opt=OPERATOR)
async def models(visit: Visit) -> Response[str]:
    """What waits, and everything else."""

    def read(snapshot: Any) -> dict[str, Any]:
        every = cloud.list_own(snapshot, visit.scope)
        makers = sorted({each.organisation for each in every})
        return {
            "submitted": cloud.list_submitted(snapshot, visit.scope),
            "others": [each for each in every if each.state != "submitted"],
            "makers": identity.organisations_of(snapshot, makers),
        }

    return await show(visit, "models", "models.html", **await visit.read(read))


@get("/operator/models/{model_id:str}", include_in_schema=False, opt=OPERATOR)
async def model(visit: Visit, model_id: Id) -> Response[str]:
    """A version, with everything that a decision needs."""
    return await _show(visit, model_id)


@post("/operator/models/{model_id:str}/publish", include_in_schema=False, opt=OPERATOR)
async def publish(visit: Visit, model_id: Id) -> Response[str] | Response[None]:
    """Publish it."""
    form = await visit.fields(Decision)
    try:
        share = read_percent(form.share)
        await visit.write(lambda tx: cloud.publish_model(tx, visit.scope, model_id, share))
    except Refused as refusal:
        return await _show(visit, model_id, form, refusal)
    visit.flash("models.live")
    return redirect(f"/operator/models/{model_id}")


@post("/operator/models/{model_id:str}/refuse", include_in_schema=False, opt=OPERATOR)
async def refuse(visit: Visit, model_id: Id) -> Response[str] | Response[None]:
    """Send it back."""
    form = await visit.fields(Decision)
    try:
        await visit.write(lambda tx: cloud.refuse_model(tx, visit.scope, model_id, form.reason))
    except Invalid as refusal:
        return await _show(visit, model_id, form, refusal)
    visit.flash("models.refused")
    return redirect("/operator/models")


@post("/operator/models/{model_id:str}/share", include_in_schema=False, opt=OPERATOR)
async def share(visit: Visit, model_id: Id) -> Response[str] | Response[None]:
    """Change the maker's share."""
    form = await visit.fields(Decision)
    try:
        bps = read_percent(form.share)
        await visit.write(lambda tx: cloud.set_share(tx, visit.scope, model_id, bps))
    except Refused as refusal:
        return await _show(visit, model_id, form, refusal)
    visit.flash("models.shared")
    return redirect(f"/operator/models/{model_id}")


@post("/operator/models/{model_id:str}/withdraw", include_in_schema=False, opt=OPERATOR)
async def withdraw(visit: Visit, model_id: Id) -> Response[None]:
    """Take it back."""
    await visit.write(lambda tx: cloud.withdraw_model(tx, visit.scope, model_id))
    visit.flash("models.withdrawn")
    return redirect(f"/operator/models/{model_id}")


def read_percent(text: str) -> int:
    """Hundredths of a percent from a text such as 70 or 12.5."""
    plain = text.strip().removesuffix("%").strip()
    whole, _, rest = plain.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 3 and len(rest) <= 2 and (rest or "0").isdecimal()):
        raise Invalid("Write a share such as 70 or 12.5", fields={"share": "such as 70"})
    bps = int(whole) * 100 + int((rest + "00")[:2])
    if bps > 10_000:
        raise Invalid("A share is at most 100 percent", fields={"share": "at most 100"})
    return bps


def write_percent(bps: int) -> str:
    """A share as people write it."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


async def _show(
    visit: Visit, model_id: str, form: Decision | None = None, refusal: Refused | None = None
) -> Response[str]:
    def read(snapshot: Any) -> dict[str, Any]:
        model = cloud.get_own(snapshot, visit.scope, model_id)
        book = cloud.find_price_book(snapshot, model.name, snapshot.now)
        above = cloud.ancestors(snapshot, model)
        return {
            "model": model, "book": book, "made_from": [f"{each.name}@{each.version}" for each in above] or
            ([model.base] if model.base else []), "made_of_it": cloud.descendants(snapshot, model),
            "maker": identity.organisations_of(snapshot, [model.organisation]).get(model.organisation),
        }  # fmt: skip

    found = await visit.read(read)
    agreed = found["model"].share_bps if found["model"].state == "submitted" else None
    bps = agreed if agreed is not None else (found["book"].maker_bps if found["book"] else cloud.SHARE_BPS)
    return await show(
        visit, "models", "model.html", **found, terms=cloud.terms_of(found["model"].licence), per=cloud.METERS,
        share=form.share if form else write_percent(bps), now_share=write_percent(found["book"].maker_bps)
        if found["book"] else None, reason=form.reason if form else "", currency=visit.entrepot.settings.cloud.currency,
        is_house=found["model"].organisation == cloud.SHOP,
        sentence=refusal.sentence if refusal else None, errors=refusal.fields if refusal else {},
        status=400 if refusal else 200,
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (models, model, publish, refuse, share, withdraw)
