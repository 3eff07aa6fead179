"""The sandbox processor: the port's plain implementation, for demos, tests and simulated days."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from entrepot.kernel import Clock, Conflict, Secret, SystemClock, Unavailable

from ..base import (
    Abilities,
    ActState,
    CaptureIntent,
    Charge,
    ChargeIntent,
    ChargeName,
    ChargeState,
    PayoutIntent,
    Receipt,
    RefundIntent,
    Webhook,
)
from . import faults, telling
from .books import Act, Books, Waiting
from .faults import Faults
from .telling import WebhookSender

_NO_ANSWER = "The payment processor does not answer: we ask it again"
_DECLINED = "The card was declined: try another card or account"
_RELEASED = "The money was released again"
_CLOSED = "The account to pay to is closed"
_TELLS_LATER = (faults.WEBHOOK_ONLY, faults.WEBHOOK_LATE_REORDERED)


class SandboxProcessor:
    """Takes, gives back and sends money that does not exist; keeps books that `list_acts` shows."""

    name = "sandbox"
    abilities = Abilities(holds=True, parts=True, payouts=True, needs_account=False)

    def __init__(self, folder: Path, *, clock: Clock | None = None, faults: Faults | None = None) -> None:
        """`folder` holds its books. Its clock dates webhooks and ends slow charges; `faults` are for `tok_ok`."""
        self._books = Books(folder)
        self._clock: Clock = clock or SystemClock()
        self._faults = faults or Faults()
        self.webhook_secret = Secret(self._books.webhook_secret())

    def close(self) -> None:
        """Let go of its books."""
        self._books.close()

    def check(self) -> None:
        """It is always there."""

    # --- charges

    def charge(self, intent: ChargeIntent) -> Charge:
        """Take a buyer's money or set it aside, as the token of the method says."""
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
        return telling.told_later(charge) if first and token in _TELLS_LATER else charge

    def find_charge(self, key: str, processor_ref: str | None = None) -> Charge | None:
        """What became of a charge."""
        act = self._books.find_act("charge", key)
        return None if act is None else self._charge_of(act)

    def void(self, charge: ChargeName) -> None:
        """Release what is left of a charge that was set aside."""
        self._arrives("void", charge.key)
        with self._books.writing():
            act = self._books.find_act("charge", charge.key)
            if act is None or act.state != "authorised" or self._books.find_act("void", charge.key):
                return
            left = act.amount_minor - self._books.sum_of("capture", charge.key)
            now = self._clock.now()
            released = Act("void", act.key, telling.name("vo", act.key), act.key, left, act.currency, "done", None,
                           now, now)  # fmt: skip
            self._books.add_act(released)

    # --- captures, refunds, payouts

    def capture(self, intent: CaptureIntent) -> Receipt:
        """Take a part of what was set aside, never more than that."""
        receipt = self._act_once("capture", intent.key, intent.charge.key, intent.amount_minor, intent.currency)
        if intent.final:
            self.void(intent.charge)
        return receipt

    def find_capture(self, key: str, charge: ChargeName) -> Receipt | None:
        """Whether a part was taken."""
        return self._find_receipt("capture", key)

    def refund(self, intent: RefundIntent) -> Receipt:
        """Give money of a captured charge back, never more than it brought."""
        return self._act_once("refund", intent.key, intent.charge_key, intent.amount_minor, intent.currency)

    def find_refund(self, key: str, charge: ChargeName | None = None) -> Receipt | None:
        """Whether a refund was done."""
        return self._find_receipt("refund", key)

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Send a payee money."""
        return self._act_once(
            "payout", intent.key, intent.payee, intent.amount_minor, intent.currency, account=intent.account
        )

    def find_payout(self, key: str) -> Receipt | None:
        """Whether a payout was done."""
        return self._find_receipt("payout", key)

    # --- what it tells

    def list_acts(self) -> list[Act]:
        """Its books, oldest first: what it says it did, for reconciliation."""
        return self._books.list_acts()

    def waiting_webhooks(self) -> list[Waiting]:
        """The webhooks that were not heard yet, in the order in which they are due."""
        return self._books.waiting_webhooks()

    def deliver_webhooks(self, send: WebhookSender) -> int:
        """Send the webhooks that are due, signed now; returns how many were heard. The others come again later."""
        return telling.deliver(self._books, self._clock, self.webhook_secret, send)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> Webhook:
        """What a webhook tells, signed as Standard Webhooks says."""
        return telling.read(headers, body, self.webhook_secret, now)

    # --- the books

    def _open_charge(self, intent: ChargeIntent, token: str) -> Act:
        now = self._clock.now()
        taken = token in faults.TOKENS and token != faults.DECLINE
        state: ChargeState = "declined" if not taken else "authorised" if intent.hold else "captured"
        act = Act(
            "charge", intent.key, telling.name("ch", intent.key), intent.method, intent.amount_minor, intent.currency,
            state, None if taken else _DECLINED, now, now + faults.SLOW_BY if token == faults.SLOW else now,
        )  # fmt: skip
        self._books.add_act(act)
        telling.tell_charge(self._books, self._charge_of(act), now, token)
        return act

    def _charge_of(self, act: Act) -> Charge:
        if act.state != "declined" and act.done_at > self._clock.now():
            return Charge(act.key, act.processor_ref, "pending", act.amount_minor, act.currency)
        state: ChargeState = act.state  # type: ignore[assignment]  # written by _open_charge alone
        reason = act.reason
        released = self._books.find_act("void", act.key) if state == "authorised" else None
        if released is not None:
            state, reason = ("declined", _RELEASED) if released.amount_minor == act.amount_minor else ("captured", None)
        return Charge(act.key, act.processor_ref, state, act.amount_minor, act.currency, reason)

    def _act_once(
        self, kind: str, key: str, target: str, amount_minor: int, currency: str, *, account: str = ""
    ) -> Receipt:
        self._arrives(kind, key)
        with self._books.writing():
            act = self._books.find_act(kind, key)
            first = act is None
            if act is None:
                self._check(kind, target, amount_minor, currency)
                act = self._open_act(kind, key, target, amount_minor, currency, account)
        _same(act, amount_minor, currency)
        if first and self._faults.answer_lost(kind, key):
            raise Unavailable(_NO_ANSWER)
        return self._receipt(act)

    def _open_act(self, kind: str, key: str, target: str, amount_minor: int, currency: str, account: str) -> Act:
        now = self._clock.now()
        is_payout = kind == "payout"
        refused = is_payout and (account.startswith(faults.CLOSED_ACCOUNT) or self._faults.is_refused(key))
        slow = (is_payout and account.startswith(faults.SLOW_ACCOUNT)) or self._faults.is_pending(kind, key)
        done_at = now + faults.SLOW_BY if slow else now
        act = Act(
            kind, key, telling.name(kind[:2], key), target, amount_minor, currency,
            "failed" if refused else "done", _CLOSED if refused else None, now, done_at,
        )  # fmt: skip
        self._books.add_act(act)
        if slow:
            done = Receipt(key, act.processor_ref, amount_minor, currency, "failed" if refused else "done", act.reason)
            telling.tell_receipt(self._books, act, done, done_at)
        return act

    def _check(self, kind: str, target: str, amount_minor: int, currency: str) -> None:
        """What cannot be done at all: to take more than was set aside, or give back more than was taken."""
        if kind not in ("capture", "refund"):
            return
        charge = self._books.find_act("charge", target)
        if charge is None or charge.state == "declined" or charge.currency != currency:
            raise Conflict("There is no such charge")
        taken = self._books.sum_of("capture", target) if charge.state == "authorised" else charge.amount_minor
        if kind == "refund" and self._books.sum_of("refund", target) + amount_minor > taken:
            raise Conflict("This would give back more than the charge brought")
        if kind == "capture":
            if charge.state != "authorised" or self._books.find_act("void", target):
                raise Conflict("This charge has nothing set aside")
            if taken + amount_minor > charge.amount_minor:
                raise Conflict("This would take more than was set aside")

    def _find_receipt(self, kind: str, key: str) -> Receipt | None:
        act = self._books.find_act(kind, key)
        return None if act is None else self._receipt(act)

    def _receipt(self, act: Act) -> Receipt:
        state: ActState = (
            "pending" if act.done_at > self._clock.now() else "failed" if act.state == "failed" else "done"
        )
        return Receipt(
            act.key, act.processor_ref, act.amount_minor, act.currency, state, act.reason if state == "failed" else None
        )

    def _arrives(self, kind: str, key: str) -> None:
        if self._faults.unreachable and self._books.knock(kind, key) and self._faults.never_arrives(kind, key):
            raise Unavailable(_NO_ANSWER)


def _same(act: Act, amount_minor: int, currency: str) -> None:
    if (act.amount_minor, act.currency) != (amount_minor, currency):
        raise Conflict(f"The key {act.key} was used for another amount")
