"""After the sale, many at once: each piece is paid back once, each unit of money goes one way."""

from collections import Counter

from entrepot import ledger, orders, pay
from entrepot.kernel import DAY, Conflict, Refused
from entrepot.pay import accounts
from tests.orders.market import BULB, LAMP, PRICES, Market
from tests.orders.test_afterwards import ask, completed, delivered, dispute, seen
from tests.orders.test_races import Crowd, act, crowd  # noqa: F401 - a fixture
from tests.orders.test_sending import paid
from tests.proof import count

ROUNDS = count(4, 60)


def refused(answers: list[object]) -> int:
    return sum(isinstance(answer, Refused) for answer in answers)


def test_two_refunds_of_the_same_piece_give_it_back_once(market: Market, crowd: Crowd) -> None:  # noqa: F811
    for number in range(ROUNDS):
        seller = (completed if number % 2 else delivered)(market, {LAMP: 1})
        wish = orders.RefundWish({seller.lines[0].id: 1})
        answers = crowd.at_once([act(orders.refund, market.cast.bruno, seller.id, wish, "Broken")] * 4)
        assert refused(answers) == 3
        assert seen(market, seller.id).refunded_minor == PRICES[LAMP]
        assert market.breaches() == []
    market.settle()
    assert market.breaches() == []


def test_amounts_given_back_at_once_never_exceed_what_was_paid(market: Market, crowd: Crowd) -> None:  # noqa: F811
    for _ in range(ROUNDS):
        seller = completed(market, {BULB: 1})
        wish = orders.RefundWish(amounts={seller.lines[0].id: 200})
        answers = crowd.at_once([act(orders.refund, market.cast.bruno, seller.id, wish, "Sorry")] * 3)
        assert refused(answers) == 2
        assert seen(market, seller.id).refunded_minor == 200
        assert market.breaches() == []


def test_a_refund_races_a_payout_and_the_money_goes_one_way(market: Market, crowd: Crowd) -> None:  # noqa: F811
    merchant = str(market.cast.bruno.organisation)
    for _ in range(ROUNDS):
        seller = completed(market, {LAMP: 1})
        wish = orders.RefundWish({seller.lines[0].id: 1})
        answers = crowd.at_once(
            [
                act(orders.refund, market.cast.bruno, seller.id, wish, "Broken"),
                act(pay.request_payouts, market.cast.dana, 1),
                act(pay.request_payouts, market.cast.dana, 1),
            ]
        )
        assert refused(answers) == 0
        market.settle()
        assert market.breaches() == []
        owed = market.see(ledger.balance_of, accounts.receivable(merchant, "USD")).balance
        due = market.see(ledger.balance_of, accounts.payable(merchant, "USD")).available
        assert owed <= 0 <= due


def test_a_refund_races_the_settlement_and_both_count(market: Market, crowd: Crowd) -> None:  # noqa: F811
    for _ in range(ROUNDS):
        seller = delivered(market, {LAMP: 1})
        market.clock.advance(7 * DAY)
        wish = orders.RefundWish(amounts={seller.lines[0].id: 1_000})
        answers = crowd.at_once(
            [
                act(orders.complete_if_due, seller.id),
                act(orders.refund, market.cast.bruno, seller.id, wish, "Sorry"),
                act(orders.confirm_receipt, market.cast.alice, seller.id),
            ]
        )
        assert refused(answers) == 0
        now = seen(market, seller.id)
        assert (now.status, now.refunded_minor) == ("completed", 1_000)
        assert market.breaches() == []
    market.settle()
    assert market.breaches() == []


def test_a_dispute_races_its_confirmation_and_one_of_them_decides(market: Market, crowd: Crowd) -> None:  # noqa: F811
    ends: Counter[str] = Counter()
    for _ in range(ROUNDS):
        seller = delivered(market, {LAMP: 1})
        market.clock.advance(7 * DAY)
        opening = act(
            orders.open_dispute, market.cast.alice, seller.id, orders.DisputeKind.NOT_AS_DESCRIBED, "It is dark"
        )
        crowd.at_once([opening, act(orders.complete_if_due, seller.id), opening, opening])
        now = seen(market, seller.id)
        assert len([each for each in now.disputes if each.decided_at is None]) == 1
        ends[now.status] += 1
        assert market.breaches() == []
    assert sum(ends.values()) == ROUNDS


def test_decision_concession_and_withdrawal_race_and_one_of_them_counts(market: Market, crowd: Crowd) -> None:  # noqa: F811
    for _ in range(ROUNDS):
        seller = completed(market, {LAMP: 1})
        dispute_id = dispute(market, seller)
        market.do(orders.add_evidence, market.cast.bruno, dispute_id, "It was right")
        answers = crowd.at_once(
            [
                act(orders.decide, market.cast.dana, dispute_id, orders.Verdict(whole=True), "So"),
                act(orders.concede, market.cast.bruno, dispute_id),
                act(orders.withdraw_dispute, market.cast.alice, dispute_id),
            ]
        )
        assert refused(answers) == 2
        outcome = next(answer.outcome for answer in answers if isinstance(answer, orders.Dispute))
        back = 0 if outcome == orders.DisputeOutcome.WITHDRAWN else seller.total_minor
        assert seen(market, seller.id).refunded_minor == back
        assert market.breaches() == []


def test_an_inspection_the_clock_and_a_second_look_pay_a_return_back_once(market: Market, crowd: Crowd) -> None:  # noqa: F811
    for _ in range(ROUNDS):
        seller = delivered(market, {LAMP: 1})
        return_id = ask(market, seller)
        market.do(orders.answer_return, market.cast.bruno, return_id, True)
        market.do(orders.send_return, market.cast.alice, return_id)
        market.do(orders.arrive_return, return_id, market.clock.now())
        market.clock.advance(4 * DAY)
        left = market.left(LAMP) or 0
        found = orders.Inspection({seller.lines[0].id: 1}, {seller.lines[0].id: 1})
        looking = act(orders.inspect_return, market.cast.bruno, return_id, found)
        crowd.at_once([looking, act(orders.settle_due_return, return_id), looking])
        assert seen(market, seller.id).refunded_minor == seller.total_minor
        assert (market.left(LAMP) or 0) - left in (0, 1)
        assert market.breaches() == []


def test_the_same_pieces_are_sent_or_cancelled(market: Market, crowd: Crowd) -> None:  # noqa: F811
    for _ in range(ROUNDS):
        seller = paid(market, {LAMP: 2})
        pieces = {seller.lines[0].id: 1}
        sending = act(orders.ship, market.cast.bruno, seller.id, orders.Shipment("Quick Post", "1", pieces))
        cancelling = act(orders.cancel, market.cast.alice, seller.id, "No", pieces)
        answers = crowd.at_once([sending, cancelling, sending, cancelling])
        assert sum(isinstance(answer, Conflict) for answer in answers) in (0, 1, 2)
        (line,) = seen(market, seller.id).lines
        assert line.sent + line.cancelled <= 2
        market.settle()
        assert market.breaches() == []
        market.do(orders.cancel, market.cast.alice, seller.id, "No") if line.left else None
