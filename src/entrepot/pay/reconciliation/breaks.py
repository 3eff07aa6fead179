"""Breaks: where a file and the ledger do not agree. Each has an owner, grows old before everybody's eyes, and is
resolved once, with a reason; what is booked then is a transfer of its own, named after the break."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, tuple_, update

from entrepot import ledger
from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import (
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    derive_id,
    in_set,
    prepare,
    prepare_text,
)

from .. import accounts, tables
from .types import BOOKED, Break, Resolution

NOTE_LENGTH_MAX = 1_000
_UNKNOWN, _RESOLVED = "There is no such break", "This break was resolved meanwhile"
LISTED_MAX = 500


def list_breaks(
    snapshot: Snapshot, scope: Scope, *, is_open: bool = True, after: str = "", most: int = 200
) -> list[Break]:
    """Breaks for the operator: open ones, the oldest first; or those that were resolved last. `after` is the last open
    one seen."""
    require_operator(scope)
    if not is_open:
        return snapshot.all(_resolved, most=min(most, LISTED_MAX))
    seen = snapshot.one(_by_id, id=after) if after else None
    since = {"opened_at": seen.opened_at if seen else 0, "id": seen.id if seen else ""}
    return snapshot.all(_open, most=min(most, LISTED_MAX), **since)


def count_breaks(snapshot: Snapshot, scope: Scope) -> tuple[int, int | None]:
    """How many breaks are open, and since when the oldest is."""
    require_operator(scope)
    row = snapshot.one(_count)
    return (0, None) if row is None else (int(row.open), row.oldest)


def take_break(tx: Tx, scope: Scope, break_id: str, owner: str | None) -> None:
    """Say who looks into a break; None hands it back."""
    require_operator(scope)
    if tx.run(_own, id_=break_id, owner_=owner) == 0:
        raise Conflict(_RESOLVED) if tx.one(_by_id, id=break_id) else NotFound(_UNKNOWN)
    audit(tx, scope, "pay.take_break", break_id, {"owner": owner})


def resolve_break(tx: Tx, scope: Scope, break_id: str, resolution: Resolution, note: str) -> Break:
    """End a break with a reason. `fee`, `transfer` and `difference` post what the file has beyond the ledger.

    Conflict when it was resolved before. Invalid without a reason, or when there is nothing to post.
    """
    require_operator(scope)
    note = note.strip()
    if not 3 <= len(note) <= NOTE_LENGTH_MAX or "\0" in note:
        raise Invalid("Say why: a few words for whoever looks at it next year", fields={"note": "Say why"})
    if resolution == "matched":
        raise Invalid("Only a line that comes later can match a break", fields={"resolution": "Choose another"})
    found = tx.one(_locked, id=break_id)
    if found is None:
        raise NotFound(_UNKNOWN)
    if found.resolved_at is not None:
        raise Conflict(_RESOLVED)
    ledger.post(tx, booking_plan(found, resolution))
    tx.run(_resolve, id_=break_id, resolution_=resolution, note_=note, now_=tx.now, by_=scope.actor)
    audit(tx, scope, "pay.resolve_break", break_id, {"resolution": resolution, "amount": found.difference_minor})
    return msgspec.structs.replace(found, resolution=resolution, note=note, resolved_at=tx.now, resolved_by=scope.actor)


def booking_plan(found: Break, resolution: Resolution) -> ledger.Plan:
    """What a resolution posts: between the processor's account with us and what the money was for."""
    if resolution not in BOOKED:
        return ledger.Plan()
    amount_minor = found.difference_minor
    if amount_minor == 0:
        raise Invalid("There is nothing to book: both sides say the same")
    theirs = accounts.processor(found.processor, found.currency)
    other = {
        "fee": accounts.processor_fees, "transfer": accounts.own_bank, "difference": accounts.differences
    }[resolution](found.currency)  # fmt: skip
    debit, credit = (theirs, other) if amount_minor > 0 else (other, theirs)
    move_id = derive_id("trf", found.id, resolution)
    code = f"pay.reconcile.{resolution}"
    return ledger.Plan.of(ledger.Move(move_id, debit, credit, abs(amount_minor), code, found.id))


def open_breaks(tx: Tx, breaks: Sequence[Break]) -> None:
    """Open breaks; one that is open already learns the newer figures, one that somebody resolved stays resolved."""
    if breaks:
        tx.run_many(_insert, [msgspec.structs.asdict(each) for each in breaks])


def close_breaks(tx: Tx, subjects: Sequence[str], resolution: Resolution) -> None:
    """End the breaks of these subjects, for a line that came later has settled them."""
    if subjects:
        tx.run(_close, subjects=list(subjects), resolution_=resolution, now_=tx.now)


class _Count(msgspec.Struct):
    open: int
    oldest: int | None


_b = tables.breaks.c
_COLUMNS = tuple(_b[name] for name in Break.__struct_fields__)
_every = select(*_COLUMNS)
_by_id: Prepared[Break] = prepare(_every.where(_b.id == bindparam("id")), Break)
_locked: Prepared[Break] = prepare(_every.where(_b.id == bindparam("id")).with_for_update(), Break)
_open: Prepared[Break] = prepare(
    _every.where(
        _b.resolved_at.is_(None), tuple_(_b.opened_at, _b.id) > tuple_(bindparam("opened_at"), bindparam("id"))
    )
    .order_by(_b.opened_at, _b.id)
    .limit(bindparam("most")),
    Break,
)
_resolved: Prepared[Break] = prepare(
    _every.where(_b.resolved_at.isnot(None)).order_by(_b.resolved_at.desc(), _b.id).limit(bindparam("most")),
    Break,
)
_count: Prepared[Any] = prepare_text(
    "SELECT COUNT(*), MIN(opened_at) FROM pay_breaks WHERE resolved_at IS NULL", _Count
)
_NAMES = Break.__struct_fields__
_insert: Prepared[Any] = prepare_text(
    f"INSERT INTO pay_breaks ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, theirs_minor = excluded.theirs_minor, "
    "ours_minor = excluded.ours_minor WHERE pay_breaks.resolved_at IS NULL"
)
_own: Prepared[Any] = prepare(
    update(tables.breaks).where(_b.id == bindparam("id_"), _b.resolved_at.is_(None)).values(owner=bindparam("owner_"))
)
_ended: dict[str, Any] = {"resolution": bindparam("resolution_"), "resolved_at": bindparam("now_")}
_resolve: Prepared[Any] = prepare(
    update(tables.breaks)
    .where(_b.id == bindparam("id_"), _b.resolved_at.is_(None))
    .values(**_ended, note=bindparam("note_"), resolved_by=bindparam("by_"))
)
_close: Prepared[Any] = prepare(
    update(tables.breaks).where(in_set(_b.subject, "subjects"), _b.resolved_at.is_(None)).values(**_ended)
)
