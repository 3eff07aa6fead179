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


class ParcelArrived(Event, frozen=True):
    """It lies at its pickup point and waits for the buyer."""

    parcel_id: str
    ref: str
    pickup_point_id: str


class ParcelReturned(Event, frozen=True):
    """It is back with its sender."""

    parcel_id: str
    ref: str


class ParcelLost(Event, frozen=True):
    """Nothing was heard of it for long, or its carrier says that it is lost."""

    parcel_id: str
    ref: str


class ParcelNotDelivered(Event, frozen=True):
    """The scan that said it had arrived was wrong, and has been corrected."""

    parcel_id: str
    ref: str
