"""A small market to buy in: two merchants, four things, flat delivery, a sandbox processor; and words to act in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from entrepot import catalog, deliver, identity, ledger, orders, pay
from entrepot.identity import Address, Scope
from entrepot.kernel import DAY, Database, ManualClock, Secret, Tx
from entrepot.kernel.testing import settle
from tests.cast import Cast, Person, invite, join

T = TypeVar("T")

KEY = Secret("0123456789abcdef" * 4)
HOME = Address(name="Alice Adler", line1="1 Quay Street", city="Hamburg", postal_code="20095", country="DE")
EMAIL = "alice@example.com"
BEA = Person("Bea", "bea@example.com", "Bea's Cups", identity.OrganisationKind.MERCHANT)
PROOFS = (*orders.PROOFS, *pay.PROOFS, *ledger.PROOFS, *deliver.PROOFS)

LAMPS_BPS, CUPS_BPS = 1_250, 777
LAMP, BULB, CUP, PLATE = "lamp", "bulb", "cup", "plate"
PRICES = {LAMP: 4_999, BULB: 333, CUP: 1_201, PLATE: 899}
STOCK = {LAMP: 10, BULB: 100, CUP: 25, PLATE: None}
DELIVERY_MINOR = 490


class Market(NamedTuple):
    """Everything that a test acts on."""

    database: Database
    processor: pay.SandboxProcessor
    cast: Cast
    bea: Scope
    offers: dict[str, str]
    products: dict[str, str]
    locations: dict[str, str]

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.database.clock, ManualClock)
        return self.database.clock

    def do(self, verb: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run one verb in a command of its own."""
        return self.database.write_now(lambda tx: verb(tx, *args, **named))

    def see(self, query: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run one query."""
        return self.database.read_now(lambda snapshot: query(snapshot, *args, **named))

    def merchant_of(self, name: str) -> Scope:
        """Who sells this."""
        return self.cast.bruno if name in (LAMP, BULB) else self.bea

    def left(self, name: str) -> int | None:
        """How much of it can be bought."""
        return self.see(catalog.available, [self.offers[name]])[self.offers[name]]

    def reprice(self, name: str, price_minor: int) -> None:
        """Have its merchant ask another price."""
        change = catalog.OfferChange(price_minor=price_minor)
        self.do(catalog.update_offer, self.merchant_of(name), self.offers[name], change)

    def fill(self, scope: Scope, wanted: dict[str, int]) -> None:
        """Have these things in the cart."""
        for name, quantity in wanted.items():
            self.clock.advance(1)
            self.do(orders.set_line, scope, self.offers[name], quantity)

    def checkout(self, scope: Scope) -> orders.Checkout:
        """Ask for delivery at home."""
        return self.do(orders.quote_cart, scope, HOME, EMAIL)

    def place(self, scope: Scope, method: str = "tok_ok", **named: Any) -> orders.Placed:
        """Quote the cart and place it as it is."""
        return self.do(orders.place, scope, wish_for(self.checkout(scope), method), **named)

    def buy(self, scope: Scope, wanted: dict[str, int], method: str = "tok_ok") -> orders.Placed:
        """Fill a cart and place it."""
        self.fill(scope, wanted)
        return self.place(scope, method)

    def settle(self) -> None:
        """Let everything happen that is due."""
        settle(self.database, orders.reactions(KEY), self.tasks())

    def tasks(self) -> tuple[Any, ...]:
        """Who acts."""
        return (*pay.tasks(self.processor), *orders.TASKS, *deliver.tasks())

    def run_task(self, kind: str) -> None:
        """What the schedule would have done by now."""
        entry = next(each for each in orders.SCHEDULE if each.kind == kind)
        self.do(Tx.enqueue, entry.kind, entry.body)
        self.settle()

    def order(self, scope: Scope, order_id: str) -> orders.OrderView:
        """An order as it stands."""
        return self.see(orders.get_order, scope, order_id)

    def arrive(self, seller_order_id: str, at: int | None = None) -> None:
        """Have its parcel scanned at the door."""
        tracking = self.see(deliver.list_tracking, [seller_order_id])[seller_order_id][0]
        at = self.clock.now() if at is None else at
        scan = deliver.Scan(tracking.parcel.id, "delivered", at, "Door", f"door {seller_order_id}")
        self.do(deliver.record_scan, self.cast.dana, scan)
        self.settle()

    def bank_says(self, payment_id: str, state: str, amount_minor: int, said_at: int | None = None) -> None:
        """The buyer's bank says something of a chargeback of a payment."""
        name = pay.ChargeName(payment_id, "", "USD")
        back = pay.Chargeback(f"dp_{payment_id}", name, amount_minor, "USD", state, said_at=said_at)  # type: ignore[arg-type]
        self.database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.ChargebackTold(back)))

    def breaches(self) -> list[str]:
        """Everything that is not as it must be."""
        return [breach for proof in PROOFS for breach in self.see(proof.check).breaches]


def wish_for(checkout: orders.Checkout, method: str = "tok_ok") -> orders.Place:
    """To take a checkout as it was shown."""
    return orders.Place(checkout.quote_ids, method, checkout.total_minor)


def guest(database: Database) -> Scope:
    """Somebody without an account."""
    session, _ = database.write_now(lambda tx: identity.open_session(tx, None, DAY))
    return session.scope


@contextmanager
def open_market(database: Database, folder: Path) -> Iterator[Market]:
    """The market, set up and open for business."""
    processor = pay.SandboxProcessor(folder / "sandbox", clock=database.clock)
    try:
        yield _set_up(database, processor)
    finally:
        processor.close()


def _set_up(database: Database, processor: pay.SandboxProcessor) -> Market:
    cast = invite(database)
    bea = database.write_now(lambda tx: join(tx, BEA))
    shops = {cast.bruno: (LAMPS_BPS, (LAMP, BULB)), bea: (CUPS_BPS, (CUP, PLATE))}
    offers: dict[str, str] = {}
    products: dict[str, str] = {}
    locations: dict[str, str] = {}
    for scope, (bps, names) in shops.items():
        location_id = database.write_now(lambda tx, scope=scope, bps=bps: _open_shop(tx, scope, cast.dana, bps))
        drafts = [_draft(name) for name in names]
        saved = database.write_now(
            lambda tx, scope=scope, drafts=drafts, place=location_id: catalog.save_products(
                tx, scope, str(scope.organisation), drafts, place
            )
        )
        products |= saved.products
        locations |= dict.fromkeys(names, location_id)
    for name, product_id in products.items():
        product = database.read_now(lambda snapshot, each=product_id: catalog.get_product(snapshot, each))
        offers[name] = product.offers[0].id
    return Market(database, processor, cast, bea, offers, products, locations)


def _open_shop(tx: Tx, scope: Scope, operator: Scope, bps: int) -> str:
    name = f"{scope.organisation}"[-8:]
    catalog.apply_as_merchant(tx, scope, catalog.MerchantApplication(f"Shop {name}", "DE", "USD"))
    catalog.approve_merchant(tx, operator, str(scope.organisation), bps)
    sheet = deliver.RateSheetDraft("Standard", "flat", ("*",), "USD", ((0, DELIVERY_MINOR),))
    deliver.save_rate_sheet(tx, scope, sheet)
    return deliver.add_location(tx, scope, "Store", HOME).id


def _draft(name: str) -> catalog.ProductDraft:
    variant = catalog.VariantDraft(
        price_minor=PRICES[name], currency="USD", external_id=f"{name}-1", quantity=STOCK[name], weight_g=500
    )
    return catalog.ProductDraft(external_id=name, title=f"A fine {name}", variants=(variant,))
