"""Many at once: threads on SQLite, threads over two openings of one database on PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from random import Random
from threading import Barrier
from typing import Any

import pytest

from entrepot import catalog, deliver, ledger, orders, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, MINUTE, Conflict, Database, Refused, Tx, once, request_key
from entrepot.kernel.testing import settle
from entrepot.pay import accounts
from tests.orders.market import BULB, CUP, HOME, KEY, LAMP, PLATE, Market, wish_for
from tests.orders.plain_prices import plain_legs
from tests.proof import count

Act = Callable[[Tx], Any]
CAPTURED = pay.Outcome("captured", "ch_1")
DECLINED = pay.Outcome("declined", "ch_1", "No.")


class Crowd:
    """Runs commands at the same moment, through every opening of the database there is."""

    def __init__(self, databases: list[Database]) -> None:
        self.databases = databases

    def at_once(self, acts: list[Act]) -> list[Any]:
        """What each got, or the refusal it met. Anything else that is raised fails the test."""
        barrier = Barrier(len(acts))

        def run(place: int) -> Any:
            barrier.wait()
            try:
                return self.databases[place % len(self.databases)].write_now(acts[place])
            except Refused as refusal:
                return refusal

        with ThreadPoolExecutor(len(acts)) as threads:
            return list(threads.map(run, range(len(acts))))


@pytest.fixture
def crowd(market: Market, database_url: str) -> Iterator[Crowd]:
    with ExitStack() as stack:
        databases = [market.database]
        if market.database.dialect == "postgresql":
            another = Database(database_url, clock=market.clock, random=Random(2))
            databases.append(stack.enter_context(closing(another)))
        yield Crowd(databases)


def buyer(number: int) -> Scope:
    return Scope.guest(f"ses_{number:026d}")


def act(verb: Callable[..., Any], *args: Any) -> Act:
    """One verb, to be done in a command of its own."""
    return lambda tx: verb(tx, *args)


def placing(scope: Scope, wish: orders.Place) -> Act:
    return act(orders.place, scope, wish)


def prepared(market: Market, number: int, wanted: dict[str, int]) -> tuple[Scope, orders.Place]:
    market.fill(buyer(number), wanted)
    return buyer(number), wish_for(market.checkout(buyer(number)))


@pytest.mark.parametrize("buyers", [16, 60, pytest.param(200, marks=pytest.mark.slow)])
def test_ten_pieces_are_sold_to_ten_buyers_and_the_others_hear_that_it_is_sold_out(
    market: Market, crowd: Crowd, buyers: int
) -> None:
    ready = [prepared(market, number, {LAMP: 1}) for number in range(buyers)]
    answers = crowd.at_once([placing(scope, wish) for scope, wish in ready])
    sold = [answer for answer in answers if isinstance(answer, orders.Placed)]
    refused = [answer for answer in answers if isinstance(answer, catalog.SoldOut)]
    assert (len(sold), len(refused)) == (10, buyers - 10)
    assert {refusal.sentence for refusal in refused} == {"A fine lamp is sold out. Look at your cart and choose again"}
    assert market.left(LAMP) == 0
    settle(market.database, orders.reactions(KEY), pay.tasks(market.processor))
    assert market.breaches() == []


def test_pieces_at_two_places_are_sold_to_the_last_one(market: Market, crowd: Crowd) -> None:
    second = market.do(deliver.add_location, market.cast.bruno, "Second store", HOME)
    for location_id, number in ((market.locations[LAMP], 3), (second.id, 4)):
        market.do(catalog.set_stock, market.cast.bruno, market.offers[LAMP], location_id, number)
    ready = [prepared(market, number, {LAMP: 2 if number % 3 == 0 else 1}) for number in range(16)]
    answers = crowd.at_once([placing(scope, wish) for scope, wish in ready])
    pieces = sum(
        2 if number % 3 == 0 else 1 for number, answer in enumerate(answers) if isinstance(answer, orders.Placed)
    )
    assert all(isinstance(answer, orders.Placed | catalog.SoldOut) for answer in answers)
    assert pieces == 7
    assert market.left(LAMP) == 0
    assert market.breaches() == []


def test_baskets_that_share_their_last_things_do_not_wait_for_each_other(market: Market, crowd: Crowd) -> None:
    things = [LAMP, CUP, BULB, PLATE]
    ready = []
    for number in range(24):
        chosen = things[number % 4 :] + things[: number % 4]
        ready.append(prepared(market, number, dict.fromkeys(chosen[:3], 1)))
    answers = crowd.at_once([placing(scope, wish) for scope, wish in ready])
    assert all(isinstance(answer, orders.Placed | catalog.SoldOut) for answer in answers)
    assert market.left(LAMP) == 0
    assert market.breaches() == []


def test_one_cart_placed_fifty_times_at_once_is_one_order(market: Market, crowd: Crowd) -> None:
    scope, wish = prepared(market, 1, {LAMP: 1, CUP: 2})
    answers = crowd.at_once([placing(scope, wish)] * 50)
    assert Counter(type(answer) for answer in answers) == {orders.Placed: 1, Conflict: 49}
    (placed,) = [answer for answer in answers if isinstance(answer, orders.Placed)]
    named = {answer.fields["order_id"] for answer in answers if isinstance(answer, Conflict)}
    assert named == {placed.order_id}
    assert len(market.see(orders.list_orders, scope)) == 1
    assert market.left(LAMP) == 9
    assert market.breaches() == []


def test_the_same_request_fifty_times_at_once_is_answered_alike(market: Market, crowd: Crowd) -> None:
    scope, wish = prepared(market, 1, {LAMP: 1})
    key = request_key(scope.actor, "POST /api/orders", "my key", b"the same")

    def request(tx: Tx) -> orders.Placed:
        return once(tx, key, lambda: orders.place(tx, scope, wish), orders.Placed)

    answers = crowd.at_once([request] * 50)
    assert len({answer.order_id for answer in answers}) == 1
    assert len(market.see(orders.list_orders, scope)) == 1


def test_client_webhook_clock_and_buyer_race_for_an_order_and_one_of_them_decides(market: Market, crowd: Crowd) -> None:
    rounds = count(12, 200)
    ends: Counter[str] = Counter()
    for number in range(rounds):
        market.do(catalog.set_stock, market.cast.bruno, market.offers[LAMP], market.locations[LAMP], 10**6)
        scope = buyer(number)
        placed = market.buy(scope, {LAMP: 1, CUP: 1} if market.left(CUP) else {LAMP: 1})
        market.clock.advance(31 * MINUTE)
        acts = [
            act(pay.record_outcome, placed.payment_id, CAPTURED),
            act(pay.record_outcome, placed.payment_id, CAPTURED),
            act(orders.expire_if_due, placed.order_id),
            act(orders.cancel, scope, placed.seller_order_ids[0], "No"),
        ]
        crowd.at_once(acts[number % 4 :] + acts[: number % 4])
        settle(market.database, orders.reactions(KEY))
        order = market.order(scope, placed.order_id)
        ends[order.status] += 1
        assert order.status in ("paid", "expired", "cancelled")
        assert market.breaches() == []
    market.settle()
    assert market.breaches() == []
    assert sum(ends.values()) == rounds


def test_money_and_its_refusal_race_and_one_of_them_decides(market: Market, crowd: Crowd) -> None:
    for number in range(count(6, 100)):
        placed = market.buy(buyer(number), {PLATE: 1})
        acts = [act(pay.record_outcome, placed.payment_id, each) for each in (CAPTURED, DECLINED) * 2]
        crowd.at_once(acts)
        settle(market.database, orders.reactions(KEY))
        order = market.order(buyer(number), placed.order_id)
        payment = market.see(pay.get_payment, buyer(number), placed.payment_id)
        assert (order.status, payment.state) in (("paid", "captured"), ("payment_failed", "captured_late"))
        assert market.breaches() == []


def test_sending_and_cancelling_race_and_one_of_them_decides(market: Market, crowd: Crowd) -> None:
    for number in range(count(8, 100)):
        market.do(catalog.set_stock, market.cast.bruno, market.offers[LAMP], market.locations[LAMP], 10)
        placed = market.buy(buyer(number), {LAMP: 1})
        market.settle()
        (seller_id,) = placed.seller_order_ids
        acts = [
            act(orders.ship, market.cast.bruno, seller_id, orders.Shipment("Quick Post", "1")),
            act(orders.cancel, buyer(number), seller_id, "No"),
            act(orders.cancel, market.cast.bruno, seller_id, "None left"),
        ]
        answers = crowd.at_once(acts)
        statuses = {answer.status for answer in answers if isinstance(answer, orders.Standing)}
        assert len(statuses) == 1
        assert market.see(orders.get_seller_order, buyer(number), seller_id).status in statuses
        assert market.breaches() == []


def test_buyer_and_clock_confirm_at_once_and_escrow_is_shared_out_once(market: Market, crowd: Crowd) -> None:
    for number in range(count(6, 60)):
        placed = market.buy(buyer(number), {PLATE: 1})
        market.settle()
        (seller_id,) = placed.seller_order_ids
        market.do(orders.ship, market.bea, seller_id, orders.Shipment("Quick Post", "1"))
        market.arrive(seller_id)
        market.clock.advance(7 * DAY)
        confirm = act(orders.confirm_receipt, buyer(number), seller_id)
        by_time = act(orders.complete_if_due, seller_id)
        answers = crowd.at_once([confirm, by_time, confirm, by_time])
        assert not any(isinstance(answer, Refused) for answer in answers)
        assert market.see(orders.get_seller_order, buyer(number), seller_id).status == "completed"
    settled = market.see(ledger.balance_of, accounts.commission("USD")).balance
    assert settled == count(6, 60) * plain_legs(899, 777)[1]
    assert market.breaches() == []


def test_a_cart_that_is_changed_while_it_is_placed_is_never_half_of_each(market: Market, crowd: Crowd) -> None:
    for number in range(count(8, 100)):
        scope, wish = prepared(market, number, {PLATE: 1})
        change = act(orders.set_line, scope, market.offers[PLATE], 2)
        placed, cart = crowd.at_once([placing(scope, wish), change])
        if isinstance(placed, orders.Placed):
            order = market.order(scope, placed.order_id)
            assert [line.quantity for line in order.sellers[0].lines] == [1]
            assert market.see(orders.view_cart, scope).quantity == 2
        else:
            assert "You had 1 of A fine plate and have 2 now" in placed.sentence
        assert cart.quantity == 2


def test_two_sign_ins_at_once_adopt_a_cart_once(market: Market, crowd: Crowd) -> None:
    market.fill(buyer(1), {LAMP: 2})
    market.fill(market.cast.alice, {CUP: 1})
    adopt = act(orders.adopt_cart, buyer(1), market.cast.alice)
    answers = crowd.at_once([adopt] * 8)
    assert all(answer.quantity == 3 for answer in answers)
    assert market.see(orders.view_cart, market.cast.alice).quantity == 3


def test_first_lines_at_once_make_one_cart(market: Market, crowd: Crowd) -> None:
    acts = [act(orders.set_line, buyer(1), market.offers[name], 1) for name in (LAMP, CUP, BULB, PLATE) * 3]
    answers = crowd.at_once(acts)
    assert len({answer.id for answer in answers}) == 1
    assert market.see(orders.view_cart, buyer(1)).quantity == 4


def test_failed_orders_of_one_buyer_open_one_cart_again_beside_what_goes_in_meanwhile(
    market: Market, crowd: Crowd
) -> None:
    for number in range(count(4, 60)):
        scope = buyer(number)
        placed = [market.buy(scope, {name: 1}) for name in (CUP, BULB, PLATE)]
        market.clock.advance(31 * MINUTE)
        acts = [act(orders.expire_if_due, each.order_id) for each in placed]
        answers = crowd.at_once([*acts, act(orders.set_line, scope, market.offers[PLATE], 2)])
        assert not any(isinstance(answer, Refused) for answer in answers)
        view = market.see(orders.view_cart, scope)
        quantities = {line.title: line.quantity for group in view.groups for line in group.lines}
        assert quantities == {"A fine cup": 1, "A fine bulb": 1, "A fine plate": 2}
        assert market.breaches() == []


def test_a_cart_is_adopted_while_its_new_owner_begins_one(market: Market, crowd: Crowd) -> None:
    for number in range(count(4, 60)):
        market.fill(buyer(number), {BULB: 2})
        person = buyer(1_000 + number)
        acts = [act(orders.set_line, person, market.offers[PLATE], 1)] * 3
        acts += [act(orders.adopt_cart, buyer(number), person)] * 3
        answers = crowd.at_once(acts)
        assert not any(isinstance(answer, Refused) for answer in answers)
        assert market.see(orders.view_cart, person).quantity == 3
