"""What a payment's outcome, its absence and its lateness make of an order."""

import pytest

from entrepot import identity, ledger, orders, pay
from entrepot.kernel import MINUTE
from entrepot.kernel.testing import settle
from entrepot.pay.accounts import escrow
from tests.orders.market import CUP, KEY, LAMP, PLATE, Market, guest

CAPTURED = pay.Outcome("captured", "ch_1")
DECLINED = pay.Outcome("declined", "ch_1", "The card was declined.")


def test_a_captured_payment_makes_the_order_paid_and_lies_in_escrow(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1, CUP: 2})
    market.settle()
    order = market.order(market.cast.alice, placed.order_id)
    assert (order.status, order.stage, order.paid_at) == ("paid", "paid", market.clock.now())
    assert order.payment is not None
    assert order.payment.state == "captured"
    for seller in order.sellers:
        assert seller.status == "paid"
        assert escrow_of(market, seller) == seller.total_minor
        assert seller.custody == orders.Custody(orders.Holder.ESCROW, seller.total_minor, None, orders.Holder.MERCHANT)
    assert market.see(orders.get_order_status, market.cast.alice, order.id) == "paid"
    assert market.breaches() == []


def test_a_declined_payment_frees_the_stock_and_opens_the_cart_again(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3, CUP: 1}, "tok_decline")
    market.settle()
    order = market.order(alice, placed.order_id)
    assert (order.status, order.stage, order.reopened_cart) == ("payment_failed", "payment_failed", True)
    assert order.failure
    assert {seller.status for seller in order.sellers} == {"cancelled"}
    assert {seller.custody.holder for seller in order.sellers} == {orders.Holder.BUYER}
    assert market.left(LAMP) == 10
    assert market.breaches() == []
    view = market.see(orders.view_cart, alice)
    assert (view.id, view.quantity) == (placed.cart_id, 4)
    again = market.place(alice)
    market.settle()
    assert again.order_id != placed.order_id
    assert market.order(alice, again.order_id).status == "paid"
    assert not market.order(alice, placed.order_id).reopened_cart
    assert market.breaches() == []


def test_the_same_checkout_may_be_placed_again_after_a_decline(market: Market) -> None:
    alice = market.cast.alice
    market.fill(alice, {LAMP: 1})
    checkout = market.checkout(alice)
    for method, status in (("tok_decline", "payment_failed"), ("tok_ok", "paid")):
        wish = orders.Place(checkout.quote_ids, method, checkout.total_minor)
        placed = market.do(orders.place, alice, wish)
        market.settle()
        assert market.order(alice, placed.order_id).status == status


def test_lines_of_a_failed_order_join_a_cart_that_was_begun_meanwhile(market: Market) -> None:
    alice = market.cast.alice
    market.buy(alice, {LAMP: 3, CUP: 1}, "tok_decline")
    market.fill(alice, {CUP: 2, PLATE: 1})
    market.settle()
    view = market.see(orders.view_cart, alice)
    quantities = {line.title: line.quantity for group in view.groups for line in group.lines}
    assert quantities == {"A fine lamp": 3, "A fine cup": 2, "A fine plate": 1}


def test_an_order_that_nobody_paid_expires_after_its_minutes(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3}, "tok_webhook_only")
    market.clock.advance(30 * MINUTE - 1)
    market.do(orders.expire_if_due, placed.order_id)
    assert market.order(alice, placed.order_id).status == "awaiting_payment"
    market.clock.advance(1)
    market.do(orders.expire_if_due, placed.order_id)
    order = market.order(alice, placed.order_id)
    assert (order.status, order.ended_at, order.reopened_cart) == ("expired", market.clock.now(), True)
    assert market.left(LAMP) == 10
    assert market.see(orders.view_cart, alice).quantity == 3
    assert market.see(pay.get_payment, alice, placed.payment_id).state == "abandoned"
    assert market.breaches() == []


def test_the_schedule_expires_every_order_that_is_due(market: Market) -> None:
    placed = [market.buy(market.cast.alice, {LAMP: 1}) for _ in range(3)]
    market.clock.advance(31 * MINUTE)
    late = market.buy(market.cast.alice, {LAMP: 1})
    market.do(lambda tx: tx.enqueue("orders.expire", orders.SCHEDULE[0].body))
    settle(market.database, orders.reactions(KEY), orders.TASKS)
    statuses = [market.order(market.cast.alice, each.order_id).status for each in (*placed, late)]
    assert statuses == ["expired"] * 3 + ["awaiting_payment"]
    assert market.breaches() == []


def test_money_for_an_expired_order_goes_back(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3})
    market.clock.advance(30 * MINUTE)
    market.do(orders.expire_if_due, placed.order_id)
    assert market.do(pay.record_outcome, placed.payment_id, CAPTURED).state == "captured_late"
    market.do(lambda tx: None)
    settle(market.database, orders.reactions(KEY))
    assert market.order(alice, placed.order_id).status == "expired"
    (refund,) = market.see(pay.list_refunds, [placed.payment_id])[placed.payment_id]
    assert refund.amount_minor == placed.total_minor
    assert market.breaches() == []


def test_money_that_came_before_the_expiry_ran_wins(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.clock.advance(30 * MINUTE)
    market.do(pay.record_outcome, placed.payment_id, CAPTURED)
    market.do(orders.expire_if_due, placed.order_id)
    market.settle()
    assert market.order(market.cast.alice, placed.order_id).status == "paid"
    assert market.left(LAMP) == 7
    assert market.breaches() == []


def test_a_decline_that_is_heard_after_the_expiry_changes_nothing(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.do(pay.record_outcome, placed.payment_id, DECLINED)
    market.clock.advance(30 * MINUTE)
    market.do(orders.expire_if_due, placed.order_id)
    market.settle()
    assert market.order(market.cast.alice, placed.order_id).status == "expired"
    assert market.breaches() == []


@pytest.mark.parametrize("outcome", [CAPTURED, DECLINED])
def test_the_same_word_of_a_payment_again_changes_nothing(market: Market, outcome: pay.Outcome) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3})
    for _ in range(3):
        market.do(pay.record_outcome, placed.payment_id, outcome)
        settle(market.database, orders.reactions(KEY))
    order = market.order(alice, placed.order_id)
    market.do(orders.order_paid, placed.order_id, placed.payment_id)
    market.do(orders.order_declined, placed.order_id, placed.payment_id, "again")
    assert market.order(alice, placed.order_id) == order
    assert market.breaches() == []


def test_the_buyer_and_the_merchants_are_told(market: Market) -> None:
    market.buy(market.cast.alice, {LAMP: 1, CUP: 2})
    market.settle()
    assert [notice.kind for notice in market.see(identity.list_notices, market.cast.alice)] == ["orders.paid"]
    (notice,) = [each for each in market.see(identity.list_notices, market.bea) if each.kind == "orders.to_send"]
    assert "Pieces: 2. Total: $24.02." in notice.text
    texts = [each.text for each in market.see(identity.list_notices, market.bea, "zh")]
    assert any("共 2 件" in text for text in texts)


def test_a_guest_is_told_by_mail_with_a_link_that_opens_the_order(market: Market) -> None:
    somebody = guest(market.database)
    placed = market.buy(somebody, {LAMP: 1})
    market.settle()
    link = orders.link_to(KEY, placed.order_id, somebody.actor)
    token = link.partition("?token=")[2]
    order_id, scope = market.see(orders.follow_link, KEY, token)
    assert market.see(orders.get_order, scope, order_id) == market.order(somebody, placed.order_id)


def escrow_of(market: Market, seller: orders.SellerOrderView) -> int:
    return market.see(ledger.balance_of, escrow(seller.id, seller.currency)).balance
