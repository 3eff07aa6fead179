"""Disputes: something is wrong, and the two sides do not agree; the money stays where it is until somebody decides.

    open (the merchant answers, by a day) ─► review (the operator decides) ─► decided
      ├─► the merchant concedes, or the buyer withdraws
      └─► a chargeback is open until the buyer's bank has decided

From its opening to its decision a dispute freezes escrow, and the clock that would share it out stands still; once it
is shared out, what is still due to the merchant is set apart instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from entrepot import ledger, pay
from entrepot.identity import Scope, audit
from entrepot.kernel import DAY, Conflict, Invalid, NotFound, Snapshot, Tx, format_money, split

from . import dispute_rows as rows
from .access import ABSENT, BUYER, MERCHANT, SYSTEM, is_owner, is_seller, party_of
from .claims import Cause, Dispute, DisputeKind, DisputeOutcome, DisputeStatus, Evidence
from .events import DisputeDecided, DisputeOpened, EvidenceGiven
from .fulfilment import CONFIRMED_BY_TIME, complete, open_return_of
from .records import find_order, find_seller, lock_seller
from .refunds import RefundPreview, RefundWish, checked_reason, give_back, preview_of, read_shares, take
from .shares import Share, Taken, left_of, sum_of_legs, take_paid, take_rest
from .types import Order, SellerOrder, SellerOrderStatus

EVIDENCE_MAX = 50
"""Entries of one side in one dispute, so that nobody talks the other side out of it."""
_AFTER_DELIVERY = (SellerOrderStatus.DELIVERED, SellerOrderStatus.COMPLETED)


class Verdict(msgspec.Struct, frozen=True):
    """What goes back to the buyer: everything that is left, an amount of it, or what a wish names; else nothing."""

    whole: bool = False
    amount_minor: int = 0
    wish: RefundWish | None = None


def open_dispute(
    tx: Tx, scope: Scope, seller_order_id: str, kind: DisputeKind, reason: str, asked_minor: int | None = None
) -> Dispute:
    """The buyer says that something is wrong with one merchant's part, and how much should come back (None: all of it).

    NotFound for others than the buyer. Conflict when nothing is paid, when it is too early or too late, or while
    another dispute or an unanswered return is open.
    """
    seller = lock_seller(tx, seller_order_id)
    order = order_of(tx, seller)
    if not is_owner(scope, order.owner):
        raise NotFound(ABSENT)
    if kind == DisputeKind.CHARGEBACK:
        raise Invalid("Only a bank opens a chargeback: say what is wrong with the goods", fields={"kind": "choose"})
    reason = checked_reason(reason, "Say what is wrong: the merchant and the market will read it")
    _check_time(seller, kind, tx.now)
    if tx.value(open_return_of, seller_order_id=seller.id) is not None:
        raise Conflict("A return of this order is open: wait for its answer, or withdraw it first")
    return _open(tx, seller, kind, reason, asked_minor, BUYER, scope.actor)


def open_by_time(tx: Tx, seller_order_id: str) -> None:
    """Open a dispute for goods that were sent and never arrived, long after their promised day; others stay as they
    are. So no money waits for ever for a scan that does not come."""
    seller = lock_seller(tx, seller_order_id)
    waits = seller.status == SellerOrderStatus.SHIPPED and seller.dispute_id is None
    if not waits or late_since(seller) > tx.now or tx.value(open_return_of, seller_order_id=seller.id) is not None:
        return
    if not left_of(read_shares(tx, seller)).paid_minor:
        complete(tx, seller, CONFIRMED_BY_TIME)  # all of it was given back already: there is nothing to dispute
    else:
        _open(tx, seller, DisputeKind.NOT_ARRIVED, "No carrier has reported the delivery", None, SYSTEM, SYSTEM)


def open_for_lost(tx: Tx, seller_order_id: str, reason: str) -> None:
    """A parcel will not arrive: its buyer's dispute is opened at once, and need not wait for days.

    Nothing happens where one is open already, something is on its way back, or everything is paid back.
    """
    seller = lock_seller(tx, seller_order_id)
    waits = seller.status in (SellerOrderStatus.PAID, SellerOrderStatus.SHIPPED) and seller.dispute_id is None
    if (
        waits
        and not tx.value(open_return_of, seller_order_id=seller.id)
        and left_of(read_shares(tx, seller)).paid_minor
    ):
        _open(tx, seller, DisputeKind.NOT_ARRIVED, reason, None, SYSTEM, SYSTEM)


def late_since(seller: SellerOrder) -> int:
    """When a parcel that is on its way counts as lost."""
    return max(seller.arrives_by, seller.shipped_at or 0) + seller.dispute_days * DAY


def add_evidence(tx: Tx, scope: Scope, dispute_id: str, text: str, picture: str | None = None) -> Evidence:
    """Either side, or the operator, says or shows something. The merchant's first word is the answer: the operator
    decides from then on. Conflict once it is decided."""
    dispute, seller = rows.lock(tx, dispute_id)
    party = party_of(scope, order_of(tx, seller).owner, seller.merchant_id)
    _must_be_open(dispute)
    if tx.value(rows.count_evidence, dispute_id=dispute.id, party=party) >= EVIDENCE_MAX:
        raise Conflict(f"You have said {EVIDENCE_MAX} things in this dispute: that is enough to decide it")
    text = checked_reason(text, "Say what you know") if text.strip() or picture is None else ""
    said = Evidence(tx.new_id("evi"), dispute.id, party, scope.actor, text, picture, tx.now)
    tx.send(rows.insert_evidence, **msgspec.structs.asdict(said))
    if party == MERCHANT and dispute.status == DisputeStatus.OPEN and dispute.kind != DisputeKind.CHARGEBACK:
        rows.store(tx, msgspec.structs.replace(dispute, status=DisputeStatus.REVIEW))
    tx.announce(EvidenceGiven(dispute.id, seller.id, dispute.order_id, dispute.merchant_id, party))
    return said


def concede(tx: Tx, scope: Scope, dispute_id: str) -> Dispute:
    """The merchant gives in: the buyer has back what was asked for."""
    dispute, seller = rows.lock(tx, dispute_id)
    if not is_seller(scope, seller.merchant_id):
        raise NotFound("There is no such dispute")
    _must_be_open(dispute)
    _not_the_banks(dispute)
    taken = take_asked(read_shares(tx, seller), dispute.asked_minor)
    return _decide(tx, dispute, seller, taken, DisputeOutcome.CONCEDED, scope.actor, "The merchant agrees")


def withdraw_dispute(tx: Tx, scope: Scope, dispute_id: str) -> Dispute:
    """The buyer is content after all: the money goes on its way."""
    dispute, seller = rows.lock(tx, dispute_id)
    if not is_owner(scope, order_of(tx, seller).owner):
        raise NotFound("There is no such dispute")
    _must_be_open(dispute)
    _not_the_banks(dispute)
    return _decide(tx, dispute, seller, [], DisputeOutcome.WITHDRAWN, scope.actor, "The buyer has withdrawn it")


def decide(tx: Tx, scope: Scope, dispute_id: str, verdict: Verdict, reason: str) -> Dispute:
    """The operator decides: everything back, a part of it, or nothing; with a reason that both sides read.

    May be done before the merchant's days are over only when the merchant has answered. Audited.
    """
    if not scope.is_operator:
        raise NotFound("There is no such dispute")
    dispute, seller = rows.lock(tx, dispute_id)
    _must_be_open(dispute)
    _not_the_banks(dispute)
    if dispute.status == DisputeStatus.OPEN and dispute.answer_by > tx.now:
        raise Conflict("The merchant has not answered yet, and still has time to")
    reason = checked_reason(reason, "Say why: both sides will read it")
    shares = read_shares(tx, seller)
    taken = taken_by(shares, verdict)
    left_minor = left_of(shares).paid_minor
    back_minor = sum_of_legs(taken).paid_minor
    outcome = DisputeOutcome.DISMISSED
    if taken:
        outcome = DisputeOutcome.REFUNDED if back_minor == left_minor else DisputeOutcome.PARTLY
    audit(tx, scope, "orders.dispute.decide", dispute.id, {"outcome": outcome, "refunded_minor": back_minor})
    return _decide(tx, dispute, seller, taken, outcome, scope.actor, reason)


def preview_dispute(snapshot: Snapshot, scope: Scope, dispute_id: str, verdict: Verdict | None = None) -> RefundPreview:
    """What conceding, or a verdict, would give back and who would bear it; for the merchant and the operator."""
    dispute = rows.find_dispute(snapshot, dispute_id)
    if dispute is None or not (is_seller(scope, dispute.merchant_id) or scope.is_operator):
        raise NotFound("There is no such dispute")
    seller = find_seller(snapshot, dispute.seller_order_id)
    shares = read_shares(snapshot, seller)
    taken = take_asked(shares, dispute.asked_minor) if verdict is None else taken_by(shares, verdict)
    coming_minor = dispute.frozen_minor if dispute.decided_at is None else 0
    return preview_of(snapshot, seller, taken, coming_minor)


def take_to_review(tx: Tx, dispute_id: str) -> None:
    """Pass a dispute that its merchant has not answered in time on to the operator; others stay as they are."""
    dispute, _ = rows.lock(tx, dispute_id)
    waits = dispute.status == DisputeStatus.OPEN and dispute.kind != DisputeKind.CHARGEBACK
    if waits and dispute.answer_by <= tx.now:
        rows.store(tx, msgspec.structs.replace(dispute, status=DisputeStatus.REVIEW))


def taken_by(shares: Mapping[str, Share], verdict: Verdict) -> list[Taken]:
    """What a verdict takes of a seller order; nothing when it is dismissed."""
    if verdict.whole:
        return _everything(shares)
    if verdict.amount_minor:
        return take_asked(shares, verdict.amount_minor)
    return take(shares, verdict.wish) if verdict.wish is not None else []


def take_asked(shares: Mapping[str, Share], paid_minor: int) -> list[Taken]:
    """An amount of what the buyer paid, over all lines and the delivery in proportion; all of it with its pieces."""
    left = [share.left.paid_minor for share in shares.values()]
    if paid_minor > sum(left):
        raise Conflict("This would give back more than was paid")
    if paid_minor == sum(left):
        return _everything(shares)
    if paid_minor < 0:
        raise Invalid("Say how much to give back: more than zero")
    parts = split(paid_minor, left)
    return [take_paid(share, part) for share, part in zip(shares.values(), parts, strict=True) if part]


def _everything(shares: Mapping[str, Share]) -> list[Taken]:
    taken = [take_rest(share) for share in shares.values()]
    return [each for each in taken if each.pieces or each.legs.total_minor]


def _open(
    tx: Tx, seller: SellerOrder, kind: DisputeKind, reason: str, asked_minor: int | None, party: str, actor: str
) -> Dispute:
    if seller.dispute_id is not None:
        raise Conflict("This order is disputed already")
    left_minor = left_of(read_shares(tx, seller)).paid_minor
    asked_minor = left_minor if asked_minor is None else asked_minor
    if not 0 < asked_minor <= left_minor:
        most = format_money(left_minor, seller.currency)
        raise Conflict(f"Ask for more than nothing, and at most {most}: that is what is left of what you paid")
    dispute = Dispute(
        tx.new_id("dsp"), seller.id, seller.order_id, seller.merchant_id, kind, DisputeStatus.OPEN, None, reason,
        asked_minor, 0, tx.now, tx.now + seller.answer_days * DAY,
    )  # fmt: skip
    dispute, plan = begin_dispute(tx, seller, dispute, party, actor)
    ledger.post(tx, plan)
    return dispute


def begin_dispute(
    tx: Tx, seller: SellerOrder, dispute: Dispute, party: str, actor: str, coming_minor: int = 0
) -> tuple[Dispute, ledger.Plan]:
    """Store a dispute that begins, and the plan that keeps its money where it is."""
    legs = sum_of_legs(take_asked(read_shares(tx, seller), dispute.asked_minor))
    frozen_minor, plan = pay.freeze(tx, dispute.id, seller.id, legs.seller_minor, coming_minor)
    dispute = msgspec.structs.replace(dispute, frozen_minor=frozen_minor)
    tx.send(rows.insert_dispute, **msgspec.structs.asdict(dispute))
    said = Evidence(tx.new_id("evi"), dispute.id, party, actor, dispute.reason, None, tx.now)
    tx.send(rows.insert_evidence, **msgspec.structs.asdict(said))
    tx.send(rows.begin, id_=seller.id, dispute_id_=dispute.id)
    tx.announce(
        DisputeOpened(
            dispute.id, seller.id, dispute.order_id, dispute.merchant_id, dispute.kind, dispute.answer_by, party
        )
    )  # fmt: skip
    return dispute, plan


def _decide(
    tx: Tx, dispute: Dispute, seller: SellerOrder, taken: Sequence[Taken], outcome: DisputeOutcome, by: str,
    decision: str,
) -> Dispute:  # fmt: skip
    decided, plan = end_dispute(tx, dispute, seller, taken, outcome, by, decision)
    ledger.post(tx, plan)
    return decided


def end_dispute(
    tx: Tx,
    dispute: Dispute,
    seller: SellerOrder,
    taken: Sequence[Taken],
    outcome: DisputeOutcome,
    by: str,
    decision: str,
    fee_minor: int = 0,
) -> tuple[Dispute, ledger.Plan]:
    """Store a decision, and the plan that lets go of the money and gives back what is taken of it."""
    coming_minor, plan = pay.unfreeze(tx, dispute.id, fee_minor)
    refund_id, back_minor = None, sum_of_legs(taken).paid_minor
    if taken:
        lost = outcome == DisputeOutcome.LOST
        refund_id, money = give_back(
            tx, order_of(tx, seller), seller, taken, Cause.CHARGEBACK if lost else Cause.DISPUTE, by, decision,
            dispute.id, coming_minor=coming_minor, charged_back=dispute.processor_ref if lost else None,
        )  # fmt: skip
        plan += money
    return store_decided(tx, dispute, seller, refund_id, back_minor, outcome, by, decision, fee_minor), plan


def store_decided(
    tx: Tx,
    dispute: Dispute,
    seller: SellerOrder,
    refund_id: str | None,
    back_minor: int,
    outcome: DisputeOutcome,
    by: str,
    decision: str,
    fee_minor: int = 0,
) -> Dispute:
    """Store a decision; the days to object that stood still while it was open begin to run again."""
    decided = msgspec.structs.replace(
        dispute, status=DisputeStatus.DECIDED, outcome=outcome, decided_at=tx.now, decided_by=by, decision=decision,
        refund_id=refund_id, fee_minor=fee_minor,
    )  # fmt: skip
    rows.store(tx, decided)
    tx.send(rows.end, id_=seller.id, dispute_id_=dispute.id, paused=tx.now - dispute.opened_at)
    tx.announce(
        DisputeDecided(
            dispute.id, seller.id, dispute.order_id, dispute.merchant_id, seller.currency, outcome, back_minor
        )
    )  # fmt: skip
    return decided


def _check_time(seller: SellerOrder, kind: DisputeKind, now: int) -> None:
    status = SellerOrderStatus(seller.status)
    if status in (SellerOrderStatus.AWAITING_PAYMENT, SellerOrderStatus.CANCELLED):
        raise Conflict("Nothing was paid for this order, so there is nothing to dispute")
    if status not in _AFTER_DELIVERY and now < seller.arrives_by:
        raise Conflict("It has not arrived yet, and was not promised before: wait for the promised day, or cancel it")
    if status not in _AFTER_DELIVERY and kind != DisputeKind.NOT_ARRIVED and not seller.shipped_at:
        raise Conflict("It was not sent yet: cancel it, and the money comes back")
    since = seller.delivered_at or seller.completed_at
    if status in _AFTER_DELIVERY and since is not None and now >= since + seller.dispute_days * DAY:
        raise Conflict(f"The {seller.dispute_days} days to say that something is wrong are over")


def _must_be_open(dispute: Dispute) -> None:
    if dispute.decided_at is not None:
        raise Conflict("This dispute is decided already")


def _not_the_banks(dispute: Dispute) -> None:
    if dispute.kind == DisputeKind.CHARGEBACK:
        raise Conflict("The buyer's bank decides this one: send it what you know")


def order_of(tx: Tx, seller: SellerOrder) -> Order:
    order = find_order(tx, seller.order_id)
    assert order is not None
    return order
