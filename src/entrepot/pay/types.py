"""What pay speaks of: payments with a leg per seller order, refunds, settlements, payouts and their statements."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from entrepot.kernel import Secret

PaymentState = Literal["requested", "authorised", "captured", "declined", "abandoned", "captured_late"]
"""`requested` until the processor has spoken or the order was given up (`abandoned`). `authorised`: the money is set
aside at the processor, is captured part by part as parcels leave, and the last part makes the payment `captured`. Money
that comes after an end without money makes it `captured_late`: it is on its way back to the buyer, whole."""
CaptureMode = Literal["at_once", "on_shipment"]
OutcomeKind = Literal["captured", "authorised", "declined", "unknown"]
RefundState = Literal["requested", "paid"]
PayoutState = Literal["requested", "paid", "failed", "returned"]
"""`failed`: refused for good before it left; `returned`: it came back. Both are due to the merchant again."""


class Settings(msgspec.Struct, frozen=True):
    """The section `[pay]`."""

    payout_min_minor: Annotated[int, msgspec.Meta(ge=1)] = 1_000
    """A merchant is paid out once this much is due, in minor units of each currency."""
    payout_cooldown_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 7
    """So long nothing is sent to a merchant whose payout account was changed."""
    processors: tuple[Literal["sandbox", "manual", "stripe", "alipay"], ...] = ("sandbox",)
    """Who takes buyers' money, in the order in which buyers choose. The first that can pay merchants does."""
    capture: CaptureMode = "at_once"
    """`on_shipment`: processors that can only set money aside at first, and each parcel that leaves takes its part."""
    stripe_key: Secret = Secret("")
    """The secret or restricted key, `sk_…` or `rk_…`."""
    stripe_webhook_secrets: tuple[Secret, ...] = ()
    """Signing secrets, `whsec_…`: the new one and the old one while they are being exchanged."""
    stripe_url: str = "https://api.stripe.com"
    stripe_connect: bool = False
    """Merchants are paid by transfers to their own Stripe accounts, `acct_…`."""
    alipay_app_id: str = ""
    alipay_private_key: Secret = Secret("")
    """Our RSA key of 2048 bits or more: the PEM file's text, or the base64 between its lines."""
    alipay_public_key: str = ""
    """Alipay's own public key, not ours."""
    alipay_seller_id: str = ""
    """Our `2088…` number: a notice about another seller's trade is refused. Empty: not checked."""
    alipay_url: str = "https://openapi.alipay.com/gateway.do"
    manual_ways: tuple[Literal["transfer", "delivery"], ...] = ("transfer", "delivery")
    """Ways of `manual`: a bank transfer, and cash on delivery."""
    manual_holder: str = ""
    """Whose account buyers transfer to."""
    manual_iban: str = ""
    manual_bic: str = ""
    manual_bank: str = ""
    chargeback_fees: dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0)]]] = {}
    """What a processor asks for a chargeback that was lost, in minor units by currency: `stripe = { USD = 1500 }`."""
    chargeback_fee_from: Literal["merchant", "platform"] = "merchant"
    """Who bears that fee. The platform's own cost is booked when the processor's file is read."""
    gift_card_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0
    """A gift card that is issued without a day of its own expires after so many days; 0: never."""


class PaymentLeg(msgspec.Struct, frozen=True):
    """What one seller order takes of a payment: from the processor, from gift cards, and from the platform's subsidy.

    Once captured, the seller order's escrow holds the sum of the three. All are 0 where the merchant discounted
    everything away.
    """

    seller_order_id: str
    amount_minor: int
    merchant_id: str
    gift_minor: int = 0
    subsidy_minor: int = 0

    @property
    def escrow_minor(self) -> int:
        """What escrow holds of it once it is paid."""
        return self.amount_minor + self.gift_minor + self.subsidy_minor


class GiftUse(msgspec.Struct, frozen=True):
    """How much of a gift card pays for an order: held when it is placed, captured or let go with the payment."""

    card_id: str
    amount_minor: int


class StartPayment(msgspec.Struct, frozen=True):
    """What a buyer is about to pay: `ref` is the order, `method` the processor's token, `buyer` a person or session.

    `gifts` sum to the legs' `gift_minor`. With `capture` `on_shipment` the processor only authorises at first.
    """

    ref: str
    currency: str
    legs: tuple[PaymentLeg, ...]
    method: str
    buyer: str
    gifts: tuple[GiftUse, ...] = ()
    capture: CaptureMode = "at_once"


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
    """Money of one seller order to be given back: `amount_minor` by the processor, `gift_minor` to gift cards.

    `subsidy_minor` is what the platform had paid towards the part, and gets back. The five parts say who gives it up:
    they sum to the three; `prepaid_minor` is what an organisation had paid beforehand and did not use. `charged_back`
    is the processor's own name of a chargeback that was lost: the processor has taken its part already, and is not
    asked again.
    """

    payment_id: str
    seller_order_id: str
    amount_minor: int
    reason: str
    gift_minor: int = 0
    subsidy_minor: int = 0
    seller_minor: int = 0
    commission_minor: int = 0
    carrier_minor: int = 0
    tax_minor: int = 0
    charged_back: str | None = None
    prepaid_minor: int = 0

    @property
    def gross_minor(self) -> int:
        """What leaves the seller order, whoever had paid it in."""
        return self.amount_minor + self.gift_minor + self.subsidy_minor

    @property
    def parts_minor(self) -> int:
        """What is given up, whoever gives it."""
        return self.seller_minor + self.commission_minor + self.carrier_minor + self.tax_minor + self.prepaid_minor


class RefundSources(msgspec.Struct, frozen=True):
    """Where the merchant's part of a refund comes from: escrow before the settlement, then what is due to them, then
    their reserve; the rest they owe, and later settlements pay it."""

    escrow_minor: int = 0
    payable_minor: int = 0
    reserve_minor: int = 0
    receivable_minor: int = 0


class RefundRow(msgspec.Struct, frozen=True):
    """A refund as it stands. Without a seller order it gives back money that came after the order was given up.

    `settled` is 1 when the seller order's money had been shared out before; the three amounts after it say where the
    merchant's part was found. `charged_back` is 1 when the buyer's bank has taken the processor's part by itself.
    `released_minor` had only been set aside, and need not go back.
    """

    id: str
    payment_id: str
    seller_order_id: str | None
    currency: str
    amount_minor: int
    gift_minor: int
    subsidy_minor: int
    released_minor: int
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int
    prepaid_minor: int
    settled: int
    payable_minor: int
    reserve_minor: int
    receivable_minor: int
    charged_back: int
    reason: str
    state: RefundState
    processor_ref: str | None
    created_at: int
    paid_at: int | None


class SettlementLegs(msgspec.Struct, frozen=True):
    """How the escrow of a seller order is shared out: the parts sum to what it holds, to the unit.

    `prepaid_minor` is what an organisation paid beforehand for what it will use: it is theirs to spend here.
    """

    seller_order_id: str
    merchant_id: str
    currency: str
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int
    prepaid_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All parts together."""
        return self.seller_minor + self.commission_minor + self.carrier_minor + self.tax_minor + self.prepaid_minor


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
    reason: str | None = None
    account_id: str | None = None
    ended_at: int | None = None
    processor: str = "sandbox"


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
    reserve_minor: int = 0
    """The merchant's own, kept back for refunds to come."""
    owed_minor: int = 0
    """What the merchant owes us, from refunds that found nothing else: it comes off what they earn next."""
