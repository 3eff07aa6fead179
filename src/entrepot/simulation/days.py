"""Simulated days of a small market in which everything goes wrong: buyers, merchants, carriers, banks, the processor.

Each day people buy, cancel, send in parts, receive, confirm, send back, dispute and concede, all by chance from a seed;
carriers report late, twice, out of order or never; charges, refunds and payouts fail as the sandbox's faults say. Then
the clock's tasks run. At the end time passes until everything is decided, and what must be true is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, TypeVar

import msgspec

from entrepot import catalog, deliver, group, identity, ledger, orders, pay
from entrepot.app import SCHEDULE, Entrepot
from entrepot.identity import Address, OrganisationKind, Role, Scope, SignUp
from entrepot.kernel import DAY, HOUR, ManualClock, Refused, Snapshot, Tx, enqueue_due, list_stuck_tasks
from entrepot.orders import SellerOrderStatus, SellerOrderView

from .market import NO_PASSWORD, new_person

T = TypeVar("T")

CURRENCIES = ("USD", "JPY", "KWD")
"""Two decimals, none, three: one merchant each, so that every rounding is met."""
GOODS = ((4_999, 12), (333, 60), (1_201, None), (89, 25))
"""Prices in minor units, and how many there are at first; None is not counted."""
SCANS: tuple[deliver.ScanCode, ...] = ("delivered", "delivered", "delivered", "in_transit", "failed")
BUYERS = 12
ORDERS_A_DAY = 2
LOOKED_AT = 40
ENDING_DAYS = 200
"""Enough for every rule's days, one after another: sent, lost, answered, returned, disputed, decided by a bank."""
FAULTS = pay.Faults(
    unreachable=40, timeout=40, decline=40, slow=60, webhook_only=40, webhook_twice=40, webhook_late_reordered=40,
    chargeback=6, chargeback_lost=6, pending=60,
)  # fmt: skip
HOME = Address(name="Alice Adler", line1="1 Quay Street", city="Hamburg", postal_code="20095", country="DE")


class Outcome(msgspec.Struct, frozen=True):
    """What the days came to, and everything that is not as it must be."""

    days: int
    done: dict[str, int]
    seller_orders: dict[str, int]
    breaches: tuple[str, ...]


class Shop(msgspec.Struct, frozen=True):
    """A merchant, the place it sends from and its offers."""

    scope: Scope
    location_id: str
    currency: str
    offers: tuple[str, ...]


def faults_of(seed: int) -> pay.Faults:
    """The processor's faults in the days of a seed."""
    return msgspec.structs.replace(FAULTS, seed=seed)


def live(
    entrepot: Entrepot, clock: ManualClock, days: int, seed: int, say: Callable[[int, int], None] | None = None
) -> Outcome:
    """Open a fresh home as a market, live these days in it, let everything end, and look at what is left."""
    world = Days(entrepot, clock, Random(seed))
    for day in range(days):
        world.day()
        if say is not None:
            say(day + 1, days)
    world.end()
    return Outcome(days, dict(sorted(world.done.items())), world.count(), tuple(world.breaches()))


class Days:
    """The market and its people; `done` counts what they did, refusals too."""

    def __init__(self, entrepot: Entrepot, clock: ManualClock, random: Random) -> None:
        self.entrepot = entrepot
        self.database = entrepot.database
        self.clock = clock
        self.random = random
        self.done: Counter[str] = Counter()
        self.live: list[tuple[str, Scope]] = []
        self.dana = self.do(_open_market)
        self.shops = [self.do(_open_shop, self.dana, number) for number in range(len(CURRENCIES))]
        self.by_merchant = {str(shop.scope.organisation): shop for shop in self.shops}
        self.buyers = [
            Scope(self.do(new_person, f"Buyer {number}", f"buyer{number}@days.example")) for number in range(BUYERS)
        ]

    def do(self, verb: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run one verb in a command of its own."""
        return self.database.write_now(lambda tx: verb(tx, *args, **named))

    def see(self, query: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run one query."""
        return self.database.read_now(lambda snapshot: query(snapshot, *args, **named))

    def attempt(self, name: str, verb: Callable[..., T], *args: Any, **named: Any) -> T | None:
        """The same for what somebody tries and may be refused."""
        try:
            answer = self.do(verb, *args, **named)
        except Refused:
            self.done[f"{name} refused"] += 1
            return None
        self.done[name] += 1
        return answer

    def day(self) -> None:
        """Morning: buying. Noon: whatever happens to what was bought. Night: the clock's tasks."""
        for _ in range(self.random.randrange(ORDERS_A_DAY * 2 + 1)):
            self.clock.advance(self.random.randrange(HOUR))
            self.buy()
        self.entrepot.rest()
        self.clock.advance(self.random.randrange(6 * HOUR, 12 * HOUR))
        for seller_id, buyer in self.random.sample(self.live, min(len(self.live), LOOKED_AT)):
            self.happen(seller_id, buyer)
        self.restock()
        self.night()

    def night(self) -> None:
        """What comes by the clock, several times, because what fails is tried again later."""
        next_day = (self.clock.now() // DAY + 1) * DAY
        self.do(enqueue_due, SCHEDULE)
        self.entrepot.rest()
        self.clock.advance_to(next_day)
        self.entrepot.rest()

    def end(self) -> None:
        """Nobody buys any more: days pass, and the operator decides what is left to decide."""
        for _ in range(ENDING_DAYS):
            for dispute in self.see(orders.list_disputes, self.dana, most=100):
                self.decide(dispute)
            self.clock.advance(12 * HOUR)
            self.night()
            if not self._is_anything_open():
                break
        self.do(pay.request_payouts, Scope.system(), 1)
        for _ in range(3):
            self.clock.advance(DAY)
            self.entrepot.rest()

    # What people do

    def buy(self) -> None:
        """A cart at one merchant, placed."""
        random = self.random
        buyer, shop = random.choice(self.buyers), random.choice(self.shops)
        for offer_id in random.sample(shop.offers, random.randrange(1, 4)):
            self.attempt("put in cart", orders.set_line, buyer, offer_id, random.randrange(1, 5))
        try:
            checkout = self.do(orders.quote_cart, buyer, HOME, "buyer@days.example")
            wish = orders.Place(checkout.quote_ids, "tok_ok", checkout.total_minor)
            placed = self.do(orders.place, buyer, wish, self.entrepot.settings.orders)
        except Refused:
            self.done["place refused"] += 1
            for line in self._lines_in_cart(buyer):
                self.attempt("take out of cart", orders.set_line, buyer, line, 0)
            return
        self.done["place"] += 1
        self.live += [(seller_id, buyer) for seller_id in placed.seller_order_ids]

    def happen(self, seller_id: str, buyer: Scope) -> None:
        """Something that may happen to an order now, or nothing."""
        seller = self.see(orders.get_seller_order, Scope.system(), seller_id)
        shop = self.by_merchant[seller.merchant_id]
        if self._is_over(seller):
            self.live.remove((seller_id, buyer))
            return
        acts = list(self._acts(seller, shop, buyer))
        if acts and self.random.random() < 0.7:
            self.random.choice(acts)()

    def _acts(self, seller: SellerOrderView, shop: Shop, buyer: Scope) -> Iterator[Callable[[], object]]:
        """What somebody could do about an order in its state; what is likely comes more often."""
        if seller.status is SellerOrderStatus.PAID:
            yield from [lambda: self.send(seller, shop)] * 5
            yield lambda: self.cancel(seller, self.random.choice((buyer, shop.scope)))
        if seller.parcels and not all(parcel.delivered_at for parcel in seller.sent):
            yield from [lambda: self.scan(seller)] * 4
        if seller.status in (SellerOrderStatus.SHIPPED, SellerOrderStatus.DELIVERED):
            yield lambda: self.attempt("confirm", orders.confirm_receipt, buyer, seller.id)
        if seller.status in (SellerOrderStatus.DELIVERED, SellerOrderStatus.COMPLETED):
            yield lambda: self.ask_return(seller, buyer)
        if seller.status in orders.PAID_STATUSES:
            yield lambda: self.dispute(seller, buyer)
            yield lambda: self.give_back(seller, shop)
        for each in seller.returns:
            if each.closed_at is None:
                yield from [lambda each=each: self.go_on(each, seller, shop, buyer)] * 3
        for dispute in seller.disputes:
            if dispute.decided_at is None:
                yield from [lambda dispute=dispute: self.argue(dispute, shop, buyer)] * 3

    def send(self, seller: SellerOrderView, shop: Shop) -> None:
        """All of it or some, by the carrier that drives by itself or one that people tell of."""
        carrier = self.random.choice((deliver.SANDBOX, "Quick Post"))
        pieces = None
        if self.random.random() < 0.4:
            pieces = {line.id: self.random.randrange(line.left + 1) for line in seller.lines}
        self.attempt("ship", orders.ship, shop.scope, seller.id, orders.Shipment(carrier, "N 1", pieces))

    def cancel(self, seller: SellerOrderView, scope: Scope) -> None:
        """All that is not sent, or some of it."""
        pieces = None
        if self.random.random() < 0.5:
            pieces = {line.id: self.random.randrange(line.left + 1) for line in seller.lines}
        self.attempt("cancel", orders.cancel, scope, seller.id, "It takes too long", pieces)

    def scan(self, seller: SellerOrderView) -> None:
        """A carrier reports: arrived, twice, late, or an older thing after a newer."""
        tracking = self.random.choice(seller.parcels)
        if tracking.parcel.carrier == deliver.SANDBOX:
            return
        code: deliver.ScanCode = self.random.choice(SCANS)
        at = max(tracking.parcel.booked_at, self.clock.now() - self.random.randrange(3 * DAY))
        name = f"{code} {self.random.randrange(6)}"
        for _ in range(self.random.choice((1, 1, 2))):
            scan = deliver.Scan(tracking.parcel.id, code, at, "Depot", name)
            self.attempt("scan", deliver.record_scan, self.dana, scan)

    def ask_return(self, seller: SellerOrderView, buyer: Scope) -> None:
        """Some pieces are to go back."""
        pieces = {line.id: self.random.randrange(line.sent + 1) for line in seller.lines}
        reason = self.random.choice(tuple(orders.ReturnReason))
        self.attempt("ask to return", orders.ask_return, buyer, seller.id, reason, pieces)

    def go_on(self, each: orders.ReturnView, seller: SellerOrderView, shop: Shop, buyer: Scope) -> None:
        """One more step of a return, by whoever's turn it is; sometimes nobody moves."""
        random = self.random
        match each.status:
            case orders.ReturnStatus.ASKED if random.random() < 0.6:
                self.attempt(
                    "answer return", orders.answer_return, shop.scope, each.id, random.random() < 0.8, "So it is",
                    random.choice(tuple(orders.Label)),
                )  # fmt: skip
            case orders.ReturnStatus.ACCEPTED if random.random() < 0.6:
                self.attempt("send return", orders.send_return, buyer, each.id, "Quick Post", "R 1")
            case orders.ReturnStatus.ACCEPTED:
                self.attempt("withdraw return", orders.withdraw_return, buyer, each.id)
            case orders.ReturnStatus.SENT | orders.ReturnStatus.ARRIVED if random.random() < 0.6:
                accepted = {line.line_id: random.randrange(line.quantity + 1) for line in each.lines}
                shelved = {line_id: random.randrange(number + 1) for line_id, number in accepted.items()}
                found = orders.Inspection(accepted, shelved, "Worn")
                self.attempt("inspect return", orders.inspect_return, shop.scope, each.id, found)

    def dispute(self, seller: SellerOrderView, buyer: Scope) -> None:
        """Something is wrong, or so the buyer says."""
        kind = self.random.choice(tuple(orders.DisputeKind)[:3])
        asked_minor = self.random.choice((None, self.random.randrange(1, seller.total_minor + 2)))
        self.attempt("dispute", orders.open_dispute, buyer, seller.id, kind, "It is not right", asked_minor)

    def argue(self, dispute: orders.DisputeView, shop: Shop, buyer: Scope) -> None:
        """Either side says something, gives in, or the operator decides."""
        match self.random.randrange(5):
            case 0:
                self.attempt("evidence", orders.add_evidence, shop.scope, dispute.id, "It was right when it left")
            case 1:
                self.attempt("evidence", orders.add_evidence, buyer, dispute.id, "It was not")
            case 2:
                self.attempt("concede", orders.concede, shop.scope, dispute.id)
            case 3:
                self.attempt("withdraw dispute", orders.withdraw_dispute, buyer, dispute.id)
            case _:
                self.decide(dispute)

    def decide(self, dispute: orders.DisputeView) -> None:
        """The operator's word: all, some, or nothing."""
        some = orders.Verdict(amount_minor=max(1, dispute.asked_minor // 3))
        verdict = self.random.choice((orders.Verdict(whole=True), some, orders.Verdict()))
        self.attempt("decide", orders.decide, self.dana, dispute.id, verdict, "So it is decided")

    def give_back(self, seller: SellerOrderView, shop: Shop) -> None:
        """A merchant is generous, within what is left."""
        line = self.random.choice(seller.lines)
        wish = orders.RefundWish(
            amounts={line.id: self.random.randrange(1, line.total_minor + 2)} if line.total_minor else {},
            shipping_minor=self.random.choice((0, 0, seller.shipping_left_minor)),
        )
        if self.random.random() < 0.3 and line.sent:
            wish = orders.RefundWish(pieces={line.id: 1})
        self.attempt("goodwill", orders.refund, shop.scope, seller.id, wish, "Sorry")

    def restock(self) -> None:
        """Now and then a merchant counts the shelves."""
        if self.random.random() < 0.3:
            shop = self.random.choice(self.shops)
            offer_id = self.random.choice(shop.offers)
            number = self.random.randrange(40)
            self.attempt("count", catalog.set_stock, shop.scope, offer_id, shop.location_id, number)

    # What is looked at in the end

    def count(self) -> dict[str, int]:
        """Seller orders by status."""
        counted = self.see(orders.count_seller_orders, Scope.system())
        return {status.value: number for status, number in counted.items() if number}

    def breaches(self) -> list[str]:
        """Everything that is not as it must be after all these days."""
        found = [f"{verdict.name}: {breach}" for verdict in group.verify(self.database) for breach in verdict.breaches]
        found += [f"{task.kind} {task.id} is stuck: {task.error}" for task in self.see(list_stuck_tasks)]
        found += [
            f"{each.seller_order_id} is {each.status} for longer than its rule"
            for each in self.see(orders.list_overdue)
        ]
        return found + [line for shop in self.shops for line in self.see(_statements_differ, shop)]

    def _is_anything_open(self) -> bool:
        counted = self.count()
        waiting = sum(counted.get(status, 0) for status in ("awaiting_payment", "paid", "shipped", "delivered"))
        claims = msgspec.structs.astuple(self.see(orders.count_waiting, Scope.system()))
        return bool(waiting or any(claims) or self.see(orders.list_returns, self.dana, most=1))

    def _is_over(self, seller: SellerOrderView) -> bool:
        """Whether nothing can happen to it any more."""
        if seller.status is SellerOrderStatus.CANCELLED:
            return True
        since = seller.delivered_at or seller.completed_at
        waits = any(each.closed_at is None for each in seller.returns) or any(
            each.decided_at is None for each in seller.disputes
        )
        return since is not None and not waits and self.clock.now() > since + 40 * DAY

    def _lines_in_cart(self, buyer: Scope) -> Sequence[str]:
        cart = self.see(orders.find_cart, buyer)
        return [item.offer_id for item in cart.items] if cart is not None else []


def _statements_differ(snapshot: Snapshot, shop: Shop) -> list[str]:
    """The sum of all of a merchant's statements is what left their account, and what is left is what is due."""
    account = pay.accounts.payable(str(shop.scope.organisation), shop.currency)
    scope = Scope("system", shop.scope.organisation, frozenset({Role.MERCHANT}))
    stated = paid_out = 0
    after: str | None = None
    while page := pay.list_payouts(snapshot, scope, after=after, most=100):
        after = page[-1].id
        for payout in page:
            if payout.state in ("requested", "paid"):
                stated += sum(line.amount_minor for line in pay.get_statement(snapshot, scope, payout.id).lines)
                paid_out += payout.amount_minor
    moved = _moved(snapshot, account)
    balance = ledger.balance_of(snapshot, account)
    if stated != paid_out or moved - paid_out != balance.available:
        return [f"{account.owner}: statements {stated}, payouts {paid_out}, moved {moved}, left {balance.available}"]
    return []


def _moved(snapshot: Snapshot, account: ledger.Account) -> int:
    """What came to an account less what left it by anything but payouts: read transfer by transfer."""
    total, after = 0, None
    while page := ledger.list_transfers(snapshot, account=account, after=after, most=1_000):
        after = page[-1].id
        for transfer in page:
            if transfer.kind in ("move", "capture") and not transfer.code.startswith(pay.accounts.PAYOUT):
                total += transfer.amount if transfer.credit == account.id else -transfer.amount
    return total


def _open_market(tx: Tx) -> Scope:
    owner = SignUp("dana@days.example", NO_PASSWORD, "Dana", "en")
    user, platform = group.open_market(tx, group.Market("Days", CURRENCIES[0]), owner)
    return Scope(user, platform, frozenset({Role.OPERATOR}))


def _open_shop(tx: Tx, dana: Scope, number: int) -> Shop:
    currency = CURRENCIES[number]
    person = new_person(tx, f"Seller {number}", f"seller{number}@days.example")
    organisation = identity.create_organisation(tx, Scope(person), OrganisationKind.MERCHANT, f"Shop {number}")
    scope = Scope(person, organisation, frozenset({Role.MERCHANT}))
    catalog.apply_as_merchant(tx, scope, catalog.MerchantApplication(f"Shop {number}", "DE", currency))
    catalog.approve_merchant(tx, dana, organisation, 777 + 238 * number)
    owner = dana if number == 1 else scope  # one shop's delivery is priced by the market
    sheet = deliver.RateSheetDraft("Standard", "flat", ("*",), currency, ((0, 490),))
    deliver.save_rate_sheet(tx, owner, sheet)
    location_id = deliver.add_location(tx, scope, "Store", HOME).id
    drafts = [
        catalog.ProductDraft(
            external_id=f"thing-{place}",
            title=f"Thing {number}{place}",
            variants=(
                catalog.VariantDraft(
                    price_minor=price_minor, currency=currency, external_id=f"t{place}", quantity=left, weight_g=500
                ),
            ),
        )
        for place, (price_minor, left) in enumerate(GOODS)
    ]
    saved = catalog.save_products(tx, scope, organisation, drafts, location_id)
    offers = tuple(catalog.get_product(tx, product_id).offers[0].id for product_id in saved.products.values())
    return Shop(scope, location_id, currency, offers)
