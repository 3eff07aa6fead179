"""The port to payment processors: who takes buyers' money, gives it back and sends merchants theirs.

Every act carries a key, and the same key acts once however often it is sent. An answer that does not come says nothing
of whether the act was done, so an act is looked up by its key before it is sent again.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

ChargeState = Literal["pending", "captured", "declined"]


class ChargeIntent(msgspec.Struct, frozen=True):
    """Money to be taken; `key` is the payment's id, `method` the processor's own token for a card or an account."""

    key: str
    ref: str
    method: str
    amount_minor: int
    currency: str


class Charge(msgspec.Struct, frozen=True):
    """A charge as the processor has it; `reason` is a sentence for the buyer when it was declined."""

    key: str
    processor_ref: str
    state: ChargeState
    amount_minor: int
    currency: str
    reason: str | None = None


class RefundIntent(msgspec.Struct, frozen=True):
    """Money to be given back; `key` is the refund's id. The charge is named by our key, and by the processor's own
    name."""

    key: str
    charge_key: str
    charge_ref: str | None
    amount_minor: int
    currency: str


class PayoutIntent(msgspec.Struct, frozen=True):
    """Money to be sent; `key` is the payout's id, `payee` the merchant."""

    key: str
    payee: str
    amount_minor: int
    currency: str


class Receipt(msgspec.Struct, frozen=True):
    """The processor's word that a refund or a payout was done."""

    key: str
    processor_ref: str
    amount_minor: int
    currency: str


class Processor(Protocol):
    """A payment processor. Each call raises Unavailable when no answer comes, and Conflict when what it is asked
    cannot be done at all."""

    @property
    def name(self) -> str:
        """How payments and accounts call it."""
        ...

    def charge(self, intent: ChargeIntent) -> Charge:
        """Take a buyer's money; `pending` when the outcome will be told later."""
        ...

    def find_charge(self, key: str) -> Charge | None:
        """What became of a charge; None when it never arrived."""
        ...

    def refund(self, intent: RefundIntent) -> Receipt:
        """Give money of a charge back."""
        ...

    def find_refund(self, key: str) -> Receipt | None:
        """Whether a refund was done."""
        ...

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Send a merchant money."""
        ...

    def find_payout(self, key: str) -> Receipt | None:
        """Whether a payout was done."""
        ...
