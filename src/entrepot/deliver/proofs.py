"""What must be true of deliver's rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import tables
from .parcels import PARCEL_COLUMNS, SCAN_COLUMNS
from .tracking import fold
from .types import Parcel, Scan


def whereabouts(snapshot: Snapshot) -> Finding:
    """Each parcel is where its scans say; none is delivered without a scan that says so."""
    scans: dict[str, list[Scan]] = {}
    for scan in snapshot.all(_scans):
        scans.setdefault(scan.parcel_id, []).append(scan)
    parcels = snapshot.all(_parcels)
    breaches = []
    for parcel in parcels:
        told = fold(scans.pop(parcel.id, ()))
        if (parcel.state, parcel.handed_over_at, parcel.delivered_at, parcel.attempts) != (
            told.state,
            told.handed_over_at,
            told.delivered_at,
            told.attempts,
        ):
            breaches.append(f"{parcel.id} is {parcel.state}, and its scans say {told.state}")
    breaches += [f"{parcel_id} has scans and was never booked" for parcel_id in scans]
    return Finding(len(parcels), breaches)


def promises(snapshot: Snapshot) -> Finding:
    """Each parcel carries the promise that its buyer was given with the quote."""
    rows = snapshot.all(_promised)
    breaches = [
        f"{row.id} was promised for {row.promised_at}, and its quote says {row.quoted_at}"
        for row in rows
        if row.quote_id is not None and row.promised_at != row.quoted_at
    ]
    return Finding(len(rows), breaches)


PROOFS = (
    Proof("deliver.tracking", "every parcel is where its scans say", whereabouts),
    Proof("deliver.promises", "every parcel carries the promise its buyer was given", promises),
)

_p, _q = tables.parcels.c, tables.quotes.c
_parcels: Prepared[Parcel] = prepare(select(*PARCEL_COLUMNS), Parcel)
_scans: Prepared[Scan] = prepare(select(*SCAN_COLUMNS), Scan)
_promised: Prepared[Any] = prepare(
    select(_p.id, _p.quote_id, _p.promised_at, _q.promised_at.label("quoted_at")).join_from(
        tables.parcels, tables.quotes, _p.quote_id == _q.id, isouter=True
    )
)
