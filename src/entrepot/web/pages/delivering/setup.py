"""What a merchant sets up for its deliveries, and the operator for the platform: one page, in either console.

A handler here acts for whoever asks: a merchant for its organisation, the operator for the platform.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot import deliver
from entrepot.deliver import Box, Covered, Handling, Location, PickupPoint, RateSheet, Zone
from entrepot.identity import Address
from entrepot.kernel import Invalid, NotFound, Refused, Snapshot

from ...countries import list_countries
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import with_id
from . import forms

NOWHERE = Address(name="", line1="", line2="", city="", region="", postal_code="", country="", phone="")
FILE_BYTES_MAX = 1 << 20
Show = Callable[..., Awaitable[Response[str]]]


class SetUp(msgspec.Struct, frozen=True):
    """Everything that the page shows."""

    locations: Sequence[Location]
    sheets: Sequence[RateSheet]
    zones: Sequence[Zone]
    boxes: Sequence[Box]
    handling: Handling
    coverage: Sequence[Covered]
    points: Sequence[PickupPoint]


class Side:
    """One console: where its page is, who may see it, how it is shown, and in which currency it prices."""

    def __init__(
        self,
        prefix: str,
        page: str,
        opt: dict[str, Any],
        show: Show,
        currency: Callable[[CurrentVisit], Awaitable[str]],
        more: Callable[[CurrentVisit], Awaitable[dict[str, Any]]],
    ) -> None:
        self.prefix, self.page, self.opt = prefix, page, opt
        self._show, self.currency, self._more = show, currency, more

    def routes(self) -> tuple[ControllerRouterHandler, ...]:
        """The page and its forms."""
        return (
            self._get("", self.see),
            self._get("/sheets.csv", self.export),
            self._post("locations", self.add_location),
            self._post("sheets", self.save_sheet),
            self._post("sheets/{sheet_id:str}/delete", self.delete_sheet),
            self._post("sheet-files", self.read_file, request_max_body_size=FILE_BYTES_MAX),
            self._post("zones", self.save_zone),
            self._post("zones/{zone_id:str}/delete", self.delete_zone),
            self._post("boxes", self.save_box),
            self._post("boxes/{box_id:str}/delete", self.delete_box),
            self._post("handling", self.save_handling),
        )

    def _get(self, path: str, handler: Callable[..., Any]) -> ControllerRouterHandler:
        return get(f"{self.page}{path}", include_in_schema=False, opt=self.opt)(handler)

    def _post(self, path: str, handler: Callable[..., Any], **more: Any) -> ControllerRouterHandler:
        return post(f"{self.prefix}/{path}", include_in_schema=False, opt=self.opt, **more)(handler)

    async def see(
        self, visit: Visit, sheet: MaybeInQuery = None, zone: MaybeInQuery = None, box: MaybeInQuery = None
    ) -> Response[str]:
        """The page; with something of it chosen to be changed."""
        return await self.show(visit, chosen={"sheet": sheet, "zone": zone, "box": box})

    async def export(self, visit: Visit) -> Response[str]:
        """The sheets as a file."""
        text = await visit.read(lambda s: deliver.write_sheets(s, visit.scope))
        headers = {"Content-Disposition": 'attachment; filename="delivery-sheets.csv"'}
        return Response(text, media_type="text/csv", headers=headers)

    async def add_location(self, visit: Visit) -> Response[Any]:
        """Add a place."""
        form = await visit.form()
        address = Address(**{name: form.get(name, "").strip() for name in Address.__struct_fields__})
        name = form.get("location_name", "").strip()
        try:
            await visit.write(lambda tx: deliver.add_location(tx, visit.scope, name, address))
        except Refused as refusal:
            return await self.show(visit, refusal, "location", address)
        return self.saved(visit)

    async def save_sheet(self, visit: Visit) -> Response[Any]:
        """Save a rate sheet."""
        form = await visit.form()
        currency = await self.currency(visit)
        try:
            zones = await visit.read(lambda s: deliver.list_zones(s, visit.scope))
            before = await self._before(visit, deliver.list_rate_sheets, form.get("id", ""))
            draft = forms.sheet_draft(form, currency, zones, before)
            await visit.write(lambda tx: deliver.save_rate_sheet(tx, visit.scope, draft))
        except Refused as refusal:
            return await self.show(visit, refusal, "sheet", chosen={"sheet": form.get("id") or None}, form=form)
        return self.saved(visit)

    async def delete_sheet(self, visit: Visit, sheet_id: Id) -> Response[Any]:
        """Offer a sheet no longer."""
        await visit.write(lambda tx: deliver.delete_rate_sheet(tx, visit.scope, sheet_id))
        return redirect(self.page)

    async def read_file(self, visit: Visit) -> Response[Any]:
        """Save every sheet of a file."""
        try:
            text = await _text_of(visit)
            await visit.write(lambda tx: deliver.read_sheets(tx, visit.scope, text))
        except Refused as refusal:
            return await self.show(visit, refusal, "file")
        return self.saved(visit)

    async def save_zone(self, visit: Visit) -> Response[Any]:
        """Save a zone."""
        form = await visit.form()
        zone_id = form.get("id") or None
        places = deliver.split_places(form.get("places", ""))
        name = form.get("name", "")
        try:
            await visit.write(lambda tx: deliver.save_zone(tx, visit.scope, name, places, zone_id))
        except Refused as refusal:
            return await self.show(visit, refusal, "zone", chosen={"zone": zone_id}, form=form)
        return self.saved(visit)

    async def delete_zone(self, visit: Visit, zone_id: Id) -> Response[Any]:
        """Delete a zone and the rates for it."""
        await visit.write(lambda tx: deliver.delete_zone(tx, visit.scope, zone_id))
        return redirect(self.page)

    async def save_box(self, visit: Visit) -> Response[Any]:
        """Save a box."""
        form = await visit.form()
        try:
            draft = forms.box_draft(form, form.get("id") or None)
            await visit.write(lambda tx: deliver.save_box(tx, visit.scope, draft))
        except Refused as refusal:
            return await self.show(visit, refusal, "box", chosen={"box": form.get("id") or None}, form=form)
        return self.saved(visit)

    async def delete_box(self, visit: Visit, box_id: Id) -> Response[Any]:
        """Pack into a box no longer."""
        await visit.write(lambda tx: deliver.delete_box(tx, visit.scope, box_id))
        return redirect(self.page)

    async def save_handling(self, visit: Visit) -> Response[Any]:
        """Save working hours."""
        form = await visit.form()
        try:
            handling = forms.handling_of(form)
            await visit.write(lambda tx: deliver.save_handling(tx, visit.scope, handling))
        except Refused as refusal:
            return await self.show(visit, refusal, "handling")
        return self.saved(visit)

    def saved(self, visit: CurrentVisit) -> Response[Any]:
        """Back to the page, with a word that it is done."""
        visit.flash("form.saved")
        return redirect(self.page)

    async def show(
        self,
        visit: CurrentVisit,
        refusal: Refused | None = None,
        kind: str = "",
        address: Address = NOWHERE,
        *,
        chosen: dict[str, str | None] | None = None,
        form: forms.Form | None = None,
    ) -> Response[str]:
        """The page; after a refusal with what was written still in the form of that kind."""
        scope = visit.scope

        def read(snapshot: Snapshot) -> SetUp:
            return SetUp(
                deliver.list_locations(snapshot, scope),
                deliver.list_rate_sheets(snapshot, scope),
                deliver.list_zones(snapshot, scope),
                deliver.list_boxes(snapshot, scope),
                deliver.get_handling(snapshot, scope),
                deliver.coverage(snapshot, scope),
                deliver.list_points(snapshot, scope),
            )

        found = await visit.read(read)
        ids = chosen or {}
        return await self._show(
            visit,
            refusal,
            kind=kind,
            address=address,
            form=forms.Written(form or {}),
            side=self,
            countries=list_countries(visit.language),
            currency=await self.currency(visit),
            setup=found,
            zones_by_id={zone.id: zone for zone in found.zones},
            sheet=_chosen(found.sheets, ids.get("sheet")),
            zone=_chosen(found.zones, ids.get("zone")),
            box=_chosen(found.boxes, ids.get("box")),
            target=visit.entrepot.settings.deliver.promise_target_percent,
            forms_=forms,
            weekdays=forms.WEEKDAYS,
            **await self._more(visit),
        )

    async def _before(self, visit: CurrentVisit, listing: Callable[..., Any], row_id: str) -> Any:
        if not row_id:
            return None
        return with_id(await visit.read(lambda s: listing(s, visit.scope)), row_id)


def _chosen(rows: Sequence[Any], row_id: str | None) -> Any:
    if row_id is None:
        return None
    found = next((row for row in rows if row.id == row_id), None)
    if found is None:
        raise NotFound("This was there, and is no longer")
    return found


async def _text_of(visit: CurrentVisit) -> str:
    form = await visit.request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid(visit.say("import.no_file"))
    try:
        return (await file.read()).decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The file is no text in UTF-8: save it as CSV UTF-8") from None
