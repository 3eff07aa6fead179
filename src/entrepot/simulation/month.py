"""Days of shopping in the demo market: people look, buy, receive, confirm and say what it was like.

Each day in four parts. In a part shoppers come one after another: a wish becomes a query, the market's own search
answers, and what stands high is looked at first. Then merchants send what was paid, carriers drive, buyers confirm, the
schedule does what it does by the clock, and everything comes to rest.
"""

from __future__ import annotations

from random import Random

import msgspec

from entrepot import catalog, orders
from entrepot.app import SCHEDULE, Entrepot
from entrepot.catalog import ReviewText
from entrepot.discovery import Hit, SearchRequest
from entrepot.identity import Address, Scope
from entrepot.kernel import DAY, ManualClock, Refused, Tx, enqueue_due
from entrepot.orders import Place, SellerOrderStatus, SellerOrderView, Shipment
from entrepot.signals import Signal, SignalKind, Surface

from . import truth
from .market import Cast, Say, new_person
from .reviewing import review_of
from .truth import Shopper, Truth
from .types import DemoCatalogue, DemoProduct

OPENED_DAYS_AGO = 75
VISITS_A_DAY = 44
PARTS = 4
PEOPLE = 260
LOOKED_AT = 12
CONFIRMS_A_DAY = 0.45
SENDS_A_DAY = 0.85
REVIEWS = 0.55
CART_LEFT = 0.12
DECLINED = 0.02
ALICE_BUYS_DAYS_AGO = (12, 5, 2, 0)
ALICE_WAITS_DAYS = 12
_TOWNS = (
    ("Boston", "MA", "02110", "US"), ("Portland", "OR", "97201", "US"), ("Austin", "TX", "73301", "US"),
    ("Chicago", "IL", "60601", "US"), ("Toronto", "ON", "M5H 2N2", "CA"), ("Bristol", "", "BS1 4DJ", "GB"),
    ("Hamburg", "", "20095", "DE"), ("Lyon", "", "69001", "FR"), ("Utrecht", "", "3511 AA", "NL"),
)  # fmt: skip
_NAMES = (
    "Ada", "Ben", "Clara", "Dev", "Elin", "Femi", "Greta", "Hugo", "Iris", "Jonas", "Kaya", "Liam", "Mina", "Noor",
    "Otis", "Petra", "Quinn", "Rosa", "Sami", "Tilde", "Uma", "Viktor", "Wren", "Xenia", "Yusuf", "Zoe",
)  # fmt: skip


class Person(msgspec.Struct, frozen=True):
    """Somebody who shops: what the truth knows of them, and who they are to the market."""

    shopper: Shopper
    scope: Scope
    name: str
    email: str
    address: Address


def shop(
    entrepot: Entrepot, clock: ManualClock, made: DemoCatalogue, cast: Cast, end: int, random: Random, say: Say
) -> None:
    """Have people shop from the clock's day until `end`, where the clock then stands."""
    month = Month(entrepot, clock, made, cast, random)
    days = max(0, (end - clock.now()) // DAY)
    first = end - days * DAY
    for day in range(days):
        month.day(first + day * DAY, days - 1 - day)
        say("Days of shopping", day + 1, days)
    clock.advance_to(end)
    month.rest()


class Month:
    """The people, and what they do in a day."""

    def __init__(self, entrepot: Entrepot, clock: ManualClock, made: DemoCatalogue, cast: Cast, random: Random) -> None:
        self._entrepot = entrepot
        self._database = entrepot.database
        self._clock = clock
        self._random = random
        self._truth = Truth(made)
        by_external = {product.external_id: product for product in made.products}
        self._products = {each: by_external[external] for (_, external), each in cast.ids.items()}
        self._sellers = [seller.scope for seller in cast.sellers]
        self._people = [self._person(made.seed, number) for number in range(PEOPLE)]
        self._alice = self._as_person(truth.shopper(made.seed, PEOPLE), cast.alice, "Alice", "alice@harbour.example")

    def day(self, begins_at: int, days_left: int) -> None:
        """One day, in parts."""
        for part in range(PARTS):
            visits = sorted(self._random.randrange(DAY // PARTS) for _ in range(VISITS_A_DAY // PARTS))
            for at in visits:
                self._clock.advance_to(begins_at + part * DAY // PARTS + at)
                self._visit(self._random.choice(self._people))
            if part == 2 and days_left in ALICE_BUYS_DAYS_AGO:
                self._shop_for_certain(self._alice)
            self._entrepot.settle()
            if part == 1:
                self._send(days_left)
                self._confirm(days_left)
            self.rest()

    def rest(self) -> None:
        """Do what is due by the clock, and bring everything to rest."""
        self._database.write_now(lambda tx: enqueue_due(tx, SCHEDULE))
        self._entrepot.settle()
        self._entrepot.signals.flush()

    # Shoppers

    def _person(self, seed: int, number: int) -> Person:
        shopper = truth.shopper(seed, number)
        name = f"{_NAMES[number % len(_NAMES)]} {chr(65 + number // len(_NAMES) % 26)}."
        email = f"shopper{number}@people.example"
        scope = Scope(self._database.write_now(lambda tx: new_person(tx, name, email)))
        return self._as_person(shopper, scope, name, email)

    def _as_person(self, shopper: Shopper, scope: Scope, name: str, email: str) -> Person:
        city, region, postal_code, country = _TOWNS[shopper.number % len(_TOWNS)]
        address = Address(
            name=name, line1=f"{3 + shopper.number % 90} Harbour Road", line2="", city=city, region=region,
            postal_code=postal_code, country=country, phone="",
        )  # fmt: skip
        return Person(shopper, scope, name, email, address)

    def _visit(self, person: Person) -> None:
        """A wish, a search, a look at what stands high, and sometimes a purchase."""
        chosen = self._look(person)
        if chosen and self._random.random() > CART_LEFT:
            self._buy(person, chosen)

    def _shop_for_certain(self, person: Person) -> None:
        for _ in range(20):
            if chosen := self._look(person):
                return self._buy(person, chosen)
        return None

    def _look(self, person: Person) -> list[str]:
        """Search for a wish; the offers that were put in the cart."""
        wish = self._truth.wish(person.shopper, self._random)
        query = self._truth.query(person.shopper, wish, self._random)
        session = f"ses_{person.scope.actor[4:]}"
        request = SearchRequest(q=query, session=session, limit=24, filters={"in_stock": ("true",)})
        page = self._entrepot.searcher.search(person.scope, request)
        for place, hit in enumerate(page.hits[:LOOKED_AT]):
            product = self._products.get(hit.id)
            if product is None or self._random.random() > 1 / (1 + 0.18 * place):
                continue
            self._note(SignalKind.SEEN, person, session, page.request_id, hit.id, place)
            if self._truth.relevance(wish, product) < 2:
                continue
            self._note(SignalKind.CLICK, person, session, page.request_id, hit.id, place)
            if self._truth.buys(person.shopper, wish, product, self._random, hit.price):
                self._note(SignalKind.CART, person, session, page.request_id, hit.id, place)
                offer_id = self._offer_of(product, hit)
                return [offer_id] if offer_id else []
        return []

    def _offer_of(self, product: DemoProduct, hit: Hit) -> str | None:
        """One of the product's variants that can be bought, at its best offer."""
        view = self._database.read_now(lambda snapshot: catalog.get_product(snapshot, hit.id))
        offers = [offer for variant in view.variants if (offer := variant.featured) is not None and offer.sellable]
        return self._random.choice(offers).id if offers else None

    def _note(
        self, kind: SignalKind, person: Person, session: str, request_id: str, product_id: str, position: int
    ) -> None:
        self._entrepot.signals.add(
            Signal(
                kind=kind, session=session, at=self._clock.now(), surface=Surface.SEARCH, actor=person.scope.actor,
                request_id=request_id, product_id=product_id, position=position,
            )
        )  # fmt: skip

    def _buy(self, person: Person, offer_ids: list[str]) -> None:
        method = "tok_decline" if self._random.random() < DECLINED else "tok_ok"

        def fill(tx: Tx) -> None:
            for offer_id in offer_ids:
                orders.set_line(tx, person.scope, offer_id, 1)

        try:
            self._database.write_now(fill)
            checkout = self._database.write_now(
                lambda tx: orders.quote_cart(tx, person.scope, person.address, person.email)
            )
            options = [self._random.choice(group.options[:2]) for group in checkout.groups]
            chosen = {option.merchant_id: option.quote_id for option in options}
            shown = self._database.read_now(lambda s: orders.view_checkout(s, person.scope, chosen)) or checkout
            wish = Place(shown.quote_ids, method, shown.total_minor)
            self._database.write_now(lambda tx: orders.place(tx, person.scope, wish, self._entrepot.settings.orders))
        except Refused:
            return  # sold out meanwhile, or too heavy for the sheet: people go away too

    # What follows

    def _send(self, days_left: int) -> None:
        """Merchants send what was paid; in the end some of it is left, for whoever opens the demo to send."""
        chance = SENDS_A_DAY if days_left else 0.4
        for scope in self._sellers:
            for seller in self._waiting(scope, SellerOrderStatus.PAID):
                if self._random.random() < chance:
                    self._ship(scope, seller.id)

    def _waiting(self, scope: Scope, status: SellerOrderStatus) -> list[SellerOrderView]:
        return self._database.read_now(lambda snapshot: orders.list_seller_orders(snapshot, scope, status, most=100))

    def _ship(self, scope: Scope, seller_order_id: str) -> None:
        self._database.write_now(lambda tx: orders.ship(tx, scope, seller_order_id, Shipment("sandbox")))

    def _confirm(self, days_left: int) -> None:
        """Buyers confirm what arrived, and some say what it is like. Alice's last ones wait for her."""
        people = {person.email: person for person in (*self._people, self._alice)}
        for seller in self._waiting(Scope.system(), SellerOrderStatus.DELIVERED):
            person = people.get(seller.email or "")
            if person is None or (person is self._alice and days_left < ALICE_WAITS_DAYS):
                continue
            if self._random.random() < CONFIRMS_A_DAY:
                self._confirm_one(person, seller)

    def _confirm_one(self, person: Person, seller: SellerOrderView) -> None:
        self._database.write_now(lambda tx: orders.confirm_receipt(tx, person.scope, seller.id))
        self._entrepot.settle()
        if self._random.random() < REVIEWS:
            self._review(person, seller)

    def _review(self, person: Person, seller: SellerOrderView) -> None:
        product_id = seller.lines[0].product_id
        product = self._products.get(product_id)
        if product is None:
            return
        rating = self._truth.rating(person.shopper, product, self._random)
        title, text = review_of(product.kind, rating, self._random)
        said = ReviewText(rating, person.name, title, text)
        self._database.write_now(lambda tx: catalog.write_review(tx, person.scope, product_id, said))
