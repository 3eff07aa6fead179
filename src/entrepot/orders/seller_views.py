"""Seller orders as somebody sees them, with their parcels, refunds, returns and disputes; set-wise, however many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from entrepot import deliver, pay
from entrepot.deliver import Tracking
from entrepot.identity import Address, Scope
from entrepot.kernel import DAY, Snapshot

from .access import is_owner, is_seller, number_of
from .cancellation import CANCELLABLE
from .claim_views import DisputeView, EvidenceView, RefundPart, RefundView, ReturnLineView, ReturnView
from .claims import Dispute, DisputeKind, DisputeStatus, Evidence, RefundRow, Return, ReturnLine, ReturnStatus
from .custody import custody_of
from .dispute_rows import disputes_of, evidence_of
from .records import lines_later
from .refunds import PAID, parts_of_refunds, refunds_later
from .return_rows import COMING, pieces_of, returns_of
from .returns import RETURNABLE, return_until
from .sending import parcels_of
from .shares import Share, Taken, left_of, shares_of, sum_of_legs
from .showing import reductions_of, taxes_of
from .types import Line, Order, SellerOrder, SellerOrderStatus, SentParcel
from .views import FeeView, LineView, SellerOrderView

_SENT = (SellerOrderStatus.SHIPPED, SellerOrderStatus.DELIVERED)


class _Around(NamedTuple):
    """Everything that belongs to one seller order."""

    lines: Sequence[Line]
    tracking: Sequence[Tracking]
    sent: Sequence[SentParcel]
    refunds: Sequence[RefundRow]
    parts: Mapping[str, Sequence[Taken]]
    returns: Sequence[Return]
    pieces: Mapping[str, Sequence[ReturnLine]]
    disputes: Sequence[Dispute]
    evidence: Mapping[str, Sequence[Evidence]]


class _Viewer(NamedTuple):
    """As what the caller looks at a seller order."""

    owns: bool
    sells: bool
    operates: bool
    now: int


def view_sellers(
    snapshot: Snapshot, scope: Scope, sellers: Sequence[SellerOrder], orders: Mapping[str, Order]
) -> list[SellerOrderView]:
    """These seller orders, for whoever looks; the caller has checked that they may."""
    around = _read_around(snapshot, sellers, orders)
    addresses = {order.id: order.address for order in orders.values()}
    views = [
        _view(scope, seller, orders[seller.order_id], addresses[seller.order_id], around[seller.id], snapshot.now)
        for seller in sellers
    ]
    return [
        _with_prices(view, seller, orders[seller.order_id], around[seller.id].lines)
        for view, seller in zip(views, sellers, strict=True)
    ]


def _with_prices(view: SellerOrderView, seller: SellerOrder, order: Order, lines: Sequence[Line]) -> SellerOrderView:
    """With what was taken off and taxed, as it was frozen, and what the buyer wrote."""
    return msgspec.structs.replace(
        view,
        reductions=reductions_of([*(each for line in lines for each in line.discounts), *seller.shipping_discounts]),
        shipping_discount_minor=seller.shipping_discount_minor,
        taxes=taxes_of(seller, lines),
        note=order.note,
        tax_id=order.tax_id,
        reverse_charge=bool(seller.reverse_charge),
    )


def _read_around(snapshot: Snapshot, sellers: Sequence[SellerOrder], orders: Mapping[str, Order]) -> dict[str, _Around]:
    ids = [seller.id for seller in sellers]
    paid = [seller.id for seller in sellers if seller.paid_at is not None]
    all_lines, all_refunds = lines_later(snapshot, list(orders)), refunds_later(snapshot, ids)
    disputes = disputes_of(snapshot, paid) if paid else {}
    lines: dict[str, list[Line]] = {seller_id: [] for seller_id in ids}
    for line in all_lines():
        lines.setdefault(line.seller_order_id, []).append(line)
    # Before anything was sent there is no parcel, and nothing can come back: an answer to a buyer need not look.
    left = [seller_id for seller_id in paid if any(line.sent for line in lines[seller_id])]
    tracking = deliver.list_tracking(snapshot, left) if left else {}
    sent = parcels_of(snapshot, left) if left else {}
    refunds = all_refunds()
    has_refunds = [seller_id for seller_id in ids if refunds[seller_id]]
    parts = parts_of_refunds(snapshot, has_refunds) if has_refunds else {}
    returns = returns_of(snapshot, left) if left else {}
    pieces = pieces_of(snapshot, [row.id for rows in returns.values() for row in rows]) if any(returns.values()) else {}
    open_ones = [row.id for rows in disputes.values() for row in rows]
    evidence = evidence_of(snapshot, open_ones) if open_ones else {}
    return {
        seller_id: _Around(
            lines[seller_id], tracking.get(seller_id, ()), sent.get(seller_id, ()), refunds[seller_id], parts,
            returns.get(seller_id, ()), pieces, disputes.get(seller_id, ()), evidence,
        )
        for seller_id in ids
    }  # fmt: skip


def _view(
    scope: Scope, seller: SellerOrder, order: Order, address: Address, around: _Around, now: int
) -> SellerOrderView:
    viewer = _Viewer(is_owner(scope, order.owner), is_seller(scope, seller.merchant_id), scope.is_operator, now)
    status = SellerOrderStatus(seller.status)
    taken = [each for row in around.refunds for each in around.parts.get(row.id, ())]
    shares = shares_of(seller, around.lines, taken)
    left, backstage = left_of(shares), viewer.sells or viewer.operates
    returnable = _returnable(around, shares)
    return SellerOrderView(
        id=seller.id,
        number=number_of(seller.id),
        order_id=order.id,
        order_number=number_of(order.id),
        merchant_id=seller.merchant_id,
        merchant_name=seller.merchant_name,
        status=status,
        currency=seller.currency,
        lines=tuple(_line_view(line, shares[line.id], returnable[line.id], backstage) for line in around.lines),
        items_minor=seller.items_minor,
        discount_minor=seller.discount_minor + seller.shipping_discount_minor,
        shipping_minor=seller.shipping_minor,
        tax_minor=seller.tax_minor,
        tax_included=bool(seller.tax_included),
        total_minor=seller.total_minor,
        refunded_minor=sum(row.paid_minor for row in around.refunds),
        left_minor=left.paid_minor,
        commission_bps=seller.commission_bps if backstage else None,
        legs=seller.legs if backstage else None,
        legs_left=left if backstage else None,
        shipping_left_minor=shares["shipping"].left.paid_minor,
        delivery_name=seller.delivery_name,
        arrives_from=seller.arrives_from,
        arrives_by=seller.arrives_by,
        address=address,
        email=order.email if viewer.owns or viewer.operates else None,
        parcels=tuple(around.tracking),
        sent=tuple(around.sent),
        refunds=tuple(_refund_view(row, around.parts.get(row.id, ()), backstage) for row in around.refunds),
        returns=tuple(view_return(row, seller, around.lines, around.pieces, viewer) for row in around.returns),
        disputes=tuple(view_dispute(row, seller, around.evidence.get(row.id, ()), viewer) for row in around.disputes),
        custody=custody_of(seller, order.pay_by, left),
        **_history(seller, status),
        **_rights(seller, around, viewer, left.paid_minor, any(returnable.values())),
    )


def _history(seller: SellerOrder, status: SellerOrderStatus) -> dict[str, Any]:
    """What happened when, and what is due when, by the names of the view's fields."""
    waits = seller.paid_at is not None and status == "paid"
    return {
        "confirm_days": seller.confirm_days,
        "placed_at": seller.placed_at,
        "paid_at": seller.paid_at,
        "send_by": (seller.paid_at or 0) + seller.send_days * DAY if waits else None,
        "shipped_at": seller.shipped_at,
        "delivered_at": seller.delivered_at,
        "confirm_by": seller.confirm_by,
        "return_by": return_until(seller),
        "completed_at": seller.completed_at,
        "cancelled_at": seller.cancelled_at,
        "cancelled_by": seller.cancelled_by,
        "cancel_reason": seller.cancel_reason,
        "refunded_at": seller.refunded_at,
    }


def _rights(
    seller: SellerOrder, around: _Around, viewer: _Viewer, left_minor: int, is_returnable: bool
) -> dict[str, Any]:
    """What the viewer may do now, by the names of the view's fields."""
    backstage = viewer.sells or viewer.operates
    quiet = seller.dispute_id is None
    open_return = any(row.closed_at is None for row in around.returns)
    return {
        "can_cancel": seller.status in CANCELLABLE and any(viewer[:3]) and quiet,
        "can_confirm": viewer.owns and seller.status in _SENT and quiet and not open_return,
        "can_ship": seller.status == SellerOrderStatus.PAID and backstage,
        "can_return": viewer.owns and _may_return(seller, viewer.now) and is_returnable,
        "can_dispute": viewer.owns and _may_dispute(seller, viewer.now) and not open_return and left_minor > 0,
        "can_refund": backstage and seller.status in PAID and quiet and left_minor > 0,
    }


def _line_view(line: Line, share: Share, returnable: int, backstage: bool) -> LineView:
    return LineView(
        id=line.id,
        offer_id=line.offer_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        slug=line.slug,
        title=line.title,
        variant_label=line.variant_label,
        picture=line.picture,
        quantity=line.quantity,
        price_minor=line.price_minor,
        discount_minor=line.discount_minor,
        total_minor=line.total_minor,
        sent=line.sent,
        cancelled=line.cancelled,
        left=line.left,
        returnable=returnable,
        refunded_pieces=share.taken_pieces,
        refunded_minor=share.taken.paid_minor,
        left_minor=share.left.paid_minor,
        reductions=reductions_of(line.discounts),
        tax_name=line.tax_name,
        tax_percent=pay.percent_of(line.tax_ppm) if line.tax_name else "",
        tax_minor=line.tax_minor,
        base_currency=line.base_currency,
        base_price_minor=line.base_price_minor,
        fees=tuple(FeeView(*fee) for fee in line.fees) if backstage else None,
    )


def _refund_view(row: RefundRow, taken: Sequence[Taken], backstage: bool) -> RefundView:
    parts = tuple(RefundPart(each.part, each.pieces, each.legs.paid_minor) for each in taken)
    return RefundView(
        row.id, row.cause, row.ref, row.by, row.reason, row.paid_minor, row.gift_minor, parts,
        sum_of_legs(taken) if backstage else None, row.created_at, row.paid_at,
    )  # fmt: skip


def view_return(
    row: Return,
    seller: SellerOrder,
    lines: Sequence[Line],
    pieces: Mapping[str, Sequence[ReturnLine]],
    viewer: _Viewer,
) -> ReturnView:
    """A return for whoever looks."""
    titles = {line.id: line.title for line in lines}
    backstage = viewer.sells or viewer.operates
    stored = msgspec.structs.asdict(row)
    shown = {name: stored[name] for name in ReturnView.__struct_fields__ if name in stored}
    return ReturnView(
        **shown,
        number=number_of(row.id),
        merchant_name=seller.merchant_name,
        currency=seller.currency,
        lines=tuple(
            ReturnLineView(each.line_id, titles[each.line_id], each.quantity, each.accepted, each.restocked)
            for each in pieces.get(row.id, ())
        ),
        can_answer=backstage and row.status == ReturnStatus.ASKED,
        can_send=viewer.owns and row.status == ReturnStatus.ACCEPTED,
        can_inspect=backstage and row.status in COMING and seller.dispute_id is None,
        can_withdraw=viewer.owns and row.status in (ReturnStatus.ASKED, ReturnStatus.ACCEPTED),
    )


def view_dispute(
    row: Dispute, seller: SellerOrder, evidence: Sequence[Evidence], viewer: _Viewer
) -> DisputeView:  # fmt: skip
    """A dispute for whoever looks."""
    stored = msgspec.structs.asdict(row)
    shown = {name: stored[name] for name in DisputeView.__struct_fields__ if name in stored}
    is_open, ours = row.decided_at is None, row.kind != DisputeKind.CHARGEBACK
    answered = row.status == DisputeStatus.REVIEW or row.answer_by <= viewer.now
    return DisputeView(
        **shown,
        number=number_of(row.id),
        merchant_name=seller.merchant_name,
        currency=seller.currency,
        evidence=tuple(EvidenceView(said.party, said.text, said.picture, said.at) for said in evidence),
        can_add=is_open and any(viewer[:3]),
        can_concede=is_open and ours and viewer.sells,
        can_withdraw=is_open and ours and viewer.owns,
        can_decide=is_open and ours and viewer.operates and answered,
    )


def viewer_of(scope: Scope, owner: str, merchant_id: str, now: int) -> _Viewer:
    """As what somebody looks at a seller order."""
    return _Viewer(is_owner(scope, owner), is_seller(scope, merchant_id), scope.is_operator, now)


def _returnable(around: _Around, shares: Mapping[str, Share]) -> dict[str, int]:
    waiting: dict[str, int] = {}
    for row in around.returns:
        for each in around.pieces.get(row.id, ()) if row.closed_at is None else ():
            waiting[each.line_id] = waiting.get(each.line_id, 0) + each.quantity
    return {
        line.id: max(0, line.sent - (shares[line.id].taken_pieces - line.cancelled) - waiting.get(line.id, 0))
        for line in around.lines
    }


def _may_return(seller: SellerOrder, now: int) -> bool:
    until = return_until(seller)
    return seller.status in RETURNABLE and seller.dispute_id is None and until is not None and now < until


def _may_dispute(seller: SellerOrder, now: int) -> bool:
    if seller.dispute_id is not None or seller.status not in PAID:
        return False
    if seller.status in RETURNABLE:
        since = seller.delivered_at or seller.completed_at or 0
        return now < since + seller.dispute_days * DAY
    return now >= seller.arrives_by
