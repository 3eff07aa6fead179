"""Chargebacks as disputes: the buyer's bank has taken money back, and decides who keeps it.

The two facts may come at once, and two handlers of events keep no order: so each looks at the chargeback as it stands.
What is lost by the time that it is disputed is decided next; what was won by then is not disputed.
"""

from __future__ import annotations

from entrepot import ledger, pay
from entrepot.kernel import DAY, Again, Tx

from . import dispute_rows as rows
from .access import SYSTEM
from .claims import Dispute, DisputeKind, DisputeOutcome, DisputeStatus
from .disputes import begin_dispute, end_dispute, store_decided, take_asked
from .records import list_sellers, lock_seller
from .refunds import read_shares
from .shares import left_of
from .types import SellerOrder, SellerOrderStatus

BANK_DAYS = 90
"""How long a buyer's bank may take to decide a chargeback, at most."""
_UNPAID = (SellerOrderStatus.CANCELLED, SellerOrderStatus.AWAITING_PAYMENT)


def open_chargeback(tx: Tx, order_id: str, chargeback_id: str) -> list[Dispute]:
    """A buyer's bank has taken a payment back: each part of the order that has its money is disputed until it decides.

    A buyer's own dispute about the same part ends: the bank decides now. The same chargeback again changes nothing, as
    long as it was not won meanwhile.
    """
    row = pay.get_chargeback(tx, chargeback_id)
    sellers = [lock_seller(tx, each.id) for each in list_sellers(tx, [order_id])]
    if row.state not in ("opened", "lost") or tx.all(rows.standing_chargebacks, processor_ref=chargeback_id):
        return []
    found, whole, amount_minor = [], ledger.Plan(), row.amount_minor
    for seller in sellers:
        left_minor = pay.left_to_refund(tx, row.payment_id, seller.id).amount_minor
        asked_minor = min(left_minor, amount_minor)
        if asked_minor and seller.status not in _UNPAID:
            amount_minor -= asked_minor
            dispute, plan = _open(tx, seller, chargeback_id, asked_minor)
            found.append(dispute)
            whole += plan
    ledger.post(tx, whole)
    if row.state == "lost":
        pay.tell_of_decision(tx, chargeback_id)
    return found


def close_chargeback(tx: Tx, chargeback_id: str, fee_minor: int = 0) -> None:
    """The bank has decided: won, the money stays with the merchants; lost, it is gone, and they bear it with the fee.

    What is decided here stays so. Should the bank change its mind, `pay` gives each part back to whoever bore it.
    """
    row = pay.get_chargeback(tx, chargeback_id)
    whole = ledger.Plan()
    for dispute_id in tx.all(rows.standing_chargebacks, processor_ref=chargeback_id):
        dispute, seller = rows.lock(tx, dispute_id)
        if dispute.decided_at is not None:
            continue
        if row.state == "lost":
            whole += _lose(tx, dispute, seller, fee_minor)
            fee_minor = 0
        else:
            reason = "The bank has decided for the merchant"
            whole += end_dispute(tx, dispute, seller, [], DisputeOutcome.WON, SYSTEM, reason)[1]
    ledger.post(tx, whole)
    if pay.get_chargeback(tx, chargeback_id).state != row.state:
        raise Again("the bank has changed its mind while this was shared out")


def _open(tx: Tx, seller: SellerOrder, chargeback_id: str, asked_minor: int) -> tuple[Dispute, ledger.Plan]:
    first, coming_minor = ledger.Plan(), 0
    if seller.dispute_id is not None:
        before, _ = rows.lock(tx, seller.dispute_id)
        coming_minor, first = pay.unfreeze(tx, before.id)
        store_decided(tx, before, seller, None, 0, DisputeOutcome.WITHDRAWN, SYSTEM, "The buyer's bank decides now")
        seller = lock_seller(tx, seller.id)
    dispute = Dispute(
        tx.new_id("dsp"), seller.id, seller.order_id, seller.merchant_id, DisputeKind.CHARGEBACK, DisputeStatus.OPEN,
        None, "The buyer's bank has taken the payment back", asked_minor, 0, tx.now, tx.now + BANK_DAYS * DAY,
        processor_ref=chargeback_id,
    )  # fmt: skip
    dispute, plan = begin_dispute(tx, seller, dispute, SYSTEM, SYSTEM, coming_minor)
    return dispute, first + plan


def _lose(tx: Tx, dispute: Dispute, seller: SellerOrder, fee_minor: int) -> ledger.Plan:
    shares = read_shares(tx, seller)
    taken = take_asked(shares, min(dispute.asked_minor, left_of(shares).paid_minor))
    reason = "The bank has decided for the buyer"
    return end_dispute(tx, dispute, seller, taken, DisputeOutcome.LOST, SYSTEM, reason, fee_minor)[1]
