"""Pay's accounts on the ledger, and the codes of its transfers.

A buyer's money enters from the processor, which owes it to us from then on, and waits in the escrow of one seller
order. From there it goes back, or to the merchant, the platform's commission, the carrier and the tax office.
"""

from __future__ import annotations

from entrepot.ledger import Account

PLATFORM = "platform"

CAPTURE = "pay.capture"
GIFT = "pay.gift"
GIFT_ISSUED = "pay.gift.issued"
GIFT_ENDED = "pay.gift.ended"
SUBSIDY = "pay.subsidy"
VOID = "pay.void"
LATE = "pay.late"
REFUND = "pay.refund"
SELLER = "pay.settle.seller"
COMMISSION = "pay.settle.commission"
CARRIER = "pay.settle.carrier"
TAX = "pay.settle.tax"
PREPAID = "pay.settle.prepaid"
PAYOUT = "pay.payout"
PAYOUT_RETURNED = "pay.payout.returned"
RESERVE = "pay.reserve"
RESERVE_RELEASED = "pay.reserve.released"
REFUND_SELLER = "pay.refund.seller"
REFUND_RESERVE = "pay.refund.reserve"
REFUND_OWED = "pay.refund.owed"
REFUND_COMMISSION = "pay.refund.commission"
REFUND_CARRIER = "pay.refund.carrier"
REFUND_TAX = "pay.refund.tax"
REFUND_PREPAID = "pay.refund.prepaid"
REFUND_SUBSIDY = "pay.refund.subsidy"
REFUND_GIFT = "pay.refund.gift"
RECOVER = "pay.recover"
FREEZE = "pay.freeze"
UNFREEZE = "pay.unfreeze"
CHARGEBACK = "pay.chargeback"
CHARGEBACK_FEE = "pay.chargeback.fee"
CHARGEBACK_RECOVERED = "pay.chargeback.recovered"
CHARGEBACK_LOST_AGAIN = "pay.chargeback.lost_again"


def escrow(seller_order_id: str, currency: str) -> Account:
    """What buyers paid for a seller order that is not complete yet."""
    return Account(seller_order_id, "escrow", currency, floor=0)


def payable(merchant_id: str, currency: str) -> Account:
    """What we owe a merchant."""
    return Account(merchant_id, "payable", currency, floor=0)


def prepaid(organisation: str, currency: str) -> Account:
    """What an organisation paid beforehand, and has not been invoiced for yet."""
    return Account(organisation, "prepaid", currency, floor=0)


def unapplied(payment_id: str, currency: str) -> Account:
    """Money that came for an order given up before, until it is back with the buyer."""
    return Account(payment_id, "unapplied", currency, floor=0)


def gift_card(card_id: str, currency: str) -> Account:
    """What is left on a gift card: money that we owe to whoever holds it."""
    return Account(card_id, "gift_card", currency, floor=0)


def gift_issued(currency: str) -> Account:
    """What was put on gift cards less what expired on them, as a negative balance: sold ones are paid elsewhere."""
    return Account(PLATFORM, "gift_issued", currency)


def subsidy(currency: str) -> Account:
    """What the platform paid in buyers' place, as a negative balance: its discounts."""
    return Account(PLATFORM, "subsidy", currency)


def processor(name: str, currency: str) -> Account:
    """A processor's debt to us, as a negative balance: what it captured less what it gave back."""
    return Account(name, "processor", currency)


def commission(currency: str) -> Account:
    """What the platform earned on sales."""
    return Account(PLATFORM, "commission", currency)


def carrier_payable(currency: str) -> Account:
    """What is due to carriers."""
    return Account(PLATFORM, "carrier_payable", currency)


def tax_payable(currency: str) -> Account:
    """What is due to tax offices."""
    return Account(PLATFORM, "tax_payable", currency)


def bank(currency: str) -> Account:
    """What was sent to merchants' bank accounts."""
    return Account(PLATFORM, "bank", currency)


def reserve(merchant_id: str, currency: str) -> Account:
    """What of a merchant's money is kept for refunds to come, until its time is over."""
    return Account(merchant_id, "reserve", currency, floor=0)


def receivable(merchant_id: str, currency: str) -> Account:
    """What a merchant owes us, as a negative balance: refunds that found nothing else. Later settlements pay it."""
    return Account(merchant_id, "receivable", currency, ceiling=0)


def disputed(dispute_id: str, currency: str) -> Account:
    """What was a merchant's already and is kept back until a dispute is decided."""
    return Account(dispute_id, "disputed", currency, floor=0)


def chargebacks(currency: str) -> Account:
    """What processors took back for buyers' banks, as a negative balance, until it is won or somebody has borne it."""
    return Account(PLATFORM, "chargebacks", currency)


def processor_fees(currency: str) -> Account:
    """What processors and banks charged us, as a negative balance."""
    return Account(PLATFORM, "processor_fees", currency)


def own_bank(currency: str) -> Account:
    """What processors sent to our own bank account, as a negative balance: money that we have."""
    return Account(PLATFORM, "own_bank", currency)


def differences(currency: str) -> Account:
    """What files and ledger could not be brought to agree on, and somebody has accepted."""
    return Account(PLATFORM, "differences", currency)


def chargeback_fees(currency: str) -> Account:
    """What processors ask for a chargeback that was lost, and merchants bear."""
    return Account(PLATFORM, "chargeback_fees", currency)
