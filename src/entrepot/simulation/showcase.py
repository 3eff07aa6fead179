"""What a market has besides goods and orders, so that no page of the demo is empty: shelves, offers, a van, claims."""

from __future__ import annotations

import msgspec

from entrepot import catalog, deliver, orders
from entrepot.app import Entrepot
from entrepot.catalog import CollectionDraft, CollectionRule
from entrepot.deliver import PickupPointDraft, RateSheetDraft, SheetTerms, Van
from entrepot.identity import Address, Scope
from entrepot.kernel import DAY, Tx
from entrepot.orders import DisputeKind, PromotionDraft, ReturnReason, SellerOrderStatus, SellerOrderView, Terms

from .market import CURRENCY, Cast, Seller

KIOSK = Address(
    name="Harbour Kiosk", line1="2 Long Wharf", line2="", city="Boston", region="MA", postal_code="02110",
    country="US", phone="",
)  # fmt: skip
DEPOT = msgspec.structs.replace(KIOSK, name="Harbour Depot", line1="40 Fish Pier")
SMALL_MINOR = 2_500
HAND_PICKED = 8


def furnish(entrepot: Entrepot, cast: Cast) -> None:
    """Collections, promotions, a pickup point and a van: what Dana and Bruno have set up."""
    bruno = cast.sellers[0]
    entrepot.database.write_now(lambda tx: _dana(tx, cast.dana))
    entrepot.database.write_now(lambda tx: _bruno(tx, bruno, cast))
    entrepot.settle()


def complain(entrepot: Entrepot, cast: Cast) -> None:
    """Alice sends one thing back, and disputes another: what Bruno and Dana have to look at."""
    for claim in (_send_back, _dispute):
        delivered = [
            seller
            for order in entrepot.database.read_now(lambda snapshot: orders.list_orders(snapshot, cast.alice))
            for seller in order.sellers
            if seller.status == SellerOrderStatus.DELIVERED and not seller.returns and not seller.disputes
        ]
        if delivered:
            entrepot.database.write_now(lambda tx: claim(tx, cast.alice, delivered[-1]))  # noqa: B023
        entrepot.settle()


def _dana(tx: Tx, dana: Scope) -> None:
    shelf = CollectionRule(price_to_minor=SMALL_MINOR, currency=CURRENCY, in_stock=True)
    catalog.save_collection(tx, dana, CollectionDraft("Little things", "<p>Good finds under $25.</p>", rule=shelf))
    welcome = Terms(bps=1_000, first_order=True, seller_bps=0)
    orders.save_promotion(tx, dana, PromotionDraft("A welcome: 10 % off", "percentage", welcome, code="WELCOME10"))
    collect = RateSheetDraft(
        "Collect it yourself", "flat", ("US",), CURRENCY, ((0, 190),), None, 2, 4,
        terms=SheetTerms(goes_to="pickup_point"),
    )  # fmt: skip
    deliver.save_rate_sheet(tx, dana, collect)
    deliver.save_point(tx, dana, PickupPointDraft("Harbour Kiosk", KIOSK, capacity=40))
    depot = deliver.add_location(tx, dana, DEPOT.name, DEPOT)
    deliver.save_van(tx, dana, Van("", "", "Blue van", "Dora", depot.id, capacity_g=600_000, stops_max=60))


def _bruno(tx: Tx, bruno: Seller, cast: Cast) -> None:
    mine = [product_id for (slug, _), product_id in cast.ids.items() if slug == bruno.demo.slug][:HAND_PICKED]
    picked = CollectionDraft("Bruno's favourites", "<p>What we would take home ourselves.</p>", product_ids=tuple(mine))
    catalog.save_collection(tx, bruno.scope, picked)
    spend = Terms(minimums={CURRENCY: 7_500})
    offer = PromotionDraft("Free delivery above $75", "free_shipping", spend, ends_at=tx.now + 120 * DAY)
    orders.save_promotion(tx, bruno.scope, offer)


def _send_back(tx: Tx, alice: Scope, seller: SellerOrderView) -> None:
    pieces = {seller.lines[0].id: 1}
    orders.ask_return(tx, alice, seller.id, ReturnReason.CHANGED_MIND, pieces, "It does not go with the room after all")


def _dispute(tx: Tx, alice: Scope, seller: SellerOrderView) -> None:
    orders.open_dispute(
        tx, alice, seller.id, DisputeKind.NOT_AS_DESCRIBED, "It is smaller than the page says, by a hand's breadth"
    )
