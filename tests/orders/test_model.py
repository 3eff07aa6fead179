"""Random commands against a model of order, money and stock: after each step they agree, and every proof holds."""

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from entrepot import catalog, deliver, ledger, orders
from entrepot.identity import Scope
from entrepot.kernel import DAY, MINUTE, Refused, Relay, Workers, sqlite_url
from entrepot.kernel.testing import open_existing
from entrepot.pay import accounts
from tests.fixtures import empty_sqlite
from tests.orders.market import CUP, KEY, LAMP, PLATE, Market, open_market
from tests.orders.model import SELLERS, Model, Part
from tests.proof import count

BUYERS = st.sampled_from(["alice", "chen"])
THINGS = st.sampled_from([LAMP, CUP, PLATE])
PLACES = st.integers(0, 30)
AMOUNTS = st.sampled_from([1, 7, 300, 899, 2_402])
ASKED = st.sampled_from([None, None, 1, 500, 5_000])
VERDICTS = st.sampled_from(["whole", "asked", "nothing"])
SOME = st.none() | st.lists(st.integers(0, 3), min_size=2, max_size=2)


class OrdersMachine(RuleBasedStateMachine):
    """Does the same to the market and to the model."""

    counted: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "entrepot.db").write_bytes(empty_sqlite())
        database = open_existing(sqlite_url(folder / "entrepot.db"))
        self.stack.callback(database.close)
        self.market: Market = self.stack.enter_context(open_market(database, folder))
        self.model = Model()
        self.placed: list[orders.Placed] = []
        self.disputes = 0
        self.ids: list[dict[str, str]] = []
        self.relay = Relay(database, orders.reactions(KEY), "test")
        self.workers = Workers(database, self.market.tasks(), "test")

    def teardown(self) -> None:
        self.counted["runs"] += 1
        self.counted["orders"] += len(self.placed)
        parts = [part for order in self.model.orders for part in order.parts]
        self.counted["parts given back in part"] += sum(0 < part.taken.total() < part.total for part in parts)
        self.counted["parts in several parcels"] += sum(len(part.parcels) > 1 for part in parts)
        self.counted["disputes"] += self.disputes
        for part in parts:
            self.counted[f"parts {part.status}"] += 1
        self.stack.close()

    def buyer(self, name: str) -> Scope:
        scope: Scope = getattr(self.market.cast, name)
        return scope

    def seller(self, name: str) -> Scope:
        return self.market.cast.bruno if name == "bruno" else self.market.bea

    def agree(self, expected: bool, act: Callable[[], object]) -> None:
        """Both do it, or both refuse."""
        sentence = None
        try:
            act()
        except Refused as refusal:
            sentence = refusal.sentence
        assert (sentence is None) == expected, sentence

    def parts(self) -> list[tuple[int, str, Part]]:
        """Each part with the number of its order and the id it has in the market."""
        return [
            (n, self.ids[n][part.seller], part) for n, order in enumerate(self.model.orders) for part in order.parts
        ]

    def pick(self, place: int) -> tuple[int, str, Part] | None:
        parts = self.parts()
        if not parts:
            return None
        return parts[-1 - place % len(parts)]

    @rule(buyer=BUYERS, name=THINGS, quantity=st.sampled_from([0, 1, 1, 2, 3, 7]))
    def set_line(self, buyer: str, name: str, quantity: int) -> None:
        self.market.clock.advance(1)
        expected = self.model.set_line(buyer, name, quantity)
        self.agree(
            expected, lambda: self.market.do(orders.set_line, self.buyer(buyer), self.market.offers[name], quantity)
        )

    @rule(buyer=BUYERS, method=st.sampled_from(["tok_ok", "tok_ok", "tok_ok", "tok_decline"]))
    def place(self, buyer: str, method: str) -> None:
        self.market.clock.advance(1_000)
        expected = self.model.place(buyer, method, self.market.clock.now())
        self.agree(expected, lambda: self.placed.append(self.market.place(self.buyer(buyer), method)))
        if expected:
            sellers = self.market.order(self.buyer(buyer), self.placed[-1].order_id).sellers
            names = {self.seller(name).organisation: name for name in ("bruno", "bea")}
            self.ids.append({names[seller.merchant_id]: seller.id for seller in sellers})

    @rule(data=st.data(), buyer=BUYERS, other=BUYERS, name=THINGS, method=st.sampled_from(["tok_ok", "tok_decline"]))
    def buy_at_once(self, data: st.DataObject, buyer: str, other: str, name: str, method: str) -> None:
        """A whole purchase with much of its life, so that deep states are reached."""
        self.set_line(buyer, name, 1)
        if data.draw(st.booleans()):
            self.set_line(buyer, LAMP, 2)
        self.place(buyer, method)
        for step in data.draw(st.lists(st.sampled_from([self.speak, self.listen]), max_size=4)):
            step()

    @rule(data=st.data(), buyer=BUYERS, things=st.sets(THINGS, min_size=1), quantity=st.integers(1, 3))
    def live_on(self, data: st.DataObject, buyer: str, things: set[str], quantity: int) -> None:
        """A purchase that is paid, and then whatever may follow a sale, so that it is reached often."""
        for name in sorted(things):
            self.set_line(buyer, name, quantity)
        self.place(buyer, "tok_ok")
        self.speak()
        self.listen()
        acts = [
            lambda: self.ship(0, data.draw(SOME)), lambda: self.ship(0, None), lambda: self.arrive(0, False),
            lambda: self.arrive(0, True), self.listen, lambda: self.cancel(0, False, data.draw(SOME)),
            lambda: self.goodwill(0, data, data.draw(AMOUNTS)), lambda: self.dispute(0, data.draw(ASKED)),
            lambda: self.decide(0, data.draw(VERDICTS)), lambda: self.confirm(0), self.speak,
            lambda: self.let_days_pass(8),
        ]  # fmt: skip
        usual = [acts[0], acts[1], acts[2], acts[4]]
        for act in usual if data.draw(st.booleans()) else []:
            act()
        for act in data.draw(st.lists(st.sampled_from(acts), max_size=12)):
            act()

    @rule(name=THINGS, price=st.integers(1, 9_999))
    def reprice(self, name: str, price: int) -> None:
        self.model.prices[name] = price
        self.market.reprice(name, price)

    @rule(name=st.sampled_from([LAMP, CUP]), number=st.integers(0, 12))
    def count_stock(self, name: str, number: int) -> None:
        """What is held for orders stays, however few were counted."""
        self.model.stock[name] = max(number, self.model.held[name])
        location = self.market.locations[name]
        self.market.do(catalog.set_stock, self.market.merchant_of(name), self.market.offers[name], location, number)

    @rule()
    def speak(self) -> None:
        self.model.speak()
        self.workers.drain()

    @rule()
    def listen(self) -> None:
        self.model.listen(self.market.clock.now())
        self.relay.drain()

    @rule(minutes=st.sampled_from([1, 31]))
    def expire(self, minutes: int) -> None:
        self.market.clock.advance(minutes * MINUTE)
        for placed, order in zip(self.placed, self.model.orders, strict=True):
            self.model.expire(order, self.market.clock.now())
            self.market.do(orders.expire_if_due, placed.order_id)

    @rule(place=PLACES, by_merchant=st.booleans(), some=SOME)
    def cancel(self, place: int, by_merchant: bool, some: list[int] | None) -> None:
        if picked := self.pick(place):
            n, seller_order_id, part = picked
            order = self.model.orders[n]
            scope = self.seller(part.seller) if by_merchant else self.buyer(order.buyer)
            pieces = self.some_of(part, some)
            expected = self.model.cancel(order, part, pieces, self.market.clock.now())
            named = self.by_line(seller_order_id, pieces)
            self.agree(expected, lambda: self.market.do(orders.cancel, scope, seller_order_id, "No", named))

    @rule(place=PLACES, some=SOME)
    def ship(self, place: int, some: list[int] | None) -> None:
        if picked := self.pick(place):
            _, seller_order_id, part = picked
            pieces = self.some_of(part, some)
            expected = self.model.ship(part, pieces, self.market.clock.now())
            shipment = orders.Shipment("Quick Post", "QP 1", self.by_line(seller_order_id, pieces))
            self.agree(
                expected, lambda: self.market.do(orders.ship, self.seller(part.seller), seller_order_id, shipment)
            )

    @rule(place=PLACES, late=st.booleans())
    def arrive(self, place: int, late: bool) -> None:
        """One of its parcels; scans may be dated back, and come twice."""
        picked = self.pick(place)
        if not picked or None not in picked[2].parcels:
            return
        _, seller_order_id, part = picked
        number = part.parcels.index(None)
        parcel = self.market.see(deliver.list_tracking, [seller_order_id])[seller_order_id][number].parcel
        at = parcel.booked_at if late else self.market.clock.now()
        part.parcels[number] = at
        for _ in range(2):
            self.market.do(
                deliver.record_scan, self.market.cast.dana, deliver.Scan(parcel.id, "delivered", at, "Door", "door")
            )

    @rule(place=PLACES, data=st.data(), amount=AMOUNTS)
    def goodwill(self, place: int, data: st.DataObject, amount: int) -> None:
        if picked := self.pick(place):
            _, seller_order_id, part = picked
            name = data.draw(st.sampled_from(sorted(part.lines)))
            expected = self.model.goodwill(part, name, amount)
            wish = orders.RefundWish(amounts=self.by_line(seller_order_id, {name: amount}) or {})
            scope = self.seller(part.seller)
            self.agree(expected, lambda: self.market.do(orders.refund, scope, seller_order_id, wish, "Sorry"))

    @rule(place=PLACES, asked=ASKED)
    def dispute(self, place: int, asked: int | None) -> None:
        if (picked := self.pick(place)) and picked[2].status in ("delivered", "completed"):
            n, seller_order_id, part = picked
            buyer = self.buyer(self.model.orders[n].buyer)
            expected = self.model.dispute(part, asked, self.market.clock.now())
            self.disputes += expected
            kind = orders.DisputeKind.NOT_AS_DESCRIBED
            self.agree(
                expected, lambda: self.market.do(orders.open_dispute, buyer, seller_order_id, kind, "Dark", asked)
            )

    @rule(place=PLACES, verdict=VERDICTS)
    def decide(self, place: int, verdict: str) -> None:
        if (picked := self.pick(place)) and picked[2].disputed_at is not None:
            _, seller_order_id, part = picked
            view = self.market.see(orders.get_seller_order, self.market.cast.dana, seller_order_id)
            dispute_id = next(each.id for each in view.disputes if each.decided_at is None)
            asked = part.asked
            self.model.decide(part, verdict, self.market.clock.now())
            self.market.do(orders.add_evidence, self.seller(part.seller), dispute_id, "It shines")
            chosen = orders.Verdict(verdict == "whole", asked if verdict == "asked" else 0)
            self.market.do(orders.decide, self.market.cast.dana, dispute_id, chosen, "So it is")

    @rule(place=PLACES)
    def confirm(self, place: int) -> None:
        if picked := self.pick(place):
            n, seller_order_id, part = picked
            expected = self.model.confirm(part, self.market.clock.now())
            buyer = self.buyer(self.model.orders[n].buyer)
            self.agree(expected, lambda: self.market.do(orders.confirm_receipt, buyer, seller_order_id))

    @rule(days=st.sampled_from([1, 8]))
    def let_days_pass(self, days: int) -> None:
        self.market.clock.advance(days * DAY)
        self.model.confirm_by_time(self.market.clock.now())
        for placed in self.placed:
            for seller_order_id in placed.seller_order_ids:
                self.market.do(orders.complete_if_due, seller_order_id)

    def some_of(self, part: Part, some: list[int] | None) -> dict[str, int] | None:
        """So many pieces of its lines, one after another; None is all that is left."""
        return None if some is None else dict(zip(part.lines, some, strict=False))

    def by_line(self, seller_order_id: str, numbers: dict[str, int] | None) -> dict[str, int] | None:
        """The same by the ids that lines have in the market."""
        if numbers is None:
            return None
        view = self.market.see(orders.get_seller_order, self.market.cast.dana, seller_order_id)
        ids = {line.offer_id: line.id for line in view.lines}
        return {ids[self.market.offers[name]]: number for name, number in numbers.items()}

    @invariant()
    def stock_agrees(self) -> None:
        for name in SELLERS:
            assert self.market.left(name) == self.model.left(name), name

    @invariant()
    def orders_agree(self) -> None:
        for placed, order in zip(self.placed, self.model.orders, strict=True):
            view = self.market.order(self.buyer(order.buyer), placed.order_id)
            assert view.status == order.status
            found = {each.id: (each.status.value, each.total_minor, each.refunded_minor) for each in view.sellers}
            ids = self.ids[self.placed.index(placed)]
            expected = {ids[part.seller]: (part.status, part.total, part.taken.total()) for part in order.parts}
            assert found == expected
            for seller in view.sellers:
                part = next(each for each in order.parts if ids[each.seller] == seller.id)
                left = [(self.market.offers[name], part.unsent(name)) for name in part.lines]
                assert [(line.offer_id, line.left) for line in seller.lines] == left

    @invariant()
    def carts_agree(self) -> None:
        for buyer in ("alice", "chen"):
            cart = self.market.see(orders.find_cart, self.buyer(buyer))
            found = {item.offer_id: item.quantity for item in cart.items} if cart else {}
            wanted = self.model.carts.get(buyer, {})
            assert found == {self.market.offers[name]: quantity for name, quantity in wanted.items()}

    @invariant()
    def money_agrees(self) -> None:
        expected = {accounts.processor("sandbox", "USD"): -self.model.processor}
        for _, seller_order_id, part in self.parts():
            expected[accounts.escrow(seller_order_id, "USD")] = part.escrow
        balances = self.market.see(ledger.balances_of, list(expected))
        assert {account: balances[account.id].balance for account in expected} == expected
        commission = self.market.see(ledger.balance_of, accounts.commission("USD")).balance
        assert abs(commission - self.model.commission) <= self.model.roundings
        merchants = 0
        for name in ("bruno", "bea"):
            payable = accounts.payable(str(self.seller(name).organisation), "USD")
            merchants += self.market.see(ledger.balance_of, payable).balance
        assert commission + merchants + self.set_apart() == self.model.shared

    def set_apart(self) -> int:
        """What open disputes keep of what was shared out."""
        disputes = self.market.see(orders.list_disputes, self.market.cast.dana, most=100)
        return sum(each.frozen_minor for each in disputes)

    @invariant()
    def proofs_hold(self) -> None:
        assert self.market.breaches() == []


@pytest.fixture
def machine() -> type[OrdersMachine]:
    OrdersMachine.counted = Counter()
    return OrdersMachine


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_random_commands_keep_order_money_and_stock_as_the_model_says(
    machine: type[OrdersMachine], report_count: Callable[[str, int], None]
) -> None:
    examples = settings(max_examples=count(20, 400), stateful_step_count=count(40, 60))
    run_state_machine_as_test(machine, settings=examples)
    for name, number in machine.counted.items():
        report_count(name, number)
