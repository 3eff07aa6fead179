"""Pay's accounts on the ledger, and the codes of its transfers.

A buyer's money enters from the processor, which owes it to us from then on, and waits in the escrow of one seller
order. From there it goes back, or to the merchant, the platform's commission, the carrier and the tax office.
"""

from __future__ import annotations

from entrepot.ledger import Account

PLATFORM = "platform"

CAPTURE = "pay.capture"
VOID = "pay.void"
LATE = "pay.late"
REFUND = "pay.refund"
SELLER = "pay.settle.seller"
COMMISSION = "pay.settle.commission"
CARRIER = "pay.settle.carrier"
TAX = "pay.settle.tax"
PAYOUT = "pay.payout"


def escrow(seller_order_id: str, currency: str) -> Account:
    """What buyers paid for a seller order that is not complete yet."""
    return Account(seller_order_id, "escrow", currency, floor=0)


def payable(merchant_id: str, currency: str) -> Account:
    """What we owe a merchant."""
    return Account(merchant_id, "payable", currency, floor=0)


def unapplied(payment_id: str, currency: str) -> Account:
    """Money that came for an order given up before, until it is back with the buyer."""
    return Account(payment_id, "unapplied", currency, floor=0)


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
