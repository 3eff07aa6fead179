"""Waiting for a payment without asking the database again and again: what this process records wakes who waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from entrepot.kernel import Database
from entrepot.orders import OrderExpired, OrderPaid, OrderPaymentFailed

Decided = OrderPaid | OrderPaymentFailed | OrderExpired


class Waiting:
    """Who waits for which order's payment. On PostgreSQL another process may record it: so nobody waits for long."""

    def __init__(self, database: Database) -> None:
        self._waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._lock = threading.Lock()
        database.follow(OrderPaid, self._tell)
        database.follow(OrderPaymentFailed, self._tell)
        database.follow(OrderExpired, self._tell)

    @contextmanager
    def order(self, order_id: str) -> Iterator[asyncio.Event]:
        """An event that is set once it was decided whether this order is paid."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.setdefault(order_id, []).append(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                self._waiting[order_id].remove(entry)
                if not self._waiting[order_id]:
                    del self._waiting[order_id]

    def _tell(self, event: Decided) -> None:
        with self._lock:
            for loop, decided in self._waiting.get(event.order_id, ()):
                loop.call_soon_threadsafe(decided.set)
