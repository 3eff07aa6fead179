"""Parcels: what the merchant sent, and the scans that tell where it is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import deliver
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import NO_NUL, After, Id, Most, OptionalKey
from ..visit import Visit
from ..wire import Listed, Made, Moment, listed


class RecordScan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a carrier saw. `source_id` is its own number of this scan: the same one counts once."""

    code: deliver.ScanCode
    at: Moment
    place: Annotated[str, Meta(pattern=NO_NUL, max_length=200)] = ""
    source_id: Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=200)]


@endpoint("GET", "/api/parcels", access="member")
async def list_parcels(visit: Visit, after: After = None, most: Most = 50) -> Listed[deliver.Parcel]:
    """Parcels of one's organisation, newest first."""
    found = await visit.read(lambda s: deliver.list_parcels(s, visit.scope, after=after, most=most + 1))
    return listed(found, most, lambda parcel: parcel.id)


@endpoint("GET", "/api/parcels/{parcel_id:str}", access="member")
async def get_parcel(visit: Visit, parcel_id: Id) -> deliver.Tracking:
    """A parcel and its scans, in the order in which they happened."""
    return await visit.read(lambda s: deliver.get_parcel(s, visit.scope, parcel_id))


@endpoint("POST", "/api/parcels/{parcel_id:str}/scans", asks=RecordScan, access="member", status=200)
async def record_scan(visit: Visit, parcel_id: Id, asked: RecordScan, key: OptionalKey = None) -> deliver.Tracking:
    """Tell of a scan. Scans may come late, twice and out of order."""
    at = int(asked.at.timestamp()) * 1_000_000 + asked.at.microsecond
    scan = deliver.Scan(parcel_id, asked.code, at, asked.place, asked.source_id)

    def command(tx: Tx) -> Made:
        deliver.record_scan(tx, visit.scope, scan)
        return Made(parcel_id)

    await visit.once(key, command, Made)
    return await visit.read(lambda s: deliver.get_parcel(s, visit.scope, parcel_id))


ROUTES: tuple[ControllerRouterHandler, ...] = (list_parcels, get_parcel, record_scan)
