"""How often: each class of routes has a rate, counted in memory by person or key, and a guest's by address: whoever
needs no password for a new session would otherwise begin one for each request.

The figures stop floods and guessing; they are far above what a busy shop's own staff and scripts do. Failed sign-ins
have a stricter limit of their own in `identity`, which also outlives a restart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from entrepot import identity
from entrepot.kernel import TooMany

from .visit import Visit

RATES: dict[str, RateLimitItem] = {
    "read": RateLimitItemPerMinute(12_000),
    "search": RateLimitItemPerMinute(6_000),
    "write": RateLimitItemPerMinute(6_000),
    "sign_in": RateLimitItemPerMinute(600),
    "mail": RateLimitItemPerHour(60),
    "code": RateLimitItemPerMinute(30),
    "compute": RateLimitItemPerMinute(60_000),  # the cloud has limits of its own, for each customer
    "upload": RateLimitItemPerHour(120),
    "photo": RateLimitItemPerMinute(60),
}
_BY_ADDRESS = frozenset({"sign_in", "mail", "code"})


class Rates:
    """Counts requests. `rates` replaces figures of `RATES`."""

    def __init__(self, rates: Mapping[str, RateLimitItem], *, enabled: bool = True) -> None:
        self._rates = {**RATES, **rates}
        self._enabled = enabled
        storage = MemoryStorage()
        self._exact = MovingWindowRateLimiter(storage)
        self._light = SlidingWindowCounterRateLimiter(storage)

    def count(self, name: str, visit: Visit) -> None:
        """Count a request of a class. TooMany, with the seconds to wait, when the rate is used up."""
        if not self._enabled:
            return
        item = self._rates[name]
        by_address = name in _BY_ADDRESS or not (visit.scope.is_person or visit.by_key)
        who = identity.network_of(visit.ip) if by_address else visit.scope.actor
        # An exact window remembers every request: fit for the small rates only.
        limiter = self._exact if item.amount <= 600 else self._light
        if not limiter.hit(item, name, who):
            wait_s = max(1, math.ceil(limiter.get_window_stats(item, name, who).reset_time - time.time()))
            raise TooMany(f"Too many requests: wait {wait_s} seconds and try again", retry_after_s=wait_s)
