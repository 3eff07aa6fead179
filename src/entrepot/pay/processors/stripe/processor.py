"""Stripe behind the port. Buyers type card numbers on Stripe's own page, so that we never see one.

A payment `stripe:checkout` opens Stripe's payment page; `stripe:pm_…` uses a method that the buyer saved with Stripe.
Money is held by manual capture, given back by refunds, and sent to merchants by transfers to their connected accounts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import httpx

from entrepot.kernel import Conflict, Invalid, NotFound, Secret

from ..base import (
    Abilities,
    CaptureIntent,
    Charge,
    ChargeIntent,
    ChargeName,
    PayoutIntent,
    Receipt,
    RefundIntent,
    Webhook,
)
from .api import Api, Declined, segment
from .objects import (
    FLOW,
    KEY,
    Event,
    Page,
    PaymentIntent,
    Refund,
    Session,
    Transfer,
    charge_of_intent,
    charge_of_session,
    from_stripe,
    read,
    refund_receipt,
    to_stripe,
    told,
    transfer_receipt,
)
from .signatures import verify_event

PAGE = "checkout"
_METHOD = re.compile(r"pm_[0-9A-Za-z_]{6,60}")
_ACCOUNT = re.compile(r"acct_[0-9A-Za-z]{6,40}")


class StripeProcessor:
    """Stripe with one account's key."""

    name = "stripe"

    def __init__(
        self,
        key: Secret,
        webhook_secrets: Sequence[Secret],
        *,
        url: str = "https://api.stripe.com",
        connect: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`connect`: merchants are paid to accounts of their own. `transport` stands in for the network in tests."""
        self._api = Api(key, url, transport)
        self._secrets = tuple(webhook_secrets)
        self.abilities = Abilities(holds=True, parts=False, payouts=connect)

    def close(self) -> None:
        """Let go of its connections."""
        self._api.close()

    def check(self) -> None:
        """Ask for our balance."""
        self._api.get("/v1/balance")

    # --- charges

    def charge(self, intent: ChargeIntent) -> Charge:
        """Open a payment page, or take the money from a saved method."""
        if intent.method == PAGE:
            session = self._api.post("/v1/checkout/sessions", _session_params(intent), intent.key)
            return charge_of_session(read(session, Session), intent.key)
        if not _METHOD.fullmatch(intent.method):
            raise Conflict("Stripe has no such way to pay")
        try:
            made = self._api.post("/v1/payment_intents", _intent_params(intent), intent.key)
        except Declined as declined:
            if declined.error.payment_intent is None:
                raise
            return charge_of_intent(declined.error.payment_intent, intent.key)
        return charge_of_intent(read(made, PaymentIntent), intent.key)

    def find_charge(self, key: str, processor_ref: str | None = None) -> Charge | None:
        """A charge by Stripe's name for it; before we know that, by ours, which Stripe finds after some seconds."""
        try:
            if processor_ref is not None and processor_ref.startswith("cs_"):
                return charge_of_session(self._session(processor_ref), key)
            if processor_ref is not None:
                found = self._api.get(f"/v1/payment_intents/{segment(processor_ref)}")
                return charge_of_intent(read(found, PaymentIntent), key)
        except NotFound:
            return None
        query = f'metadata["{KEY}"]:"{key}"'
        page = read(self._api.get("/v1/payment_intents/search", {"query": query, "limit": 1}), Page)
        return charge_of_intent(read(page.data[0], PaymentIntent), key) if page.data else None

    def void(self, charge: ChargeName) -> None:
        """Close an open payment page, or release what is held."""
        if charge.processor_ref is not None and charge.processor_ref.startswith("cs_"):
            session = self._session(charge.processor_ref)
            if session.status == "open":
                self._api.post(f"/v1/checkout/sessions/{segment(session.id)}/expire", {}, f"{charge.key}-expire")
                return
        intent = self._intent(charge)
        if intent is not None and intent.status not in ("succeeded", "canceled", "processing"):
            self._api.post(f"/v1/payment_intents/{segment(intent.id)}/cancel", {}, f"{charge.key}-cancel")

    # --- captures, refunds, transfers

    def capture(self, intent: CaptureIntent) -> Receipt:
        """Take what is held, all of what is asked at once; Stripe releases the rest."""
        held = self._intent(intent.charge)
        if held is None:
            raise Conflict("Stripe does not know what is to be captured")
        params = {
            "amount_to_capture": to_stripe(intent.amount_minor, intent.currency),
            "metadata": {"capture": intent.key},
        }
        taken = read(
            self._api.post(f"/v1/payment_intents/{segment(held.id)}/capture", params, intent.key), PaymentIntent
        )
        return Receipt(intent.key, taken.id, intent.amount_minor, intent.currency)

    def find_capture(self, key: str, charge: ChargeName) -> Receipt | None:
        """Whether this capture was done: the payment intent carries its key, and what was taken."""
        taken = self._intent(charge)
        if taken is None or taken.metadata.get("capture") != key or taken.status != "succeeded":
            return None
        return Receipt(key, taken.id, from_stripe(taken.amount_received, taken.currency), taken.currency.upper())

    def refund(self, intent: RefundIntent) -> Receipt:
        """Give money back to the card or account it came from."""
        taken = self._intent(intent.charge)
        if taken is None:
            raise Conflict("Stripe does not know what is to be given back")
        params = {
            "payment_intent": taken.id,
            "amount": to_stripe(intent.amount_minor, intent.currency),
            "metadata": {KEY: intent.key},
        }
        return refund_receipt(read(self._api.post("/v1/refunds", params, intent.key), Refund), intent.key)

    def find_refund(self, key: str, charge: ChargeName | None = None) -> Receipt | None:
        """A refund among those of its charge."""
        taken = self._intent(charge) if charge is not None else None
        if taken is None:
            return None
        for raw in self._api.walk("/v1/refunds", {"payment_intent": taken.id}):
            refund = read(raw, Refund)
            if (refund.metadata or {}).get(KEY) == key:
                return refund_receipt(refund, key)
        return None

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Send a merchant's money to their connected account."""
        if not self.abilities.payouts:
            raise Conflict("Stripe is not set up to pay merchants: see pay.stripe_connect")
        if not _ACCOUNT.fullmatch(intent.account):
            raise Conflict("This merchant has no Stripe account: they have to give one that begins with acct_")
        params = {
            "amount": to_stripe(intent.amount_minor, intent.currency),
            "currency": intent.currency.lower(),
            "destination": intent.account,
            "transfer_group": intent.key,
            "metadata": {KEY: intent.key},
        }
        try:
            return transfer_receipt(read(self._api.post("/v1/transfers", params, intent.key), Transfer), intent.key)
        except NotFound as missing:
            raise Conflict("Stripe does not know this merchant's account") from missing

    def find_payout(self, key: str) -> Receipt | None:
        """A transfer by the group that names it."""
        for raw in self._api.walk("/v1/transfers", {"transfer_group": key}):
            transfer = read(raw, Transfer)
            if transfer.metadata.get(KEY) == key:
                return transfer_receipt(transfer, key)
        return None

    # --- what it tells

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> Webhook:
        """An event, signed in `Stripe-Signature`."""
        verify_event(headers.get("stripe-signature", ""), body, self._secrets, now)
        event = read(body, Event)
        if not re.fullmatch(r"[\x21-\x7e]{1,200}", event.id):
            raise Invalid("This event has no name")
        return Webhook(event.id, event.type[:100], told(event))

    def _session(self, session_id: str) -> Session:
        found = self._api.get(f"/v1/checkout/sessions/{segment(session_id)}", {"expand": ["payment_intent"]})
        return read(found, Session)

    def _intent(self, charge: ChargeName) -> PaymentIntent | None:
        """The payment intent of a charge, however we know it; None when there is none (yet)."""
        if charge.processor_ref is None or charge.processor_ref.startswith("cs_"):
            found = self.find_charge(charge.key, charge.processor_ref)
            if found is None or found.processor_ref.startswith("cs_"):
                return None
            charge = ChargeName(charge.key, found.processor_ref, charge.currency)
        try:
            return read(self._api.get(f"/v1/payment_intents/{segment(charge.processor_ref or '')}"), PaymentIntent)
        except NotFound:
            return None


def _session_params(intent: ChargeIntent) -> dict[str, object]:
    price = {
        "currency": intent.currency.lower(),
        "unit_amount": to_stripe(intent.amount_minor, intent.currency),
        "product_data": {"name": intent.ref},
    }
    beneath = {
        "metadata": {KEY: intent.key, FLOW: "page"},
        "transfer_group": intent.key,
        "capture_method": "manual" if intent.hold else "automatic",
    }
    return {
        "mode": "payment",
        "client_reference_id": intent.key,
        "success_url": intent.return_url,
        "cancel_url": intent.return_url,
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": beneath,
        "metadata": {KEY: intent.key},
    }


def _intent_params(intent: ChargeIntent) -> dict[str, object]:
    return {
        "amount": to_stripe(intent.amount_minor, intent.currency),
        "currency": intent.currency.lower(),
        "payment_method": intent.method,
        "confirm": True,
        "capture_method": "manual" if intent.hold else "automatic",
        "return_url": intent.return_url or None,
        "transfer_group": intent.key,
        "description": intent.ref,
        "metadata": {KEY: intent.key, FLOW: "method"},
    }
