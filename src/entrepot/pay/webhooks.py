"""Webhooks: what a processor tells us by itself, signed as Standard Webhooks says, heard once however often it is
sent."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from standardwebhooks.webhooks import Webhook

from entrepot.kernel import MINUTE, SECOND, Invalid, NotAllowed, Prepared, Secret, Tx, prepare_text

from .processor import Charge
from .reports import report_charge

T = TypeVar("T")

TOLERANCE = 5 * MINUTE
BODY_BYTES_MAX = 100_000
_SECONDS = re.compile(r"[0-9]{1,11}")
_ID = re.compile(r"[\x21-\x7e]{1,200}")


class Notice(msgspec.Struct, frozen=True):
    """The body of a webhook; kinds that are not about charges are heard and set aside."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


def record_webhook(tx: Tx, headers: Mapping[str, str], body: bytes, secret: Secret) -> bool:
    """Hear a webhook: check its signature, then record what it says, once for each webhook id.

    False when this id was heard before. NotAllowed when it is not signed with the secret, or was signed more than five
    minutes from now; Invalid when a signed body cannot be read; NotFound when it speaks of a payment that is not ours.
    """
    webhook_id = verify_webhook(headers, body, secret, tx.now)
    notice = _read(body, Notice)
    if tx.run(_hear, id=webhook_id, kind=notice.type[:100], now=tx.now) == 0:
        return False
    if notice.type.startswith("charge."):
        report_charge(tx, _read(notice.data, Charge))
    return True


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: Secret, now: int) -> str:
    """The id of a webhook that is truly the processor's, and recent; NotAllowed for every other."""
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id, sent_at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if len(body) > BODY_BYTES_MAX or not _ID.fullmatch(webhook_id) or not _SECONDS.fullmatch(sent_at):
        raise NotAllowed("This webhook is not signed as it should be")
    expected = sign_webhook(webhook_id, int(sent_at), body, secret)
    signatures = given.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(expected.encode(), signature.encode()) for signature in signatures):
        raise NotAllowed("This webhook is not signed with the secret we share")
    if abs(now - int(sent_at) * SECOND) > TOLERANCE:
        raise NotAllowed("This webhook was signed too long ago, or a clock is wrong")
    return webhook_id


def sign_webhook(webhook_id: str, sent_at_s: int, body: bytes, secret: Secret) -> str:
    """The signature of a webhook sent at this time, in seconds since 1970."""
    try:
        text = body.decode()
        at = datetime.fromtimestamp(sent_at_s, UTC)
    except (UnicodeDecodeError, ValueError, OverflowError, OSError):
        raise NotAllowed("This webhook is not signed as it should be") from None
    return str(Webhook(secret.reveal()).sign(webhook_id, at, text))


def _read(body: bytes | msgspec.Raw, into: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"This webhook cannot be read: {error}") from error


_hear: Prepared[object] = prepare_text(
    "INSERT INTO pay_webhooks (id, kind, received_at) VALUES (:id, :kind, :now) ON CONFLICT (id) DO NOTHING"
)
