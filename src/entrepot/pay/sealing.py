"""Sealing: what only the home's own key can read again, such as the number of a merchant's bank account."""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entrepot.kernel import Invalid, Secret

_PURPOSE = b"entrepot.pay.sealing.1"
_NONCE_BYTES = 12


class Sealer:
    """Seals texts for one place each: what was sealed for one row cannot be read in another's."""

    def __init__(self, key: Secret) -> None:
        """`key` is the home's; sealing uses one derived from it."""
        self._cipher = AESGCM(hashlib.blake2b(_PURPOSE, key=key.reveal().encode()[:64], digest_size=32).digest())

    def seal(self, text: str, place: str) -> str:
        """The text, readable with this key and for this place alone."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())).decode()

    def open(self, sealed: str, place: str) -> str:
        """The text again. Invalid when it was sealed with another key, for another place, or was changed."""
        try:
            data = base64.urlsafe_b64decode(sealed)
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError):
            raise Invalid("This was sealed with another key: restore the secret.key of this home") from None
