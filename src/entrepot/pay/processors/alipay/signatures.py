"""Alipay's signatures (RSA2: RSA with SHA-256, PKCS#1 v1.5), and the exact text that is signed.

A request signs its parameters, those that are empty and `sign` left out, ordered by name, as `name=value` joined by
`&`, before they are encoded for the address. A notice signs the same without `sign_type`. An answer signs the JSON of
its one object as it was sent, sign by sign.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from entrepot.kernel import Invalid, Secret

BITS_MIN = 2_048
_DECODER = json.JSONDecoder()


class Keys(msgspec.Struct, frozen=True):
    """Our private key, and Alipay's public one."""

    private: RSAPrivateKey
    public: RSAPublicKey

    def sign(self, text: str) -> str:
        """Our signature of a text."""
        return base64.b64encode(self.private.sign(text.encode(), PKCS1v15(), hashes.SHA256())).decode()

    def verifies(self, text: str, signature: str) -> bool:
        """Whether a text carries Alipay's signature."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self.public.verify(raw, text.encode(), PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def open_keys(private: Secret, public: str) -> Keys:
    """The keys from PEM files' texts, or from the base64 between their lines. Invalid, naming the setting."""
    try:
        mine = load_der_private_key(_der(private.reveal()), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        raise Invalid("pay.alipay_private_key is not a private RSA key in PEM") from None
    try:
        theirs = load_der_public_key(_der(public))
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        raise Invalid("pay.alipay_public_key is not a public RSA key in PEM") from None
    if not isinstance(mine, RSAPrivateKey) or not isinstance(theirs, RSAPublicKey):
        raise Invalid("The keys of pay.alipay_private_key and pay.alipay_public_key must be RSA keys")
    if min(mine.key_size, theirs.key_size) < BITS_MIN:
        raise Invalid(f"The keys of pay.alipay_private_key and pay.alipay_public_key must have {BITS_MIN} bits or more")
    return Keys(mine, theirs)


def signed_text(params: Mapping[str, str], *, without: tuple[str, ...] = ("sign",)) -> str:
    """What is signed of parameters.

    >>> signed_text({"b": "2", "a": "1", "empty": "", "sign": "x"})
    'a=1&b=2'
    """
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if params[name] and name not in without)


def object_text(answer: str, name: str) -> str | None:
    """The JSON of an answer's object as it stands in the text, which is what is signed; None when there is none."""
    mark = f'"{name}"'
    place = answer.find(mark)
    if place < 0:
        return None
    start = answer.find("{", place + len(mark))
    if start < 0 or answer[place + len(mark) : start].strip() != ":":
        return None
    try:
        _, end = _DECODER.raw_decode(answer, start)
    except (ValueError, RecursionError):
        return None
    return answer[start:end]


def _der(text: str) -> bytes:
    lines = [line.strip() for line in text.strip().splitlines()]
    return base64.b64decode("".join(line for line in lines if not line.startswith("-----")), validate=True)
