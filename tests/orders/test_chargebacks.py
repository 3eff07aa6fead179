"""What a chargeback costs, whom, and what becomes of it when the bank changes its mind after it was lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot import ledger, orders, pay
from entrepot.kernel import Conflict, Secret
from entrepot.kernel.testing import settle
from entrepot.pay import accounts
from tests.orders.market import BULB, CUP, LAMP, PLATE, Market
from tests.orders.test_afterwards import completed, seen
from tests.pay.purchases import chargebacks_of
from tests.proof import count

KEY = Secret("0" * 64)
USD = "USD"
FEES = pay.Settings(chargeback_fees={"sandbox": {USD: 15_00}, "stripe": {USD: 20_00}})

OURS = pay.Settings(chargeback_fees=FEES.chargeback_fees, chargeback_fee_from="platform")


def follow(market: Market, chosen: pay.Settings) -> None:
    settle(market.database, orders.reactions(KEY, chosen), market.tasks())


def tell(market: Market, payment_id: str, state: str, amount_minor: int, chosen: pay.Settings) -> None:
    """The bank says something, and everything that follows is done."""
    market.bank_says(payment_id, state, amount_minor)
    follow(market, chosen)


def owed(market: Market, account: ledger.Account) -> int:
    return market.database.read_now(lambda s: ledger.balance_of(s, account)).balance


def parties(market: Market, merchant: str) -> dict[str, int]:
    """What everybody has; what a merchant owes lowers what it has."""
    return {
        "merchant": owed(market, accounts.payable(merchant, USD)) + owed(market, accounts.receivable(merchant, USD)),
        "commission": owed(market, accounts.commission(USD)), "carrier": owed(market, accounts.carrier_payable(USD)),
        "tax": owed(market, accounts.tax_payable(USD)), "back": owed(market, accounts.chargebacks(USD)),
        "processor": owed(market, accounts.processor("sandbox", USD)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "fee_minor"),
    [(pay.Settings(), 0), (FEES, 15_00), (OURS, 0)],
)  # fmt: skip
def test_who_bears_the_fee_of_a_lost_chargeback_is_a_setting_of_each_processor(
    market: Market, chosen: pay.Settings, fee_minor: int
) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    tell(market, payment.id, "opened", payment.amount_minor, chosen)
    tell(market, payment.id, "lost", payment.amount_minor, chosen)
    [dispute] = seen(market, seller.id).disputes
    assert dispute.fee_minor == fee_minor
    assert owed(market, accounts.chargeback_fees(USD)) == fee_minor
    assert market.breaches() == []


def test_a_chargeback_that_is_won_costs_no_fee(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    tell(market, payment.id, "opened", payment.amount_minor, FEES)
    tell(market, payment.id, "won", payment.amount_minor, FEES)
    assert owed(market, accounts.chargeback_fees(USD)) == 0
    assert market.breaches() == []


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_second_look_of_the_bank_gives_back_goes_to_those_who_had_borne_it(market: Market, whole: bool) -> None:
    seller = completed(market, {LAMP: 1, BULB: 1})
    before = parties(market, seller.merchant_id)
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    amount_minor = payment.amount_minor if whole else 7_77
    for state in ("opened", "lost", "lost"):
        tell(market, payment.id, state, amount_minor, FEES)
    assert parties(market, seller.merchant_id)["processor"] == before["processor"] + amount_minor
    for _ in range(2):
        tell(market, payment.id, "won", amount_minor, FEES)
        after = parties(market, seller.merchant_id)
        assert after == {**before, "merchant": before["merchant"] - 15_00}  # the processor keeps its fee
        assert market.breaches() == []
    [row] = market.see(chargebacks_of, payment.id)
    assert row.state == "recovered"


@pytest.mark.parametrize("whole", [True, False])
def test_a_chargeback_that_was_won_and_is_lost_after_all_is_borne_like_any_other(market: Market, whole: bool) -> None:
    seller = completed(market, {LAMP: 1, BULB: 1})
    before = parties(market, seller.merchant_id)
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    amount_minor = payment.amount_minor if whole else 7_77
    for state in ("opened", "won", "lost", "lost"):
        tell(market, payment.id, state, amount_minor, FEES)
        assert market.breaches() == []
    after = parties(market, seller.merchant_id)
    assert after["processor"] == before["processor"] + amount_minor
    assert after["back"] == 0
    assert sum(after.values()) == sum(before.values()) - 15_00
    first, second = market.see(chargebacks_of, payment.id)
    assert [(row.state, row.round) for row in (first, second)] == [("won", 1), ("lost", 2)]
    assert sorted(str(each.outcome) for each in seen(market, seller.id).disputes) == ["lost", "won"]
    tell(market, payment.id, "won", amount_minor, FEES)
    assert parties(market, seller.merchant_id) == {**before, "merchant": before["merchant"] - 15_00}
    assert market.breaches() == []


def test_a_loss_that_was_undone_and_comes_again_is_taken_from_those_who_had_it_back(market: Market) -> None:
    seller = completed(market, {LAMP: 1, BULB: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    for state in ("opened", "lost"):
        tell(market, payment.id, state, payment.amount_minor, FEES)
    lost = parties(market, seller.merchant_id)
    for state in ("won", "lost", "won", "lost"):
        tell(market, payment.id, state, payment.amount_minor, FEES)
        assert market.breaches() == []
    assert parties(market, seller.merchant_id) == lost
    [row] = market.see(chargebacks_of, payment.id)
    assert (row.state, row.reversals) == ("lost", 4)


@pytest.mark.parametrize("words", [("opened", "lost"), ("lost",), ("opened", "won"), ("won",)])
def test_a_chargeback_of_two_merchants_goods_is_decided_for_both_even_when_its_end_is_told_first(
    market: Market, words: tuple[str, ...]
) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1, CUP: 1})
    market.settle()
    for seller_id in placed.seller_order_ids:
        merchant = seen(market, seller_id).merchant_id
        who = market.bea if merchant == market.bea.organisation else market.cast.bruno
        market.do(orders.ship, who, seller_id, orders.Shipment("Quick Post", "1"))
        market.arrive(seller_id)
        market.do(orders.confirm_receipt, market.cast.alice, seller_id)
    payment = market.order(market.cast.alice, placed.order_id).payment
    assert payment is not None
    for state in words:
        tell(market, payment.id, state, payment.amount_minor, FEES)
        assert market.breaches() == []
    views = [seen(market, each) for each in placed.seller_order_ids]
    lost = words[-1] == "lost"
    assert [each.refunded_minor for each in views] == [each.total_minor if lost else 0 for each in views]
    assert owed(market, accounts.chargebacks(USD)) == 0
    assert owed(market, accounts.chargeback_fees(USD)) == (15_00 if lost else 0)


def test_a_merchant_who_was_paid_out_meanwhile_owes_a_loss_that_comes_again(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    for state in ("opened", "lost", "won"):
        tell(market, payment.id, state, payment.amount_minor, FEES)
    [paid] = market.do(pay.request_payouts, market.cast.dana, 1)
    market.settle()
    tell(market, payment.id, "lost", payment.amount_minor, FEES)
    assert owed(market, accounts.payable(seller.merchant_id, USD)) == 0
    assert owed(market, accounts.receivable(seller.merchant_id, USD)) == -(paid.amount_minor + 15_00)
    assert market.breaches() == []


def test_a_bank_that_changes_its_mind_before_the_loss_is_shared_out_costs_nobody_anything(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    before = parties(market, seller.merchant_id)
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    for state in ("opened", "lost", "won"):
        market.bank_says(payment.id, state, payment.amount_minor)
    follow(market, pay.Settings())
    assert parties(market, seller.merchant_id) == before
    assert market.breaches() == []


@settings(max_examples=count(8, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_order_a_banks_words_come_in_the_last_one_that_was_said_counts(
    market: Market, data: st.DataObject
) -> None:
    """Late, twice, and out of order: what the processor has, and whether the money is back, is what was said last."""
    seller = completed(market, {PLATE: 1})
    before = parties(market, seller.merchant_id)
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    ends = data.draw(st.lists(st.sampled_from(["won", "lost", "opened"]), min_size=1, max_size=4))
    words = [(0, "opened"), *enumerate(ends, 1)]
    told = data.draw(st.permutations([*words, *data.draw(st.lists(st.sampled_from(words), max_size=3))]))
    for said_at, state in told:
        market.bank_says(payment.id, state, payment.amount_minor, said_at)
        if data.draw(st.booleans()):
            follow(market, pay.Settings())
    follow(market, pay.Settings())
    after = parties(market, seller.merchant_id)
    gone = payment.amount_minor if ends[-1] != "won" else 0
    assert after["processor"] == before["processor"] + gone
    assert after["back"] - before["back"] in ((0, -gone) if ends[-1] == "opened" else (0,))
    if not gone:
        assert after == before
    assert market.breaches() == []


@pytest.mark.parametrize(("amount_minor", "currency"), [(0, USD), (-1, USD), (10**9, USD), (1, "EUR")])
def test_a_chargeback_is_of_a_part_of_its_payment(market: Market, amount_minor: int, currency: str) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    back = pay.Chargeback("dp_1", pay.ChargeName(payment.id), amount_minor, currency, "opened")
    with pytest.raises(Conflict, match="of the payment"):
        market.do(pay.reports.report, "sandbox", pay.ChargebackTold(back))
    assert market.see(chargebacks_of, payment.id) == []


def test_one_that_was_won_is_open_again_when_the_bank_says_so_later(market: Market) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    for said_at, state in ((0, "opened"), (2, "won"), (1, "opened"), (2, "opened")):
        market.bank_says(payment.id, state, payment.amount_minor, said_at)
        follow(market, FEES)
    assert [row.state for row in market.see(chargebacks_of, payment.id)] == ["won"]
    market.bank_says(payment.id, "opened", payment.amount_minor, 3)
    follow(market, FEES)
    assert [row.state for row in market.see(chargebacks_of, payment.id)] == ["won", "opened"]
    assert owed(market, accounts.chargebacks(USD)) == -payment.amount_minor
    assert market.breaches() == []
