"""Orders as their buyers, their merchants and the operator see them. A page costs the same statements however long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot import pay
from entrepot.identity import Scope, require_organisation
from entrepot.kernel import NotFound, Prepared, Snapshot, in_set, prepare

from . import tables
from .access import ABSENT, is_guest, is_owner, is_seller, number_of, owner_of
from .carts import is_open
from .records import find_order, find_seller, list_sellers
from .seller_views import view_sellers
from .showing import sum_reductions, sum_views
from .types import Order, OrderStatus, SellerOrder, SellerOrderStatus, Stage
from .views import OrderView, PaymentView, SellerOrderView

PAGE_MAX = 100
OPEN_STATUSES = (SellerOrderStatus.PAID, SellerOrderStatus.SHIPPED, SellerOrderStatus.DELIVERED)
_REOPENING = (OrderStatus.PAYMENT_FAILED, OrderStatus.EXPIRED)
_PROGRESS = (
    SellerOrderStatus.AWAITING_PAYMENT,
    SellerOrderStatus.PAID,
    SellerOrderStatus.SHIPPED,
    SellerOrderStatus.DELIVERED,
    SellerOrderStatus.COMPLETED,
)


def get_order(snapshot: Snapshot, scope: Scope, order_id: str) -> OrderView:
    """An order with all its parts, for its buyer and the operator; NotFound for others."""
    order = find_order(snapshot, order_id)
    if order is None or not (is_owner(scope, order.owner) or scope.is_operator):
        raise NotFound(ABSENT)
    view = _order_views(snapshot, scope, [order])[0]
    payment = pay.get_payment(snapshot, scope, order.payment_id)
    return msgspec.structs.replace(
        view,
        payment=PaymentView(payment.id, payment.state, payment.amount_minor),
        reopened_cart=view.status in _REOPENING and is_open(snapshot, order.cart_id),
    )


def get_order_status(snapshot: Snapshot, scope: Scope, order_id: str) -> OrderStatus:
    """Only where its payment stands: for whoever waits for it. NotFound for others than the buyer and the operator."""
    row = snapshot.one(_status, id=order_id)
    if row is None or not (is_owner(scope, row.owner) or scope.is_operator):
        raise NotFound(ABSENT)
    return OrderStatus(row.status)


def list_orders(snapshot: Snapshot, scope: Scope, after: str | None = None, most: int = 20) -> list[OrderView]:
    """What the caller placed, newest first; `after` is the id of the last one seen."""
    owner = owner_of(scope)
    orders = snapshot.all(_orders_of, owner=owner, after=after or _BEHIND_ALL, most=_within(most))
    return _order_views(snapshot, scope, orders)


def get_seller_order(snapshot: Snapshot, scope: Scope, seller_order_id: str) -> SellerOrderView:
    """One part of an order, for its merchant, its buyer and the operator; NotFound for others."""
    seller = find_seller(snapshot, seller_order_id)
    order = find_order(snapshot, seller.order_id)
    assert order is not None
    if not (is_seller(scope, seller.merchant_id) or is_owner(scope, order.owner) or scope.is_operator):
        raise NotFound(ABSENT)
    return view_sellers(snapshot, scope, [seller], {order.id: order})[0]


def list_seller_orders(
    snapshot: Snapshot,
    scope: Scope,
    status: SellerOrderStatus | None = None,
    after: str | None = None,
    most: int = 20,
) -> list[SellerOrderView]:
    """A merchant's orders, newest first, of one status or all that were ever paid; the operator sees everybody's.

    `after` is the id of the last one seen.
    """
    page: dict[str, Any] = {"after": after or _BEHIND_ALL, "most": _within(most)}
    if status is not None:
        page["status"] = status.value
    if not scope.is_operator:
        page["merchant_id"] = require_organisation(scope)
    sellers = snapshot.all(_PAGES[scope.is_operator, status is not None], **page)
    orders = snapshot.all(_orders_in, ids=sorted({seller.order_id for seller in sellers}))
    return view_sellers(snapshot, scope, sellers, {order.id: order for order in orders})


def count_seller_orders(
    snapshot: Snapshot, scope: Scope, statuses: Collection[SellerOrderStatus] = tuple(SellerOrderStatus)
) -> dict[SellerOrderStatus, int]:
    """How many orders a merchant has in each of these statuses; the operator's are everybody's. `paid` are to send.

    Each that is counted is looked at: `OPEN_STATUSES` alone stay few however long a market has been open.
    """
    counted = dict.fromkeys(statuses, 0)
    wanted = [status.value for status in statuses]
    if scope.is_operator:
        rows = snapshot.all(_counts_of_all, statuses=wanted)
    else:
        rows = snapshot.all(_counts, statuses=wanted, merchant_id=require_organisation(scope))
    for status, number in rows:
        counted[SellerOrderStatus(status)] = number
    return counted


def _within(most: int) -> int:
    return max(1, min(most, PAGE_MAX))


def _order_views(snapshot: Snapshot, scope: Scope, orders: Sequence[Order]) -> list[OrderView]:
    by_id = {order.id: order for order in orders}
    parts: dict[str, list[SellerOrderView]] = {order.id: [] for order in orders}
    for view in view_sellers(snapshot, scope, list_sellers(snapshot, list(by_id)), by_id):
        parts[view.order_id].append(view)
    return [_order_view(order, tuple(parts[order.id])) for order in orders]


def _order_view(order: Order, sellers: tuple[SellerOrderView, ...]) -> OrderView:
    return OrderView(
        id=order.id,
        number=number_of(order.id),
        status=OrderStatus(order.status),
        stage=_stage(order, sellers),
        currency=order.currency,
        items_minor=sum(seller.items_minor for seller in sellers),
        shipping_minor=sum(seller.shipping_minor for seller in sellers),
        tax_minor=sum(seller.tax_minor for seller in sellers),
        total_minor=order.total_minor,
        email=order.email,
        address=order.address,
        is_guest=is_guest(order.owner),
        placed_at=order.placed_at,
        pay_by=order.pay_by,
        paid_at=order.paid_at,
        ended_at=order.ended_at,
        failure=order.failure,
        payment=None,
        sellers=sellers,
        can_cancel=any(seller.can_cancel for seller in sellers),
        reopened_cart=False,
        discount_minor=sum(seller.discount_minor for seller in sellers),
        reductions=sum_reductions(each for seller in sellers for each in seller.reductions),
        taxes=sum_views(each for seller in sellers for each in seller.taxes),
        tax_included=any(seller.tax_included for seller in sellers),
        gift_minor=order.gift_minor,
        billing=order.billing,
        note=order.note,
        tax_id=order.tax_id,
    )


def orders_of_parts(snapshot: Snapshot, seller_order_ids: Iterable[str]) -> dict[str, str]:
    """The order that each of these sellers' orders is a part of: for verbs that have checked already who may know."""
    wanted = sorted(set(seller_order_ids))
    return {row.id: row.order_id for row in snapshot.all(_parts, ids=wanted)} if wanted else {}


def _stage(order: Order, sellers: Sequence[SellerOrderView]) -> Stage:
    if order.status not in (OrderStatus.PAID, OrderStatus.AWAITING_PAYMENT):
        return Stage(order.status)
    living = [seller.status for seller in sellers if seller.status is not SellerOrderStatus.CANCELLED]
    if not living:
        return Stage.CANCELLED
    return Stage(min(living, key=_PROGRESS.index).value)


_BEHIND_ALL = "~"
_o, _s = tables.orders.c, tables.seller_orders.c
_status: Prepared[Any] = prepare(select(_o.owner, _o.status).where(_o.id == bindparam("id")))
_orders_of: Prepared[Order] = prepare(
    select(*_o)
    .where(_o.owner == bindparam("owner"), _o.id < bindparam("after"))
    .order_by(_o.id.desc())
    .limit(bindparam("most")),
    Order,
)
_orders_in: Prepared[Order] = prepare(select(*_o).where(in_set(_o.id, "ids")), Order)
_parts: Prepared[Any] = prepare(select(_s.id, _s.order_id).where(in_set(_s.id, "ids")))
_newest = select(*_s).where(_s.id < bindparam("after")).order_by(_s.id.desc()).limit(bindparam("most"))
_ever_paid = _newest.where(_s.paid_at.is_not(None))
_of_status = _newest.where(_s.status == bindparam("status"))
_own = _s.merchant_id == bindparam("merchant_id")
_PAGES: Final[dict[tuple[bool, bool], Prepared[SellerOrder]]] = {  # everybody's, and of one status: an index for each
    (True, False): prepare(_ever_paid, SellerOrder),
    (True, True): prepare(_of_status, SellerOrder),
    (False, False): prepare(_ever_paid.where(_own), SellerOrder),
    (False, True): prepare(_of_status.where(_own), SellerOrder),
}
_in_status = select(_s.status, func.count().label("number")).where(in_set(_s.status, "statuses")).group_by(_s.status)
_counts: Prepared[Any] = prepare(_in_status.where(_own), lambda status, number: (status, int(number)))
_counts_of_all: Prepared[Any] = prepare(_in_status, lambda status, number: (status, int(number)))
