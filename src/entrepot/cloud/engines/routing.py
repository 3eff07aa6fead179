"""Routes: names that stand for several models, each with its share of the calls; the others step in when one fails.

The order in which a call tries a route's models is drawn by their shares without replacement (Efraimidis and Spirakis,
2006: the smallest of -ln(u) / share goes first), with chance taken from the request's own name: the same request tries
them in the same order, and the calls of a model that fails go to the others by their shares. A model that failed goes
last for a while, longer each time it fails again, so that not every call pays for waiting for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from hashlib import blake2b

REST_S_FIRST = 2.0
REST_S_MAX = 60.0


class Routes:
    """The routes of one process, and which of their models rest. Used from its event loop only."""

    def __init__(self, routes: Mapping[str, Mapping[str, float]]) -> None:
        self._routes = routes
        self._rests: dict[str, tuple[float, float]] = {}

    def order(self, name: str, request: str) -> list[str]:
        """The models to try for a request that names a model or a route."""
        route = self._routes.get(name)
        if not route:
            return [name]
        now = time.monotonic()
        return sorted(route, key=lambda each: (self._rests_at(each, now), _turn(request, each, route[each])))

    def failed(self, model: str) -> None:
        """Let a model go last for a while."""
        rest_s = min(self._rests.get(model, (0.0, REST_S_FIRST / 2))[1] * 2, REST_S_MAX)
        self._rests[model] = (time.monotonic() + rest_s, rest_s)

    def worked(self, model: str) -> None:
        """It answered: what was before is forgotten."""
        self._rests.pop(model, None)

    def _rests_at(self, model: str, now: float) -> bool:
        return model in self._rests and self._rests[model][0] > now


def _turn(request: str, model: str, share: float) -> float:
    """The smaller, the earlier; a model without a share steps in after all others."""
    if share <= 0:
        return math.inf
    drawn = int.from_bytes(blake2b(f"{request}\0{model}".encode(), digest_size=8).digest())
    return -math.log((drawn + 1) / (2**64 + 1)) / share
