"""What happened to money."""

from __future__ import annotations

from entrepot.kernel import Event


class PaymentCaptured(Event, frozen=True):
    """The buyer's money is in escrow; `ref` is the order."""

    payment_id: str
    ref: str


class PaymentDeclined(Event, frozen=True):
    """The processor took no money; `reason` is a sentence for the buyer."""

    payment_id: str
    ref: str
    reason: str


class RefundPaid(Event, frozen=True):
    """Money has gone back to the buyer; without a seller order it had come after the order `ref` was given up."""

    refund_id: str
    payment_id: str
    ref: str
    seller_order_id: str | None


class PayoutPaid(Event, frozen=True):
    """A merchant has been sent what was due."""

    payout_id: str
    merchant_id: str
