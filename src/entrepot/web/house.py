"""What every request shares: the opened home, the edge's policy, the rates, the measures, whether we are closing."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from limits import RateLimitItem
from litestar import Request

from entrepot.identity import Scope
from entrepot.kernel import Remembered

from .awaiting import Waiting
from .compute_measures import ComputeMeasures
from .measures import Measures
from .policy import Policy
from .rates import Rates
from .shared import Shared
from .siblings import Siblings
from .tracing import open_tracer
from .visit import CurrentVisit

if TYPE_CHECKING:
    from entrepot.app import Entrepot


class House:
    """One for each application; `app.state.house`."""

    def __init__(self, entrepot: Entrepot, rates: Mapping[str, RateLimitItem]) -> None:
        serve = entrepot.settings.serve
        self.entrepot = entrepot
        self.policy = Policy(serve.public_url.rstrip("/"), serve.allowed_hosts)
        self.rates = Rates(rates, enabled=serve.rate_limits)
        self.measures = Measures()
        self.measures.registry.register(ComputeMeasures(entrepot.gateway, lambda: entrepot.meter.waiting))
        self.siblings: Siblings | None = None
        self.waiting = Waiting(entrepot.database)
        self.tracer = open_tracer(serve.traces)
        self.known_keys: Remembered[Scope] = Remembered()
        self.market = Shared()  # as a page showed it last: pages of failures ask the database nothing
        self.closing = threading.Event()
        self.methods: dict[str, list[str]] = {}
        self.busy = asyncio.Semaphore(os.cpu_count() or 1)
        self.drawing = asyncio.Semaphore(4)

    def visit(self, request: Request[Any, Any, Any]) -> CurrentVisit:
        """This request's visit, made on the first call."""
        state = request.scope["state"]
        visit = state.get("visit")
        if visit is None:
            visit = state["visit"] = CurrentVisit(request, self.entrepot, self.policy, self.measures, self.busy)
        assert isinstance(visit, CurrentVisit)
        return visit


def visit_of(request: Request[Any, Any, Any]) -> CurrentVisit:
    """This request's visit: what Litestar hands to a handler that takes `visit`."""
    house: House = request.app.state.house
    return house.visit(request)
