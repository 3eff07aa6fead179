"""The rows of returns: found, kept from others while they change, and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.kernel import NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .claims import Return, ReturnLine, ReturnStatus
from .records import lock_seller
from .types import SellerOrder

COMING = (ReturnStatus.SENT, ReturnStatus.ARRIVED)


def lock(tx: Tx, return_id: str) -> tuple[Return, SellerOrder]:
    """A return and its seller order, kept from others until the commit: the seller order first, always."""
    seller_order_id = tx.value(_seller_of, id=return_id)
    if seller_order_id is None:
        raise NotFound("There is no such return")
    seller = lock_seller(tx, str(seller_order_id))
    row = tx.one(_return_locked, id=return_id)
    assert row is not None
    return row, seller


def lines_of(snapshot: Snapshot, return_id: str) -> list[ReturnLine]:
    return snapshot.all(_lines_of, return_id=return_id)


def find_return(snapshot: Snapshot, return_id: str) -> Return | None:
    """A return, whoever asks."""
    return snapshot.one(_return, id=return_id)


def insert_return(tx: Tx, row: Return, pieces: Sequence[ReturnLine]) -> None:
    """Store a new return."""
    tx.send(_insert, **msgspec.structs.asdict(row))
    tx.run_many(_insert_line, [msgspec.structs.asdict(each) for each in pieces])


def store(tx: Tx, row: Return) -> None:
    """Write what has changed of a locked return."""
    values = msgspec.structs.asdict(row)
    tx.send(_store, **{f"{name}_": values[name] for name in ("id", *_MUTABLE)})


def store_found(tx: Tx, return_id: str, line_id: str, accepted: int, restocked: int) -> None:
    """Write what was found of a line that came back."""
    tx.send(_set_found, return_id_=return_id, line_id_=line_id, accepted_=accepted, restocked_=restocked)


def waiting_pieces(snapshot: Snapshot, seller_order_id: str) -> dict[str, int]:
    """Pieces of each line that are in open returns."""
    found: dict[str, int] = {}
    for row in snapshot.all(_waiting, seller_order_id=seller_order_id):
        found[row.line_id] = found.get(row.line_id, 0) + int(row.quantity)
    return found


def returns_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, list[Return]]:
    """The returns of these seller orders, oldest first."""
    found: dict[str, list[Return]] = {seller_id: [] for seller_id in seller_order_ids}
    for row in snapshot.all(_of_sellers, ids=list(seller_order_ids)):
        found[row.seller_order_id].append(row)
    return found


def pieces_of(snapshot: Snapshot, return_ids: Sequence[str]) -> dict[str, list[ReturnLine]]:
    """What is in these returns."""
    found: dict[str, list[ReturnLine]] = {return_id: [] for return_id in return_ids}
    for row in snapshot.all(_pieces_of, ids=list(return_ids)):
        found[row.return_id].append(row)
    return found


def list_due_returns(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Returns whose time in their status is over, by id, behind `after`."""
    return [
        row.id
        for row in snapshot.all(_due, coming=[str(each) for each in COMING], now=snapshot.now, after=after, most=most)
    ]


_MUTABLE = (
    "status", "answered_at", "answered_by", "answer", "label", "send_by", "carrier", "tracking_no", "parcel_id",
    "sent_at", "arrived_at", "inspect_by", "inspected_at", "finding", "picture", "refund_id", "closed_at",
)  # fmt: skip
_r, _i = tables.returns.c, tables.return_lines.c
_insert: Prepared[Any] = prepare(insert(tables.returns).values({each.name: bindparam(each.name) for each in _r}))
_insert_line: Prepared[Any] = prepare(
    insert(tables.return_lines).values({each.name: bindparam(each.name) for each in _i})
)
_by_id = select(*_r).where(_r.id == bindparam("id"))
_return: Prepared[Return] = prepare(_by_id, Return)
_return_locked: Prepared[Return] = prepare(_by_id.with_for_update(), Return)
_seller_of: Prepared[Any] = prepare(select(_r.seller_order_id).where(_r.id == bindparam("id")))
_store: Prepared[Any] = prepare(
    update(tables.returns).where(_r.id == bindparam("id_")).values({name: bindparam(f"{name}_") for name in _MUTABLE})
)
_lines_of: Prepared[ReturnLine] = prepare(
    select(*_i).where(_i.return_id == bindparam("return_id")).order_by(_i.line_id), ReturnLine
)
_set_found: Prepared[Any] = prepare(
    update(tables.return_lines)
    .where(_i.return_id == bindparam("return_id_"), _i.line_id == bindparam("line_id_"))
    .values(accepted=bindparam("accepted_"), restocked=bindparam("restocked_"))
)
_waiting: Prepared[Any] = prepare(
    select(_i.line_id, _i.quantity)
    .join_from(tables.return_lines, tables.returns, _i.return_id == _r.id)
    .where(_r.seller_order_id == bindparam("seller_order_id"), _r.closed_at.is_(None))
)
_due: Prepared[Any] = prepare(
    select(_r.id)
    .where(
        _r.closed_at.is_(None),
        ((_r.status == ReturnStatus.ASKED.value) & (_r.answer_by <= bindparam("now")))
        | ((_r.status == ReturnStatus.ACCEPTED.value) & (_r.send_by <= bindparam("now")))
        | (in_set(_r.status, "coming") & (_r.inspect_by <= bindparam("now"))),
        _r.id > bindparam("after"),
    )
    .order_by(_r.id)
    .limit(bindparam("most"))
)
_of_sellers: Prepared[Return] = prepare(select(*_r).where(in_set(_r.seller_order_id, "ids")).order_by(_r.id), Return)
_pieces_of: Prepared[ReturnLine] = prepare(
    select(*_i).where(in_set(_i.return_id, "ids")).order_by(_i.return_id, _i.line_id), ReturnLine
)
