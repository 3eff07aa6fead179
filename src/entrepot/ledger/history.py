"""What was posted, in an order that grows only at its end: sealed transfers by position, then the unsealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, union_all

from entrepot.kernel import NotFound, Prepared, Snapshot, prepare

from . import tables
from .types import Account, Transfer

MOST_MAX = 1_000


def list_transfers(
    snapshot: Snapshot,
    *,
    account: Account | None = None,
    ref: str | None = None,
    after: str | None = None,
    most: int = 100,
) -> list[Transfer]:
    """Transfers of an account, of a ref, of both or all, oldest first, behind the one whose id is `after`.

    At most 1,000 at a time. NotFound when there is no transfer `after`.
    """
    position, serial = (0, 0) if after is None else _place_of(snapshot, after)
    params: dict[str, Any] = {"position": position, "serial": serial, "most": max(1, min(most, MOST_MAX))}
    if account is not None:
        params["account"] = account.id
    if ref is not None:
        params["ref"] = ref
    return snapshot.all(_pages[account is not None, ref is not None], **params)


def list_latest(snapshot: Snapshot, account: Account, *, before: str | None = None, most: int = 100) -> list[Transfer]:
    """Transfers of an account, newest first, from the one before the id `before` on. NotFound when there is none."""
    position, serial = (2**62, 2**62) if before is None else _place_of(snapshot, before)
    is_sealed = before is not None and serial == 0
    return snapshot.all(
        _latest,
        account=account.id,
        position=position if is_sealed else 2**62,
        serial=0 if is_sealed else serial,
        most=max(1, min(most, MOST_MAX)),
    )


def _place_of(snapshot: Snapshot, transfer_id: str) -> tuple[int, int]:
    """Behind which position, and behind which serial among the unsealed, a page begins."""
    row = snapshot.one(_place, id=transfer_id)
    if row is None:
        raise NotFound(f"There is no transfer {transfer_id}")
    return (row.position, 0) if row.position is not None else (2**62, row.serial)


_t = tables.transfers.c
_shown = (
    _t.id, _t.kind, _t.debit, _t.credit, _t.unit, _t.amount, _t.code, _t.ref, _t.hold, _t.final, _t.expires_at, _t.at,
    _t.position,
)  # fmt: skip
_place: Prepared[Any] = prepare(select(_t.position, _t.serial).where(_t.id == bindparam("id")))


def _page(sides: Sequence[ColumnElement[Any] | None], by_ref: bool) -> Prepared[Transfer]:
    """A page as the union of parts that each walk one index: the sealed of each side, and the unsealed."""
    every = select(*_shown, _t.serial)
    if by_ref:
        every = every.where(_t.ref == bindparam("ref"))
    parts = [
        _of_side(every, side).where(_t.position > bindparam("position")).order_by(_t.position) for side in sides
    ] + [_of_either(every, sides).where(_t.position.is_(None), _t.serial > bindparam("serial")).order_by(_t.serial)]
    parts = [select(each.limit(bindparam("most")).subquery()) for each in parts]
    found = union_all(*parts).subquery()
    columns = [found.c[column.name] for column in _shown]
    order = (found.c.position.is_(None), found.c.position, found.c.serial)
    return prepare(select(*columns).order_by(*order).limit(bindparam("most")), Transfer)


def _backwards() -> Prepared[Transfer]:
    """The same the other way round: the unsealed are the newest."""
    every, sides = select(*_shown, _t.serial), (_t.debit, _t.credit)
    parts = [
        _of_side(every, side).where(_t.position < bindparam("position")).order_by(_t.position.desc()) for side in sides
    ] + [
        _of_either(every, sides)
        .where(_t.position.is_(None), _t.serial < bindparam("serial"))
        .order_by(_t.serial.desc())
    ]
    parts = [select(each.limit(bindparam("most")).subquery()) for each in parts]
    found = union_all(*parts).subquery()
    columns = [found.c[column.name] for column in _shown]
    order = (found.c.position.is_not(None), found.c.position.desc(), found.c.serial.desc())
    return prepare(select(*columns).order_by(*order).limit(bindparam("most")), Transfer)


def _of_side(every: Select[Any], side: ColumnElement[Any] | None) -> Select[Any]:
    return every if side is None else every.where(side == bindparam("account"))


def _of_either(every: Select[Any], sides: Sequence[ColumnElement[Any] | None]) -> Select[Any]:
    """Of the unsealed, which no index has by account: they are walked once for both sides."""
    named = [side == bindparam("account") for side in sides if side is not None]
    return every.where(or_(*named)) if named else every


_latest = _backwards()
_pages = {
    (by_account, by_ref): _page([_t.debit, _t.credit] if by_account else [None], by_ref)
    for by_account in (False, True)
    for by_ref in (False, True)
}
