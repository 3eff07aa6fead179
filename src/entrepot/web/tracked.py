"""Where a parcel is, for whoever has its link. The buyer's own link also shows the code to collect it with."""

from __future__ import annotations

import msgspec

from entrepot import deliver, identity
from entrepot.deliver import Collection, Parcel, Scan
from entrepot.kernel import NotFound, Snapshot

from .carriers import carrier_name
from .visit import CurrentVisit

PUBLIC, BUYER = "track", "collect"


class Tracked(msgspec.Struct, frozen=True):
    """What a tracking link shows: no name, no address. `collect_code` is for the buyer's own link alone."""

    state: deliver.ParcelState
    carrier: str
    tracking_no: str | None
    carrier_url: str | None
    promised_at: int | None
    expected_at: int | None
    delivered_at: int | None
    attempts: int
    scans: tuple[Scan, ...]
    pickup_point: str | None
    collect_code: str | None


async def read_tracked(visit: CurrentVisit, token: str) -> tuple[Tracked, Collection | None]:
    """What this link shows; NotFound when it is not ours."""
    parcel_id, is_buyer = visit.unsign(PUBLIC, token), False
    if parcel_id is None:
        parcel_id, is_buyer = visit.unsign(BUYER, token), True
    if parcel_id is None:
        raise NotFound("This link leads nowhere: check that it was copied whole")
    wanted = parcel_id

    def read(snapshot: Snapshot) -> tuple[Parcel, tuple[Scan, ...], int | None, Collection | None]:
        parcel = deliver.find_parcel(snapshot, wanted)
        if parcel is None:
            raise NotFound("There is no such parcel")
        [tracking] = [each for each in deliver.list_tracking(snapshot, [parcel.ref])[parcel.ref]
                      if each.parcel.id == wanted]  # fmt: skip
        expected = deliver.expected_at(snapshot, [wanted]).get(wanted)
        return parcel, tracking.scans, expected, deliver.collections(snapshot, [wanted]).get(wanted)

    parcel, scans, expected, collection = await visit.read(read)
    carrier = visit.entrepot.carriers.get(parcel.carrier)
    number = parcel.tracking_no
    return (
        Tracked(
            parcel.state, carrier_name(visit, carrier), number, carrier.tracking_url(number) if number else None,
            parcel.promised_at, expected, parcel.delivered_at, parcel.attempts, tuple(deliver.valid(scans)),
            collection.point.name if collection else None, collection.code if collection and is_buyer else None,
        ),
        collection,
    )  # fmt: skip


def tracking_address(visit: CurrentVisit, parcel_id: str, purpose: str = PUBLIC) -> str:
    """The address of a parcel's page; with the buyer's purpose, the one that shows the code."""
    return f"/track/{identity.sign(visit.entrepot.secret_key, purpose, parcel_id)}"
