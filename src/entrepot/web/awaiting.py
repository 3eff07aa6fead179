"""Waiting for a payment without asking the database again and again: what this process records wakes who waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from entrepot.kernel import Database
from entrepot.orders import OrderExpired, OrderPaid, OrderPaymentFailed, OrderStatus

Decided = OrderPaid | OrderPaymentFailed | OrderExpired
_STATUS: dict[type[Decided], OrderStatus] = {
    OrderPaid: OrderStatus.PAID,
    OrderPaymentFailed: OrderStatus.PAYMENT_FAILED,
    OrderExpired: OrderStatus.EXPIRED,
}


class Waiting:
    """Who waits for which order's payment. On PostgreSQL another process may record it: so nobody waits for long."""

    def __init__(self, database: Database) -> None:
        self._waiting: dict[str, list[asyncio.Future[OrderStatus]]] = {}
        self._lock = threading.Lock()
        database.follow(OrderPaid, self._tell)
        database.follow(OrderPaymentFailed, self._tell)
        database.follow(OrderExpired, self._tell)

    @contextmanager
    def order(self, order_id: str) -> Iterator[asyncio.Future[OrderStatus]]:
        """What becomes of this order, once it is decided whether it is paid."""
        decided: asyncio.Future[OrderStatus] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.setdefault(order_id, []).append(decided)
        try:
            yield decided
        finally:
            with self._lock:
                self._waiting[order_id].remove(decided)
                if not self._waiting[order_id]:
                    del self._waiting[order_id]

    def _tell(self, event: Decided) -> None:
        with self._lock:
            for decided in self._waiting.get(event.order_id, ()):
                decided.get_loop().call_soon_threadsafe(_decide, decided, _STATUS[type(event)])


def _decide(decided: asyncio.Future[OrderStatus], status: OrderStatus) -> None:
    if not decided.done():
        decided.set_result(status)
