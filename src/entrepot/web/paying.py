"""Paying: which ways the enabled processors offer, placing an order, and the short wait for its payment."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from entrepot import orders, pay
from entrepot.identity import Scope
from entrepot.kernel import Snapshot
from entrepot.orders import OrderStatus

from .awaiting import Waiting
from .visit import Visit

METHODS = ("tok_ok", "tok_decline", "tok_timeout", "tok_webhook_only", "tok_webhook_twice")
"""Ways to pay that the sandbox processor knows; all but the first misbehave in the way of their name."""

OFFERED: dict[str, tuple[str, ...]] = {
    "sandbox": METHODS,
    "manual": ("manual:transfer", "manual:delivery"),
    "stripe": ("stripe:checkout",),
    "alipay": ("alipay:page",),
}
"""The ways to pay of each processor that a page can offer."""

WAIT_S = 3.0
_FIRST_S, _LOOK_S = 0.1, 0.25
"""Between looks, for what this process is not told of: another process's record, and what the buyer has to do."""


def methods_for(visit: Visit, currency: str) -> list[str]:
    """The ways to pay an order in a currency, in the order in which the operator enabled their processors."""
    found: list[str] = []
    for processor in visit.entrepot.processors:
        accepted = processor.abilities.currencies
        if accepted is None or currency in accepted:
            ways = getattr(processor, "ways", None)
            offered = OFFERED.get(processor.name, ())
            found += [each for each in offered if ways is None or each.partition(":")[2] in ways]
    return found


async def place_order(visit: Visit, wish: orders.Place, key: str | None) -> orders.Placed:
    """Place the visitor's cart, once per key. Where something is left to pay, the way to pay must be one we offer."""
    if wish.expected_due_minor != 0 and wish.expected_total_minor != 0:
        visit.entrepot.processors.check_method(wish.method)
    scope, settings = visit.scope, visit.entrepot.settings.orders
    return await visit.once(key, lambda tx: orders.place(tx, scope, wish, settings), orders.Placed)


async def wait_for_payment(visit: Visit, order_id: str) -> OrderStatus:
    """Where the payment stands: as soon as it is decided or waits for the buyer, or as it is after three seconds."""
    until = time.monotonic() + WAIT_S
    waiting: Waiting = visit.request.app.state.house.waiting
    pause_s = _FIRST_S  # never decided at once
    with waiting.order(order_id) as decided:
        while True:
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(decided), pause_s)
            pause_s = _LOOK_S
            status, waits = await visit.glance(lambda s: _look(s, visit.scope, order_id))
            if not waits or time.monotonic() > until:
                return status


def _look(snapshot: Snapshot, scope: Scope, order_id: str) -> tuple[OrderStatus, bool]:
    """Where the payment stands, and whether it is still undecided without the buyer having anything to do."""
    status = orders.get_order_status(snapshot, scope, order_id)
    if status is not OrderStatus.AWAITING_PAYMENT:
        return status, False
    return status, not pay.find_action(snapshot, scope, order_id)
