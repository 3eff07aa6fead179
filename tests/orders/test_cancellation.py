"""Undoing before it is sent: whose right it is, what becomes of stock and money, and what the other parts do."""

import pytest

from entrepot import identity, orders, pay
from entrepot.kernel import Conflict, Invalid, NotFound
from entrepot.kernel.testing import settle
from tests.orders.market import CUP, KEY, LAMP, Market

CAPTURED = pay.Outcome("captured", "ch_1")
WHY = "Bought the wrong one"


def test_a_paid_part_is_refunded_whole_and_the_others_go_on(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3, CUP: 1})
    market.settle()
    lamps, cups = placed.seller_order_ids
    standing = market.do(orders.cancel, alice, lamps, WHY)
    assert standing.status == "cancelled"
    assert standing.refund_id is not None
    assert market.left(LAMP) == 10
    order = market.order(alice, placed.order_id)
    assert (order.status, order.stage) == ("paid", "paid")
    cancelled, living = order.sellers
    assert (cancelled.status, cancelled.cancelled_by, cancelled.cancel_reason) == ("cancelled", "buyer", WHY)
    assert (cancelled.custody.holder, cancelled.custody.then) == (orders.Holder.PROCESSOR, orders.Holder.BUYER)
    assert living.status == "paid"
    assert market.breaches() == []
    market.settle()
    cancelled = market.order(alice, placed.order_id).sellers[0]
    assert cancelled.refunded_at == market.clock.now()
    assert cancelled.custody.holder == orders.Holder.BUYER
    (refund,) = market.see(pay.list_refunds, [placed.payment_id])[placed.payment_id]
    assert (refund.amount_minor, refund.state) == (cancelled.total_minor, "paid")
    market.do(orders.ship, market.bea, cups, orders.Shipment("Quick Post", "1"))
    market.do(orders.confirm_receipt, alice, cups)
    assert market.order(alice, placed.order_id).stage == "completed"
    assert market.breaches() == []


@pytest.mark.parametrize(("who", "by"), [("bruno", "merchant"), ("dana", "operator"), ("alice", "buyer")])
def test_buyer_merchant_and_operator_may_cancel(market: Market, who: str, by: str) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    market.do(orders.cancel, getattr(market.cast, who), seller_id, WHY)
    order = market.order(market.cast.alice, placed.order_id)
    assert (order.sellers[0].cancelled_by, order.stage) == (by, "cancelled")
    market.settle()
    told = {"alice": market.cast.alice, "bruno": market.cast.bruno}
    kinds = {name: {notice.kind for notice in market.see(identity.list_notices, scope)} for name, scope in told.items()}
    assert ("orders.cancelled" in kinds["alice"]) == (by != "buyer")
    assert ("orders.called_off" in kinds["bruno"]) == (by != "merchant")


def test_strangers_do_not_find_it(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    for scope in (market.cast.chen, market.bea, identity.Scope.public()):
        with pytest.raises(NotFound):
            market.do(orders.cancel, scope, placed.seller_order_ids[0], WHY)
        with pytest.raises(NotFound):
            market.do(orders.cancel_order, scope, placed.order_id, WHY)
    with pytest.raises(NotFound):
        market.do(orders.cancel_order, market.cast.bruno, placed.order_id, WHY)
    with pytest.raises(NotFound):
        market.do(orders.cancel, market.cast.alice, "sor_unknown", WHY)


def test_what_was_sent_is_not_cancelled(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    market.do(orders.ship, market.cast.bruno, seller_id, orders.Shipment("Quick Post", "1"))
    for verb, target in ((orders.cancel, seller_id), (orders.cancel_order, placed.order_id)):
        with pytest.raises(Conflict, match="sent"):
            market.do(verb, market.cast.alice, target, WHY)
    assert market.breaches() == []


def test_cancelling_again_changes_nothing(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    first = market.do(orders.cancel, market.cast.alice, seller_id, WHY)
    assert market.do(orders.cancel, market.cast.bruno, seller_id, "Out of stock") == first
    assert market.left(LAMP) == 10
    assert len(market.see(pay.list_refunds, [placed.payment_id])[placed.payment_id]) == 1
    with pytest.raises(Conflict, match="sent or cancelled already"):
        market.do(orders.cancel_order, market.cast.alice, placed.order_id, WHY)


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501])
def test_a_reason_is_said_in_a_sentence_or_two(market: Market, reason: str) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    with pytest.raises(Invalid) as refusal:
        market.do(orders.cancel, market.cast.alice, placed.seller_order_ids[0], reason)
    assert set(refusal.value.fields) == {"reason"}


def test_an_unpaid_order_is_given_up_with_its_last_part(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3, CUP: 1})
    lamps, cups = placed.seller_order_ids
    market.do(orders.cancel, alice, lamps, WHY)
    assert market.order(alice, placed.order_id).status == "awaiting_payment"
    market.do(orders.cancel, alice, cups, WHY)
    order = market.order(alice, placed.order_id)
    assert (order.status, order.stage) == ("cancelled", "cancelled")
    assert market.see(pay.get_payment, alice, placed.payment_id).state == "abandoned"
    assert market.breaches() == []
    market.settle()
    assert market.order(alice, placed.order_id) == order
    assert market.breaches() == []


def test_the_share_of_a_part_cancelled_while_the_payment_was_under_way_goes_back(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3, CUP: 1})
    lamps, _ = placed.seller_order_ids
    assert market.do(orders.cancel, alice, lamps, WHY).refund_id is None
    market.settle()
    order = market.order(alice, placed.order_id)
    assert order.status == "paid"
    assert [seller.status for seller in order.sellers] == ["cancelled", "paid"]
    assert order.sellers[0].refunded_at is not None
    assert market.breaches() == []


def test_cancelling_everything_just_after_the_money_came_sends_it_all_back(market: Market) -> None:
    """The processor has spoken, the order has not heard of it yet."""
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3, CUP: 1})
    market.do(pay.record_outcome, placed.payment_id, CAPTURED)
    market.do(orders.cancel_order, alice, placed.order_id, WHY)
    assert market.breaches() == []
    settle(market.database, orders.reactions(KEY))
    order = market.order(alice, placed.order_id)
    assert (order.status, order.stage) == ("paid", "cancelled")
    assert {seller.custody.holder for seller in order.sellers} == {orders.Holder.PROCESSOR}
    refunds = market.see(pay.list_refunds, [placed.payment_id])[placed.payment_id]
    assert sum(refund.amount_minor for refund in refunds) == placed.total_minor
    assert market.breaches() == []


def test_a_whole_order_is_cancelled_at_once(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 3, CUP: 1})
    market.settle()
    standings = market.do(orders.cancel_order, alice, placed.order_id, WHY)
    assert [standing.seller_order_id for standing in standings] == sorted(placed.seller_order_ids)
    market.settle()
    order = market.order(alice, placed.order_id)
    assert order.stage == "cancelled"
    assert all(seller.refunded_at for seller in order.sellers)
    assert market.breaches() == []
