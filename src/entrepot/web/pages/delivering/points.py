"""The operator's pickup points: where buyers collect, how much room there is, and the link of each one's staff."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import deliver, identity
from entrepot.deliver import PickupPoint, PickupPointDraft, Point
from entrepot.deliver.coordinates import read_degrees
from entrepot.identity import Address
from entrepot.kernel import Refused, Tx

from ...countries import list_countries
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import with_id
from ..operator.console import OPERATOR, show
from . import forms
from .setup import NOWHERE
from .staff import staff_address

PAGE = "/operator/points"


@get(PAGE, include_in_schema=False, opt=OPERATOR)
async def points(visit: Visit, point: MaybeInQuery = None) -> Response[str]:
    """Every point, and a form for one more or to change one."""
    return await _show(visit, chosen=point)


@post(PAGE, include_in_schema=False, opt=OPERATOR)
async def save_point(visit: Visit) -> Response[Any]:
    """Save a point."""
    form = await visit.form()
    address = Address(**{name: form.get(name, "").strip() for name in Address.__struct_fields__})
    try:
        draft = _draft(form, address)

        def save(tx: Tx) -> None:
            saved = deliver.save_point(tx, visit.scope, draft)
            identity.audit(tx, visit.scope, "deliver.save_point", saved.id)

        await visit.write(save)
    except Refused as refusal:
        return await _show(visit, refusal, address, chosen=form.get("id") or None, form=form)
    visit.flash("form.saved")
    return redirect(PAGE)


@post(f"{PAGE}/{{point_id:str}}/link", include_in_schema=False, opt=OPERATOR)
async def renew_link(visit: Visit, point_id: Id) -> Response[Any]:
    """Give the staff a new link; the old one leads nowhere from now on."""

    def renew(tx: Tx) -> None:
        deliver.renew_staff_link(tx, visit.scope, point_id)
        identity.audit(tx, visit.scope, "deliver.renew_staff_link", point_id)

    await visit.write(renew)
    visit.flash("form.saved")
    return redirect(PAGE)


def _draft(form: forms.Form, address: Address) -> PickupPointDraft:
    latitude, longitude = form.get("latitude", "").strip(), form.get("longitude", "").strip()
    point = Point(read_degrees(latitude, 90), read_degrees(longitude, 180)) if latitude or longitude else None
    return PickupPointDraft(
        form.get("point_name", "").strip(), address, forms.whole(form, "capacity") or 0,
        forms.whole(form, "kept_days") or 0, forms.hours_of(form), point, "is_open" in form, form.get("id") or None,
    )  # fmt: skip


async def _show(
    visit: CurrentVisit,
    refusal: Refused | None = None,
    address: Address = NOWHERE,
    *,
    chosen: str | None = None,
    form: forms.Form | None = None,
) -> Response[str]:
    found = await visit.read(lambda s: deliver.list_points(s, visit.scope))
    free = await visit.read(lambda s: deliver.free_places(s, [each.id for each in found]))
    point: PickupPoint | None = with_id(found, chosen) if chosen else None
    return await show(
        visit,
        "delivery",
        "points.html",
        status=400 if refusal else 200,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        points=found,
        free=free,
        point=point,
        form=forms.Written(form or {}),
        address=point.address if point and not refusal else address,
        countries=list_countries(visit.language),
        links={each.id: staff_address(visit, each) for each in found},
        weekdays=forms.WEEKDAYS,
        forms_=forms,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (points, save_point, renew_link)
"""Shown in the operator's console."""
