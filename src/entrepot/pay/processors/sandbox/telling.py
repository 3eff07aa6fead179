"""What the sandbox tells by webhook: written into its books when something happens, sent signed when it is due."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import msgspec

from entrepot.kernel import SECOND, Clock, Invalid, Refused, Secret, to_json

from ..base import (
    CaptureTold,
    Charge,
    Chargeback,
    ChargebackState,
    ChargebackTold,
    ChargeName,
    ChargeTold,
    PayoutTold,
    Receipt,
    RefundTold,
    Told,
    Webhook,
)
from ..standard import sign_webhook, verify_webhook
from . import faults
from .books import Act, Books

WebhookSender = Callable[[Mapping[str, str], bytes], None]
"""Brings the headers and the body of a webhook to the market; refused or failed, it is sent again later."""

TRIES_MAX = 20
AGAIN_AFTER = 30 * SECOND


class Notice(msgspec.Struct, frozen=True):
    """The body of a webhook; kinds that we do not know are heard and set aside."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


def read(headers: Mapping[str, str], body: bytes, secret: Secret, now: int) -> Webhook:
    """What a webhook of the sandbox tells."""
    webhook_id = verify_webhook(headers, body, secret, now)
    try:
        notice = msgspec.json.decode(body, type=Notice)
        return Webhook(webhook_id, notice.type[:100], _told(notice))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"This webhook cannot be read: {error}") from error


def _told(notice: Notice) -> tuple[Told, ...]:
    match notice.type.partition(".")[0]:
        case "charge":
            return (ChargeTold(msgspec.json.decode(notice.data, type=Charge)),)
        case "capture":
            return (CaptureTold(msgspec.json.decode(notice.data, type=Receipt)),)
        case "refund":
            return (RefundTold(msgspec.json.decode(notice.data, type=Receipt)),)
        case "payout":
            return (PayoutTold(msgspec.json.decode(notice.data, type=Receipt)),)
        case "chargeback":
            return (ChargebackTold(msgspec.json.decode(notice.data, type=Chargeback)),)
    return ()


def deliver(books: Books, clock: Clock, secret: Secret, send: WebhookSender) -> int:
    """Send the webhooks that are due, signed now; returns how many were heard. The others come again later."""
    heard = 0
    for waiting in books.due_webhooks(clock.now()):
        now = clock.now()
        body = waiting.body.encode()
        headers = {
            "webhook-id": waiting.id,
            "webhook-timestamp": str(now // SECOND),
            "webhook-signature": sign_webhook(waiting.id, now // SECOND, body, secret),
        }
        try:
            send(headers, body)
        except (Refused, OSError):
            if waiting.tries + 1 < TRIES_MAX:
                books.webhook_refused(waiting.number, now + AGAIN_AFTER)
                continue
        else:
            heard += 1
        books.webhook_sent(waiting.number, now)
    return heard


def tell_charge(books: Books, charge: Charge, at: int, token: str) -> None:
    """Write down what is to be told of a charge, as its token says."""
    if token in (faults.WEBHOOK_ONLY, faults.WEBHOOK_TWICE):
        for _ in range(2 if token == faults.WEBHOOK_TWICE else 1):
            _add(books, f"charge.{charge.state}", charge.key, charge, at)
    elif token == faults.WEBHOOK_LATE_REORDERED:
        _add(books, f"charge.{charge.state}", charge.key, charge, at + faults.LATE_BY)
        _add(books, "charge.pending", charge.key, told_later(charge), at + faults.LATE_BY + SECOND)
    elif token in (faults.CHARGEBACK, faults.CHARGEBACK_LOST) and charge.state == "captured":
        opened_at = at + faults.CHARGEBACK_AFTER
        back = Chargeback(
            name("dp", charge.key), ChargeName(charge.key, charge.processor_ref, charge.currency),
            charge.amount_minor, charge.currency, "opened", "fraudulent", opened_at + faults.CHARGEBACK_ENDS_AFTER,
            opened_at,
        )  # fmt: skip
        _add(books, "chargeback.opened", charge.key, back, opened_at)
        ended_at = opened_at + faults.CHARGEBACK_ENDS_AFTER
        state: ChargebackState = "lost" if token == faults.CHARGEBACK_LOST else "won"
        ended = msgspec.structs.replace(back, state=state, said_at=ended_at)
        _add(books, f"chargeback.{state}", charge.key, ended, ended_at)


def tell_receipt(books: Books, act: Act, receipt: Receipt, at: int) -> None:
    """Write down that a capture, refund or payout is to be told of."""
    _add(books, f"{act.kind}.{receipt.state}", act.key, receipt, at)


def _add(books: Books, kind: str, key: str, data: msgspec.Struct, due_at: int) -> None:
    books.add_webhook(name("msg", kind, key), f'{{"type":"{kind}","data":{to_json(data)}}}', due_at)


def told_later(charge: Charge) -> Charge:
    """The same charge, while its outcome is not told."""
    return Charge(charge.key, charge.processor_ref, "pending", charge.amount_minor, charge.currency)


def name(prefix: str, *parts: str) -> str:
    """How the sandbox calls something: always the same."""
    return f"{prefix}_{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:24]}"
