"""Where a parcel is, as a fold over its scans, which come late, twice and out of order.

The fold looks at the set of scans alone, so every order of arrival gives one state:

1. any `delivered` scan: delivered, at the earliest of them;
2. else any `returned` scan: returned;
3. else what the latest scan says; of two at the same time, the one further along the way. A label says booked.

Every scan but a label says that the carrier has it: since the earliest of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .types import ParcelState, Scan, ScanCode

_WAY: dict[ScanCode, int] = {
    "label": 0,
    "handed_over": 1,
    "in_transit": 2,
    "out_for_delivery": 3,
    "failed": 4,
    "returned": 5,
    "delivered": 6,
}
_STATES: dict[ScanCode, ParcelState] = {
    "label": "booked",
    "handed_over": "handed_over",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "failed": "failed",
    "returned": "returned",
    "delivered": "delivered",
}


class Whereabouts(msgspec.Struct, frozen=True):
    """What scans tell of a parcel."""

    state: ParcelState = "booked"
    handed_over_at: int | None = None
    delivered_at: int | None = None


def fold(scans: Iterable[Scan]) -> Whereabouts:
    """What these scans tell, in whatever order they are given and however often one is repeated."""
    known = in_order(scans)
    if not known:
        return Whereabouts()
    moving = [scan.at for scan in known if scan.code != "label"]
    arrived = [scan.at for scan in known if scan.code == "delivered"]
    code: ScanCode = known[-1].code
    if arrived:
        code = "delivered"
    elif any(scan.code == "returned" for scan in known):
        code = "returned"
    return Whereabouts(_STATES[code], min(moving, default=None), min(arrived, default=None))


def in_order(scans: Iterable[Scan]) -> list[Scan]:
    """Scans in the order in which they happened."""
    return sorted(scans, key=lambda scan: (scan.at, _WAY[scan.code], scan.source_id))
