"""The sandbox processor: the port's plain implementation, for demos, tests and simulated days."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from entrepot.kernel import SECOND, Clock, Conflict, Refused, Secret, SystemClock, Unavailable, to_json

from ..processor import Charge, ChargeIntent, PayoutIntent, Receipt, RefundIntent
from ..webhooks import sign_webhook
from . import faults
from .books import Act, Books, Waiting
from .faults import Faults

WebhookSender = Callable[[Mapping[str, str], bytes], None]
"""Brings the headers and the body of a webhook to the market; refused or failed, it is sent again later."""

TRIES_MAX = 20
AGAIN_AFTER = 30 * SECOND
_NO_ANSWER = "The payment processor does not answer: we ask it again"
_DECLINED = "The card was declined: try another card or account"
_TELLS_LATER = (faults.WEBHOOK_ONLY, faults.WEBHOOK_LATE_REORDERED)


class SandboxProcessor:
    """Takes, gives back and sends money that does not exist; keeps books that `list_acts` shows."""

    name = "sandbox"

    def __init__(self, folder: Path, *, clock: Clock | None = None, faults: Faults | None = None) -> None:
        """`folder` holds its books. Its clock dates webhooks and ends slow charges; `faults` are for `tok_ok`."""
        self._books = Books(folder)
        self._clock: Clock = clock or SystemClock()
        self._faults = faults or Faults()
        self.webhook_secret = Secret(self._books.webhook_secret())

    def close(self) -> None:
        """Let go of its books."""
        self._books.close()

    def charge(self, intent: ChargeIntent) -> Charge:
        """Take a buyer's money, as the token of the method says."""
        self._arrives("charge", intent.key)
        token = self._faults.token(intent.key) if intent.method == faults.OK else intent.method
        with self._books.writing():
            act = self._books.find_act("charge", intent.key)
            first = act is None
            if act is None:
                act = self._open_charge(intent, token)
        _same(act, intent.amount_minor, intent.currency)
        if first and token == faults.TIMEOUT:
            raise Unavailable(_NO_ANSWER)
        charge = self._charge_of(act)
        return _told_later(charge) if first and token in _TELLS_LATER else charge

    def find_charge(self, key: str) -> Charge | None:
        """What became of a charge."""
        act = self._books.find_act("charge", key)
        return None if act is None else self._charge_of(act)

    def refund(self, intent: RefundIntent) -> Receipt:
        """Give money of a captured charge back, never more than it brought."""
        return self._act_once("refund", intent.key, intent.charge_key, intent.amount_minor, intent.currency)

    def find_refund(self, key: str) -> Receipt | None:
        """Whether a refund was done."""
        return self._find_receipt("refund", key)

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Send a payee money."""
        return self._act_once("payout", intent.key, intent.payee, intent.amount_minor, intent.currency)

    def find_payout(self, key: str) -> Receipt | None:
        """Whether a payout was done."""
        return self._find_receipt("payout", key)

    def list_acts(self) -> list[Act]:
        """Its books, oldest first: what it says it did, for reconciliation."""
        return self._books.list_acts()

    def waiting_webhooks(self) -> list[Waiting]:
        """The webhooks that were not heard yet, in the order in which they are due."""
        return self._books.waiting_webhooks()

    def deliver_webhooks(self, send: WebhookSender) -> int:
        """Send the webhooks that are due, signed now; returns how many were heard. The others come again later."""
        heard = 0
        for waiting in self._books.due_webhooks(self._clock.now()):
            now = self._clock.now()
            body = waiting.body.encode()
            headers = {
                "webhook-id": waiting.id,
                "webhook-timestamp": str(now // SECOND),
                "webhook-signature": sign_webhook(waiting.id, now // SECOND, body, self.webhook_secret),
            }
            try:
                send(headers, body)
            except (Refused, OSError):
                if waiting.tries + 1 < TRIES_MAX:
                    self._books.webhook_refused(waiting.number, now + AGAIN_AFTER)
                    continue
            else:
                heard += 1
            self._books.webhook_sent(waiting.number, now)
        return heard

    def _open_charge(self, intent: ChargeIntent, token: str) -> Act:
        now = self._clock.now()
        captured = token in faults.TOKENS and token != faults.DECLINE
        act = Act(
            "charge", intent.key, _name("ch", intent.key), intent.method, intent.amount_minor, intent.currency,
            "captured" if captured else "declined", None if captured else _DECLINED, now,
            now + faults.SLOW_BY if token == faults.SLOW else now,
        )  # fmt: skip
        self._books.add_act(act)
        self._announce(act, token)
        return act

    def _announce(self, act: Act, token: str) -> None:
        charge = self._charge_of(act)
        match token:
            case faults.WEBHOOK_ONLY:
                self._add_webhook(charge, act.at)
            case faults.WEBHOOK_TWICE:
                self._add_webhook(charge, act.at)
                self._add_webhook(charge, act.at)
            case faults.WEBHOOK_LATE_REORDERED:
                self._add_webhook(charge, act.at + faults.LATE_BY)
                self._add_webhook(_told_later(charge), act.at + faults.LATE_BY + SECOND)

    def _add_webhook(self, charge: Charge, due_at: int) -> None:
        kind = f"charge.{charge.state}"
        body = f'{{"type":"{kind}","data":{to_json(charge)}}}'
        self._books.add_webhook(_name("msg", kind, charge.key), body, due_at)

    def _charge_of(self, act: Act) -> Charge:
        charge = Charge(act.key, act.processor_ref, "captured", act.amount_minor, act.currency, act.reason)
        if act.state == "declined":
            return Charge(act.key, act.processor_ref, "declined", act.amount_minor, act.currency, act.reason)
        return charge if act.done_at <= self._clock.now() else _told_later(charge)

    def _act_once(self, kind: str, key: str, target: str, amount_minor: int, currency: str) -> Receipt:
        self._arrives(kind, key)
        now = self._clock.now()
        with self._books.writing():
            act = self._books.find_act(kind, key)
            first = act is None
            if act is None:
                if kind == "refund":
                    self._check_refund(target, amount_minor, currency)
                act = Act(kind, key, _name(kind[:2], key), target, amount_minor, currency, "done", None, now, now)
                self._books.add_act(act)
        _same(act, amount_minor, currency)
        if first and self._faults.answer_lost(kind, key):
            raise Unavailable(_NO_ANSWER)
        return _receipt(act)

    def _check_refund(self, charge_key: str, amount_minor: int, currency: str) -> None:
        charge = self._books.find_act("charge", charge_key)
        if charge is None or charge.state != "captured" or charge.currency != currency:
            raise Conflict("There is no such charge to give money of back")
        if self._books.given_back(charge_key) + amount_minor > charge.amount_minor:
            raise Conflict("This would give back more than the charge brought")

    def _find_receipt(self, kind: str, key: str) -> Receipt | None:
        act = self._books.find_act(kind, key)
        return None if act is None else _receipt(act)

    def _arrives(self, kind: str, key: str) -> None:
        if self._faults.unreachable and self._books.knock(kind, key) and self._faults.never_arrives(kind, key):
            raise Unavailable(_NO_ANSWER)


def _same(act: Act, amount_minor: int, currency: str) -> None:
    if (act.amount_minor, act.currency) != (amount_minor, currency):
        raise Conflict(f"The key {act.key} was used for another amount")


def _told_later(charge: Charge) -> Charge:
    return Charge(charge.key, charge.processor_ref, "pending", charge.amount_minor, charge.currency)


def _receipt(act: Act) -> Receipt:
    return Receipt(act.key, act.processor_ref, act.amount_minor, act.currency)


def _name(prefix: str, *parts: str) -> str:
    return f"{prefix}_{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:24]}"
