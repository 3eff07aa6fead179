"""What merchants of a market to be measured have gone through: orders in each state, claims, payouts, words, imports.

Each merchant has a little of everything that a console lists, one of them a lot, so that its lists have many pages.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from entrepot import catalog, cloud, deliver, discovery, identity, orders, pay
from entrepot.app import Entrepot
from entrepot.catalog import ProductDraft, ReviewText, VariantDraft
from entrepot.deliver import Scan
from entrepot.identity import Role, Scope, SignUp
from entrepot.kernel import Lane, Snapshot, Tx
from entrepot.orders import DisputeKind, RefundWish, ReturnReason, Shipment
from entrepot.pay import reconciliation

from .shop import ADDRESS, NO_PASSWORD

ORDERS_EACH = 15
"""Of a buyer, about: few enough that nobody says too much in a day."""
GOODS = 8
EDITS = 40
RULES = 40
PIECES = 10_000
PAID, SENT, CANCELLED, DELIVERED, KEPT, SENT_BACK, DISPUTED = STATES = range(7)
"""Orders of a merchant end in these, one after another."""
SHARERS = 4
"""So many merchants offer the same thing."""


class Bought(msgspec.Struct, frozen=True):
    """An order of one merchant, and who bought it."""

    buyer: Scope
    merchant_id: str
    part_id: str
    product_id: str


Shelf = tuple[str, Sequence[tuple[str, str]]]
"""A merchant, and a few of its (offer, product)."""


def trade(entrepot: Entrepot, operator: Scope, merchants: Sequence[str], each: int, busy: str, much: int) -> None:
    """Let every merchant live through so many orders and what belongs to them; the busy one, `much` times as many."""
    Trade(entrepot, operator).live(merchants, each, busy, much)


class Trade:
    """The buyers, and what they and the merchants do."""

    def __init__(self, entrepot: Entrepot, operator: Scope) -> None:
        self._entrepot, self._database, self._operator, self._busy = entrepot, entrepot.database, operator, ""

    def live(self, merchants: Sequence[str], each: int, busy: str, much: int) -> None:
        """Everything, in the order of a merchant's life."""
        self._busy = busy
        shelves = [self._database.read_now(partial(_goods, merchant_id)) for merchant_id in merchants]
        self._all([partial(self._keep_shop, place, shelf) for place, shelf in enumerate(shelves)])
        self._all([partial(self._rule, place, shelf) for place, shelf in enumerate(shelves[:RULES])])
        self._all([partial(_restock, merchant_id, offer_id) for merchant_id, some in shelves for offer_id, _ in some])
        self._all([partial(self._grant, merchant_id) for merchant_id in merchants])
        often = {merchant_id: each * (much if merchant_id == busy else 1) for merchant_id in merchants}
        buyers = self._all([partial(_buyer, number) for number in range(sum(often.values()) // ORDERS_EACH + 1)])
        wishes = [(shelf, number) for shelf in shelves for number in range(often[shelf[0]])]
        buying = [partial(self._buy, buyers[n % len(buyers)], *wish) for n, wish in enumerate(wishes)]
        bought = list(enumerate(self._all(buying)))
        self._entrepot.rest()
        self._all([partial(self._send, n % len(STATES), one) for n, one in bought])
        self._all([partial(self._deliver, one) for n, one in bought if n % len(STATES) >= DELIVERED])
        self._entrepot.rest()
        self._all([partial(self._end, n % len(STATES), one) for n, one in bought if n % len(STATES) >= KEPT])
        self._entrepot.rest()
        self._all([partial(self._speak, one) for n, one in bought if n % len(STATES) == KEPT])
        self._database.write_now(lambda tx: pay.request_payouts(tx, Scope.system(), 1))
        self._reconcile(len(bought))
        self._database.write_now(self._drive)
        self._edit(busy, often[busy])
        self._entrepot.rest()

    def _all(self, acts: Sequence[Callable[[Tx], Any]]) -> list[Any]:
        """Do these, each in a command of its own, and give what each came to."""
        return [self._database.write_now(act, Lane.BULK) for act in acts]

    def _keep_shop(self, place: int, shelf: Shelf, tx: Tx) -> None:
        """What a merchant sets up: an offer that others have too, a code, a collection, a webhook, an import."""
        merchant_id, goods = shelf
        scope = _seller(merchant_id)
        [location] = deliver.list_locations(tx, scope)[:1]
        saved = catalog.save_products(tx, scope, merchant_id, [_lantern((place + 1) // SHARERS)], location.id)
        if place and (place + 1) % SHARERS:  # another merchant was first: these words are its own
            [product_id] = saved.products.values()
            words = catalog.read_content(tx, scope, product_id)
            catalog.propose_content(tx, scope, product_id, msgspec.structs.replace(words, title=f"Lantern {place}"))
        terms = orders.Terms(bps=500)
        orders.save_promotion(tx, scope, orders.PromotionDraft("Spring", "percentage", terms, f"SPRING{place}"))
        shown = tuple(product_id for _, product_id in goods)
        catalog.save_collection(tx, scope, catalog.CollectionDraft(f"Choice of {place}", product_ids=shown))
        url, types = f"https://shop{place}.example/told", ("catalog.MerchantSuspended",)
        identity.add_endpoint(tx, scope, self._entrepot.secret_key, url, types)
        blobs = self._entrepot.blobs
        feed = catalog.feeds_in(blobs).put(b'{"external_id": "x", "title": "", "variants": []}\n' * 3)
        catalog.start_import(tx, scope, merchant_id, catalog.uploaded_feed(blobs, feed, "goods.jsonl"))

    def _rule(self, place: int, shelf: Shelf, tx: Tx) -> None:
        """What the operator keeps: a gift card, a code, a pair of twins, a pin."""
        goods = shelf[1]
        pay.issue_gift_card(tx, self._operator, pay.IssueCard("USD", 2_500, f"for {place}"))
        terms = orders.Terms(bps=100)
        orders.save_promotion(
            tx, self._operator, orders.PromotionDraft("Welcome", "percentage", terms, f"WELCOME{place}")
        )
        catalog.propose_twin(tx, self._operator, goods[0][1], goods[1][1])
        if place % SHARERS == 0:
            rule = discovery.RuleDraft(f"First {place}", "pin", (goods[0][1],), queries=(f"thing {place}",))
            discovery.add_rule(tx, self._operator, rule)

    def _grant(self, merchant_id: str, tx: Tx) -> None:
        """A customer of the cloud."""
        limits = cloud.limits_of(self._entrepot.settings.cloud)
        cloud.grant_credit(tx, self._operator, merchant_id, "USD9", 10**9, f"Welcome {merchant_id}", limits)

    def _buy(self, buyer: Scope, shelf: Shelf, number: int, tx: Tx) -> Bought:
        """One thing, by somebody."""
        offer_id, product_id = shelf[1][number % len(shelf[1])]
        orders.set_line(tx, buyer, offer_id, 1)
        checkout = orders.quote_cart(tx, buyer, ADDRESS, "alice@example.org")
        wish = orders.Place(checkout.quote_ids, "tok_ok", checkout.total_minor)
        placed = orders.place(tx, buyer, wish, self._entrepot.settings.orders)
        return Bought(buyer, shelf[0], placed.seller_order_ids[0], product_id)

    def _send(self, state: int, bought: Bought, tx: Tx) -> None:
        if state == CANCELLED:
            orders.cancel(tx, bought.buyer, bought.part_id, "It takes too long")
        elif state > PAID:
            carrier = deliver.FLEET if state == SENT and bought.merchant_id == self._busy else "own"
            orders.ship(tx, _seller(bought.merchant_id), bought.part_id, Shipment(carrier, "N 1"))

    def _deliver(self, bought: Bought, tx: Tx) -> None:
        part = orders.get_seller_order(tx, bought.buyer, bought.part_id)
        deliver.record_scan(tx, self._operator, Scan(part.parcels[0].parcel.id, "delivered", tx.now, "", "d"))

    def _end(self, state: int, bought: Bought, tx: Tx) -> None:
        if state == KEPT:
            orders.confirm_receipt(tx, bought.buyer, bought.part_id)
        elif state == SENT_BACK:
            part = orders.get_seller_order(tx, bought.buyer, bought.part_id)
            orders.ask_return(tx, bought.buyer, bought.part_id, ReturnReason.CHANGED_MIND, {part.lines[0].id: 1})
        else:
            orders.open_dispute(tx, bought.buyer, bought.part_id, DisputeKind.NOT_AS_DESCRIBED, "It is another one")

    def _speak(self, bought: Bought, tx: Tx) -> None:
        """A review, a question, somebody who objects to it, and a merchant who is generous."""
        text = ReviewText(4, "Alice", "Good", "It does what it should.")
        review = catalog.find_own_review(tx, bought.buyer, bought.product_id)
        if review is None:
            review = catalog.write_review(tx, bought.buyer, bought.product_id, text)
            catalog.report(tx, self._operator, review.id, "It is about another thing")
        catalog.ask_question(tx, bought.buyer, bought.product_id, "Alice", "How long does it last?")
        orders.refund(tx, _seller(bought.merchant_id), bought.part_id, RefundWish(shipping_minor=1), "Sorry")

    def _reconcile(self, number: int) -> None:
        """A file of the bank's of which nothing agrees."""
        lines = [f"2026-01-02,{100 + each},USD,N{each}" for each in range(number)]
        content = io.BytesIO("\n".join(["at,amount,currency,ref", *lines]).encode())
        mapping = reconciliation.Mapping(at="at", amount="amount", currency="currency", ref="ref")
        reconciliation.import_file(
            self._database, self._operator, reconciliation.Upload("manual", "csv", "bank.csv"), content, mapping
        )

    def _drive(self, tx: Tx) -> None:
        """The market's own vans, and the plan of a day."""
        city = deliver.Known(ADDRESS.country, "", ADDRESS.city, deliver.Point(42_360_000, -71_060_000))
        deliver.save_coordinates(tx, self._operator, [city])
        depot = deliver.add_location(tx, self._operator, "Depot", ADDRESS)
        deliver.save_van(tx, self._operator, deliver.Van("", "", "Van 1", "Dora", depot.id))
        deliver.save_rate_sheet(
            tx, self._operator, deliver.RateSheetDraft("Market", "flat", ("*",), "USD", ((1_000_000, 490),))
        )
        deliver.plan_day(tx, self._operator, deliver.today(tx.now, "UTC"), 1)

    def _edit(self, merchant_id: str, times: int) -> None:
        """Bulk edits that change a few prices, and one that nothing can follow."""
        raised = catalog.Change(price=catalog.PriceChange("raise", amount_minor=1))
        below = catalog.Change(price=catalog.PriceChange("lower", amount_minor=10**8))
        edits = [catalog.Edit(catalog.Selection(price_to_minor=10_000), raised, "USD")] * min(times, EDITS)
        edits.append(catalog.Edit(catalog.Selection(), below, "USD"))
        self._all([partial(_start, merchant_id, edit) for edit in edits])


def _seller(merchant_id: str) -> Scope:
    return Scope("system", merchant_id, frozenset({Role.MERCHANT}))


def _buyer(number: int, tx: Tx) -> Scope:
    user = identity.sign_up(tx, SignUp(f"buyer{number}@example.org", NO_PASSWORD, f"Buyer {number}", "en"))
    assert user is not None
    return Scope(user.id)


def _goods(merchant_id: str, snapshot: Snapshot) -> Shelf:
    """A few things of a merchant, of which there are some."""
    listings = catalog.list_listings(snapshot, _seller(merchant_id), most=GOODS * 2)
    shown = [(offer.id, each.product_id) for each in listings for offer in each.offers[:1] if offer.available]
    return merchant_id, shown[:GOODS]


def _restock(merchant_id: str, offer_id: str, tx: Tx) -> None:
    """Enough that nothing sells out."""
    scope = _seller(merchant_id)
    catalog.set_stock(tx, scope, offer_id, deliver.list_locations(tx, scope)[0].id, PIECES)


def _start(merchant_id: str, edit: catalog.Edit, tx: Tx) -> None:
    catalog.start_edit(tx, _seller(merchant_id), edit)


def _lantern(number: int) -> ProductDraft:
    """Something that several merchants sell: known by its number."""
    digits = f"950000{number:06d}"
    gtin = next(whole for last in range(10) if catalog.find_gtin(whole := f"{digits}{last}"))
    variant = VariantDraft(2_990, "USD", external_id="1", quantity=9, weight_g=300, gtin=gtin)
    return ProductDraft("lantern", f"Bosun's lantern {number}", (variant,))
