"""What may follow a sale, as it is stored: refunds, returns, disputes and what is said in them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """Why money goes back."""

    CANCELLED = "cancelled"
    RETURN = "return"
    GOODWILL = "goodwill"
    DISPUTE = "dispute"
    CHARGEBACK = "chargeback"


class RefundRow(msgspec.Struct, frozen=True):
    """A refund as it is stored: `paid_minor` to the buyer, `gift_minor` of it to gift cards.

    `ref` is the return or the dispute that it answers.
    """

    id: str
    seller_order_id: str
    order_id: str
    cause: Cause
    ref: str | None
    by: str
    reason: str
    paid_minor: int
    gift_minor: int
    created_at: int
    paid_at: int | None = None


class ReturnReason(StrEnum):
    """Why a buyer sends goods back. What is missing cannot be sent."""

    WRONG_SIZE = "wrong_size"
    DAMAGED = "damaged"
    NOT_AS_DESCRIBED = "not_as_described"
    CHANGED_MIND = "changed_mind"
    MISSING = "missing"


class ReturnStatus(StrEnum):
    """Where a return stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    SENT = "sent"
    ARRIVED = "arrived"
    REFUNDED = "refunded"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """It was accepted, and not sent in time."""


class Label(StrEnum):
    """Who has the return's parcel carried, and pays for it."""

    MERCHANT = "merchant"
    BUYER = "buyer"


class Return(msgspec.Struct, frozen=True):
    """A return as it is stored."""

    id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    status: ReturnStatus
    reason: ReturnReason
    note: str
    asked_at: int
    answer_by: int
    answered_at: int | None = None
    answered_by: str | None = None
    answer: str | None = None
    label: Label | None = None
    send_by: int | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    parcel_id: str | None = None
    sent_at: int | None = None
    arrived_at: int | None = None
    inspect_by: int | None = None
    inspected_at: int | None = None
    finding: str | None = None
    picture: str | None = None
    refund_id: str | None = None
    closed_at: int | None = None


class ReturnLine(msgspec.Struct, frozen=True):
    """Pieces of a line that come back; `accepted` once they were looked at, `restocked` of them are for sale again."""

    return_id: str
    line_id: str
    quantity: int
    accepted: int | None = None
    restocked: int = 0


class DisputeKind(StrEnum):
    """What is wrong."""

    NOT_ARRIVED = "not_arrived"
    NOT_AS_DESCRIBED = "not_as_described"
    MISSING = "missing"
    CHARGEBACK = "chargeback"
    """The buyer's bank has taken the money back; the processor decides."""


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    """The merchant answers, by a day."""
    REVIEW = "review"
    """The operator decides."""
    DECIDED = "decided"


class DisputeOutcome(StrEnum):
    """How a dispute ended, for the money."""

    REFUNDED = "refunded"
    PARTLY = "partly_refunded"
    DISMISSED = "dismissed"
    CONCEDED = "conceded"
    WITHDRAWN = "withdrawn"
    WON = "won"
    LOST = "lost"


class Dispute(msgspec.Struct, frozen=True):
    """A dispute as it is stored. `asked_minor` is what the buyer wants back."""

    id: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    kind: DisputeKind
    status: DisputeStatus
    outcome: DisputeOutcome | None
    reason: str
    asked_minor: int
    frozen_minor: int
    opened_at: int
    answer_by: int
    decided_at: int | None = None
    decided_by: str | None = None
    decision: str | None = None
    refund_id: str | None = None
    processor_ref: str | None = None
    fee_minor: int = 0


class Evidence(msgspec.Struct, frozen=True):
    """What one side of a dispute said or showed; `picture` is the sha256 of one."""

    id: str
    dispute_id: str
    party: str
    actor: str
    text: str
    picture: str | None
    at: int
