"""The signature of Stripe's webhooks: HMAC-SHA256 of the time and the body, in the header `Stripe-Signature`."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from entrepot.kernel import MINUTE, SECOND, NotAllowed, Secret

TOLERANCE = 5 * MINUTE
HEADER_LENGTH_MAX = 4_000
BODY_BYTES_MAX = 1_000_000
_SECONDS = re.compile(r"[0-9]{1,11}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def verify_event(header: str, body: bytes, secrets: Sequence[Secret], now: int) -> None:
    """Refuse a body that was not signed by Stripe with one of our secrets, within five minutes of now.

    Only the scheme `v1` counts; there are several of them while a secret is exchanged.
    """
    if not secrets:
        raise NotAllowed("Webhooks of stripe are not set up: give pay.stripe_webhook_secrets")
    if len(body) > BODY_BYTES_MAX or len(header) > HEADER_LENGTH_MAX:
        raise NotAllowed("This webhook is larger than one of Stripe's")
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in parts if name == "t"]
    digests = [value for name, value in parts if name == "v1" and _DIGEST.fullmatch(value)]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]) or not digests:
        raise NotAllowed("This webhook is not signed as Stripe signs")
    expected = [sign_event(times[0], body, secret) for secret in secrets]
    matches = [hmac.compare_digest(one, other) for one in expected for other in digests]
    if not any(matches):
        raise NotAllowed("This webhook is not signed with a secret that we share with Stripe")
    if abs(now - int(times[0]) * SECOND) > TOLERANCE:
        raise NotAllowed("This webhook was signed too long ago, or a clock is wrong")


def sign_event(seconds: str, body: bytes, secret: Secret) -> str:
    """The `v1` digest of a body sent at this time, in seconds since 1970."""
    return hmac.new(secret.reveal().encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
