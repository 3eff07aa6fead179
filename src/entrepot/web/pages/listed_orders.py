"""The list of orders in both consoles: newest first, of one status or all, with what is open counted."""

from __future__ import annotations

from typing import Any, Final

from entrepot import orders
from entrepot.orders import SellerOrderStatus

from ..visit import CurrentVisit
from ..wire import listed

STATUSES: Final = (
    None,
    SellerOrderStatus.PAID,
    SellerOrderStatus.SHIPPED,
    SellerOrderStatus.DELIVERED,
    SellerOrderStatus.COMPLETED,
    SellerOrderStatus.CANCELLED,
)


async def list_orders(visit: CurrentVisit, status: str | None, after: str | None, most: int) -> dict[str, Any]:
    """What the list's template shows: a merchant's own orders, or everybody's for the operator."""
    scope = visit.scope
    chosen = SellerOrderStatus(status) if status in set(SellerOrderStatus) else None
    found = await visit.read(lambda s: orders.list_seller_orders(s, scope, chosen, after, most + 1))
    page = listed(found, most, lambda seller: seller.id)
    counts = await visit.read(lambda s: orders.count_seller_orders(s, scope, orders.OPEN_STATUSES))
    return {"orders": page.items, "older": page.next, "chosen": chosen, "statuses": STATUSES, "counts": counts}
