"""What must be true of deliver's rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, from_json, prepare

from . import tables
from .parcels import PARCEL_COLUMNS, SCAN_COLUMNS
from .pickup import PickupPoint, free_account, taken_account
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


def shelves(snapshot: Snapshot) -> Finding:
    """Of each pickup point, what the ledger says is taken is what its rows say, and its shelf is as large as it is."""
    rows = snapshot.all(_places)
    points = snapshot.all(_points)
    counted: dict[str, dict[str, int]] = {row.id: {} for row in points}
    for row in rows:
        counted.setdefault(row.point_id, {})[row.state] = int(row.places)
    accounts = {point_id: (free_account(point_id), taken_account(point_id)) for point_id in counted}
    balances = ledger.balances_of(snapshot, [each for pair in accounts.values() for each in pair]) if accounts else {}
    capacity = {row.id: from_json(row.body, PickupPoint).capacity for row in points}
    breaches = []
    for point_id, (free, taken) in accounts.items():
        held, lying = counted[point_id].get("held", 0), counted[point_id].get("arrived", 0)
        shelf, used = balances[free.id], balances[taken.id]
        if (shelf.pending_debits, used.balance) != (held, lying):
            breaches.append(
                f"{point_id} holds {held} and has {lying}, and the ledger {shelf.pending_debits} and {used.balance}"
            )
        if shelf.balance + used.balance != capacity.get(point_id):
            breaches.append(
                f"{point_id} has {capacity.get(point_id)} places, and the ledger {shelf.balance + used.balance}"
            )
    return Finding(len(points), breaches)


PROOFS = (
    Proof("deliver.tracking", "every parcel is where its scans say", whereabouts),
    Proof("deliver.shelves", "every place on a shelf of a pickup point is free, held or taken", shelves),
    Proof("deliver.promises", "every parcel carries the promise its buyer was given", promises),
)

_p, _q, _s, _u = tables.parcels.c, tables.quotes.c, tables.shelf_places.c, tables.pickup_points.c
_places: Prepared[Any] = prepare(
    select(_s.point_id, _s.state, func.count().label("places")).group_by(_s.point_id, _s.state)
)
_points: Prepared[Any] = prepare(select(_u.id, _u.body))
_parcels: Prepared[Parcel] = prepare(select(*PARCEL_COLUMNS), Parcel)
_scans: Prepared[Scan] = prepare(select(*SCAN_COLUMNS), Scan)
_promised: Prepared[Any] = prepare(
    select(_p.id, _p.quote_id, _p.promised_at, _q.promised_at.label("quoted_at")).join_from(
        tables.parcels, tables.quotes, _p.quote_id == _q.id, isouter=True
    )
)
