"""What a room says when it will not do something: a kind, and a sentence a person can act on.

Rooms never mention an HTTP status; one table in `web` turns kinds into statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """Why a request was refused."""

    INVALID = "invalid"
    NOT_SIGNED_IN = "not_signed_in"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class Refused(Exception):
    """A request that may happen and is not granted.

    `sentence` says what to do about it, in plain words. `fields` names the parts of the input at fault, each with
    its own sentence. `retry_after_s` is set where trying again later may help.
    """

    kind: Kind = Kind.INVALID

    def __init__(
        self, sentence: str, *, fields: Mapping[str, str] | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s


class Invalid(Refused):
    """The input cannot be used as it is."""

    kind = Kind.INVALID


class NotSignedIn(Refused):
    """Somebody must sign in first."""

    kind = Kind.NOT_SIGNED_IN


class NotAllowed(Refused):
    """The caller is known and has no right to this."""

    kind = Kind.NOT_ALLOWED


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else: the answer is the same for both."""

    kind = Kind.NOT_FOUND


class Conflict(Refused):
    """The state of things does not permit this now."""

    kind = Kind.CONFLICT


class TooLarge(Refused):
    """The input is larger than its limit."""

    kind = Kind.TOO_LARGE


class TooMany(Refused):
    """A limit on how often is reached."""

    kind = Kind.TOO_MANY


class Unavailable(Refused):
    """Something we depend on does not answer: a disk, a database, a provider."""

    kind = Kind.UNAVAILABLE
