"""The label of a parcel, to be printed: where it goes, and its number as bars."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import deliver
from entrepot.kernel import Invalid

from ...carriers import carrier_name
from ...params import Id
from ...rendering import render
from ...tracked import tracking_address
from ...visit import Visit


@get("/parcels/{parcel_id:str}/label", include_in_schema=False, opt={"access": "member"})
async def label(visit: Visit, parcel_id: Id) -> Response[str]:
    """The label, for the parcel's sender and the operator."""
    tracking, address = await visit.read(lambda s: deliver.label_of(s, visit.scope, parcel_id))
    number = tracking.parcel.tracking_no or tracking.parcel.id
    try:
        bars = deliver.code128(number)
    except Invalid:
        number, bars = tracking.parcel.id, deliver.code128(tracking.parcel.id)
    return await render(
        visit,
        "delivery/label.html",
        parcel=tracking.parcel,
        address=address,
        number=number,
        bars=bars,
        width=deliver.width_of(number),
        carrier=carrier_name(visit, visit.entrepot.carriers.get(tracking.parcel.carrier)),
        link=tracking_address(visit, parcel_id),
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (label,)
