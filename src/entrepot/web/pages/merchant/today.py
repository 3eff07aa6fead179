"""The merchant's day: what to send, what runs low, what money is on the way, what was sold lately."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, orders, pay
from entrepot.catalog import Listing
from entrepot.kernel import DAY
from entrepot.orders import SellerOrderStatus, SellerOrderView

from ...visit import Visit
from .console import MEMBER, own_merchant, show

SHOWN = 5
LOW = 5
LOOKED_AT = 200
SALES_DAYS = 14
SALES_LOOKED_AT = 100


class Sales(msgspec.Struct, frozen=True):
    """What was sold on each of the last days, the oldest first: (the day's beginning, minor units)."""

    currency: str
    days: tuple[tuple[int, int], ...]

    @property
    def total_minor(self) -> int:
        """Of all days."""
        return sum(amount for _, amount in self.days)

    @property
    def top_minor(self) -> int:
        """Of the best day."""
        return max(amount for _, amount in self.days)


@get("/merchant", include_in_schema=False, opt=MEMBER)
async def today(visit: Visit) -> Response[str]:
    """The first page of the console."""
    scope = visit.scope
    merchant = await own_merchant(visit)
    listings = await visit.read(lambda s: catalog.list_listings(s, scope, most=LOOKED_AT))
    latest = await visit.read(lambda s: orders.list_seller_orders(s, scope, most=SALES_LOOKED_AT))
    return await show(
        visit,
        "today",
        "today.html",
        merchant=merchant,
        counts=await visit.read(lambda s: orders.count_seller_orders(s, scope, orders.OPEN_STATUSES)),
        to_send=await visit.read(lambda s: orders.list_seller_orders(s, scope, SellerOrderStatus.PAID, most=SHOWN)),
        low=_low(await _told_low(visit), listings),
        money=await visit.read(lambda s: pay.money_on_the_way(s, scope)),
        has_goods=bool(listings),
        sales=_sales(latest, merchant.currency, visit.now),
    )


def _sales(latest: list[SellerOrderView], currency: str, now: int) -> Sales | None:
    """Sales by day, of as many of the last days as the latest orders cover whole; None where there were none."""
    sold = [order for order in latest if order.currency == currency and order.status != SellerOrderStatus.CANCELLED]
    today = now - now % DAY
    first = today - (SALES_DAYS - 1) * DAY
    if len(latest) == SALES_LOOKED_AT:
        last = latest[-1].placed_at
        first = max(first, min(today, last - last % DAY + DAY))
    amounts = dict.fromkeys(range(first, today + 1, DAY), 0)
    for order in sold:
        at = order.placed_at - order.placed_at % DAY
        if at in amounts:
            amounts[at] += order.total_minor
    return Sales(currency, tuple(amounts.items())) if any(amounts.values()) else None


async def _told_low(visit: Visit) -> list[Listing]:
    """Goods that are down to the number that the merchant named, of however many there are."""
    told = catalog.Selection(low_stock=True)
    return await visit.read(lambda s: catalog.find_listings(s, visit.scope, told, most=SHOWN))


def _low(told: list[Listing], newest: list[Listing]) -> list[Listing]:
    """Goods of which little is left, the least first: those that were named, and of the newest those with few."""
    few = [listing for listing in newest if listing.available is not None and listing.available <= LOW]
    low = {listing.id: listing for listing in (*told, *few)}
    return sorted(low.values(), key=lambda listing: (listing.available or 0, listing.id))[:SHOWN]


ROUTES: tuple[ControllerRouterHandler, ...] = (today,)
