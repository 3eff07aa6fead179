"""Giving money back, by lines, pieces and amounts: what is taken of which share, who bears it, and what became of it.

A verb locks the seller order first, so that two refunds of the same pieces are one after the other; then it asks `pay`
for the plan, and its command posts that with whatever else belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger, pay
from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, format_money, in_set, prepare

from . import tables
from .access import ABSENT, MERCHANT, OPERATOR, is_seller
from .claims import Cause, RefundRow
from .events import RefundMade
from .records import find_order, find_seller, lines_of_seller, lock_seller
from .return_rows import waiting_pieces
from .shares import SHIPPING, Share, Taken, gift_part, left_of, less, shares_of, sum_of_legs, take_paid, take_pieces
from .types import REASON_LENGTH_MAX, Legs, Order, SellerOrder, SellerOrderStatus

PAID = (
    SellerOrderStatus.PAID, SellerOrderStatus.SHIPPED, SellerOrderStatus.DELIVERED, SellerOrderStatus.COMPLETED,
)  # fmt: skip
"""Where there is money to give back."""


class RefundWish(msgspec.Struct, frozen=True):
    """What somebody wants given back: pieces of lines, amounts of lines, and an amount of the delivery.

    Amounts are what the buyer gets, in minor units; the goods stay where they are.
    """

    pieces: dict[str, int] = {}
    amounts: dict[str, int] = {}
    shipping_minor: int = 0


class RefundPreview(msgspec.Struct, frozen=True):
    """What a refund would do, before it is decided: what the buyer gets, and who gives up how much of it.

    `to_buyer_minor` is `gift_minor` to gift cards and the rest the way it was paid. `sources` is where the merchant's
    own part (`legs.seller_minor`) comes from.
    """

    seller_order_id: str
    currency: str
    to_buyer_minor: int
    gift_minor: int
    legs: Legs
    sources: pay.RefundSources
    left_minor: int


class Refunded(msgspec.Struct, frozen=True):
    """A refund that was begun; no id where there was nothing to give back but goods that had cost nothing."""

    id: str | None
    seller_order_id: str
    to_buyer_minor: int


def preview_refund(snapshot: Snapshot, scope: Scope, seller_order_id: str, wish: RefundWish) -> RefundPreview:
    """What a refund would give back and who would bear it; for the merchant and the operator. Nothing is changed."""
    seller = find_seller(snapshot, seller_order_id)
    _party(scope, seller)
    taken = take(read_shares(snapshot, seller), wish)
    return preview_of(snapshot, seller, taken)


def preview_of(snapshot: Snapshot, seller: SellerOrder, taken: Sequence[Taken], coming_minor: int = 0) -> RefundPreview:
    """The same, of what was chosen already; `coming_minor` is what a dispute that ends gives the merchant back."""
    order = find_order(snapshot, seller.order_id)
    assert order is not None
    legs = sum_of_legs(taken)
    left = left_of(read_shares(snapshot, seller))
    return RefundPreview(
        seller.id, seller.currency, legs.paid_minor, _gift_part(snapshot, order, seller, legs.paid_minor), legs,
        pay.refund_sources(snapshot, seller.id, legs.seller_minor, coming_minor), left.paid_minor - legs.paid_minor,
    )  # fmt: skip


def refund(tx: Tx, scope: Scope, seller_order_id: str, wish: RefundWish, reason: str) -> Refunded:
    """Give some of a sale's money back of one's own will: the merchant or the operator, for goods that stay or do not.

    Takes it from where it is now: escrow; after the settlement the merchant's payable, reserve, and future sales.
    Conflict when it is more than is left, when nothing was paid, or while a dispute keeps the money.
    """
    seller = lock_seller(tx, seller_order_id)
    by = _party(scope, seller)
    reason = checked_reason(reason, "Say why you give it back: the buyer will read it")
    _check_refundable(seller)
    order = find_order(tx, seller.order_id)
    assert order is not None
    shares = read_shares(tx, seller)
    _check_sent(tx, seller, shares, wish)
    taken = take(shares, wish)
    refund_id, plan = give_back(tx, order, seller, taken, Cause.GOODWILL, by, reason)
    ledger.post(tx, plan)
    if by == OPERATOR:
        audit(tx, scope, "orders.refund", seller.id, {"refund": refund_id, "reason": reason})
    return Refunded(refund_id, seller.id, sum_of_legs(taken).paid_minor)


def take(shares: Mapping[str, Share], wish: RefundWish) -> list[Taken]:
    """What a wish takes; Invalid when it names what is not part of the order, or nothing."""
    left = dict(shares)
    found: list[Taken] = []
    if any(pieces < 0 for pieces in wish.pieces.values()):
        raise Invalid("Choose how many pieces: none, or more")
    parts = [(part, pieces, True) for part, pieces in wish.pieces.items() if pieces]
    parts += [(part, amount, False) for part, amount in wish.amounts.items() if amount]
    parts += [(SHIPPING, wish.shipping_minor, False)] if wish.shipping_minor else []
    for part, number, by_pieces in parts:
        if part not in left or (by_pieces and part == SHIPPING):
            raise NotFound("There is no such line in this order")
        each = take_pieces(left[part], number) if by_pieces else take_paid(left[part], number)
        left[part] = less(left[part], each)
        found.append(each)
    if not found:
        raise Invalid("Choose what to give back: pieces, an amount, or the delivery", fields={"pieces": "choose some"})
    return merged(found)


def merged(taken: Iterable[Taken]) -> list[Taken]:
    """One for each part."""
    found: dict[str, Taken] = {}
    for each in taken:
        before = found.get(each.part)
        found[each.part] = (
            each if before is None else Taken(each.part, before.pieces + each.pieces, before.legs + each.legs)
        )
    return list(found.values())


def give_back(
    tx: Tx,
    order: Order,
    seller: SellerOrder,
    taken: Sequence[Taken],
    cause: Cause,
    by: str,
    reason: str,
    ref: str | None = None,
    *,
    coming_minor: int = 0,
    charged_back: str | None = None,
) -> tuple[str | None, ledger.Plan]:
    """Record a refund of what was taken of a locked seller order, and the plan to post for its money.

    `coming_minor` and `charged_back` are as in `pay`. No id and no plan where nothing had been paid for it.
    """
    legs = sum_of_legs(taken)
    if not legs.total_minor:
        row = RefundRow(tx.new_id("rfd"), seller.id, order.id, cause, ref, by, reason, 0, 0, tx.now, tx.now)
        _record(tx, row, taken)
        return None, ledger.Plan()
    gift_minor = 0 if charged_back else _gift_part(tx, order, seller, legs.paid_minor)
    refund_id, plan = pay.refund_plan(
        tx,
        pay.Refund(
            order.payment_id, seller.id, legs.paid_minor - gift_minor, reason, gift_minor, legs.subsidy_minor,
            legs.seller_minor, legs.commission_minor, legs.carrier_minor, legs.tax_minor, charged_back,
        ),
        coming_minor,
    )  # fmt: skip
    paid_at = tx.now if charged_back or legs.paid_minor == gift_minor else None
    row = RefundRow(
        refund_id, seller.id, order.id, cause, ref, by, reason, legs.paid_minor, gift_minor, tx.now, paid_at
    )
    _record(tx, row, taken)
    tx.announce(
        RefundMade(refund_id, seller.id, order.id, seller.merchant_id, seller.currency, legs.paid_minor, cause, reason)
    )
    return refund_id, plan


def read_shares(snapshot: Snapshot, seller: SellerOrder) -> dict[str, Share]:
    """The shares of a seller order as they stand."""
    taken = snapshot.all(_parts_of, seller_order_ids=[seller.id])
    return shares_of(seller, lines_of_seller(snapshot, seller), [each for _, each in taken])


def taken_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, list[Taken]]:
    """What refunds have taken of these seller orders."""
    found: dict[str, list[Taken]] = {seller_id: [] for seller_id in seller_order_ids}
    for seller_id, each in snapshot.all(_parts_of, seller_order_ids=list(seller_order_ids)):
        found[seller_id].append(each)
    return found


def parts_of_refunds(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, list[Taken]]:
    """What each refund of these seller orders takes, by the refund's id."""
    found: dict[str, list[Taken]] = {}
    for refund_id, each in snapshot.all(_parts_by_refund, seller_order_ids=list(seller_order_ids)):
        found.setdefault(refund_id, []).append(each)
    return found


def refunds_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, list[RefundRow]]:
    """The refunds of these seller orders, oldest first; for verbs that have checked whose they are."""
    return refunds_later(snapshot, seller_order_ids)()


def refunds_later(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> Callable[[], dict[str, list[RefundRow]]]:
    """The same, to be called for."""
    rows = snapshot.later(_refunds_of, seller_order_ids=list(seller_order_ids))

    def refunds() -> dict[str, list[RefundRow]]:
        found: dict[str, list[RefundRow]] = {seller_id: [] for seller_id in seller_order_ids}
        for row in rows():
            found[row.seller_order_id].append(row)
        return found

    return refunds


def list_unpaid_refunds(snapshot: Snapshot, scope: Scope, most: int = 50) -> list[RefundRow]:
    """Refunds that the processor has not paid yet, oldest first; for the operator."""
    require_operator(scope)
    return snapshot.all(_unpaid, most=most)


def mark_refund_paid(tx: Tx, refund_id: str) -> None:
    """The buyer has the money back."""
    tx.send(_paid, id_=refund_id, now_=tx.now)


def checked_reason(reason: str, what_to_do: str) -> str:
    """A reason without stray spaces; Invalid when there is none or it is too long."""
    reason = " ".join(reason.split())
    if not reason or "\0" in reason:
        raise Invalid(what_to_do, fields={"reason": "say why"})
    if len(reason) > REASON_LENGTH_MAX:
        raise Invalid(f"Use at most {REASON_LENGTH_MAX} characters", fields={"reason": "too long"})
    return reason


def _check_sent(tx: Tx, seller: SellerOrder, shares: Mapping[str, Share], wish: RefundWish) -> None:
    """Pieces that were not sent are cancelled instead, so that nobody sends what is paid back.

    Nor are pieces of an open return paid back beside it.
    """
    waiting = waiting_pieces(tx, seller.id)
    for line in lines_of_seller(tx, seller):
        sent = line.sent - (shares[line.id].taken_pieces - line.cancelled)
        if wish.pieces.get(line.id, 0) > sent:
            raise Conflict("Pieces that were not sent yet are cancelled, and paid back with that")
        if wish.pieces.get(line.id, 0) > sent - waiting.get(line.id, 0):
            raise Conflict("These pieces are on their way back: they are paid back with their return")


def _check_refundable(seller: SellerOrder) -> None:
    if seller.status not in PAID:
        raise Conflict("Nothing was paid for this order, so there is nothing to give back")
    if seller.dispute_id is not None:
        raise Conflict("The money of this order is disputed: concede the dispute, or wait for its decision")


def _gift_part(snapshot: Snapshot, order: Order, seller: SellerOrder, paid_minor: int) -> int:
    left = pay.left_to_refund(snapshot, order.payment_id, seller.id)
    if paid_minor > left.amount_minor + left.gift_minor:
        most = format_money(left.amount_minor + left.gift_minor, seller.currency)
        raise Conflict(f"This would give back more than was paid: {most} is left")
    return gift_part(paid_minor, left.gift_minor, left.amount_minor + left.gift_minor)


def _party(scope: Scope, seller: SellerOrder) -> str:
    if is_seller(scope, seller.merchant_id):
        return MERCHANT
    if scope.is_operator:
        return OPERATOR
    raise NotFound(ABSENT)


def _record(tx: Tx, row: RefundRow, taken: Sequence[Taken]) -> None:
    tx.send(_insert, **msgspec.structs.asdict(row))
    parts = [
        {
            "refund_id": row.id, "part": each.part, "seller_order_id": row.seller_order_id, "pieces": each.pieces,
            **msgspec.structs.asdict(each.legs),
        }
        for each in taken
    ]  # fmt: skip
    tx.run_many(_insert_part, parts)


def _taken(owner: str, part: str, pieces: int, *legs: int) -> tuple[str, Taken]:
    return owner, Taken(part, pieces, Legs(*legs))


_r, _p = tables.refunds.c, tables.refund_parts.c
_insert: Prepared[Any] = prepare(insert(tables.refunds).values({each.name: bindparam(each.name) for each in _r}))
_insert_part: Prepared[Any] = prepare(
    insert(tables.refund_parts).values({each.name: bindparam(each.name) for each in _p})
)
_refunds_of: Prepared[RefundRow] = prepare(
    select(*_r).where(in_set(_r.seller_order_id, "seller_order_ids")).order_by(_r.id), RefundRow
)
_unpaid: Prepared[RefundRow] = prepare(
    select(*_r).where(_r.paid_at.is_(None)).order_by(_r.id).limit(bindparam("most")), RefundRow
)
_legs = (_p.part, _p.pieces, _p.seller_minor, _p.commission_minor, _p.carrier_minor, _p.tax_minor, _p.subsidy_minor)
_by_seller = in_set(_p.seller_order_id, "seller_order_ids")
_parts_of: Prepared[Any] = prepare(
    select(_p.seller_order_id, *_legs).where(_by_seller).order_by(_p.refund_id, _p.part), _taken
)
_parts_by_refund: Prepared[Any] = prepare(
    select(_p.refund_id, *_legs).where(_by_seller).order_by(_p.refund_id, _p.part), _taken
)
_paid: Prepared[Any] = prepare(
    update(tables.refunds).where(_r.id == bindparam("id_"), _r.paid_at.is_(None)).values(paid_at=bindparam("now_"))
)
