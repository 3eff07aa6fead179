"""Random tokens, of which only the digest is kept, and signed ones, of which nothing is kept.

Random tokens come from the operating system even where the database's chance comes from a seed: a replayed market day
must not hand out sessions that can be guessed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from entrepot.kernel import Invalid, NotFound, Secret

_MAC_BYTES = 20


def new_token(prefix: str = "") -> Secret:
    """256 random bits as text for a URL."""
    return Secret(prefix + secrets.token_urlsafe(32))


def digest(token: Secret) -> str:
    """What is stored of a random token. A plain SHA-256 is enough for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).hexdigest()


def sign(key: Secret, purpose: str, value: str, expires_at: int | None = None) -> str:
    """A token that carries `value` in the open and cannot be made without the key; for one purpose only."""
    body = f"{_encode(value.encode())}.{'' if expires_at is None else expires_at}"
    return f"{body}.{_mac(key, purpose, body)}"


def unsign(key: Secret, purpose: str, token: str, now: int) -> str:
    """The value of a token. NotFound when it was not signed for this purpose; Invalid when its time is over."""
    body, _, mac = token.rpartition(".")
    if not hmac.compare_digest(_mac(key, purpose, body).encode(), mac.encode("utf-8", "surrogatepass")):
        raise NotFound("This link leads nowhere: check that it was copied whole")
    value, _, expires_at = body.partition(".")
    if expires_at and int(expires_at) <= now:
        raise Invalid("This link has expired: ask for a new one")
    return _decode(value).decode()


def _mac(key: Secret, purpose: str, body: str) -> str:
    signed = f"{purpose}\x1f{body}".encode("utf-8", "surrogatepass")
    return _encode(hmac.digest(key.reveal().encode(), signed, "sha256")[:_MAC_BYTES])


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
