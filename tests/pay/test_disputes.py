"""Disputed money stays where it is, settled or not, and a merchant who owes pays with later sales."""

import pytest

from entrepot import ledger, pay
from entrepot.kernel import Conflict, Database, NotFound, Tx
from entrepot.pay import accounts
from tests.pay import purchases as p

PAYABLE, OWED = accounts.payable("org_bruno", "EUR"), accounts.receivable("org_bruno", "EUR")


def test_frozen_escrow_is_not_settled_until_it_is_let_go(database: Database) -> None:
    p.buy(database)
    assert p.freeze(database, "dsp_1", "sor_lamp", 8_50) == 0
    with pytest.raises(Conflict, match="disputed"):
        p.complete(database, 10_00)
    with pytest.raises(Conflict, match="another dispute"):
        p.freeze(database, "dsp_2", "sor_lamp", 8_50)
    p.unfreeze(database, "dsp_1")
    p.complete(database, 10_00)
    assert p.available(database, PAYABLE) == 8_50
    assert p.breaches(database) == []


def test_settled_money_is_set_apart_and_no_payout_takes_it(database: Database) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    assert p.freeze(database, "dsp_1", "sor_lamp", 5_00) == 5_00
    assert p.available(database, PAYABLE) == 3_50
    assert p.breaches(database) == []
    p.unfreeze(database, "dsp_1")
    p.unfreeze(database, "dsp_1")
    assert p.available(database, PAYABLE) == 8_50
    assert p.breaches(database) == []


def test_only_what_is_still_due_can_be_set_apart(database: Database, processor: pay.SandboxProcessor) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
    p.run_tasks(database, processor)
    assert p.freeze(database, "dsp_1", "sor_lamp", 5_00) == 0
    assert p.breaches(database) == []


def test_a_refund_after_the_payout_is_owed_and_later_sales_pay_it_first(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    first = p.buy(database)
    p.complete(database, 10_00)
    database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
    p.run_tasks(database, processor)
    p.refund(database, first, 10_00)
    assert (p.available(database, PAYABLE), p.available(database, OWED)) == (0, -8_50)
    assert p.breaches(database) == []
    p.buy(database, "ord_2", [pay.PaymentLeg("sor_two", 4_00, "org_bruno")])
    p.complete(database, 4_00, "sor_two")
    assert (p.available(database, PAYABLE), p.available(database, OWED)) == (0, -5_10)
    p.buy(database, "ord_3", [pay.PaymentLeg("sor_three", 20_00, "org_bruno")])
    p.complete(database, 20_00, "sor_three")
    assert (p.available(database, PAYABLE), p.available(database, OWED)) == (11_90, 0)
    assert p.breaches(database) == []


def test_a_lost_chargeback_takes_the_money_without_asking_the_processor_again(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    p.freeze(database, "dsp_1", "sor_lamp", 10_00)
    p.unfreeze(database, "dsp_1", fee_minor=15_00)
    taken = pay.Refund(payment.id, "sor_lamp", 10_00, "Lost", seller_minor=10_00, charged_back="cb_1")
    refund_id = p.post_refund(database, taken)
    p.run_tasks(database, processor)
    assert processor.find_refund(refund_id) is None
    assert p.escrow(database) == 0
    assert p.available(database, OWED) == -15_00
    assert p.breaches(database) == []


def test_what_was_not_paid_is_not_frozen(database: Database) -> None:
    p.start(database)
    with pytest.raises(NotFound):
        p.freeze(database, "dsp_1", "sor_lamp", 1)


def test_what_a_payout_is_taking_cannot_be_set_apart(database: Database) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
    assert p.freeze(database, "dsp_1", "sor_lamp", 5_00) == 0
    assert p.breaches(database) == []


def test_what_comes_back_in_the_same_step_is_set_apart_too(database: Database) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    assert p.freeze(database, "dsp_1", "sor_lamp", 8_50) == 8_50

    def again(tx: Tx) -> int:
        coming_minor, plan = pay.unfreeze(tx, "dsp_1")
        kept_minor, more = pay.freeze(tx, "dsp_2", "sor_lamp", 8_50, coming_minor)
        ledger.post(tx, plan + more)
        return kept_minor

    assert database.write_now(again) == 8_50
    assert (p.available(database, PAYABLE), p.available(database, accounts.disputed("dsp_2", "EUR"))) == (0, 8_50)
    assert p.breaches(database) == []


def test_a_dispute_that_was_let_go_gives_nothing_and_asks_for_no_other_fee(database: Database) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    p.freeze(database, "dsp_1", "sor_lamp", 5_00)
    p.unfreeze(database, "dsp_1", fee_minor=15_00)
    assert database.write_now(lambda tx: pay.unfreeze(tx, "dsp_1", 99)) == (0, ledger.Plan())
    kept = database.read_now(lambda snapshot: pay.find_freeze(snapshot, "dsp_1"))
    assert kept is not None
    assert (kept.fee_minor, p.available(database, OWED)) == (15_00, -15_00)
