"""Signatures of webhooks as Standard Webhooks has them, for our sandbox and for adapters whose carriers do the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError

from entrepot.kernel import SECOND, Secret

from .base import NotSigned

TOLERANCE_S = 300


def sign(secret: Secret, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a signed webhook; `at` in microseconds."""
    when = datetime.fromtimestamp(at // SECOND, UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at // SECOND),
        "webhook-signature": Webhook(secret.reveal()).sign(message_id, when, body.decode()),
    }


def check_signature(secret: Secret, headers: Mapping[str, str], body: bytes, now: int) -> str:
    """The id of a message that was signed with this secret within the last minutes; NotSigned for any other."""
    try:
        sent_s = int(headers["webhook-timestamp"])
        expected = sign(secret, headers["webhook-id"], sent_s * SECOND, body)["webhook-signature"]
        signatures = headers["webhook-signature"].split(" ")
    except (KeyError, ValueError, OverflowError, OSError, UnicodeDecodeError, WebhookVerificationError):
        raise NotSigned("This webhook is not signed") from None
    if abs(now // SECOND - sent_s) > TOLERANCE_S:
        raise NotSigned("This webhook is too old, or a clock is wrong")
    if not any(Secret(expected).matches(signature) for signature in signatures):
        raise NotSigned("This webhook's signature is wrong")
    return headers["webhook-id"]
