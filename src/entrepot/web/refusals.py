"""What the edge itself will not do, before a room is asked. Each has a status of its own in `errors`."""

from __future__ import annotations

from entrepot.kernel import Refused


class UnknownMediaType(Refused):
    """The body is in a form that the route does not read: 415, where other invalid input is 422."""


class Unreadable(Refused):
    """The request is not what the route's schema says: 400, where input that is only wrong in itself is 422."""
