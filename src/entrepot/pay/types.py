"""What pay speaks of: payments with a leg per seller order, refunds, settlements, payouts and their statements."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

PaymentState = Literal["requested", "captured", "declined", "abandoned", "captured_late"]
"""`requested` until the processor has spoken or the order was given up (`abandoned`). Money that comes after an end
without money makes the payment `captured_late`: it is on its way back to the buyer, whole."""
OutcomeKind = Literal["captured", "declined", "unknown"]
RefundState = Literal["requested", "paid"]
PayoutState = Literal["requested", "paid"]

LIVE: tuple[PaymentState, ...] = ("requested", "captured")
"""The states in which an order has its one payment."""


class Settings(msgspec.Struct, frozen=True):
    """The section `[pay]`."""

    payout_min_minor: Annotated[int, msgspec.Meta(ge=1)] = 1_000
    """A merchant is paid out once this much is due, in minor units of each currency."""


class PaymentLeg(msgspec.Struct, frozen=True):
    """What one seller order takes of a payment; 0 where everything was discounted away."""

    seller_order_id: str
    amount_minor: int
    merchant_id: str


class StartPayment(msgspec.Struct, frozen=True):
    """What a buyer is about to pay: `ref` is the order, `method` the processor's token, `buyer` a person or session."""

    ref: str
    currency: str
    legs: tuple[PaymentLeg, ...]
    method: str
    buyer: str
    processor: str = "sandbox"


class Payment(msgspec.Struct, frozen=True):
    """A payment as it stands; times in microseconds, `finished_at` when it left `requested`."""

    id: str
    ref: str
    buyer: str
    processor: str
    currency: str
    amount_minor: int
    state: PaymentState
    processor_ref: str | None
    reason: str | None
    created_at: int
    finished_at: int | None


class Outcome(msgspec.Struct, frozen=True):
    """What the processor says became of a charge. `reason` is a sentence for the buyer when it was declined."""

    kind: OutcomeKind
    processor_ref: str | None = None
    reason: str | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money of one leg to be given back to whoever paid."""

    payment_id: str
    seller_order_id: str
    amount_minor: int
    reason: str


class RefundRow(msgspec.Struct, frozen=True):
    """A refund as it stands. Without a seller order it gives back money that came after the order was given up."""

    id: str
    payment_id: str
    seller_order_id: str | None
    currency: str
    amount_minor: int
    reason: str
    state: RefundState
    processor_ref: str | None
    created_at: int
    paid_at: int | None


class SettlementLegs(msgspec.Struct, frozen=True):
    """How the escrow of a seller order is shared out: the parts sum to what it holds, to the unit."""

    seller_order_id: str
    merchant_id: str
    currency: str
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        """All parts together."""
        return self.seller_minor + self.commission_minor + self.carrier_minor + self.tax_minor


class Payout(msgspec.Struct, frozen=True):
    """Money sent, or being sent, to a merchant."""

    id: str
    merchant_id: str
    currency: str
    amount_minor: int
    state: PayoutState
    processor_ref: str | None
    created_at: int
    paid_at: int | None


class StatementLine(msgspec.Struct, frozen=True):
    """One movement of the merchant's balance, and for a settled order how its price was shared.

    `amount_minor` counts towards the payout. The four parts are there for settled orders and sum to what the buyer
    paid.
    """

    code: str
    ref: str
    amount_minor: int
    at: int
    paid_minor: int | None = None
    commission_minor: int | None = None
    carrier_minor: int | None = None
    tax_minor: int | None = None


class Statement(msgspec.Struct, frozen=True):
    """Why a payout is what it is: its lines sum to it, to the unit; `totals` is the sum for each code."""

    payout: Payout
    lines: tuple[StatementLine, ...]
    totals: dict[str, int]


class OnTheWay(msgspec.Struct, frozen=True):
    """A merchant's money in one currency, by where it is now."""

    currency: str
    escrow_minor: int
    """Paid by buyers, kept until their orders are complete; commission and delivery are still to come off."""
    payable_minor: int
    """The merchant's own, in the next payout."""
    payout_minor: int
    """Being sent."""
