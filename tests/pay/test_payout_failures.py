"""Payouts that are refused, come back, are told late or by two: due again once, stated once, and not tried for ever."""

from collections.abc import Callable

import pytest

from entrepot import identity, pay
from entrepot.kernel import Conflict, Database, NotFound, Secret
from entrepot.kernel.testing import settle
from entrepot.pay import accounts
from tests.pay import purchases as p
from tests.pay.test_payouts import request, sell, statement
from tests.pay.test_races import at_once
from tests.pay.test_tasks import crash
from tests.proof import count

ROUNDS = count(4, 100)
SEALER = pay.Sealer(Secret("the key of a home"))


def use_account(database: Database, number: str) -> None:
    """Bruno is paid to an account of this number."""
    new = pay.NewAccount("EUR", "account", "Bruno Ltd", number)
    database.write_now(lambda tx: pay.change_account(tx, p.BRUNO, new, SEALER, 0))


def run(database: Database, processor: pay.SandboxProcessor) -> None:
    settle(database, {}, pay.tasks(processor, p.webhooks_of(database, processor), sealer=SEALER))


def refused(database: Database, processor: pay.SandboxProcessor) -> pay.Payout:
    """A payout to a closed account."""
    sell(database, 1, 10_00)
    use_account(database, "CLOSED1234")
    [payout] = request(database)
    closed = Closed(processor)
    run(database, closed)
    return database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id))


class Closed(pay.SandboxProcessor):
    """A bank that refuses every account, without a row of its own."""

    def __init__(self, processor: pay.SandboxProcessor) -> None:
        vars(self).update(vars(processor))

    def payout(self, intent: pay.PayoutIntent) -> pay.Receipt:
        raise Conflict("The account to pay to is closed")


def due(database: Database) -> int:
    return p.available(database, accounts.payable("org_bruno", "EUR"))


def test_a_refused_payout_is_due_again(database: Database, processor: pay.SandboxProcessor) -> None:
    payout = refused(database, processor)
    assert (payout.state, payout.reason) == ("failed", "The account to pay to is closed")
    assert due(database) == 8_50
    events = [each for each in p.events_of(database) if isinstance(each, pay.PayoutFailed)]
    assert [(each.payout_id, each.merchant_id) for each in events] == [(payout.id, "org_bruno")]
    assert p.breaches(database) == []


def test_what_people_said_has_failed_they_cannot_say_was_sent(database: Database) -> None:
    sell(database, 1, 10_00)
    [payout] = database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1, "manual"))
    database.write_now(lambda tx: pay.mark_payout_failed(tx, p.DANA, payout.id, "The bank sent it back"))
    with pytest.raises(Conflict, match="goes out with the next payout"):
        database.write_now(lambda tx: pay.mark_payout_sent(tx, p.DANA, payout.id, "SEPA 77"))
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "failed"
    assert due(database) == 8_50


def test_it_is_not_tried_again_until_somebody_acts(database: Database, processor: pay.SandboxProcessor) -> None:
    refused(database, processor)
    assert request(database) == []
    [waiting] = database.read_now(lambda s: pay.list_waiting(s, p.DANA)).waiting
    assert (waiting.wait, waiting.due_minor, waiting.reason) == ("paused", 8_50, "The account to pay to is closed")
    use_account(database, "DE0012345")
    [payout] = request(database)
    run(database, processor)
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "paid"
    assert due(database) == 0


def test_the_operator_may_have_it_tried_again(database: Database, processor: pay.SandboxProcessor) -> None:
    refused(database, processor)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: pay.resume_payouts(tx, p.CARLA, "org_bruno", "EUR"))
    database.write_now(lambda tx: pay.resume_payouts(tx, p.DANA, "org_bruno", "EUR"))
    assert len(request(database)) == 1


def test_the_next_statement_has_every_line_again(database: Database, processor: pay.SandboxProcessor) -> None:
    first = refused(database, processor)
    sell(database, 2, 20_00)
    use_account(database, "DE0012345")
    [second] = request(database)
    run(database, processor)
    assert [line.ref for line in statement(database, p.BRUNO, first).lines] == ["sor_1"]
    assert [line.ref for line in statement(database, p.BRUNO, second).lines] == ["sor_1", "sor_2"]
    assert p.breaches(database) == []


def test_money_that_came_back_is_a_line_of_the_next_statement(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database, 1, 10_00)
    [first] = request(database)
    run(database, processor)
    back = pay.Receipt(first.id, "po_1", 8_50, "EUR", "failed", "Returned by the bank")
    for _ in range(2):
        database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.PayoutTold(back)))
    assert due(database) == 8_50
    database.write_now(lambda tx: pay.resume_payouts(tx, p.DANA, "org_bruno", "EUR"))
    sell(database, 2, 20_00)
    [second] = request(database)
    lines = statement(database, p.BRUNO, second).lines
    assert [(line.code, line.amount_minor) for line in lines] == [
        ("pay.payout.returned", 8_50), ("pay.settle.seller", 17_00),
    ]  # fmt: skip
    assert p.breaches(database) == []


def test_a_late_word_of_success_does_not_pay_what_is_due_again(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payout = refused(database, processor)
    done = pay.Receipt(payout.id, "po_1", 8_50, "EUR")
    database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.PayoutTold(done)))
    assert due(database) == 8_50
    assert p.breaches(database) == []


def test_a_word_about_another_amount_is_not_believed(database: Database, processor: pay.SandboxProcessor) -> None:
    sell(database, 1, 10_00)
    [payout] = request(database)
    wrong = pay.Receipt(payout.id, "po_1", 8_51, "EUR")
    with pytest.raises(Conflict):
        database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.PayoutTold(wrong)))


def test_a_crash_between_the_refusal_and_its_record_refuses_once(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database, 1, 10_00)
    [payout] = request(database)
    crash(database, Closed(processor), "pay.payout")
    run(database, Closed(processor))
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "failed"
    assert p.breaches(database) == []


def test_success_and_refusal_told_at_once_leave_one_outcome(
    database: Database, processor: pay.SandboxProcessor, report_count: Callable[[str, int], None]
) -> None:
    for number in range(ROUNDS):
        sell(database, number, 10_00)
        [payout] = request(database)
        words: list[pay.Receipt] = [
            pay.Receipt(payout.id, "po_1", payout.amount_minor, "EUR"),
            pay.Receipt(payout.id, "po_1", payout.amount_minor, "EUR", "failed", "Closed"),
        ] * 2

        def tell(word: pay.Receipt) -> None:
            database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.PayoutTold(word)))

        assert at_once(*[lambda word=word: tell(word) for word in words]) == ["ok"] * 4
        state = database.read_now(lambda s, i=payout.id: pay.get_payout(s, p.BRUNO, i)).state
        assert state in ("failed", "returned")
        assert due(database) == payout.amount_minor
        assert p.breaches(database) == []
        database.write_now(lambda tx: pay.resume_payouts(tx, p.DANA, "org_bruno", "EUR"))
        [again] = request(database)
        run(database, processor)
        assert database.read_now(lambda s, i=again.id: pay.get_payout(s, p.BRUNO, i)).state == "paid"
    report_count("payouts told of by four", ROUNDS)


def test_both_sides_are_told(database: Database, processor: pay.SandboxProcessor) -> None:

    payout = refused(database, processor)
    notices = database.read_now(lambda s: identity.list_notices(s, p.BRUNO))
    assert any("refused" in each.text and "closed" in each.text for each in notices)
    assert payout.state == "failed"


def test_a_chargeback_takes_the_money_when_it_is_opened_and_gives_it_back_when_it_is_won(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = p.start(database, method="tok_chargeback")
    p.run_tasks(database, processor)
    p.run_days(database, processor, seconds=2 * 3_600)
    [opened] = database.read_now(lambda s: p.chargebacks_of(s, payment.id))
    assert (opened.state, opened.amount_minor) == ("opened", 12_50)
    assert p.available(database, accounts.chargebacks("EUR")) == -12_50
    assert p.available(database, accounts.processor("sandbox", "EUR")) == 0
    p.run_days(database, processor, seconds=2 * 86_400)
    [won] = database.read_now(lambda s: p.chargebacks_of(s, payment.id))
    assert won.state == "won"
    assert p.available(database, accounts.chargebacks("EUR")) == 0
    assert p.breaches(database) == []


@pytest.mark.parametrize(("amount_minor", "currency"), [(12_51, "EUR"), (0, "EUR"), (-1, "EUR"), (12_50, "USD")])
def test_a_bank_takes_back_no_more_than_was_paid_and_nothing_else(
    database: Database, amount_minor: int, currency: str
) -> None:
    payment = p.buy(database)
    back = pay.Chargeback("dp_1", pay.ChargeName(payment.id, "ch_1", "EUR"), amount_minor, currency, "opened")
    with pytest.raises(Conflict, match="back of the payment"):
        database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.ChargebackTold(back)))
    assert database.read_now(lambda s: p.chargebacks_of(s, payment.id)) == []


def test_a_chargeback_told_twice_late_and_in_the_wrong_order_is_one(database: Database) -> None:
    payment = p.buy(database)
    name = pay.ChargeName(payment.id, "ch_1", "EUR")
    for state in ("lost", "opened", "lost", "opened"):
        back = pay.Chargeback("dp_1", name, 12_50, "EUR", state)  # type: ignore[arg-type]
        database.write_now(lambda tx, back=back: pay.reports.report(tx, "sandbox", pay.ChargebackTold(back)))
    [only] = database.read_now(lambda s: p.chargebacks_of(s, payment.id))
    assert only.state == "lost"
    events = [type(each).__name__ for each in p.events_of(database) if "Chargeback" in type(each).__name__]
    assert events == ["ChargebackOpened", "ChargebackClosed"]
    assert p.available(database, accounts.chargebacks("EUR")) == -12_50
