"""The merchant's day: what to send, what runs low, what money is on the way."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, orders, pay
from entrepot.catalog import Listing
from entrepot.orders import SellerOrderStatus

from ...visit import Visit
from .console import MEMBER, own_merchant, show

SHOWN = 5
LOW = 5
LOOKED_AT = 200


@get("/merchant", include_in_schema=False, opt=MEMBER)
async def today(visit: Visit) -> Response[str]:
    """The first page of the console."""
    scope = visit.scope
    merchant = await own_merchant(visit)
    listings = await visit.read(lambda s: catalog.list_listings(s, scope, most=LOOKED_AT))
    return await show(
        visit,
        "today",
        "today.html",
        merchant=merchant,
        counts=await visit.read(lambda s: orders.count_seller_orders(s, scope)),
        to_send=await visit.read(lambda s: orders.list_seller_orders(s, scope, SellerOrderStatus.PAID, most=SHOWN)),
        low=_low(listings),
        money=await visit.read(lambda s: pay.money_on_the_way(s, scope)),
        has_goods=bool(listings),
    )


def _low(listings: list[Listing]) -> list[Listing]:
    """Counted goods of which little is left, the least first."""
    counted = [(listing.available, listing) for listing in listings if listing.available is not None]
    return [listing for left, listing in sorted(counted, key=lambda pair: (pair[0], pair[1].id)) if left <= LOW][:SHOWN]


ROUTES: tuple[ControllerRouterHandler, ...] = (today,)
