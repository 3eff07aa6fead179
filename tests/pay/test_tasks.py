"""What pay asks of a processor is done once, however often a task is run and whatever is lost on the way."""

from collections.abc import Callable
from typing import Any

import pytest

from entrepot import pay
from entrepot.kernel import (
    DAY,
    MINUTE,
    SECOND,
    Database,
    ManualClock,
    TaskKind,
    Tx,
    enqueue_due,
    list_stuck_tasks,
    retry_task,
)
from entrepot.pay.tasks import ATTEMPTS_MAX
from tests.pay import purchases as p


def charges(processor: pay.SandboxProcessor, kind: str = "charge") -> int:
    return sum(act.kind == kind for act in processor.list_acts())


def advance(database: Database, microseconds: int) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(microseconds)


@pytest.mark.parametrize("method", [*(each for each in pay.TOKENS if "chargeback" not in each), "tok_unheard_of"])
def test_every_token_ends_in_one_outcome(database: Database, processor: pay.SandboxProcessor, method: str) -> None:
    payment = p.start(database, method=method)
    p.run_days(database, processor, seconds=180)
    taken = method not in ("tok_decline", "tok_unheard_of")
    assert p.state_of(database, payment) == ("captured" if taken else "declined")
    assert p.escrow(database) == (10_00 if taken else 0)
    assert charges(processor) == 1
    assert len(p.events_of(database)) == 1
    assert processor.waiting_webhooks() == []
    assert p.breaches(database) == []


def test_an_ordinary_charge_is_captured_at_once(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "captured"


def test_a_webhook_tells_what_the_answer_did_not(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database, method="tok_webhook_only")
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "captured"


def test_webhooks_due_at_the_same_moment_are_all_carried(database: Database, processor: pay.SandboxProcessor) -> None:
    for number in range(3):
        legs = [pay.PaymentLeg(f"sor_{number}", 10_00, "org_bruno")]
        payment = p.start(database, f"ord_{number}", legs, "tok_webhook_only")
        p.run_tasks(database, processor)
        assert p.state_of(database, payment) == "captured"


def test_a_slow_charge_is_asked_about(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database, method="tok_slow")
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "requested"
    advance(database, 5 * SECOND)
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "captured"


class Crash(BaseException):
    """The program ends here."""


def crashing(kinds: tuple[TaskKind[Any], ...], name: str) -> list[TaskKind[Any]]:
    """The same tasks, in a program that ends between what this kind does and its record."""

    def act(run: Any, body: Any) -> None:
        def end(*given: object) -> None:
            raise Crash

        run.settle = end
        kind.act(run, body)

    [kind] = [kind for kind in kinds if kind.name == name]
    return [TaskKind(name, kind.body, act, kind.attempts_max)]


def crash(database: Database, processor: pay.SandboxProcessor, name: str) -> None:
    with pytest.raises(Crash):
        p.drain_quietly(database, crashing(p.kinds_of(database, processor), name), "crashed")
    advance(database, 2 * MINUTE)


def test_a_crash_between_charge_and_record_charges_once(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    crash(database, processor, "pay.charge")
    assert (charges(processor), p.state_of(database, payment)) == (1, "requested")
    p.run_tasks(database, Forgetful(processor))
    assert p.state_of(database, payment) == "captured"
    assert charges(processor) == 1


class Forgetful(pay.SandboxProcessor):
    """A processor that forgets its keys: the same act sent again would be done again."""

    def __init__(self, processor: pay.SandboxProcessor) -> None:
        vars(self).update(vars(processor))

    def charge(self, intent: pay.ChargeIntent) -> pay.Charge:
        raise AssertionError("charged again")

    def refund(self, intent: pay.RefundIntent) -> pay.Receipt:
        raise AssertionError("given back again")

    def payout(self, intent: pay.PayoutIntent) -> pay.Receipt:
        raise AssertionError("sent again")


def test_a_crash_between_refund_and_record_refunds_once(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    p.refund(database, payment, 4_00)
    crash(database, processor, "pay.refund")
    p.run_tasks(database, Forgetful(processor))
    assert charges(processor, "refund") == 1
    assert p.breaches(database) == []


def test_a_crash_between_payout_and_record_pays_once(database: Database, processor: pay.SandboxProcessor) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
    crash(database, processor, "pay.payout")
    p.run_tasks(database, Forgetful(processor))
    assert charges(processor, "payout") == 1
    assert p.breaches(database) == []


def test_an_order_given_up_before_the_task_ran_is_never_charged(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = p.start(database)
    p.abandon(database, payment)
    p.run_days(database, processor)
    assert processor.list_acts() == []
    assert p.state_of(database, payment) == "abandoned"


@pytest.mark.parametrize("method", ["tok_timeout", "tok_slow", "tok_webhook_only", "tok_webhook_late_reordered"])
def test_an_order_given_up_while_the_answer_was_out_gets_its_money_back(
    database: Database, processor: pay.SandboxProcessor, method: str
) -> None:
    payment = p.start(database, method=method)
    p.drain_quietly(database, [kind for kind in p.kinds_of(database, processor) if kind.name == "pay.charge"])
    assert p.state_of(database, payment) == "requested"
    p.abandon(database, payment)
    p.run_days(database, processor)
    assert p.state_of(database, payment) == "captured_late"
    assert [act.kind for act in processor.list_acts()] == ["charge", "refund"]
    assert p.escrow(database) == 0
    assert p.breaches(database) == []


def test_a_processor_that_is_away_is_asked_again_until_it_answers(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = p.start(database)
    p.drain_quietly(database, pay.tasks(p.Unreachable()))
    assert p.state_of(database, payment) == "requested"
    advance(database, MINUTE)
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "captured"


def test_an_operators_retry_looks_before_it_charges(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database, method="tok_timeout")
    p.drain_quietly(database, pay.tasks(processor))
    for _ in range(ATTEMPTS_MAX):
        advance(database, DAY)
        p.drain_quietly(database, pay.tasks(p.Unreachable()))
    [stuck] = database.read_now(list_stuck_tasks)
    database.write_now(lambda tx: retry_task(tx, stuck.id))
    p.run_tasks(database, Forgetful(processor))
    assert p.state_of(database, payment) == "captured"


def test_the_schedule_pays_merchants_out_once_a_day(database: Database, processor: pay.SandboxProcessor) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    kinds = pay.tasks(processor, settings=pay.Settings(payout_min_minor=8_00))
    tick: Callable[[Tx], int] = lambda tx: enqueue_due(tx, pay.SCHEDULE)  # noqa: E731
    for _ in range(3):
        database.write_now(tick)
        p.drain_quietly(database, kinds)
    payouts = database.read_now(lambda snapshot: pay.list_payouts(snapshot, p.DANA))
    assert [(payout.amount_minor, payout.state) for payout in payouts] == [(8_50, "paid")]
