"""What a chargeback costs, whom, and what becomes of it when the bank changes its mind after it was lost."""

from __future__ import annotations

import pytest

from entrepot import ledger, orders, pay
from entrepot.kernel import Secret, Tx
from entrepot.kernel.testing import settle
from entrepot.pay import accounts
from tests.orders.market import BULB, LAMP, Market
from tests.orders.test_afterwards import completed, seen

KEY = Secret("0" * 64)
USD = "USD"
FEES = pay.Settings(chargeback_fees={"sandbox": {USD: 15_00}, "stripe": {USD: 20_00}})

OURS = pay.Settings(chargeback_fees=FEES.chargeback_fees, chargeback_fee_from="platform")


def tell(market: Market, payment_id: str, state: str, amount_minor: int, settings: pay.Settings) -> None:
    """The bank says something, and everything that follows is done."""
    back = pay.Chargeback("dp_1", pay.ChargeName(payment_id, "", USD), amount_minor, USD, state)  # type: ignore[arg-type]

    def act(tx: Tx) -> None:
        pay.reports.report(tx, "sandbox", pay.ChargebackTold(back))

    market.database.write_now(act)
    settle(market.database, orders.reactions(KEY, settings), market.tasks())


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
    ("settings", "fee_minor"),
    [(pay.Settings(), 0), (FEES, 15_00), (OURS, 0)],
)  # fmt: skip
def test_who_bears_the_fee_of_a_lost_chargeback_is_a_setting_of_each_processor(
    market: Market, settings: pay.Settings, fee_minor: int
) -> None:
    seller = completed(market, {LAMP: 1})
    payment = market.order(market.cast.alice, seller.order_id).payment
    assert payment is not None
    tell(market, payment.id, "opened", payment.amount_minor, settings)
    tell(market, payment.id, "lost", payment.amount_minor, settings)
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
    [row] = market.see(pay.chargebacks_of, payment.id)
    assert row.state == "recovered"
