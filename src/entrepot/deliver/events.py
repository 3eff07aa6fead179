"""What happened to parcels. Each is announced once, however often and in whatever order the scans come."""

from __future__ import annotations

from entrepot.kernel import Event


class ParcelHandedOver(Event, frozen=True):
    """The carrier has it; `ref` is the seller order."""

    parcel_id: str
    ref: str


class ParcelDelivered(Event, frozen=True):
    """It has arrived, at the time of the first scan that said so."""

    parcel_id: str
    ref: str
    delivered_at: int
