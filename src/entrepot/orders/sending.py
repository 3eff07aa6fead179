"""Sending a seller order in one parcel or several: which pieces are in which, and where the whole then stands.

A seller order is `shipped` when nothing is left to send, and `delivered` when the last of its parcels has arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from entrepot.kernel import DAY, Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .events import SellerOrderDelivered, SellerOrderShipped
from .records import lines_of_seller, move
from .types import Line, ParcelLine, SellerOrder, SellerOrderStatus, SentParcel


def chosen_pieces(lines: Sequence[Line], wanted: Mapping[str, int] | None) -> dict[str, int]:
    """How many pieces of which lines, of those that are still to be sent; None is all of them.

    NotFound for a line that is not of this order, Invalid for none at all, Conflict for more than are left.
    """
    left = {line.id: line.left for line in lines}
    chosen = {part: pieces for part, pieces in (left if wanted is None else wanted).items() if pieces}
    for part, pieces in chosen.items():
        if part not in left:
            raise NotFound("There is no such line in this order")
        if pieces < 0:
            raise Invalid("Choose how many pieces: none, or more", fields={f"pieces.{part}": "below zero"})
        if pieces > left[part]:
            title = next(line.title for line in lines if line.id == part)
            raise Conflict(
                f"Only {left[part]} of {title} are left to send", fields={f"pieces.{part}": f"{left[part]} left"}
            )
    if not chosen:
        raise Invalid("Choose at least one piece", fields={"pieces": "choose some"})
    return chosen


def record_parcel(tx: Tx, seller: SellerOrder, parcel_id: str, pieces: Mapping[str, int]) -> None:
    """Store what is in a parcel that leaves now."""
    row = {"parcel_id": parcel_id, "seller_order_id": seller.id, "sent_at": tx.now, "delivered_at": None}
    tx.send(_insert_parcel, **row)
    tx.run_many(_insert_piece, [{"parcel_id": parcel_id, "line_id": each, "quantity": pieces[each]} for each in pieces])
    tx.run_many(_add_sent, [{"id_": line_id, "more": number} for line_id, number in pieces.items()])


def record_cancelled(tx: Tx, pieces: Mapping[str, int]) -> None:
    """Store that these pieces of lines will never be sent."""
    tx.run_many(_add_cancelled, [{"id_": line_id, "more": number} for line_id, number in pieces.items()])


def mark_parcel_delivered(tx: Tx, parcel_id: str, delivered_at: int) -> None:
    """Store that a parcel has arrived; the first word of it counts."""
    tx.send(_deliver, parcel_id_=parcel_id, delivered_at_=delivered_at)


def take_back_arrival(tx: Tx, seller: SellerOrder, parcel_id: str) -> None:
    """The scan that said a parcel had arrived was wrong: it is on its way again, and the buyer's days do not run.

    What is complete already stays so: the buyer confirmed it, or the days were over.
    """
    if (
        tx.run(_undeliver, parcel_id_=parcel_id, seller_order_id_=seller.id)
        and seller.status == SellerOrderStatus.DELIVERED
    ):
        move(tx, seller, SellerOrderStatus.SHIPPED, _back_to_shipped)


def advance(tx: Tx, seller: SellerOrder) -> SellerOrder:
    """Bring a locked seller order to where its pieces are: all sent, all there. Returns it as it then stands.

    The buyer's days to object are counted from when we hear of the last parcel: a scan that comes late, or is dated
    back, must not shorten them.
    """
    lines = lines_of_seller(tx, seller)
    if any(line.left for line in lines) or not any(line.sent for line in lines):
        return seller
    parcels = parcels_of(tx, [seller.id])[seller.id]
    if seller.status == SellerOrderStatus.PAID:
        move(tx, seller, SellerOrderStatus.SHIPPED, _to_shipped, now_=tx.now)
        tx.announce(SellerOrderShipped(seller.id, seller.order_id, parcels[-1].parcel_id))
        seller = _reread(tx, seller)
    if seller.status == SellerOrderStatus.SHIPPED and all(parcel.delivered_at is not None for parcel in parcels):
        confirm_by = tx.now + seller.confirm_days * DAY
        delivered_at = max(parcel.delivered_at or 0 for parcel in parcels)
        move(tx, seller, SellerOrderStatus.DELIVERED, _to_delivered, delivered_at_=delivered_at, confirm_by_=confirm_by)
        tx.announce(SellerOrderDelivered(seller.id, seller.order_id, delivered_at, confirm_by))
        seller = _reread(tx, seller)
    return seller


def parcels_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, list[SentParcel]]:
    """The parcels of each seller order, oldest first, with what is in them."""
    found: dict[str, list[SentParcel]] = {seller_id: [] for seller_id in seller_order_ids}
    inside: dict[str, list[ParcelLine]] = {}
    for row in snapshot.all(_pieces_in, seller_order_ids=list(seller_order_ids)):
        inside.setdefault(row.parcel_id, []).append(ParcelLine(row.line_id, row.quantity))
    for row in snapshot.all(_parcels_of, seller_order_ids=list(seller_order_ids)):
        pieces = tuple(inside.get(row.parcel_id, ()))
        found[row.seller_order_id].append(SentParcel(row.parcel_id, row.sent_at, row.delivered_at, pieces))
    return found


def _reread(tx: Tx, seller: SellerOrder) -> SellerOrder:
    found = tx.one(_seller, id=seller.id)
    assert found is not None
    return found


_s, _n, _p, _i = tables.seller_orders.c, tables.lines.c, tables.parcels.c, tables.parcel_lines.c
_seller: Prepared[SellerOrder] = prepare(select(*_s).where(_s.id == bindparam("id")), SellerOrder)
_still = update(tables.seller_orders).where(_s.id == bindparam("id_"), _s.status == bindparam("was_"))
_to_shipped: Prepared[Any] = prepare(_still.values(status=bindparam("status_"), shipped_at=bindparam("now_")))
_to_delivered: Prepared[Any] = prepare(
    _still.values(
        status=bindparam("status_"), delivered_at=bindparam("delivered_at_"), confirm_by=bindparam("confirm_by_")
    )
)
_back_to_shipped: Prepared[Any] = prepare(
    _still.values(status=bindparam("status_"), delivered_at=None, confirm_by=None)
)
_undeliver: Prepared[Any] = prepare(
    update(tables.parcels)
    .where(_p.parcel_id == bindparam("parcel_id_"), _p.seller_order_id == bindparam("seller_order_id_"))
    .values(delivered_at=None)
)
_insert_parcel: Prepared[Any] = prepare(insert(tables.parcels).values({each.name: bindparam(each.name) for each in _p}))
_insert_piece: Prepared[Any] = prepare(
    insert(tables.parcel_lines).values({each.name: bindparam(each.name) for each in _i})
)
_of_line = update(tables.lines).where(_n.id == bindparam("id_"))
_add_sent: Prepared[Any] = prepare(_of_line.values(sent=_n.sent + bindparam("more")))
_add_cancelled: Prepared[Any] = prepare(_of_line.values(cancelled=_n.cancelled + bindparam("more")))
_deliver: Prepared[Any] = prepare(
    update(tables.parcels)
    .where(_p.parcel_id == bindparam("parcel_id_"), _p.delivered_at.is_(None))
    .values(delivered_at=bindparam("delivered_at_"))
)
_parcels_of: Prepared[Any] = prepare(
    select(_p.seller_order_id, _p.parcel_id, _p.sent_at, _p.delivered_at)
    .where(in_set(_p.seller_order_id, "seller_order_ids"))
    .order_by(_p.parcel_id)
)
_pieces_in: Prepared[Any] = prepare(
    select(_i.parcel_id, _i.line_id, _i.quantity)
    .join_from(tables.parcel_lines, tables.parcels, _i.parcel_id == _p.parcel_id)
    .where(in_set(_p.seller_order_id, "seller_order_ids"))
    .order_by(_i.parcel_id, _i.line_id)
)
