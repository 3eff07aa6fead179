"""Gift cards at the checkout: in parts, several at once, released with the order, never spent twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from random import Random
from typing import Any

import msgspec
import pytest

from entrepot import ledger, orders, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, Conflict, Database, NotAllowed, NotFound, Secret
from entrepot.kernel.testing import settle
from entrepot.pay import accounts
from tests.orders.market import CUP, DELIVERY_MINOR, KEY, LAMP, PLATE, PRICES, Market, wish_for
from tests.orders.test_races import Crowd
from tests.proof import count


@pytest.fixture
def crowd(market: Market, database_url: str) -> Iterator[Crowd]:
    with ExitStack() as stack:
        databases = [market.database]
        if market.database.dialect == "postgresql":
            another = Database(database_url, clock=market.clock, random=Random(2))
            databases.append(stack.enter_context(closing(another)))
        yield Crowd(databases)


def issue(market: Market, amount_minor: int, currency: str = "USD", **more: Any) -> tuple[pay.GiftCard, Secret]:
    return market.do(pay.issue_gift_card, market.cast.dana, pay.IssueCard(currency, amount_minor, **more))


def take(checkout: orders.Checkout, method: str = "tok_ok") -> orders.Place:
    return msgspec.structs.replace(wish_for(checkout, method), expected_due_minor=checkout.due_minor)


def left(market: Market, code: Secret) -> int:
    return market.see(pay.find_gift_card, code).available_minor


def test_several_cards_pay_in_their_order_and_the_processor_the_rest(market: Market) -> None:
    alice = market.cast.alice
    (first, one), (second, two) = issue(market, 1_000), issue(market, 3_000)
    market.fill(alice, {LAMP: 1, CUP: 1})
    for code in (one, two):
        view = market.do(orders.add_gift_card, alice, code)
    assert [card.used_minor for card in view.cards] == [1_000, 3_000]
    checkout = market.checkout(alice)
    total = PRICES[LAMP] + PRICES[CUP] + 2 * DELIVERY_MINOR
    assert (checkout.total_minor, checkout.gift_minor, checkout.due_minor) == (total, 4_000, total - 4_000)
    placed = market.do(orders.place, alice, take(checkout))
    assert (left(market, one), left(market, two)) == (0, 0)
    assert market.see(pay.find_gift_card, two).balance_minor == 3_000
    market.settle()
    order = market.order(alice, placed.order_id)
    assert (order.status, order.gift_minor) == (orders.OrderStatus.PAID, 4_000)
    assert market.see(pay.get_payment, Scope.system(), placed.payment_id).amount_minor == total - 4_000
    held = sum(market.see(_balance, accounts.escrow(seller.id, "USD")) for seller in order.sellers)
    assert held == total
    assert market.see(pay.find_gift_card, one).balance_minor == 0
    assert market.breaches() == []
    assert first.id != second.id


def test_a_declined_order_lets_the_card_go(market: Market) -> None:
    _, code = issue(market, 1_000)
    market.fill(market.cast.alice, {LAMP: 1})
    market.do(orders.add_gift_card, market.cast.alice, code)
    market.do(orders.place, market.cast.alice, take(market.checkout(market.cast.alice), "tok_decline"))
    assert left(market, code) == 0
    market.settle()
    assert left(market, code) == 1_000
    assert market.see(orders.view_cart, market.cast.alice).cards[0].used_minor == 1_000
    assert market.breaches() == []


def test_a_card_that_pays_everything_needs_no_processor_and_is_refunded_first(market: Market) -> None:
    _, code = issue(market, 10_000)
    market.fill(market.cast.alice, {LAMP: 1})
    market.do(orders.add_gift_card, market.cast.alice, code)
    placed = market.do(orders.place, market.cast.alice, take(market.checkout(market.cast.alice), ""))
    market.settle()
    assert market.order(market.cast.alice, placed.order_id).status is orders.OrderStatus.PAID
    market.do(orders.cancel_order, market.cast.alice, placed.order_id, "changed my mind")
    market.settle()
    assert left(market, code) == 10_000
    assert market.breaches() == []


def test_what_cannot_pay_is_refused_with_the_reason(market: Market) -> None:
    _, foreign = issue(market, 1_000, "EUR")
    _, old = issue(market, 1_000, expires_at=market.clock.now() + DAY)
    card, ended = issue(market, 1_000)
    market.do(pay.end_gift_card, market.cast.dana, card.id)
    market.fill(market.cast.alice, {LAMP: 1})
    market.clock.advance(2 * DAY)
    for code, why in ((foreign, "in EUR and your cart in USD"), (old, "expired on"), (ended, "was withdrawn")):
        with pytest.raises(Conflict, match=why):
            market.do(orders.add_gift_card, market.cast.alice, code)
    with pytest.raises(NotFound, match="There is no such gift card"):
        market.do(orders.add_gift_card, market.cast.alice, Secret("AAAA-BBBB-CCCC-DDDD"))
    with pytest.raises(NotAllowed):
        market.do(pay.issue_gift_card, market.cast.bruno, pay.IssueCard("USD", 1))


def test_what_is_left_on_an_expired_card_returns_to_the_market(market: Market) -> None:
    card, code = issue(market, 1_000, expires_at=market.clock.now() + DAY)
    market.clock.advance(DAY)
    market.do(pay.gift_cards.expire_gift_card, card.id)
    market.do(pay.gift_cards.expire_gift_card, card.id)
    found = market.see(pay.find_gift_card, code)
    assert (found.card.state, found.balance_minor) == ("expired", 0)
    assert market.see(_balance, accounts.gift_issued("USD")) == 0
    assert market.breaches() == []


def test_a_card_that_others_used_meanwhile_is_said_before_anything_is_charged(market: Market) -> None:
    _, code = issue(market, 3_000)
    for scope in (market.cast.alice, market.cast.chen):
        market.fill(scope, {CUP: 2})
        market.do(orders.add_gift_card, scope, code)
    wishes = {scope.actor: take(market.checkout(scope)) for scope in (market.cast.alice, market.cast.chen)}
    market.do(orders.place, market.cast.alice, wishes[market.cast.alice.actor])
    with pytest.raises(Conflict, match=r"You were shown \$0\.00 and it comes to|Nothing is left|You were shown"):
        market.do(orders.place, market.cast.chen, wishes[market.cast.chen.actor])
    assert market.breaches() == []


def test_one_card_in_many_checkouts_at_once_is_spent_once(market: Market, crowd: Crowd) -> None:
    for round_ in range(count(2, 20)):
        _, code = issue(market, PRICES[PLATE])
        ready = []
        for number in range(8):
            scope = Scope.guest(f"ses_{round_ * 100 + number:026d}")
            market.fill(scope, {PLATE: 1})
            market.do(orders.add_gift_card, scope, code)
            ready.append((scope, take(market.checkout(scope))))
        answers = crowd.at_once([lambda tx, s=s, w=w: orders.place(tx, s, w) for s, w in ready])
        assert sum(isinstance(each, orders.Placed) for each in answers) == 1
        assert all(isinstance(each, orders.Placed | Conflict) for each in answers)
        assert left(market, code) == 0
    settle(market.database, orders.reactions(KEY), market.tasks())
    assert market.breaches() == []


def _balance(snapshot: Any, account: ledger.Account) -> int:
    return ledger.balance_of(snapshot, account).balance
