"""Stripe's objects, as far as we read them, and what they mean in the port's words. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from entrepot.kernel import SECOND, Invalid, decimals_of

from ..base import (
    Action,
    ActState,
    Charge,
    Chargeback,
    ChargebackState,
    ChargebackTold,
    ChargeName,
    ChargeState,
    ChargeTold,
    NotItsAmount,
    PayoutTold,
    Receipt,
    RefundTold,
    Told,
)

T = TypeVar("T", bound=msgspec.Struct)

KEY, FLOW = "entrepot_key", "entrepot_flow"
"""Metadata that we put on every object: our own key, and whether the buyer pays on Stripe's page."""
DECLINED = "The payment was declined: try another card or account"
EXPIRED = "The payment page was left open too long: pay again"
_STRIPES = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Currencies that Stripe counts in other minor units than the standard has: so many decimals. Of the first two it takes
whole units all the same, which is all that there is of them; ariary it knows whole ones only."""
_CHARGE_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.amount_capturable_updated",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
)
_SESSION_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)


class Redirect(msgspec.Struct, frozen=True):
    """Where the buyer is to prove who they are."""

    url: str | None = None


class NextAction(msgspec.Struct, frozen=True):
    """What a payment intent waits for."""

    redirect_to_url: Redirect | None = None


class PaymentIntent(msgspec.Struct, frozen=True):
    """Money that is being taken."""

    id: str
    amount: int
    currency: str
    status: str
    amount_received: int = 0
    metadata: dict[str, str] = {}
    next_action: NextAction | None = None


class Session(msgspec.Struct, frozen=True):
    """A payment page."""

    id: str
    status: str | None
    payment_status: str
    amount_total: int | None
    currency: str | None
    client_reference_id: str | None = None
    url: str | None = None
    expires_at: int | None = None
    payment_intent: PaymentIntent | str | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money given back."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    metadata: dict[str, str] | None = None
    failure_reason: str | None = None


class Transfer(msgspec.Struct, frozen=True):
    """Money sent to a connected account."""

    id: str
    amount: int
    currency: str
    metadata: dict[str, str] = {}
    reversed: bool = False


class EvidenceDetails(msgspec.Struct, frozen=True):
    """Until when a bank listens."""

    due_by: int | None = None


class Dispute(msgspec.Struct, frozen=True):
    """A charge that is taken back."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str = ""
    payment_intent: str | None = None
    evidence_details: EvidenceDetails | None = None


class EventData(msgspec.Struct, frozen=True):
    """What an event is about."""

    object: msgspec.Raw


class Event(msgspec.Struct, frozen=True):
    """A webhook's body."""

    id: str
    type: str
    data: EventData
    created: int | None = None


class Page(msgspec.Struct, frozen=True):
    """A page of a list."""

    data: list[msgspec.Raw]
    has_more: bool = False


def read(raw: bytes | msgspec.Raw, into: type[T]) -> T:
    """An object from JSON. Invalid when it is not what Stripe's documentation says."""
    try:
        return msgspec.json.decode(raw, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"Stripe's {into.__name__} cannot be read: {error}") from None


def to_stripe(amount_minor: int, currency: str) -> int:
    """Our minor units in Stripe's. NotItsAmount where Stripe cannot charge so small a part."""
    ours = decimals_of(currency)
    theirs = _STRIPES.get(currency, ours)
    taken = 2 if ours == 3 else min(ours, theirs)
    if amount_minor % 10 ** (ours - taken):
        what = f"to {taken} decimals" if taken else "in whole units"
        raise NotItsAmount(f"Stripe takes {currency} {what} only: choose another way to pay")
    return _scaled(amount_minor, ours, theirs)


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's minor units in ours; what cannot be expressed is refused."""
    currency = currency.upper()
    ours = decimals_of(currency)
    theirs = _STRIPES.get(currency, ours)
    if amount % 10 ** max(theirs - ours, 0):
        raise Invalid(f"Stripe reports a part of the smallest unit of {currency}")
    return _scaled(amount, theirs, ours)


def _scaled(amount: int, decimals: int, wanted: int) -> int:
    more: int = 10 ** max(wanted - decimals, 0)
    less: int = 10 ** max(decimals - wanted, 0)
    return amount * more // less


def charge_of_intent(intent: PaymentIntent, key: str) -> Charge:
    """A payment intent in the port's words."""
    state = _intent_state(intent)
    url = intent.next_action.redirect_to_url.url if intent.next_action and intent.next_action.redirect_to_url else None
    return Charge(
        key, intent.id, state, from_stripe(intent.amount, intent.currency), intent.currency.upper(),
        DECLINED if state == "declined" else None, Action("redirect", url) if url and state == "pending" else None,
    )  # fmt: skip


def charge_of_session(session: Session, key: str) -> Charge:
    """A payment page in the port's words. The intent beneath it decides, once there is one."""
    if isinstance(session.payment_intent, PaymentIntent) and session.status == "complete":
        return charge_of_intent(session.payment_intent, key)
    if session.amount_total is None or session.currency is None:
        raise Invalid("Stripe's payment page says no amount")
    state: ChargeState = "pending"
    if session.status == "expired":
        state = "declined"
    elif session.status == "complete" and session.payment_status == "paid":
        state = "captured"
    ref = session.payment_intent if isinstance(session.payment_intent, str) else None
    is_open = session.status == "open" and session.url
    return Charge(
        key, ref if session.status == "complete" and ref else session.id, state,
        from_stripe(session.amount_total, session.currency), session.currency.upper(),
        EXPIRED if state == "declined" else None,
        Action("redirect", session.url or "", expires_at=_micro(session.expires_at)) if is_open else None,
    )  # fmt: skip


def refund_receipt(refund: Refund, key: str) -> Receipt:
    """A refund in the port's words."""
    states: dict[str | None, ActState] = {"succeeded": "done", "failed": "failed", "canceled": "failed"}
    state = states.get(refund.status, "pending")
    reason = (refund.failure_reason or "Refused").replace("_", " ") if state == "failed" else None
    return Receipt(key, refund.id, from_stripe(refund.amount, refund.currency), refund.currency.upper(), state, reason)


def transfer_receipt(transfer: Transfer, key: str) -> Receipt:
    """A transfer in the port's words."""
    state: ActState = "failed" if transfer.reversed else "done"
    return Receipt(
        key, transfer.id, from_stripe(transfer.amount, transfer.currency), transfer.currency.upper(), state,
        "Stripe took the transfer back" if transfer.reversed else None,
    )  # fmt: skip


def told(event: Event) -> tuple[Told, ...]:
    """What an event tells us; nothing when it is about something that we did not begin, or do not follow."""
    raw = event.data.object
    if event.type in _CHARGE_EVENTS:
        intent = read(raw, PaymentIntent)
        return _if_ours(intent.metadata.get(KEY), lambda key: ChargeTold(charge_of_intent(intent, key)))
    if event.type in _SESSION_EVENTS:
        session = read(raw, Session)
        key = session.client_reference_id
        return _if_ours(
            key if key and key.startswith("pay_") else None, lambda key: ChargeTold(charge_of_session(session, key))
        )
    if event.type in ("refund.updated", "refund.created", "refund.failed", "charge.refund.updated"):
        refund = read(raw, Refund)
        return _if_ours((refund.metadata or {}).get(KEY), lambda key: RefundTold(refund_receipt(refund, key)))
    if event.type == "transfer.reversed":
        transfer = read(raw, Transfer)
        # A transfer that was taken back in part is for people to look at: reconciliation shows it.
        ours = transfer.metadata.get(KEY) if transfer.reversed else None
        return _if_ours(ours, lambda key: PayoutTold(transfer_receipt(transfer, key)))
    if event.type.startswith("charge.dispute."):
        return _dispute_told(read(raw, Dispute), event.created)
    return ()


def _dispute_told(dispute: Dispute, said_at_s: int | None) -> tuple[Told, ...]:
    if dispute.status.startswith("warning_") or dispute.payment_intent is None:
        return ()  # an inquiry: no money has moved
    state: ChargebackState = "won" if dispute.status == "won" else "lost" if dispute.status == "lost" else "opened"
    due_by = dispute.evidence_details.due_by if dispute.evidence_details else None
    currency = dispute.currency.upper()
    name = ChargeName("", dispute.payment_intent, currency)
    back = Chargeback(
        dispute.id, name, from_stripe(dispute.amount, currency), currency, state, dispute.reason, _micro(due_by),
        _micro(said_at_s),
    )  # fmt: skip
    return (ChargebackTold(back),)


def _if_ours(key: str | None, tell: Any) -> tuple[Told, ...]:
    return (tell(key),) if key else ()


def _intent_state(intent: PaymentIntent) -> ChargeState:
    match intent.status:
        case "succeeded":
            return "captured"
        case "requires_capture":
            return "authorised"
        case "canceled":
            return "declined"
        case "requires_payment_method":
            # On Stripe's page the buyer may try another card; a method that we were given has been refused.
            return "pending" if intent.metadata.get(FLOW) == "page" else "declined"
    return "pending"


def _micro(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * SECOND
