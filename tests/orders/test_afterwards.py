"""Refunds, returns and disputes: what each side may do and when, what the clock decides, and whose money it is."""

import pytest

from entrepot import catalog, ledger, orders, pay
from entrepot.kernel import DAY, Conflict, Invalid, NotFound
from entrepot.pay import accounts
from tests.orders.market import BULB, CUP, DELIVERY_MINOR, LAMP, PRICES, Market
from tests.pay.purchases import chargebacks_of

KIND, OUTCOME, REASON = orders.DisputeKind, orders.DisputeOutcome, orders.ReturnReason
DISPUTE, RETURN = orders.DisputeStatus, orders.ReturnStatus


def delivered(market: Market, wanted: dict[str, int]) -> orders.SellerOrderView:
    """One merchant's goods at Alice's door."""
    placed = market.buy(market.cast.alice, wanted)
    market.settle()
    (seller_id,) = placed.seller_order_ids
    name = next(iter(wanted))
    market.do(orders.ship, market.merchant_of(name), seller_id, orders.Shipment("Quick Post", "1"))
    market.arrive(seller_id)
    return seen(market, seller_id)


def completed(market: Market, wanted: dict[str, int]) -> orders.SellerOrderView:
    seller = delivered(market, wanted)
    market.do(orders.confirm_receipt, market.cast.alice, seller.id)
    return seen(market, seller.id)


def seen(market: Market, seller_id: str) -> orders.SellerOrderView:
    return market.see(orders.get_seller_order, market.cast.alice, seller_id)


def payable(market: Market) -> int:
    return market.see(ledger.balance_of, accounts.payable(str(market.cast.bruno.organisation), "USD")).available


# --- refunds of goodwill


def test_a_merchant_gives_back_an_amount_a_piece_or_the_delivery_and_sees_before_who_bears_it(market: Market) -> None:
    seller = delivered(market, {LAMP: 2, BULB: 3})
    lamps = seller.lines[0].id
    wish = orders.RefundWish(amounts={lamps: 1_000}, shipping_minor=90)
    preview = market.see(orders.preview_refund, market.cast.bruno, seller.id, wish)
    assert preview.to_buyer_minor == 1_090
    assert preview.legs.commission_minor == 125
    assert preview.sources == pay.RefundSources(escrow_minor=1_090 - 125)
    given = market.do(orders.refund, market.cast.bruno, seller.id, wish, "A scratch")
    assert given.to_buyer_minor == 1_090
    market.settle()
    now = seen(market, seller.id)
    assert (now.refunded_minor, now.refunds[0].paid_at is not None) == (1_090, True)
    assert market.breaches() == []
    market.do(orders.confirm_receipt, market.cast.alice, seller.id)
    assert market.breaches() == []


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (orders.RefundWish(), Invalid),
        (orders.RefundWish(shipping_minor=DELIVERY_MINOR + 1), Conflict),
        (orders.RefundWish(shipping_minor=-1), Invalid),
        (orders.RefundWish(amounts={"oln_other": 1}), NotFound),
        (orders.RefundWish(pieces={"shipping": 1}), NotFound),
    ],
)
def test_what_cannot_be_given_back_is_refused(
    market: Market, wish: orders.RefundWish, refusal: type[Exception]
) -> None:
    seller = delivered(market, {LAMP: 1})
    with pytest.raises(refusal):
        market.do(orders.refund, market.cast.bruno, seller.id, wish, "Sorry")
    assert market.breaches() == []


def test_only_the_merchant_and_the_operator_give_back(market: Market) -> None:
    seller = delivered(market, {LAMP: 1})
    for scope in (market.cast.alice, market.bea):
        with pytest.raises(NotFound):
            market.do(orders.refund, scope, seller.id, orders.RefundWish(shipping_minor=1), "Mine")
        with pytest.raises(NotFound):
            market.see(orders.preview_refund, scope, seller.id, orders.RefundWish(shipping_minor=1))


def test_after_the_settlement_it_comes_from_the_payable_then_is_owed_and_later_sales_pay_it(market: Market) -> None:
    seller = completed(market, {LAMP: 2})
    before = payable(market)
    market.do(orders.refund, market.cast.bruno, seller.id, orders.RefundWish({seller.lines[0].id: 1}), "Broken")
    assert payable(market) == before - (PRICES[LAMP] - 625)
    market.do(pay.request_payouts, market.cast.dana, 1)
    market.settle()
    assert payable(market) == 0
    wish = orders.RefundWish({seller.lines[0].id: 1})
    preview = market.see(orders.preview_refund, market.cast.bruno, seller.id, wish)
    assert preview.sources == pay.RefundSources(receivable_minor=preview.legs.seller_minor)
    market.do(orders.refund, market.cast.bruno, seller.id, wish, "Broken too")
    assert market.breaches() == []
    completed(market, {LAMP: 1})
    assert payable(market) == PRICES[LAMP] - 625 + DELIVERY_MINOR - preview.legs.seller_minor
    market.settle()
    assert market.breaches() == []


# --- returns


def ask(market: Market, seller: orders.SellerOrderView, reason: REASON = REASON.WRONG_SIZE, number: int = 1) -> str:
    pieces = {seller.lines[0].id: number}
    return market.do(orders.ask_return, market.cast.alice, seller.id, reason, pieces, "Too small").id


def test_a_return_from_the_question_to_the_money_and_the_shelf(market: Market) -> None:
    seller = delivered(market, {LAMP: 3})
    line = seller.lines[0].id
    return_id = ask(market, seller, number=2)
    market.do(orders.answer_return, market.cast.bruno, return_id, True)
    market.do(orders.send_return, market.cast.alice, return_id)
    market.clock.advance(3 * DAY)
    market.settle()
    found = orders.Inspection({line: 2}, {line: 1})
    left = market.left(LAMP)
    market.do(orders.inspect_return, market.cast.bruno, return_id, found)
    with pytest.raises(Conflict, match="paid back already"):
        market.do(orders.inspect_return, market.cast.bruno, return_id, found)
    market.settle()
    assert market.left(LAMP) == (left or 0) + 1
    now = seen(market, seller.id)
    assert now.refunded_minor == 2 * PRICES[LAMP]
    assert [(each.status, each.lines[0].accepted, each.lines[0].restocked) for each in now.returns] == [
        (RETURN.REFUNDED, 2, 1)
    ]
    assert market.breaches() == []


def test_all_of_it_back_for_the_merchants_fault_gives_the_delivery_back_too_and_for_a_change_of_mind_not(
    market: Market,
) -> None:
    for reason, delivery in ((REASON.DAMAGED, DELIVERY_MINOR), (REASON.CHANGED_MIND, 0)):
        seller = delivered(market, {CUP: 2})
        return_id = ask(market, seller, reason, 2)
        market.do(orders.answer_return, market.bea, return_id, True, "", orders.Label.BUYER)
        market.do(orders.send_return, market.cast.alice, return_id, "Quick Post", "7")
        preview = market.see(orders.preview_return, market.bea, return_id)
        market.do(orders.inspect_return, market.bea, return_id, orders.Inspection({seller.lines[0].id: 2}))
        assert seen(market, seller.id).refunded_minor == 2 * PRICES[CUP] + delivery == preview.to_buyer_minor
    market.settle()
    assert market.breaches() == []


def test_some_or_none_of_what_came_back_is_accepted_with_a_reason(market: Market) -> None:
    seller = delivered(market, {LAMP: 3})
    line = seller.lines[0].id
    for accepted, status in ((1, RETURN.REFUNDED), (0, RETURN.DECLINED)):
        return_id = ask(market, seller, number=1 + accepted)
        market.do(orders.answer_return, market.cast.bruno, return_id, True)
        market.do(orders.send_return, market.cast.alice, return_id)
        with pytest.raises(Invalid, match="what is wrong"):
            market.do(orders.inspect_return, market.cast.bruno, return_id, orders.Inspection({line: accepted}))
        found = orders.Inspection({line: accepted}, finding="Worn")
        assert market.do(orders.inspect_return, market.cast.bruno, return_id, found).status == status
    assert seen(market, seller.id).refunded_minor == PRICES[LAMP]
    market.settle()
    assert market.breaches() == []


def test_what_is_not_paid_back_is_not_sold_again(market: Market) -> None:
    seller = delivered(market, {LAMP: 2})
    line = seller.lines[0].id
    return_id = ask(market, seller, number=2)
    market.do(orders.answer_return, market.cast.bruno, return_id, True)
    market.do(orders.send_return, market.cast.alice, return_id)
    for accepted in (0, 1):
        found = orders.Inspection({line: accepted}, {line: accepted + 1}, "Worn")
        with pytest.raises(Invalid, match="pay back"):
            market.do(orders.inspect_return, market.cast.bruno, return_id, found)
    assert market.breaches() == []


def test_what_is_missing_is_paid_back_without_a_parcel(market: Market) -> None:
    seller = completed(market, {LAMP: 2})
    return_id = ask(market, seller, REASON.MISSING)
    assert market.do(orders.answer_return, market.cast.bruno, return_id, True).status == RETURN.REFUNDED
    market.settle()
    assert seen(market, seller.id).refunded_minor == PRICES[LAMP]
    assert market.breaches() == []


def test_nobody_sends_back_more_than_they_have_or_too_late(market: Market) -> None:
    seller = delivered(market, {LAMP: 2})
    ask(market, seller, number=2)
    with pytest.raises(Conflict, match="Only 0"):
        ask(market, seller)
    with pytest.raises(NotFound):
        market.do(orders.ask_return, market.bea, seller.id, REASON.DAMAGED, {seller.lines[0].id: 1})
    another = delivered(market, {LAMP: 1})
    market.clock.advance(15 * DAY)
    with pytest.raises(Conflict, match="14 days"):
        ask(market, another)


def test_the_clock_answers_a_return_lets_it_lapse_and_pays_back_what_nobody_looked_at(market: Market) -> None:
    first, second = delivered(market, {LAMP: 1}), delivered(market, {LAMP: 1})
    sent, unsent = ask(market, first), ask(market, second)
    market.clock.advance(4 * DAY)
    market.run_task("orders.due_returns")
    market.do(orders.send_return, market.cast.alice, sent)
    market.settle()
    for _ in range(8):
        market.clock.advance(8 * DAY)
        market.run_task("orders.due_returns")
    states = {seen(market, each.id).returns[0].id: seen(market, each.id).returns[0].status for each in (first, second)}
    assert states == {sent: RETURN.REFUNDED, unsent: RETURN.LAPSED}
    market.run_task("orders.auto_confirm")
    assert market.breaches() == []


def test_money_waits_while_a_return_is_open(market: Market) -> None:
    seller = delivered(market, {LAMP: 1})
    return_id = ask(market, seller)
    market.clock.advance(8 * DAY)
    market.run_task("orders.auto_confirm")
    assert seen(market, seller.id).status == "delivered"
    with pytest.raises(Conflict, match="send something"):
        market.do(orders.confirm_receipt, market.cast.alice, seller.id)
    market.do(orders.withdraw_return, market.cast.alice, return_id)
    market.run_task("orders.auto_confirm")
    assert seen(market, seller.id).status == "completed"


# --- disputes


def dispute(market: Market, seller: orders.SellerOrderView, asked_minor: int | None = None) -> str:
    reason = "It does not shine"
    return market.do(orders.open_dispute, market.cast.alice, seller.id, KIND.NOT_AS_DESCRIBED, reason, asked_minor).id


def test_a_dispute_stops_the_clock_and_the_days_run_on_when_it_is_dismissed(market: Market) -> None:
    seller = delivered(market, {LAMP: 1})
    market.clock.advance(5 * DAY)
    dispute_id = dispute(market, seller)
    market.clock.advance(10 * DAY)
    market.run_task("orders.auto_confirm")
    market.run_task("orders.due_disputes")
    assert seen(market, seller.id).status == "delivered"
    with pytest.raises(Conflict, match="disputed"):
        market.do(orders.confirm_receipt, market.cast.alice, seller.id)
    market.do(orders.decide, market.cast.dana, dispute_id, orders.Verdict(), "It shines")
    market.run_task("orders.auto_confirm")
    now = seen(market, seller.id)
    assert now.status == "delivered"
    assert now.confirm_by == market.clock.now() + 2 * DAY
    market.clock.advance(2 * DAY)
    market.run_task("orders.auto_confirm")
    assert seen(market, seller.id).status == "completed"
    assert market.breaches() == []


@pytest.mark.parametrize("settled", [False, True])
def test_the_operator_gives_back_a_part_or_all_wherever_the_money_is(market: Market, settled: bool) -> None:
    make = completed if settled else delivered
    for verdict, outcome in (
        (orders.Verdict(whole=True), OUTCOME.REFUNDED),
        (orders.Verdict(amount_minor=1_234), OUTCOME.PARTLY),
        (orders.Verdict(), OUTCOME.DISMISSED),
    ):
        seller = make(market, {LAMP: 1, BULB: 1})
        dispute_id = dispute(market, seller)
        market.do(orders.add_evidence, market.cast.bruno, dispute_id, "It did when it left")
        decided = market.do(orders.decide, market.cast.dana, dispute_id, verdict, "We have looked")
        assert decided.outcome == outcome
        back = {OUTCOME.REFUNDED: seller.total_minor, OUTCOME.PARTLY: 1_234}.get(outcome, 0)
        market.settle()
        assert seen(market, seller.id).refunded_minor == back
        assert market.breaches() == []


def test_what_is_due_is_set_apart_and_no_payout_takes_it(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    dispute_id = dispute(market, seller)
    market.do(pay.request_payouts, market.cast.dana, 1)
    market.settle()
    assert market.breaches() == []
    market.do(orders.concede, market.cast.bruno, dispute_id)
    market.settle()
    now = seen(market, seller.id)
    assert (now.disputes[0].outcome, now.refunded_minor) == (OUTCOME.CONCEDED, now.total_minor)
    owed = accounts.receivable(str(market.cast.bruno.organisation), "USD")
    assert market.see(ledger.balance_of, owed).balance == 0
    assert market.breaches() == []


def test_nobody_talks_the_other_side_out_of_a_dispute(market: Market) -> None:
    dispute_id = dispute(market, delivered(market, {LAMP: 1}))
    for number in range(49):  # beside what opened it
        market.do(orders.add_evidence, market.cast.alice, dispute_id, f"Word {number}")
    with pytest.raises(Conflict, match="enough"):
        market.do(orders.add_evidence, market.cast.alice, dispute_id, "One more")
    assert market.do(orders.add_evidence, market.cast.bruno, dispute_id, "It was whole").text == "It was whole"


def test_a_merchant_has_days_to_answer_and_the_operator_decides_then(market: Market) -> None:
    seller = delivered(market, {LAMP: 1})
    dispute_id = dispute(market, seller)
    with pytest.raises(Conflict, match="still has time"):
        market.do(orders.decide, market.cast.dana, dispute_id, orders.Verdict(whole=True), "Now")
    with pytest.raises(NotFound):
        market.do(orders.decide, market.cast.bruno, dispute_id, orders.Verdict(), "Mine")
    with pytest.raises(NotFound):
        market.do(orders.add_evidence, market.bea, dispute_id, "Not mine")
    market.clock.advance(4 * DAY)
    market.run_task("orders.due_disputes")
    assert seen(market, seller.id).disputes[0].status == DISPUTE.REVIEW
    market.do(orders.withdraw_dispute, market.cast.alice, dispute_id)
    with pytest.raises(Conflict, match="decided already"):
        market.do(orders.decide, market.cast.dana, dispute_id, orders.Verdict(whole=True), "Late")
    assert market.breaches() == []


def test_while_it_is_disputed_nothing_is_given_back_cancelled_or_returned(market: Market) -> None:
    seller = delivered(market, {LAMP: 2})
    dispute(market, seller, 100)
    with pytest.raises(Conflict, match="disputed"):
        market.do(orders.refund, market.cast.bruno, seller.id, orders.RefundWish(shipping_minor=1), "Sorry")
    with pytest.raises(Conflict, match="disputed"):
        ask(market, seller)
    with pytest.raises(Conflict, match="disputed already"):
        dispute(market, seller)


def test_a_parcel_that_never_came_is_disputed_by_the_clock(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    market.do(orders.ship, market.cast.bruno, seller_id, orders.Shipment("Quick Post", "1"))
    with pytest.raises(Conflict, match="promised day"):
        market.do(orders.open_dispute, market.cast.alice, seller_id, KIND.NOT_ARRIVED, "Where is it?")
    market.clock.advance(60 * DAY)
    market.run_task("orders.due_disputes")
    now = seen(market, seller_id)
    assert [each.kind for each in now.disputes] == [KIND.NOT_ARRIVED]
    assert now.custody.disputed
    assert market.breaches() == []


@pytest.mark.parametrize("won", [True, False])
def test_a_chargeback_is_a_dispute_that_the_bank_decides(market: Market, won: bool) -> None:
    seller = completed(market, {LAMP: 1, BULB: 1})
    before = dispute(market, seller)
    order = market.order(market.cast.alice, seller.order_id)
    assert order.payment is not None
    market.bank_says(order.payment.id, "opened", order.payment.amount_minor)
    market.settle()
    (opened,) = (each for each in seen(market, seller.id).disputes if each.id != before)
    (row,) = market.see(chargebacks_of, order.payment.id)
    assert market.do(orders.open_chargeback, seller.order_id, row.id) == []
    assert market.breaches() == []
    with pytest.raises(Conflict, match="bank decides"):
        market.do(orders.concede, market.cast.bruno, opened.id)
    market.bank_says(order.payment.id, "won" if won else "lost", order.payment.amount_minor)
    market.do(orders.close_chargeback, row.id)
    market.settle()
    now = seen(market, seller.id)
    outcomes = {each.id: each.outcome for each in now.disputes}
    assert outcomes == {before: OUTCOME.WITHDRAWN, opened.id: OUTCOME.WON if won else OUTCOME.LOST}
    assert now.refunded_minor == (0 if won else now.total_minor)
    assert market.breaches() == []


def test_pieces_of_a_return_are_paid_back_once_whoever_pays_first(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    return_id = ask(market, seller)
    with pytest.raises(Conflict, match="on their way back"):
        market.do(orders.refund, market.cast.bruno, seller.id, orders.RefundWish({seller.lines[0].id: 1}), "Sorry")
    market.do(orders.answer_return, market.cast.bruno, return_id, True)
    market.do(orders.send_return, market.cast.alice, return_id)
    order = market.order(market.cast.alice, seller.order_id)
    assert order.payment is not None
    for state in ("opened", "lost"):
        market.bank_says(order.payment.id, state, order.payment.amount_minor)
    market.settle()
    left = market.left(LAMP)
    found = orders.Inspection({seller.lines[0].id: 1}, {seller.lines[0].id: 1})
    assert market.do(orders.inspect_return, market.cast.bruno, return_id, found).status == RETURN.REFUNDED
    market.settle()
    assert seen(market, seller.id).refunded_minor == seller.total_minor
    assert market.left(LAMP) == (left or 0) + 1
    assert market.breaches() == []


def test_a_review_is_not_lost_and_stock_of_what_was_written_off_stays_gone(market: Market) -> None:
    seller = delivered(market, {LAMP: 1})
    return_id = ask(market, seller)
    market.do(orders.answer_return, market.cast.bruno, return_id, True)
    market.do(orders.send_return, market.cast.alice, return_id)
    left = market.left(LAMP)
    market.do(orders.inspect_return, market.cast.bruno, return_id, orders.Inspection({seller.lines[0].id: 1}))
    assert market.left(LAMP) == left
    assert market.see(catalog.available, [market.offers[LAMP]])[market.offers[LAMP]] == left
