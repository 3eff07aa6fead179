"""Unused credit goes back to whoever paid it: never what is used, held or owed, and never what was granted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from entrepot import cloud, pay
from entrepot.cloud import accounts, topups
from entrepot.cloud.admission import Ask, admit
from entrepot.kernel import Conflict, Database, Invalid, ManualClock, NotAllowed, NotFound, process_name
from tests.cloud.money import (
    BRUNO,
    CENT,
    CHEN,
    CURRENCY,
    DANA,
    FAST,
    SETTINGS,
    UNIT,
    balance,
    breaches,
    give,
    invoice,
    line,
    receive,
    sell,
    standing,
    top_up,
    use,
)
from tests.cloud.test_topups import run, state

DOLLAR = {"output_tokens": 1_666_667}
LENIENT = msgspec.structs.replace(SETTINGS, refund_auto_minor=100_00)


@pytest.fixture
def processor(tmp_path: Path, database: Database) -> pay.SandboxProcessor:
    return pay.SandboxProcessor(tmp_path / "sandbox", clock=database.clock)


def ask(database: Database, amount_minor: int, settings: cloud.Settings = SETTINGS) -> cloud.Repayment:
    return database.write_now(lambda tx: cloud.ask_repayment(tx, CHEN, amount_minor, settings))


def pay_back(database: Database, wish: cloud.Repayment) -> cloud.Repayment:
    return database.write_now(lambda tx: cloud.pay_repayment(tx, DANA, wish.id, SETTINGS))


def there(database: Database) -> cloud.Repayable:
    return database.read_now(lambda s: cloud.find_repayable(s, CHEN, CURRENCY))


def test_what_is_not_used_goes_back_to_the_payment_that_brought_it(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database)
    give(database, 7 * CENT, "g")
    first = top_up(database, 10_00)
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(1)
    second = top_up(database, 25_00)
    run(database, processor)
    use(database, "req_1", DOLLAR)
    invoice(database)
    assert there(database) == cloud.Repayable(34_06)  # grants paid seven cents of the dollar
    wish = ask(database, 30_00)
    assert wish.state == "asked"
    paid = pay_back(database, wish)
    assert [(each.topup_id, each.amount_minor) for each in paid.parts] == [(second.id, 25_00), (first.id, 5_00)]
    assert (standing(database).left, standing(database).prepaid_minor) == (4_07 * CENT - 200, 4_07)
    assert breaches(database) == []
    run(database, processor)
    assert balance(database, pay.accounts.processor("sandbox", CURRENCY)) == -5_00
    assert (state(database, first).refunded_minor, state(database, second).refunded_minor) == (5_00, 25_00)
    refunds = database.read_now(lambda s: pay.list_refunds(s, [first.payment_id, second.payment_id]))
    assert {each.state for found in refunds.values() for each in found} == {"paid"}
    assert breaches(database) == []


def test_what_is_used_held_owed_or_granted_does_not_go_back(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database)
    give(database, 50 * CENT, "g")
    line(database, 100 * CENT)
    top_up(database, 10_00)
    run(database, processor)
    assert there(database).amount_minor == 10_00  # neither the line nor the grant
    use(database, "req_1", DOLLAR)
    assert there(database).amount_minor == 9_49  # used, on no invoice yet; the grant pays half of it
    wish = Ask("req_2", "org_chen", "usr_chen", "m", DOLLAR)
    database.write_now(lambda tx: admit(tx, wish, UNIT, process_name(), FAST))
    assert there(database).amount_minor == 8_49
    with pytest.raises(Invalid) as refusal:
        ask(database, 8_50)
    assert "amount" in refusal.value.fields
    assert breaches(database) == []


def test_nothing_goes_back_while_an_invoice_is_due(database: Database) -> None:
    sell(database)
    line(database, 500 * CENT)
    use(database, "req_1", DOLLAR)
    invoice(database)
    assert there(database) == cloud.Repayable()
    with pytest.raises(Invalid):
        ask(database, 1)


def test_money_that_came_back_from_a_dispute_does_not_go_out_past_what_is_owed(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database)
    line(database, 500 * CENT)
    made = top_up(database, 10_00)
    run(database, processor)
    database.write_now(lambda tx: topups.dispute_topup(tx, made.id, SETTINGS))
    use(database, "req_1", DOLLAR)
    assert invoice(database).due_minor == 1_00
    database.write_now(lambda tx: topups.resolve_topup(tx, made.id, True, SETTINGS))
    assert standing(database).prepaid_minor == 10_00
    assert there(database) == cloud.Repayable()
    assert breaches(database) == []


def test_credit_that_was_used_meanwhile_is_not_paid_back_and_the_wish_waits(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database)
    top_up(database, 10_00)
    run(database, processor)
    wish = ask(database, 10_00)
    use(database, "req_1", DOLLAR)
    with pytest.raises(Conflict, match="used meanwhile"):
        pay_back(database, wish)
    assert database.read_now(lambda s: cloud.list_asked(s, DANA)) == [wish]
    assert standing(database).prepaid_minor == 10_00
    assert breaches(database) == []


def test_small_sums_go_back_at_once_up_to_the_operators_limit(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    top_up(database, 200_00)
    run(database, processor)
    assert ask(database, 60_00, LENIENT).state == "paid"
    assert ask(database, 40_01, LENIENT).state == "asked"  # together above the limit of thirty days
    assert breaches(database) == []


def test_a_transfer_goes_back_by_the_operators_hand_and_never_by_itself(database: Database) -> None:
    receive(database, 10_00, "transfer-1")
    assert there(database) == cloud.Repayable(10_00, 0, 10_00)
    wish = ask(database, 10_00, LENIENT)
    assert wish.state == "asked"
    paid = pay_back(database, wish)
    assert (paid.elsewhere_minor, paid.parts) == (10_00, ())
    assert balance(database, accounts.paid_elsewhere(CURRENCY)) == 0
    assert standing(database).left == 0
    assert breaches(database) == []


def test_the_tax_that_was_set_aside_goes_back_with_it(database: Database, processor: pay.SandboxProcessor) -> None:
    rate = pay.TaxRateDraft("DE", "MwSt", "19", valid_from=0)
    database.write_now(lambda tx: pay.save_tax_rates(tx, DANA, [rate]))
    database.write_now(lambda tx: cloud.save_party(tx, DANA, cloud.Party("Market", country="DE")))
    made = top_up(database, 10_00)
    assert (made.amount_minor, made.tax_minor) == (11_90, 1_90)
    run(database, processor)
    assert standing(database).left == 10_00 * CENT
    assert there(database) == cloud.Repayable(10_00, 1_90)
    assert pay_back(database, ask(database, 5_00)).total_minor == 5_95
    assert there(database) == cloud.Repayable(5_00, 95)
    run(database, processor)
    assert pay_back(database, ask(database, 5_00)).total_minor == 5_95
    run(database, processor)
    assert balance(database, accounts.tax_aside("org_chen", CURRENCY)) == 0
    assert balance(database, pay.accounts.processor("sandbox", CURRENCY)) == 0
    assert breaches(database) == []


def test_a_wish_is_decided_once_and_by_whom_it_may_be(database: Database, processor: pay.SandboxProcessor) -> None:
    top_up(database, 10_00)
    run(database, processor)
    wish = ask(database, 4_00)
    with pytest.raises(Conflict, match="asked before"):
        ask(database, 1_00)
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: cloud.pay_repayment(tx, CHEN, wish.id, SETTINGS))
    with pytest.raises(NotFound):
        database.read_now(lambda s: cloud.get_repayment(s, BRUNO, wish.id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: cloud.withdraw_repayment(tx, BRUNO, wish.id, SETTINGS))
    kept = database.write_now(lambda tx: cloud.withdraw_repayment(tx, CHEN, wish.id, SETTINGS))
    assert kept.state == "withdrawn"
    again = ask(database, 4_00)
    said = database.write_now(lambda tx: cloud.decline_repayment(tx, DANA, again.id, "An open question", SETTINGS))
    assert (said.state, said.reason) == ("declined", "An open question")
    for wrong in (wish, again):
        with pytest.raises(Conflict, match="decided before"):
            pay_back(database, wrong)
    assert standing(database).left == 10_00 * CENT
    assert breaches(database) == []
