"""What pages and the API show of refunds, returns and disputes. Amounts in minor units."""

from __future__ import annotations

import msgspec

from .claims import (
    Cause,
    DisputeKind,
    DisputeOutcome,
    DisputeStatus,
    Label,
    ReturnReason,
    ReturnStatus,
)
from .types import Legs


class RefundPart(msgspec.Struct, frozen=True):
    """What a refund gives back of one line, or of the delivery (`shipping`): pieces of goods, and money."""

    part: str
    pieces: int
    paid_minor: int


class RefundView(msgspec.Struct, frozen=True):
    """Money that went back, or is on its way until `paid_at`: `gift_minor` of it to gift cards.

    `legs` say who gave it up; they are shown to the merchant and the operator only.
    """

    id: str
    cause: Cause
    ref: str | None
    by: str
    reason: str
    paid_minor: int
    gift_minor: int
    parts: tuple[RefundPart, ...]
    legs: Legs | None
    created_at: int
    paid_at: int | None


class ReturnLineView(msgspec.Struct, frozen=True):
    """Pieces of a line that come back; `accepted` is None until somebody has looked at them."""

    line_id: str
    title: str
    quantity: int
    accepted: int | None
    restocked: int


class ReturnView(msgspec.Struct, frozen=True):
    """A return, and what the viewer may do about it now."""

    id: str
    number: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    merchant_name: str
    status: ReturnStatus
    reason: ReturnReason
    note: str
    lines: tuple[ReturnLineView, ...]
    currency: str
    asked_at: int
    answer_by: int
    answered_at: int | None
    answer: str | None
    label: Label | None
    send_by: int | None
    carrier: str | None
    tracking_no: str | None
    sent_at: int | None
    arrived_at: int | None
    inspect_by: int | None
    inspected_at: int | None
    finding: str | None
    picture: str | None
    refund_id: str | None
    closed_at: int | None
    can_answer: bool
    can_send: bool
    can_inspect: bool
    can_withdraw: bool


class EvidenceView(msgspec.Struct, frozen=True):
    """What one side of a dispute said or showed; `picture` names one."""

    party: str
    text: str
    picture: str | None
    at: int


class DisputeView(msgspec.Struct, frozen=True):
    """A dispute, what was said in it, and what the viewer may do about it now.

    `asked_minor` is what the buyer wants back. Until `decided_at` the money stays where it is; `frozen_minor` of it had
    been the merchant's already.
    """

    id: str
    number: str
    seller_order_id: str
    order_id: str
    merchant_id: str
    merchant_name: str
    kind: DisputeKind
    status: DisputeStatus
    outcome: DisputeOutcome | None
    reason: str
    currency: str
    asked_minor: int
    frozen_minor: int
    fee_minor: int
    evidence: tuple[EvidenceView, ...]
    opened_at: int
    answer_by: int
    decided_at: int | None
    decision: str | None
    refund_id: str | None
    can_add: bool
    can_concede: bool
    can_withdraw: bool
    can_decide: bool
