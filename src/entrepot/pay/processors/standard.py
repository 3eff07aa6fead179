"""Signatures as Standard Webhooks has them: the sandbox signs by them, and whoever else keeps to them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from entrepot.kernel import MINUTE, SECOND, NotAllowed, Secret

TOLERANCE = 5 * MINUTE
BODY_BYTES_MAX = 100_000
_SECONDS = re.compile(r"[0-9]{1,11}")
_ID = re.compile(r"[\x21-\x7e]{1,200}")


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: Secret, now: int) -> str:
    """The id of a webhook that is truly the sender's, and recent; NotAllowed for every other."""
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
