"""Identifiers: a prefix that says what they are, and 26 Crockford characters.

The first 48 bits are milliseconds, the other 80 random (the layout of a ULID), so ids sort by age. Derived ids hash a
parent and a leg: the same cause always names the same effect. Knowing an id is never a right.
"""

from __future__ import annotations

import hashlib
import re
from random import Random

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_SHAPE = re.compile(r"^[a-z0-9]{2,8}_[0-7][0-9A-HJKMNP-TV-Z]{25}$")


def new_id(prefix: str, now: int, random: Random) -> str:
    """A fresh id such as ord_01K…; `now` in microseconds."""
    return f"{prefix}_{_crockford(((now // 1_000) << 80) | random.getrandbits(80))}"


def derive_id(prefix: str, *parts: str) -> str:
    """The id that these parts always give; for things that must exist once per cause."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_crockford(int.from_bytes(digest[:16], 'big'))}"


def is_id(text: str, prefix: str) -> bool:
    """Whether a text has the shape of an id with this prefix."""
    return text.startswith(prefix + "_") and _SHAPE.match(text) is not None


def _crockford(number: int) -> str:
    """128 bits as 26 characters, most significant first."""
    pairs = _PAIRS
    return "".join([pairs[(number >> shift) & 1023] for shift in range(120, -1, -10)])
