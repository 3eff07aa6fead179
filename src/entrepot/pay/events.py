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


class PaymentAuthorised(Event, frozen=True):
    """The buyer's money is set aside at the processor: parcels may leave, and each is captured then."""

    payment_id: str
    ref: str


class PartCaptured(Event, frozen=True):
    """A part of an authorised payment is in the seller order's escrow."""

    capture_id: str
    payment_id: str
    seller_order_id: str


class CaptureFailed(Event, frozen=True):
    """A part of an authorised payment could not be taken; `reason` is for the operator."""

    capture_id: str
    payment_id: str
    seller_order_id: str
    reason: str


class PayoutFailed(Event, frozen=True):
    """A payout was refused for good, or came back: it is due again, and nothing is sent until somebody acts."""

    payout_id: str
    merchant_id: str
    reason: str


class PayoutAccountChanged(Event, frozen=True):
    """A merchant is to be paid to another account, from `usable_from` (microseconds) on."""

    account_id: str
    merchant_id: str
    changed_by: str
    usable_from: int


class ChargebackOpened(Event, frozen=True):
    """The buyer's bank has taken a charge back; `ref` is the order."""

    chargeback_id: str
    payment_id: str
    ref: str
    amount_minor: int


class ChargebackClosed(Event, frozen=True):
    """A chargeback is decided: `won` brings the money back, else it stays gone."""

    chargeback_id: str
    payment_id: str
    ref: str
    won: bool
