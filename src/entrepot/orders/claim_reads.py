"""Returns and disputes as lists: what waits for whom, and since when. A page costs the same statements however long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope, require_organisation
from entrepot.kernel import DAY, NotFound, Prepared, Snapshot, in_set, prepare

from . import tables
from .access import party_of
from .claim_views import DisputeView, ReturnView
from .claims import Dispute, DisputeStatus, Return, ReturnStatus
from .dispute_rows import evidence_of, find_dispute
from .reads import OPEN_STATUSES
from .records import find_order, list_lines
from .return_rows import find_return, pieces_of
from .seller_views import view_dispute, view_return, viewer_of
from .types import Order, SellerOrder, SellerOrderStatus

T = TypeVar("T")

PAGE_MAX = 100
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
    page = _page(scope, status, after, most)
    return _view_returns(snapshot, scope, snapshot.all(_RETURNS[scope.is_operator, status is not None], **page))


def list_disputes(
    snapshot: Snapshot, scope: Scope, status: DisputeStatus | None = None, after: str | None = None, most: int = 20
) -> list[DisputeView]:
    """A merchant's disputes, newest first, of one status or all that are open; the operator sees everybody's."""
    page = _page(scope, status, after, most)
    return _view_disputes(snapshot, scope, snapshot.all(_DISPUTES[scope.is_operator, status is not None], **page))


def count_waiting(snapshot: Snapshot, scope: Scope) -> Waiting:
    """What waits for an answer."""
    whose = {} if scope.is_operator else {"merchant_id": require_organisation(scope)}
    wanted = {"statuses": [ReturnStatus.ASKED, ReturnStatus.ARRIVED], **whose}
    returns = {row.status: int(row.number) for row in snapshot.all(_COUNT_RETURNS[scope.is_operator], **wanted)}
    wanted = {"statuses": [DisputeStatus.OPEN, DisputeStatus.REVIEW], **whose}
    disputes = {row.status: int(row.number) for row in snapshot.all(_COUNT_DISPUTES[scope.is_operator], **wanted)}
    return Waiting(
        returns.get(ReturnStatus.ASKED, 0), returns.get(ReturnStatus.ARRIVED, 0),
        disputes.get(DisputeStatus.OPEN, 0), disputes.get(DisputeStatus.REVIEW, 0),
    )  # fmt: skip


def list_overdue(snapshot: Snapshot, most: int = 100) -> list[Overdue]:
    """Money that nothing keeps in escrow and nobody has shared out or given back in time: there should be none."""
    return snapshot.all(_overdue, open=OPEN_STATUSES, before=snapshot.now - SLACK, most=most)


def _page(scope: Scope, status: ReturnStatus | DisputeStatus | None, after: str | None, most: int) -> dict[str, Any]:
    page: dict[str, Any] = {"after": after or "~", "most": max(1, min(most, PAGE_MAX))}
    if status is not None:
        page["status"] = status.value
    if not scope.is_operator:
        page["merchant_id"] = require_organisation(scope)
    return page


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


def _pages(of: Any, is_open: Any, kind: type[T]) -> dict[tuple[bool, bool], Prepared[T]]:
    """Pages of everybody's or a merchant's own, and of one status or all that are open: each walks an index."""
    newest = select(*of).where(of.id < bindparam("after")).order_by(of.id.desc()).limit(bindparam("most"))
    own = of.merchant_id == bindparam("merchant_id")
    one = of.status == bindparam("status")
    return {
        (True, False): prepare(newest.where(is_open), kind),
        (True, True): prepare(newest.where(one), kind),
        (False, False): prepare(newest.where(own, is_open), kind),
        (False, True): prepare(newest.where(own, one), kind),
    }


_RETURNS: Final = _pages(_r, _r.closed_at.is_(None), Return)
_DISPUTES: Final = _pages(_d, _d.decided_at.is_(None), Dispute)


def _counts(of: Any) -> dict[bool, Prepared[Any]]:
    """How many there are in each of some statuses: everybody's, or a merchant's own."""
    counted = select(of.status, func.count().label("number")).where(in_set(of.status, "statuses")).group_by(of.status)
    return {True: prepare(counted), False: prepare(counted.where(of.merchant_id == bindparam("merchant_id")))}


_COUNT_RETURNS: Final = _counts(_r)
_COUNT_DISPUTES: Final = _counts(_d)
_sellers_in: Prepared[SellerOrder] = prepare(select(*_s).where(in_set(_s.id, "ids")), SellerOrder)
_orders_in: Prepared[Order] = prepare(select(*_o).where(in_set(_o.id, "ids")), Order)
_before: Any = bindparam("before")
_overdue: Prepared[Overdue] = prepare(
    select(_s.id, _s.merchant_id, _s.status, func.coalesce(_s.confirm_by, _s.shipped_at, _s.paid_at).label("since_at"))
    .where(
        in_set(_s.status, "open"),
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
