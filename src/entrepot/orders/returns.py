"""Sending goods back: asked for, answered, sent, looked at, paid back; each side has its days, and the clock decides.

    asked ─► accepted ─► sent ─► arrived ─► refunded
      │         │                   └─────► declined (nothing of it is accepted)
      │         └─► lapsed (not sent in time)
      └─► declined, withdrawn; a piece that is missing is paid back as soon as it is accepted

A merchant who does not answer has accepted; one who does not look has accepted what came. Until a return is closed the
money of its seller order is not shared out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from entrepot import catalog, deliver, ledger
from entrepot.identity import Address, Scope, audit
from entrepot.kernel import DAY, Conflict, Invalid, NotFound, Snapshot, Tx

from . import return_rows as rows
from .access import ABSENT, BUYER, MERCHANT, OPERATOR, SYSTEM, is_owner, is_seller, party_of
from .claims import Cause, Label, Return, ReturnLine, ReturnReason, ReturnStatus
from .events import ReturnAsked, ReturnMoved
from .records import find_order, find_seller, lines_of_seller, lock_seller
from .refunds import RefundPreview, checked_reason, give_back, preview_of, read_shares
from .shares import SHIPPING, Share, Taken, take_pieces, take_rest
from .types import REASON_LENGTH_MAX, Order, SellerOrder, SellerOrderStatus

SEND_DAYS = 14
"""How long a buyer has to send back what was accepted."""
LOST_DAYS = 45
"""How long a return's parcel may be on its way; then it counts as if it had arrived."""
NOT_ANSWERED, NOT_INSPECTED = "Nobody answered in time", "Nobody looked at it in time"
RETURNABLE = (SellerOrderStatus.DELIVERED, SellerOrderStatus.COMPLETED)


class Inspection(msgspec.Struct, frozen=True):
    """What a merchant found in a return's parcel: pieces of each line that are paid back, and those of them that are
    good to be sold again. `finding` says why some are not; `picture` is the sha256 of one."""

    accepted: dict[str, int]
    restocked: dict[str, int] = {}
    finding: str = ""
    picture: str | None = None


def returnable_pieces(snapshot: Snapshot, seller: SellerOrder) -> dict[str, int]:
    """How many pieces of each line could be sent back: those that were sent, less what is paid back or on its way."""
    waiting = rows.waiting_pieces(snapshot, seller.id)
    shares = read_shares(snapshot, seller)
    return {
        line.id: max(0, line.sent - (shares[line.id].taken_pieces - line.cancelled) - waiting.get(line.id, 0))
        for line in lines_of_seller(snapshot, seller)
    }


def return_until(seller: SellerOrder) -> int | None:
    """Until when goods of it may be sent back; None while they are not there."""
    since = seller.delivered_at or seller.completed_at
    return None if since is None else since + seller.return_days * DAY


def ask_return(
    tx: Tx, scope: Scope, seller_order_id: str, reason: ReturnReason, pieces: Mapping[str, int], note: str = ""
) -> Return:
    """The buyer wants to send pieces back; the merchant has the agreed days to answer.

    NotFound for others than the buyer. Conflict before the delivery, after the agreed days, while it is disputed, or
    for more pieces than there are.
    """
    seller = lock_seller(tx, seller_order_id)
    order = _order_of(tx, seller)
    if not is_owner(scope, order.owner):
        raise NotFound(ABSENT)
    _check_time(seller, tx.now)
    wanted = _within(returnable_pieces(tx, seller), pieces)
    row = Return(
        tx.new_id("ret"), seller.id, order.id, seller.merchant_id, ReturnStatus.ASKED, reason, _note(note), tx.now,
        tx.now + seller.answer_days * DAY,
    )  # fmt: skip
    rows.insert_return(tx, row, [ReturnLine(row.id, part, number) for part, number in wanted.items()])
    tx.announce(ReturnAsked(row.id, seller.id, order.id, seller.merchant_id, reason, row.answer_by))
    return row


def answer_return(
    tx: Tx, scope: Scope, return_id: str, accept: bool, note: str = "", label: Label = Label.MERCHANT
) -> Return:
    """The merchant, or the operator, says whether goods may come back, and who has the parcel carried.

    What is missing is paid back at once. Declining needs a reason. Conflict when it was answered already.
    """
    row, seller = rows.lock(tx, return_id)
    by = _seller_side(tx, scope, row, seller)
    _must_be(row, ReturnStatus.ASKED)
    if not accept:
        note = checked_reason(note, "Say why it is declined: the buyer will read it")
        return _close(tx, row, ReturnStatus.DECLINED, by, answer=note, answered_at=tx.now, answered_by=by)
    return _accept(tx, row, seller, by, _note(note), label)


def send_return(
    tx: Tx, scope: Scope, return_id: str, carrier: str = "", tracking_no: str | None = None,
    merchants_carrier: str = deliver.SANDBOX,
) -> Return:  # fmt: skip
    """The buyer hands the parcel over; with the merchant's label `merchants_carrier` comes for it, without a number."""
    row, seller = rows.lock(tx, return_id)
    _buyer_side(tx, scope, seller)
    _must_be(row, ReturnStatus.ACCEPTED)
    carrier = merchants_carrier if row.label == Label.MERCHANT else carrier
    booking = deliver.Booking(row.id, seller.merchant_id, carrier, tracking_no, None, _where_to(tx, seller))
    parcel = deliver.book(tx, booking)
    return _move(
        tx, row, ReturnStatus.SENT, BUYER, carrier=parcel.carrier, tracking_no=parcel.tracking_no,
        parcel_id=parcel.id, sent_at=tx.now, inspect_by=tx.now + LOST_DAYS * DAY,
    )  # fmt: skip


def withdraw_return(tx: Tx, scope: Scope, return_id: str) -> Return:
    """The buyer keeps the goods after all; Conflict once they are on their way."""
    row, seller = rows.lock(tx, return_id)
    _buyer_side(tx, scope, seller)
    if row.status not in (ReturnStatus.ASKED, ReturnStatus.ACCEPTED):
        raise Conflict(_WHY_NOT[ReturnStatus(row.status)])
    return _close(tx, row, ReturnStatus.WITHDRAWN, BUYER)


def arrive_return(tx: Tx, return_id: str, arrived_at: int) -> None:
    """A return's parcel has arrived: the merchant has the agreed days to look at it."""
    row, seller = rows.lock(tx, return_id)
    if row.status == ReturnStatus.SENT:
        inspect_by = tx.now + seller.answer_days * DAY
        _move(tx, row, ReturnStatus.ARRIVED, SYSTEM, arrived_at=min(arrived_at, tx.now), inspect_by=inspect_by)


def inspect_return(tx: Tx, scope: Scope, return_id: str, found: Inspection) -> Return:
    """The merchant, or the operator, has looked at what came back: accepts all, some or none of it, and pays that back.

    Good pieces go back on the shelf that they came from, once. What is not accepted needs a reason.
    """
    row, seller = rows.lock(tx, return_id)
    by = _seller_side(tx, scope, row, seller)
    if row.status not in rows.COMING:
        raise Conflict(_WHY_NOT[ReturnStatus(row.status)])
    lines = rows.lines_of(tx, row.id)
    accepted = {line.line_id: found.accepted.get(line.line_id, 0) for line in lines}
    _check_found(lines, found, accepted)
    finding = found.finding
    if sum(accepted.values()) < sum(line.quantity for line in lines):
        finding = checked_reason(finding, "Say what is wrong with the pieces that you do not pay back")
    return _conclude(tx, row, seller, by, accepted, found.restocked, _note(finding), found.picture)


def preview_return(snapshot: Snapshot, scope: Scope, return_id: str) -> RefundPreview:
    """What accepting all of a return would give back, and who would bear it; for the merchant and the operator."""
    row = rows.find_return(snapshot, return_id)
    if row is None or not (is_seller(scope, row.merchant_id) or scope.is_operator):
        raise NotFound("There is no such return")
    seller = find_seller(snapshot, row.seller_order_id)
    pieces = {line.line_id: line.quantity for line in rows.lines_of(snapshot, row.id)}
    return preview_of(snapshot, seller, _worth(read_shares(snapshot, seller), row, pieces))


def settle_due_return(tx: Tx, return_id: str) -> None:
    """Do what the clock decides of a return: accept, let lapse, or pay back; one that is not due stays as it is."""
    row, seller = rows.lock(tx, return_id)
    if seller.dispute_id is not None:
        return  # a bank took its money back meanwhile: what it decides comes first
    if row.status == ReturnStatus.ASKED and row.answer_by <= tx.now:
        _accept(tx, row, seller, SYSTEM, NOT_ANSWERED, Label.MERCHANT)
    elif row.status == ReturnStatus.ACCEPTED and row.send_by is not None and row.send_by <= tx.now:
        _close(tx, row, ReturnStatus.LAPSED, SYSTEM)
    elif row.status in rows.COMING and row.inspect_by is not None and row.inspect_by <= tx.now:
        accepted = {line.line_id: line.quantity for line in rows.lines_of(tx, row.id)}
        _conclude(tx, row, seller, SYSTEM, accepted, {}, NOT_INSPECTED, None)


def _accept(tx: Tx, row: Return, seller: SellerOrder, by: str, note: str, label: Label) -> Return:
    answer = {"answer": note, "answered_at": tx.now, "answered_by": by}
    if row.reason == ReturnReason.MISSING:
        accepted = {line.line_id: line.quantity for line in rows.lines_of(tx, row.id)}
        return _conclude(tx, row, seller, by, accepted, {}, "", None, **answer)
    return _move(tx, row, ReturnStatus.ACCEPTED, by, label=label, send_by=tx.now + SEND_DAYS * DAY, **answer)


def _conclude(
    tx: Tx,
    row: Return,
    seller: SellerOrder,
    by: str,
    accepted: Mapping[str, int],
    restocked: Mapping[str, int],
    finding: str,
    picture: str | None,
    **answer: Any,
) -> Return:
    """Pay back what is accepted, and put what is good on the shelf."""
    found = {"finding": finding, "picture": picture, "inspected_at": tx.now, **answer}
    if seller.dispute_id is not None:
        raise Conflict("This order is disputed: its money stays where it is until that is decided")
    for line_id, number in accepted.items():
        rows.store_found(tx, row.id, line_id, number, restocked.get(line_id, 0))
    if not any(accepted.values()):
        return _close(tx, row, ReturnStatus.DECLINED, by, **found)
    refund_id, plan = None, ledger.Plan()
    if taken := _worth(read_shares(tx, seller), row, accepted):
        reason = f"Return {row.reason.replace('_', ' ')}"
        refund_id, plan = give_back(tx, _order_of(tx, seller), seller, taken, Cause.RETURN, by, reason, row.id)
    lines = {line.id: line for line in lines_of_seller(tx, seller)}
    shelved = [catalog.Pieces(each, n, lines[each].sent) for each, n in restocked.items() if n]
    ledger.post(tx, plan + catalog.restock_pieces(tx, shelved, row.id))
    if shelved:
        catalog.announce_stock(tx, [lines[each.line_id].offer_id for each in shelved])
    return _close(tx, row, ReturnStatus.REFUNDED, by, refund_id=refund_id, **found)


def _worth(shares: Mapping[str, Share], row: Return, accepted: Mapping[str, int]) -> list[Taken]:
    """What is paid back for accepted pieces; the delivery too when it was the merchant's fault, and all is back.

    Pieces that a bank has taken the money of meanwhile are not paid back twice.
    """
    left = {part: min(number, shares[part].left_pieces) for part, number in accepted.items()}
    taken = [take_pieces(shares[part], number) for part, number in left.items() if number]
    back = {each.part: each.pieces for each in taken}
    everything = all(share.left_pieces == back.get(share.part, 0) for share in shares.values())
    if everything and taken and row.reason != ReturnReason.CHANGED_MIND and shares[SHIPPING].left.total_minor:
        taken.append(take_rest(shares[SHIPPING]))
    return taken


def _check_time(seller: SellerOrder, now: int) -> None:
    if seller.status not in RETURNABLE:
        raise Conflict("Goods can be sent back once they have arrived: until then, cancel what is not sent")
    if seller.dispute_id is not None:
        raise Conflict("This order is disputed: the decision will also say what becomes of the goods")
    until = return_until(seller)
    if until is None or now >= until:
        raise Conflict(f"The {seller.return_days} days to send something back are over")


def _within(possible: Mapping[str, int], pieces: Mapping[str, int]) -> dict[str, int]:
    wanted = {part: number for part, number in pieces.items() if number}
    if not wanted:
        raise Invalid("Choose what you want to send back", fields={"pieces": "choose some"})
    for part, number in wanted.items():
        if part not in possible:
            raise NotFound("There is no such line in this order")
        if number < 0:
            raise Invalid("Choose how many pieces: none, or more", fields={f"pieces.{part}": "below zero"})
        if number > possible[part]:
            raise Conflict(f"Only {possible[part]} of these can be sent back", fields={f"pieces.{part}": "too many"})
    return wanted


def _check_found(lines: list[ReturnLine], found: Inspection, accepted: Mapping[str, int]) -> None:
    known = {line.line_id: line.quantity for line in lines}
    if set(found.accepted) - set(known) or set(found.restocked) - set(known):
        raise NotFound("There is no such line in this return")
    for part, quantity in known.items():
        if not 0 <= accepted[part] <= quantity:
            raise Invalid("Accept none, some or all of the pieces that came back", fields={f"accepted.{part}": "?"})
        if not 0 <= found.restocked.get(part, 0) <= accepted[part]:
            # What is not paid back is still the buyer's: nobody sells it again.
            raise Invalid("Put only pieces on the shelf that you pay back", fields={f"restocked.{part}": "too many"})


def _note(text: str) -> str:
    text = " ".join(text.replace("\0", " ").split())
    if len(text) > REASON_LENGTH_MAX:
        raise Invalid(f"Use at most {REASON_LENGTH_MAX} characters", fields={"note": "too long"})
    return text


def _seller_side(tx: Tx, scope: Scope, row: Return, seller: SellerOrder) -> str:
    by = party_of(scope, _order_of(tx, seller).owner, seller.merchant_id)
    if by not in (MERCHANT, OPERATOR):
        raise NotFound("There is no such return")
    if by == OPERATOR:
        audit(tx, scope, "orders.return", row.id)
    return by


def _buyer_side(tx: Tx, scope: Scope, seller: SellerOrder) -> None:
    if not is_owner(scope, _order_of(tx, seller).owner):
        raise NotFound("There is no such return")


def _must_be(row: Return, status: ReturnStatus) -> None:
    if row.status != status:
        raise Conflict(_WHY_NOT[ReturnStatus(row.status)])


def _order_of(snapshot: Snapshot, seller: SellerOrder) -> Order:
    order = find_order(snapshot, seller.order_id)
    assert order is not None
    return order


def _where_to(tx: Tx, seller: SellerOrder) -> Address:
    """The first place that the merchant sends from."""
    places = deliver.locations_of(tx, [seller.merchant_id]).get(seller.merchant_id, ())
    for location in places:
        return location.address
    raise Conflict("The merchant has no address to send it to: ask the market")


def _close(tx: Tx, row: Return, status: ReturnStatus, by: str, **changes: Any) -> Return:
    return _move(tx, row, status, by, closed_at=tx.now, **changes)


def _move(tx: Tx, row: Return, status: ReturnStatus, by: str, **changes: Any) -> Return:
    moved = msgspec.structs.replace(row, status=status, **changes)
    rows.store(tx, moved)
    tx.announce(ReturnMoved(row.id, row.seller_order_id, row.order_id, row.merchant_id, status, by))
    return moved


_WHY_NOT = {
    ReturnStatus.ASKED: "This return waits for its answer",
    ReturnStatus.ACCEPTED: "This return was accepted already: the buyer sends it now",
    ReturnStatus.SENT: "This return is on its way already",
    ReturnStatus.ARRIVED: "This return has arrived already",
    ReturnStatus.REFUNDED: "This return was paid back already",
    ReturnStatus.DECLINED: "This return was declined",
    ReturnStatus.WITHDRAWN: "The buyer has withdrawn this return",
    ReturnStatus.LAPSED: "This return was not sent in time",
}
