"""Returns and disputes as lists: what waits for whom, and since when. A page costs the same statements however long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope, require_organisation
from entrepot.kernel import DAY, NotFound, Prepared, Snapshot, in_set, prepare

from . import tables
from .access import party_of
from .claim_views import DisputeView, ReturnView
from .claims import Dispute, DisputeStatus, Return, ReturnStatus
from .dispute_rows import evidence_of, find_dispute
from .records import find_order, list_lines
from .return_rows import find_return, pieces_of
from .seller_views import view_dispute, view_return, viewer_of
from .types import Order, SellerOrder, SellerOrderStatus

PAGE_MAX = 100
OPEN_RETURNS = (ReturnStatus.ASKED, ReturnStatus.ACCEPTED, ReturnStatus.SENT, ReturnStatus.ARRIVED)
OPEN_DISPUTES = (DisputeStatus.OPEN, DisputeStatus.REVIEW)
SLACK = DAY
"""How long the clock's tasks may take: what waits for longer than its rule and this is overdue."""


class Waiting(msgspec.Struct, frozen=True):
    """How much waits for somebody: a merchant's own, for the operator everybody's."""

    returns_to_answer: int
    returns_to_inspect: int
    disputes_to_answer: int
    disputes_to_decide: int


class Overdue(msgspec.Struct, frozen=True):
    """A seller order whose money has been in escrow longer than its own rule allows, without a dispute or a return."""

    seller_order_id: str
    merchant_id: str
    status: SellerOrderStatus
    since_at: int


def get_return(snapshot: Snapshot, scope: Scope, return_id: str) -> ReturnView:
    """A return, for its buyer, its merchant and the operator; NotFound for others."""
    row = find_return(snapshot, return_id)
    if row is None:
        raise NotFound("There is no such return")
    _check(snapshot, scope, row.order_id, row.merchant_id, "There is no such return")
    return _view_returns(snapshot, scope, [row])[0]


def get_dispute(snapshot: Snapshot, scope: Scope, dispute_id: str) -> DisputeView:
    """A dispute, for its buyer, its merchant and the operator; NotFound for others."""
    row = find_dispute(snapshot, dispute_id)
    if row is None:
        raise NotFound("There is no such dispute")
    _check(snapshot, scope, row.order_id, row.merchant_id, "There is no such dispute")
    return _view_disputes(snapshot, scope, [row])[0]


def list_returns(
    snapshot: Snapshot, scope: Scope, status: ReturnStatus | None = None, after: str | None = None, most: int = 20
) -> list[ReturnView]:
    """A merchant's returns, newest first, of one status or all that are open; the operator sees everybody's."""
    statuses = [status.value] if status else [each.value for each in OPEN_RETURNS]
    page = {"after": after or "~", "most": max(1, min(most, PAGE_MAX)), "statuses": statuses}
    if scope.is_operator:
        return _view_returns(snapshot, scope, snapshot.all(_returns_all, **page))
    merchant_id = require_organisation(scope)
    return _view_returns(snapshot, scope, snapshot.all(_returns_of, merchant_id=merchant_id, **page))


def list_disputes(
    snapshot: Snapshot, scope: Scope, status: DisputeStatus | None = None, after: str | None = None, most: int = 20
) -> list[DisputeView]:
    """A merchant's disputes, newest first, of one status or all that are open; the operator sees everybody's."""
    statuses = [status.value] if status else [each.value for each in OPEN_DISPUTES]
    page = {"after": after or "~", "most": max(1, min(most, PAGE_MAX)), "statuses": statuses}
    if scope.is_operator:
        return _view_disputes(snapshot, scope, snapshot.all(_disputes_all, **page))
    merchant_id = require_organisation(scope)
    return _view_disputes(snapshot, scope, snapshot.all(_disputes_of, merchant_id=merchant_id, **page))


def count_waiting(snapshot: Snapshot, scope: Scope) -> Waiting:
    """What waits for an answer."""
    merchant_id = "" if scope.is_operator else require_organisation(scope)
    returns = {row.status: int(row.number) for row in snapshot.all(_count_returns, merchant_id=merchant_id)}
    disputes = {row.status: int(row.number) for row in snapshot.all(_count_disputes, merchant_id=merchant_id)}
    return Waiting(
        returns.get(ReturnStatus.ASKED, 0), returns.get(ReturnStatus.ARRIVED, 0),
        disputes.get(DisputeStatus.OPEN, 0), disputes.get(DisputeStatus.REVIEW, 0),
    )  # fmt: skip


def list_overdue(snapshot: Snapshot, most: int = 100) -> list[Overdue]:
    """Money that nothing keeps in escrow and nobody has shared out or given back in time: there should be none."""
    return snapshot.all(_overdue, before=snapshot.now - SLACK, most=most)


def _check(snapshot: Snapshot, scope: Scope, order_id: str, merchant_id: str, sentence: str) -> None:
    order = find_order(snapshot, order_id)
    assert order is not None
    try:
        party_of(scope, order.owner, merchant_id)
    except NotFound:
        raise NotFound(sentence) from None


def _view_returns(snapshot: Snapshot, scope: Scope, rows: Sequence[Return]) -> list[ReturnView]:
    if not rows:
        return []
    sellers, orders = _around(snapshot, [row.seller_order_id for row in rows])
    lines = list_lines(snapshot, list(orders))
    pieces = pieces_of(snapshot, [row.id for row in rows])
    return [
        view_return(
            row, sellers[row.seller_order_id], lines, pieces,
            viewer_of(scope, orders[row.order_id].owner, row.merchant_id, snapshot.now),
        )
        for row in rows
    ]  # fmt: skip


def _view_disputes(snapshot: Snapshot, scope: Scope, rows: Sequence[Dispute]) -> list[DisputeView]:
    if not rows:
        return []
    sellers, orders = _around(snapshot, [row.seller_order_id for row in rows])
    evidence = evidence_of(snapshot, [row.id for row in rows])
    return [
        view_dispute(
            row, sellers[row.seller_order_id], evidence[row.id],
            viewer_of(scope, orders[row.order_id].owner, row.merchant_id, snapshot.now),
        )
        for row in rows
    ]  # fmt: skip


def _around(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> tuple[dict[str, SellerOrder], dict[str, Order]]:
    sellers = {seller.id: seller for seller in snapshot.all(_sellers_in, ids=sorted(set(seller_order_ids)))}
    order_ids = sorted({seller.order_id for seller in sellers.values()})
    return sellers, {order.id: order for order in snapshot.all(_orders_in, ids=order_ids)}


_r, _d, _s, _o = tables.returns.c, tables.disputes.c, tables.seller_orders.c, tables.orders.c
_return_page = (
    select(*_r)
    .where(in_set(_r.status, "statuses"), _r.id < bindparam("after"))
    .order_by(_r.id.desc())
    .limit(bindparam("most"))
)
_returns_all: Prepared[Return] = prepare(_return_page, Return)
_returns_of: Prepared[Return] = prepare(_return_page.where(_r.merchant_id == bindparam("merchant_id")), Return)
_dispute_page = (
    select(*_d)
    .where(in_set(_d.status, "statuses"), _d.id < bindparam("after"))
    .order_by(_d.id.desc())
    .limit(bindparam("most"))
)
_disputes_all: Prepared[Dispute] = prepare(_dispute_page, Dispute)
_disputes_of: Prepared[Dispute] = prepare(_dispute_page.where(_d.merchant_id == bindparam("merchant_id")), Dispute)
_mine = bindparam("merchant_id", type_=_r.merchant_id.type)
_count_returns: Prepared[Any] = prepare(
    select(_r.status, func.count().label("number"))
    .where(_r.closed_at.is_(None), (_mine == "") | (_r.merchant_id == _mine))
    .group_by(_r.status)
)
_count_disputes: Prepared[Any] = prepare(
    select(_d.status, func.count().label("number"))
    .where(_d.decided_at.is_(None), (_mine == "") | (_d.merchant_id == _mine))
    .group_by(_d.status)
)
_sellers_in: Prepared[SellerOrder] = prepare(select(*_s).where(in_set(_s.id, "ids")), SellerOrder)
_orders_in: Prepared[Order] = prepare(select(*_o).where(in_set(_o.id, "ids")), Order)
_before: Any = bindparam("before")
_overdue: Prepared[Overdue] = prepare(
    select(_s.id, _s.merchant_id, _s.status, func.coalesce(_s.confirm_by, _s.shipped_at, _s.paid_at).label("since_at"))
    .where(
        _s.dispute_id.is_(None),
        ~select(_r.id).where(_r.seller_order_id == _s.id, _r.closed_at.is_(None)).exists(),
        ((_s.status == SellerOrderStatus.PAID.value) & (_s.paid_at + _s.send_days * DAY <= _before))
        | ((_s.status == SellerOrderStatus.DELIVERED.value) & (_s.confirm_by <= _before))
        | (
            (_s.status == SellerOrderStatus.SHIPPED.value)
            & (_s.arrives_by + _s.dispute_days * DAY <= _before)
            & (_s.shipped_at + _s.dispute_days * DAY <= _before)
        ),
    )
    .order_by(_s.id)
    .limit(bindparam("most")),
    Overdue,
)
