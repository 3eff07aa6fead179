"""The port to payment processors: who takes buyers' money, gives it back and sends merchants theirs.

Every act carries a key of ours, and the same key acts once however often it is sent. An answer that does not come says
nothing of whether the act was done, so an act is looked up by its key before it is sent again. A processor may also
tell by webhook: `read_webhook` checks who says it, and turns it into the same types that the calls answer with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from entrepot.kernel import Conflict, NotAllowed

ChargeState = Literal["pending", "authorised", "captured", "declined"]
"""`authorised`: the money is set aside at the processor, and is taken by captures or released by a void."""
ActState = Literal["pending", "done", "failed"]
ActionKind = Literal["redirect", "transfer", "code"]
ChargebackState = Literal["opened", "won", "lost"]


class RefusedByProcessor(NotAllowed):
    """The processor does not let us in: a wrong or withdrawn key. For the operator to mend, not for the buyer."""


class NotItsAmount(Conflict):
    """The processor takes no such amount in this currency; the sentence says to the buyer which it takes."""


class Abilities(msgspec.Struct, frozen=True):
    """What a processor can do beyond taking and giving back."""

    holds: bool = False
    """It can set money aside and take it later. Where it cannot, a charge is captured at once."""
    parts: bool = False
    """What is set aside can be taken in several parts. Where it cannot, the first capture takes the whole."""
    payouts: bool = False
    needs_account: bool = True
    """Merchants are paid to accounts that they have given."""
    opens_late: bool = False
    """A charge is known to it only once the buyer has opened the page to pay on."""
    asks: bool = True
    """It can be asked what became of something. Where it cannot, a person or a file tells."""
    currencies: frozenset[str] | None = None
    """The only currencies it takes; None: any that it is set up for."""


class Action(msgspec.Struct, frozen=True):
    """What the buyer is to do next: open a page of the processor's, transfer money, or scan a code.

    `reference` is what a transfer must say, `details` are lines to show, each a name of ours and its value.
    """

    kind: ActionKind
    url: str = ""
    reference: str = ""
    details: tuple[tuple[str, str], ...] = ()
    expires_at: int | None = None


class ChargeIntent(msgspec.Struct, frozen=True):
    """Money to be taken; `key` is the payment's id, `method` the processor's own token for a card or an account.

    With `hold` it is only set aside, where the processor can. The buyer comes back to `return_url`, and cannot pay
    after `expires_at`, where the processor can keep them from it.
    """

    key: str
    ref: str
    method: str
    amount_minor: int
    currency: str
    hold: bool = False
    return_url: str = ""
    expires_at: int | None = None


class Charge(msgspec.Struct, frozen=True):
    """A charge as the processor has it; `reason` is a sentence for the buyer when it was declined."""

    key: str
    processor_ref: str
    state: ChargeState
    amount_minor: int
    currency: str
    reason: str | None = None
    action: Action | None = None


class ChargeName(msgspec.Struct, frozen=True):
    """A charge by both its names: our key, and the processor's own once it is known."""

    key: str
    processor_ref: str | None = None
    currency: str = ""


class CaptureIntent(msgspec.Struct, frozen=True):
    """A part of what was set aside, to be taken; with `final` the rest is released."""

    key: str
    charge: ChargeName
    amount_minor: int
    currency: str
    final: bool = False


class RefundIntent(msgspec.Struct, frozen=True):
    """Money to be given back; `key` is the refund's id. The charge is named by our key, and by the processor's own
    name."""

    key: str
    charge_key: str
    charge_ref: str | None
    amount_minor: int
    currency: str

    @property
    def charge(self) -> ChargeName:
        """The charge that brought it."""
        return ChargeName(self.charge_key, self.charge_ref, self.currency)


class PayoutIntent(msgspec.Struct, frozen=True):
    """Money to be sent; `key` is the payout's id, `payee` the merchant, `account` how the processor calls theirs."""

    key: str
    payee: str
    amount_minor: int
    currency: str
    account: str = ""
    holder: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """The processor's word of a capture, a refund or a payout. `reason` says why it failed, to the operator."""

    key: str
    processor_ref: str
    amount_minor: int
    currency: str
    state: ActState = "done"
    reason: str | None = None


class Chargeback(msgspec.Struct, frozen=True):
    """A charge that the buyer's bank takes back. `opened`: the money is gone from us until it is won.

    `said_at` is when the processor said so, by its own clock in microseconds: what it had said before counts no more,
    however late it comes. None: its words count in the order in which they come.
    """

    processor_ref: str
    charge: ChargeName
    amount_minor: int
    currency: str
    state: ChargebackState
    reason: str = ""
    evidence_by: int | None = None
    said_at: int | None = None


class ChargeTold(msgspec.Struct, frozen=True, tag="charge"):
    """What became of a charge."""

    charge: Charge


class CaptureTold(msgspec.Struct, frozen=True, tag="capture"):
    """What became of a capture of a part."""

    receipt: Receipt


class RefundTold(msgspec.Struct, frozen=True, tag="refund"):
    """What became of a refund."""

    receipt: Receipt


class PayoutTold(msgspec.Struct, frozen=True, tag="payout"):
    """What became of a payout."""

    receipt: Receipt


class ChargebackTold(msgspec.Struct, frozen=True, tag="chargeback"):
    """What a bank does about a charge."""

    chargeback: Chargeback


Told = ChargeTold | CaptureTold | RefundTold | PayoutTold | ChargebackTold


class Webhook(msgspec.Struct, frozen=True):
    """A webhook that is truly the processor's: its id, by which it is heard once, its kind, and what it tells.

    `answer` is the text by which the processor knows that it was heard.
    """

    id: str
    kind: str
    told: tuple[Told, ...] = ()
    answer: str = "ok"


class Processor(Protocol):
    """A payment processor.

    Each call raises Unavailable when no answer comes, Conflict when what it is asked cannot be done at all, and
    RefusedByProcessor when our keys are wrong.
    """

    @property
    def name(self) -> str:
        """How payments and accounts call it."""
        ...

    @property
    def abilities(self) -> Abilities:
        """What it can do."""
        ...

    def charge(self, intent: ChargeIntent) -> Charge:
        """Take a buyer's money, or set it aside; `pending` when the outcome will be told later."""
        ...

    def find_charge(self, key: str, processor_ref: str | None = None) -> Charge | None:
        """What became of a charge; None when it never arrived."""
        ...

    def capture(self, intent: CaptureIntent) -> Receipt:
        """Take a part of what a charge set aside."""
        ...

    def find_capture(self, key: str, charge: ChargeName) -> Receipt | None:
        """Whether a part was taken."""
        ...

    def void(self, charge: ChargeName) -> None:
        """Release what is left of a charge that was set aside, or keep an open one from being paid. Done once; nothing
        happens to one that is captured."""
        ...

    def refund(self, intent: RefundIntent) -> Receipt:
        """Give money of a charge back."""
        ...

    def find_refund(self, key: str, charge: ChargeName | None = None) -> Receipt | None:
        """Whether a refund was done."""
        ...

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Send a merchant money."""
        ...

    def find_payout(self, key: str) -> Receipt | None:
        """Whether a payout was done."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> Webhook:
        """What a webhook tells. NotAllowed when it is not the processor's or too old, Invalid when it cannot be read.

        `headers` are named in lower case."""
        ...

    def close(self) -> None:
        """Let go of what it holds open."""
        ...

    def check(self) -> None:
        """Ask for something harmless, to know whether it answers and knows us; raises as any call does."""
        ...
