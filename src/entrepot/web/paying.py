"""Paying: which methods the sandbox offers, and the short wait after an order was placed."""

from __future__ import annotations

import asyncio
import time

from entrepot import orders
from entrepot.orders import OrderStatus

from .visit import Visit

METHODS = ("tok_ok", "tok_decline", "tok_timeout", "tok_webhook_only", "tok_webhook_twice")
"""Ways to pay that the sandbox processor knows; all but the first misbehave in the way of their name."""

WAIT_S = 3.0
_LOOK_S = 0.02


async def wait_for_payment(visit: Visit, order_id: str) -> OrderStatus:
    """Where the payment stands: as soon as it is decided, or as it is after three seconds."""
    until = time.monotonic() + WAIT_S
    pause_s = _LOOK_S
    while True:
        await asyncio.sleep(pause_s)  # never decided at once
        status = await visit.glance(lambda s: orders.get_order_status(s, visit.scope, order_id))
        if status is not OrderStatus.AWAITING_PAYMENT or time.monotonic() > until:
            return status
        pause_s = min(pause_s * 1.5, 0.25)
