"""Who may do what after a sale: strangers find nothing, and neither side acts for the other."""

from collections.abc import Callable

import pytest

from entrepot import orders, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, Conflict, Invalid, NotFound
from tests.orders.market import BULB, LAMP, PRICES, Market
from tests.orders.test_afterwards import REASON, ask, completed, delivered, dispute, seen

Act = Callable[[Market, Scope], object]


def refuse(market: Market, act: Act, *scopes: Scope) -> None:
    for scope in scopes:
        with pytest.raises(NotFound):
            act(market, scope)


def test_a_return_is_its_buyers_to_send_and_its_merchants_to_answer(market: Market) -> None:
    seller = delivered(market, {LAMP: 3})
    line = seller.lines[0].id
    alice, chen, bruno, bea = market.cast.alice, market.cast.chen, market.cast.bruno, market.bea
    refuse(market, lambda m, s: m.do(orders.ask_return, s, seller.id, REASON.WRONG_SIZE, {line: 1}, "Small"),
           chen, bea, bruno)  # fmt: skip
    return_id = ask(market, seller, number=2)
    refuse(market, lambda m, s: m.do(orders.answer_return, s, return_id, True), alice, chen, bea)
    refuse(market, lambda m, s: m.do(orders.withdraw_return, s, return_id), chen, bea, bruno)
    refuse(market, lambda m, s: m.see(orders.get_return, s, return_id), chen, bea)
    market.do(orders.answer_return, bruno, return_id, True)
    refuse(market, lambda m, s: m.do(orders.send_return, s, return_id), chen, bea, bruno)
    market.do(orders.send_return, alice, return_id)
    found = orders.Inspection({line: 2}, {line: 2})
    refuse(market, lambda m, s: m.do(orders.inspect_return, s, return_id, found), alice, chen, bea)
    refuse(market, lambda m, s: m.see(orders.preview_return, s, return_id), alice, chen, bea)
    for wrong in (orders.Inspection({line: 3}, {}), orders.Inspection({line: -1}, {}),
                  orders.Inspection({line: 1}, {line: 2}), orders.Inspection({line: 1}, {line: -1})):  # fmt: skip
        with pytest.raises(Invalid):
            market.do(orders.inspect_return, bruno, return_id, wrong)
    with pytest.raises(NotFound):
        market.do(orders.inspect_return, bruno, return_id, orders.Inspection({line: 1, "oln_other": 0}, {}))
    assert seen(market, seller.id).refunded_minor == 0
    market.do(orders.inspect_return, bruno, return_id, found)
    assert seen(market, seller.id).refunded_minor > 0


def test_a_dispute_is_conceded_by_its_merchant_withdrawn_by_its_buyer_and_decided_by_the_operator(
    market: Market,
) -> None:
    seller = delivered(market, {LAMP: 1})
    alice, chen, bruno, bea, dana = (
        market.cast.alice, market.cast.chen, market.cast.bruno, market.bea, market.cast.dana,
    )  # fmt: skip
    what = orders.DisputeKind.NOT_AS_DESCRIBED
    refuse(market, lambda m, s: m.do(orders.open_dispute, s, seller.id, what, "Dark"), chen, bea, bruno)
    dispute_id = dispute(market, seller)
    verdict = orders.Verdict(whole=True)
    refuse(market, lambda m, s: m.do(orders.add_evidence, s, dispute_id, "So it is"), chen, bea)
    refuse(market, lambda m, s: m.do(orders.concede, s, dispute_id), alice, chen, bea)
    refuse(market, lambda m, s: m.do(orders.withdraw_dispute, s, dispute_id), bruno, chen, bea)
    refuse(market, lambda m, s: m.do(orders.decide, s, dispute_id, verdict, "So"), alice, bruno, chen, bea)
    refuse(market, lambda m, s: m.see(orders.preview_dispute, s, dispute_id), alice, chen, bea)
    with pytest.raises(NotFound):
        market.see(orders.preview_dispute, dana, "dsp_none")
    for scope in (bruno, dana):
        assert market.see(orders.preview_dispute, scope, dispute_id).to_buyer_minor == seller.total_minor
    with pytest.raises(Conflict, match="still has time"):
        market.do(orders.decide, dana, dispute_id, verdict, "So")
    assert seen(market, seller.id).refunded_minor == 0


def paid_back_on_its_way(market: Market) -> str:
    """A seller order that was sent, and paid back whole before it arrived."""
    placed = market.buy(market.cast.alice, {LAMP: 1})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    market.do(orders.ship, market.cast.bruno, seller_id, orders.Shipment("Quick Post", "1"))
    seller = seen(market, seller_id)
    whole = orders.RefundWish(pieces={seller.lines[0].id: 1}, shipping_minor=seller.shipping_minor)
    market.do(orders.refund, market.cast.bruno, seller_id, whole, "Lost, I fear")
    market.settle()
    return seller_id


def test_what_was_paid_back_whole_on_its_way_is_complete_and_not_disputed(market: Market) -> None:
    seller_id = paid_back_on_its_way(market)
    market.clock.advance(120 * DAY)
    market.run_task("orders.due_disputes")
    now = seen(market, seller_id)
    assert (now.status, now.disputes) == ("completed", ())
    assert market.breaches() == []


def test_what_was_never_sent_can_only_be_said_not_to_have_come(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    market.clock.advance_to(seen(market, seller_id).arrives_by)
    kinds = orders.DisputeKind
    with pytest.raises(Conflict, match="not sent yet"):
        market.do(orders.open_dispute, market.cast.alice, seller_id, kinds.NOT_AS_DESCRIBED, "Dark")
    opened = market.do(orders.open_dispute, market.cast.alice, seller_id, kinds.NOT_ARRIVED, "Where is it?")
    assert opened.kind == kinds.NOT_ARRIVED


def test_a_verdict_is_shown_to_take_what_the_dispute_keeps(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    dispute_id = dispute(market, seller)
    shown = market.see(orders.preview_dispute, market.cast.dana, dispute_id, orders.Verdict(whole=True))
    sources = (shown.sources.payable_minor, shown.sources.reserve_minor, shown.sources.receivable_minor)
    assert sources == (shown.legs.seller_minor, 0, 0)
    market.do(orders.concede, market.cast.bruno, dispute_id)
    assert seen(market, seller.id).refunded_minor == seller.total_minor
    assert market.breaches() == []


def test_pieces_that_are_cancelled_go_back_to_the_shelf_and_their_money_to_the_buyer(market: Market) -> None:
    left = market.left(LAMP)
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    line = seen(market, seller_id).lines[0]
    market.do(orders.cancel, market.cast.alice, seller_id, "Two are enough", {line.id: 1})
    market.settle()
    now = seen(market, seller_id)
    assert (now.refunded_minor, now.lines[0].left, now.status) == (line.price_minor, 2, "paid")
    assert market.left(LAMP) == (left or 0) - 2
    payment = market.order(market.cast.alice, placed.order_id).payment
    assert payment is not None
    [row] = market.see(pay.list_refunds, [payment.id])[payment.id]
    assert (row.state, row.amount_minor) == ("paid", line.price_minor)
    assert market.breaches() == []


def test_the_days_to_dispute_end_to_the_microsecond(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    kind = orders.DisputeKind.NOT_AS_DESCRIBED
    since = seller.delivered_at or 0
    market.clock.advance_to(since + orders.Settings().dispute_days * DAY)
    with pytest.raises(Conflict, match="are over"):
        market.do(orders.open_dispute, market.cast.alice, seller.id, kind, "Dark")
    other = completed(market, {LAMP: 1})
    market.clock.advance_to((other.delivered_at or 0) + orders.Settings().dispute_days * DAY - 1)
    assert market.do(orders.open_dispute, market.cast.alice, other.id, kind, "Dark").seller_order_id == other.id


def test_a_lost_parcel_of_what_was_paid_back_is_no_dispute(market: Market) -> None:
    seller_id = paid_back_on_its_way(market)
    market.do(orders.disputes.open_for_lost, seller_id, "It was lost")
    assert seen(market, seller_id).disputes == ()


def test_what_a_bank_took_is_with_the_buyer_at_once(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    for state in ("opened", "lost"):
        market.bank_says(payment.id, state, payment.amount_minor)
        market.settle()
    assert seen(market, seller.id).refunded_minor == seller.total_minor
    assert market.see(orders.list_unpaid_refunds, market.cast.dana) == []


def test_every_piece_that_was_sent_can_be_paid_back_while_another_line_waits(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 2, BULB: 1})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    lamps, bulbs = (line.id for line in seen(market, seller_id).lines)
    shipment = orders.Shipment("Quick Post", "1", {lamps: 2})
    market.do(orders.ship, market.cast.bruno, seller_id, shipment)
    for wrong in ({bulbs: 1}, {lamps: 3}):
        with pytest.raises(Conflict):
            market.do(orders.refund, market.cast.bruno, seller_id, orders.RefundWish(pieces=wrong), "Sorry")
    market.do(orders.refund, market.cast.bruno, seller_id, orders.RefundWish(pieces={lamps: 2}), "Sorry")
    with pytest.raises(Conflict):
        market.do(orders.refund, market.cast.bruno, seller_id, orders.RefundWish(pieces={lamps: 1}), "Sorry")
    assert seen(market, seller_id).refunded_minor == 2 * PRICES[LAMP]
    assert market.breaches() == []
