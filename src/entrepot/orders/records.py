"""The rows of orders: how they are written when one is placed, found, and kept from others while they change.

A verb that changes an order locks it first, then its seller orders by id, and the ledger's accounts last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .types import Line, Order, OrderStatus, SellerOrder, SellerOrderStatus


def insert_order(tx: Tx, order: Order, sellers: Sequence[SellerOrder], lines: Sequence[Line]) -> None:
    """Store a new order with its parts."""
    row = msgspec.structs.asdict(order)
    row["address"], row["billing"] = row.pop("address_json"), row.pop("billing_json")
    tx.send(_insert_order, **row)
    tx.run_many(_insert_seller_order, [_row(seller, "shipping_discounts") for seller in sellers])
    tx.run_many(_insert_line, [_row(line, "discounts", "fees") for line in lines])


def _row(part: SellerOrder | Line, *as_json: str) -> dict[str, Any]:
    """As the table names it: what is JSON there is called so here."""
    row = msgspec.structs.asdict(part)
    for name in as_json:
        row[name] = row.pop(f"{name}_json")
    return row


def find_order(snapshot: Snapshot, order_id: str) -> Order | None:
    """An order, whoever asks."""
    return snapshot.one(_order, id=order_id)


def find_newest_order_of(snapshot: Snapshot, owner: str) -> str | None:
    """The id of what an owner placed last."""
    order_id: str | None = snapshot.value(_newest, owner=owner)
    return order_id


def lock_order(tx: Tx, order_id: str) -> Order:
    """An order, kept from others until the commit."""
    order = tx.one(_lock_order, id=order_id)
    if order is None:
        raise NotFound("There is no such order")
    return order


def lock_sellers(tx: Tx, order_id: str) -> list[SellerOrder]:
    """The parts of an order that is locked already, by id."""
    return tx.all(_lock_sellers, order_id=order_id)


def find_seller(snapshot: Snapshot, seller_order_id: str) -> SellerOrder:
    """A seller order, whoever asks."""
    seller = snapshot.one(_seller, id=seller_order_id)
    if seller is None:
        raise NotFound("There is no such order")
    return seller


def lock_seller(tx: Tx, seller_order_id: str) -> SellerOrder:
    """A seller order, kept from others until the commit."""
    seller = tx.one(_lock_seller, id=seller_order_id)
    if seller is None:
        raise NotFound("There is no such order")
    return seller


def list_sellers(snapshot: Snapshot, order_ids: Sequence[str]) -> list[SellerOrder]:
    """The parts of these orders, as they came in the carts."""
    return snapshot.all(_sellers, order_ids=order_ids)


def list_lines(snapshot: Snapshot, order_ids: Sequence[str]) -> list[Line]:
    """The goods of these orders, as they came in the carts."""
    return lines_later(snapshot, order_ids)()


def lines_later(snapshot: Snapshot, order_ids: Sequence[str]) -> Callable[[], list[Line]]:
    """The same, to be called for."""
    return snapshot.later(_lines, order_ids=order_ids)


def lines_of_seller(snapshot: Snapshot, seller: SellerOrder) -> list[Line]:
    """The goods of one part."""
    return [line for line in list_lines(snapshot, [seller.order_id]) if line.seller_order_id == seller.id]


def end_order(tx: Tx, order: Order, status: OrderStatus, failure: str | None = None) -> None:
    """No money comes for it any more."""
    tx.send(_end_order, id_=order.id, status_=status.value, now_=tx.now, failure_=failure)


def pay_order(tx: Tx, order: Order) -> None:
    """Its money is in escrow; its parts that still wait for it may be shipped."""
    tx.send(_pay_order, id_=order.id, now_=tx.now)
    tx.send(_pay_sellers, order_id_=order.id, now_=tx.now)


def move(tx: Tx, seller: SellerOrder, status: SellerOrderStatus, statement: Prepared[Any], **values: Any) -> None:
    """Bring a locked seller order into its next status; it must still be in the one it was read in."""
    if tx.run(statement, id_=seller.id, was_=str(seller.status), status_=status.value, **values) != 1:
        raise Conflict("This order has just changed: look at it again")


_order_columns = tuple(tables.orders.c)
_seller_columns = tuple(tables.seller_orders.c)
_line_columns = tuple(tables.lines.c)
_o, _s, _n = tables.orders.c, tables.seller_orders.c, tables.lines.c


def _all_of(table: Any) -> dict[str, Any]:
    return {column.name: bindparam(column.name) for column in table.c}


_insert_order: Prepared[Any] = prepare(insert(tables.orders).values(_all_of(tables.orders)))
_insert_seller_order: Prepared[Any] = prepare(insert(tables.seller_orders).values(_all_of(tables.seller_orders)))
_insert_line: Prepared[Any] = prepare(insert(tables.lines).values(_all_of(tables.lines)))
_by_order_id = select(*_order_columns).where(_o.id == bindparam("id"))
_order: Prepared[Order] = prepare(_by_order_id, Order)
_lock_order: Prepared[Order] = prepare(_by_order_id.with_for_update(), Order)
_newest: Prepared[Any] = prepare(select(_o.id).where(_o.owner == bindparam("owner")).order_by(_o.id.desc()).limit(1))
_by_seller_id = select(*_seller_columns).where(_s.id == bindparam("id"))
_seller: Prepared[SellerOrder] = prepare(_by_seller_id, SellerOrder)
_lock_seller: Prepared[SellerOrder] = prepare(_by_seller_id.with_for_update(), SellerOrder)
_lock_sellers: Prepared[SellerOrder] = prepare(
    select(*_seller_columns).where(_s.order_id == bindparam("order_id")).order_by(_s.id).with_for_update(), SellerOrder
)
_sellers: Prepared[SellerOrder] = prepare(
    select(*_seller_columns).where(in_set(_s.order_id, "order_ids")).order_by(_s.order_id, _s.position), SellerOrder
)
_lines: Prepared[Line] = prepare(
    select(*_line_columns).where(in_set(_n.order_id, "order_ids")).order_by(_n.order_id, _n.position), Line
)
_end_order: Prepared[Any] = prepare(
    update(tables.orders)
    .where(_o.id == bindparam("id_"))
    .values(status=bindparam("status_"), ended_at=bindparam("now_"), failure=bindparam("failure_"))
)
_pay_order: Prepared[Any] = prepare(
    update(tables.orders)
    .where(_o.id == bindparam("id_"))
    .values(status=OrderStatus.PAID.value, paid_at=bindparam("now_"))
)
_pay_sellers: Prepared[Any] = prepare(
    update(tables.seller_orders)
    .where(_s.order_id == bindparam("order_id_"), _s.status == SellerOrderStatus.AWAITING_PAYMENT.value)
    .values(status=SellerOrderStatus.PAID.value, paid_at=bindparam("now_"))
)
