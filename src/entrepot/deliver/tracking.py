"""Where a parcel is, as a fold over its scans, which come late, twice and out of order.

The fold looks at the set of scans alone, so every order of arrival gives one state. A scan that another one corrects
does not count, whichever of the two came first; the other one says what is true instead. Of what is left:

1. any `delivered` scan: delivered, at the earliest of them;
2. else any `returned` scan: returned to its sender;
3. else, when the latest scan says `lost`: lost. Whatever sees it later finds it again;
4. else any `returning` scan: on its way back, whatever else is seen on that way;
5. else what the latest scan says; of two at the same time, the one further along the way. A label says booked.

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
    "at_pickup_point": 5,
    "lost": 6,
    "returning": 7,
    "returned": 8,
    "delivered": 9,
}
_STATES: dict[ScanCode, ParcelState] = {
    "label": "booked",
    "handed_over": "handed_over",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "failed": "failed",
    "at_pickup_point": "at_pickup_point",
    "lost": "lost",
    "returning": "returning",
    "returned": "returned",
    "delivered": "delivered",
}


class Whereabouts(msgspec.Struct, frozen=True):
    """What scans tell of a parcel; `attempts` counts how often nobody opened."""

    state: ParcelState = "booked"
    handed_over_at: int | None = None
    delivered_at: int | None = None
    attempts: int = 0


def fold(scans: Iterable[Scan]) -> Whereabouts:
    """What these scans tell, in whatever order they are given and however often one is repeated."""
    known = in_order(valid(scans))
    if not known:
        return Whereabouts()
    moving = [scan.at for scan in known if scan.code != "label"]
    arrived = [scan.at for scan in known if scan.code == "delivered"]
    attempts = len({scan.source_id for scan in known if scan.code == "failed"})
    return Whereabouts(_STATES[_decisive(known)], min(moving, default=None), min(arrived, default=None), attempts)


def valid(scans: Iterable[Scan]) -> list[Scan]:
    """The scans that count: those that no other one corrects."""
    given = list(scans)
    wrong = {scan.corrects for scan in given if scan.corrects != scan.source_id}
    return [scan for scan in given if scan.source_id not in wrong]


def in_order(scans: Iterable[Scan]) -> list[Scan]:
    """Scans in the order in which they happened."""
    return sorted(scans, key=lambda scan: (scan.at, _WAY[scan.code], scan.source_id))


def _decisive(known: list[Scan]) -> ScanCode:
    codes = {scan.code for scan in known}
    latest: ScanCode = known[-1].code
    for code in ("delivered", "returned"):
        if code in codes:
            return code
    return "returning" if "returning" in codes and latest != "lost" else latest
