"""The merchant's day: what to send, what runs low, what money is on the way, what was sold lately."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver, orders, pay
from entrepot.catalog import Listing
from entrepot.identity import Scope
from entrepot.kernel import Snapshot
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
    sales = await visit.read(lambda s: orders.list_sales(s, scope))
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
        has_place=bool(await visit.read(lambda s: deliver.list_locations(s, scope))),
        has_delivery=await visit.read(lambda s: _has_delivery(s, scope)),
        sales=sales,
    )


def _has_delivery(snapshot: Snapshot, scope: Scope) -> bool:
    """Whether anything says what delivery costs: a sheet of the merchant's own, or one of the market's."""
    return bool(deliver.list_rate_sheets(snapshot, scope) or deliver.list_rate_sheets(snapshot, Scope.system()))


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
