"""Passwords, kept as argon2id digests.

Hashing takes tens of milliseconds and 19 MiB on purpose, so it never runs inside a transaction, and only a few run at
once: a wave of sign-ins waits in line instead of taking the memory.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from entrepot.kernel import Invalid, Secret

PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 200
AT_ONCE_MAX = 4

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(AT_ONCE_MAX)
_nobody = _hasher.hash("nobody has this password")
"""Checked when the account is unknown, so that the answer takes as long as for a known one."""


def hash_password(password: Secret) -> str:
    """The digest to store. Invalid when the password is shorter than 8 characters or longer than 200."""
    text = password.reveal()
    if not PASSWORD_LENGTH_MIN <= len(text) <= PASSWORD_LENGTH_MAX:
        sentence = f"Choose a password of {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters"
        raise Invalid(sentence, fields={"password": sentence})
    with _at_once:
        return _hasher.hash(text)


def verify_password(stored: str | None, password: Secret) -> bool:
    """Whether the password is the stored one's. Without a stored one (no such account) it works as long and says no."""
    text = password.reveal()[: PASSWORD_LENGTH_MAX + 1]
    with _at_once:
        try:
            _hasher.verify(stored or _nobody, text)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a digest was made with weaker parameters than today's and should be made again at the next sign-in."""
    return _hasher.check_needs_rehash(stored)
