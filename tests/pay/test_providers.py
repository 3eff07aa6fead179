"""Whole payments through Stripe's and Alipay's adapters, with webhooks late, doubled and in the wrong order, answers
that are lost and programs that end: one outcome, and every unit accounted for."""

from random import Random
from typing import Any

import pytest

from entrepot import pay
from entrepot.kernel import MINUTE, Conflict, Database, ManualClock, Prepared, Secret, prepare_text
from entrepot.pay import accounts
from tests.contracts.providers.worlds import AlipayWorld, StripeWorld
from tests.pay import purchases as p
from tests.pay.test_tasks import Crash, crashing

_TASKS: Prepared[Any] = prepare_text("SELECT error FROM kernel_tasks")


@pytest.fixture(params=[StripeWorld, AlipayWorld], ids=["stripe", "alipay"])
def world(request: pytest.FixtureRequest, database: Database) -> Any:
    assert isinstance(database.clock, ManualClock)
    return request.param(database.clock)


def begin(database: Database, world: Any, ref: str = "ord_1") -> pay.Payment:
    """An order whose buyer is sent to the provider's page."""
    method = f"{world.processor.name}:{world.method}"
    legs = [pay.PaymentLeg(f"sor_{ref}", 12_50, "org_bruno")]
    payment = p.start(database, ref, legs, method, world.currency)
    work(database, world)
    return payment


def work(database: Database, world: Any) -> None:
    p.drain_quietly(database, pay.tasks(pay.Processors([world.processor])))


def buyer_pays(database: Database, world: Any, payment: pay.Payment) -> None:
    action = database.read_now(lambda s: pay.find_action(s, p.ALICE, payment.ref))
    assert action is not None
    charge = pay.Charge(payment.id, "", "pending", 12_50, world.currency, action=action)
    world.buyer_pays(charge)


def deliver(database: Database, world: Any, random: Random | None = None) -> None:
    """Every webhook so far, each twice, in any order."""
    told = world.webhooks() * 2
    if random is not None:
        random.shuffle(told)
    for headers, body in told:
        webhook = world.processor.read_webhook(headers, body, database.clock.now())
        database.write_now(lambda tx, webhook=webhook: pay.record_webhook(tx, world.processor.name, webhook))


def escrow(database: Database, world: Any, ref: str = "ord_1") -> int:
    return p.available(database, accounts.escrow(f"sor_{ref}", world.currency))


def pass_time(database: Database, world: Any, steps: int = 8) -> None:
    assert isinstance(database.clock, ManualClock)
    for _ in range(steps):
        database.clock.advance(10 * MINUTE)
        work(database, world)


def test_a_webhook_captures_once_however_it_comes(database: Database, world: Any) -> None:
    for number in range(6):
        payment = begin(database, world, f"ord_{number}")
        buyer_pays(database, world, payment)
        deliver(database, world, Random(number))
        assert p.state_of(database, payment) == "captured"
        assert escrow(database, world, f"ord_{number}") == 12_50
    assert p.breaches(database) == []


def test_without_any_webhook_we_ask(database: Database, world: Any) -> None:
    payment = begin(database, world)
    buyer_pays(database, world, payment)
    pass_time(database, world)
    assert p.state_of(database, payment) == "captured"
    deliver(database, world)
    assert escrow(database, world) == 12_50
    assert p.breaches(database) == []


def test_what_is_paid_after_the_order_was_given_up_goes_back(database: Database, world: Any) -> None:
    payment = begin(database, world)
    buyer_pays(database, world, payment)
    p.abandon(database, payment)
    deliver(database, world, Random(3))
    pass_time(database, world)
    assert p.state_of(database, payment) == "captured_late"
    [refund] = database.read_now(lambda s: pay.list_refunds(s, [payment.id]))[payment.id]
    assert (refund.state, refund.amount_minor) == ("paid", 12_50)
    assert escrow(database, world) == 0
    assert p.breaches(database) == []


@pytest.mark.parametrize("fault", ["lost", "silent", 429, 500])
def test_a_refund_whose_answer_is_lost_is_paid_once(database: Database, world: Any, fault: Any) -> None:
    payment = begin(database, world)
    buyer_pays(database, world, payment)
    deliver(database, world)
    p.refund(database, payment, 4_00, "sor_ord_1")
    world.line.next_fault = fault
    pass_time(database, world)
    [refund] = database.read_now(lambda s: pay.list_refunds(s, [payment.id]))[payment.id]
    assert refund.state == "paid"
    assert len(world.double.refunds) == 1
    assert p.breaches(database) == []


@pytest.mark.parametrize("kind", ["pay.charge", "pay.refund"])
def test_a_program_that_ends_between_the_act_and_its_record_acts_once(
    database: Database, world: Any, kind: str
) -> None:
    kinds = pay.tasks(pay.Processors([world.processor]))
    if kind == "pay.refund":
        payment = begin(database, world)
        buyer_pays(database, world, payment)
        deliver(database, world)
        p.refund(database, payment, 4_00, "sor_ord_1")
    else:
        legs = [pay.PaymentLeg("sor_ord_1", 12_50, "org_bruno")]
        method = f"{world.processor.name}:{world.method}"
        payment = p.start(database, "ord_1", legs, method, world.currency)
    with pytest.raises(Crash):
        p.drain_quietly(database, crashing(kinds, kind), "crashed")
    pass_time(database, world)
    if kind == "pay.charge":
        buyer_pays(database, world, payment)
        deliver(database, world)
        assert escrow(database, world) == 12_50
    assert len(world.double.refunds) == (1 if kind == "pay.refund" else 0)
    assert p.breaches(database) == []


def test_an_amount_that_was_changed_on_the_way_is_not_booked(database: Database, world: Any) -> None:
    payment = begin(database, world)
    wrong = pay.Charge(payment.id, "x", "captured", 12_49, world.currency)
    with pytest.raises(Conflict):
        database.write_now(lambda tx: pay.reports.report(tx, world.processor.name, pay.ChargeTold(wrong)))
    other = pay.Charge(payment.id, "x", "captured", 12_50, world.currency)
    with pytest.raises(Conflict):
        database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.ChargeTold(other)))
    assert p.state_of(database, payment) == "requested"


def test_a_wrong_key_leaves_the_payment_open_and_a_sentence_for_the_operator(database: Database) -> None:
    assert isinstance(database.clock, ManualClock)
    world = StripeWorld(database.clock)
    world.double.key = "sk_test_another"
    payment = begin(database, world)
    assert p.state_of(database, payment) == "requested"
    rows = database.read_now(lambda s: s.all(_TASKS))
    assert any("pay.stripe_key" in (row[0] or "") for row in rows)
    assert not any("sk_test" in (row[0] or "") for row in rows)


def test_a_bank_that_takes_money_back_is_matched_by_the_provider_s_own_name(database: Database) -> None:
    assert isinstance(database.clock, ManualClock)
    world = StripeWorld(database.clock)
    payment = begin(database, world)
    buyer_pays(database, world, payment)
    deliver(database, world)
    world.double.dispute(payment.id, "created")
    deliver(database, world)
    [back] = database.read_now(lambda s: p.chargebacks_of(s, payment.id))
    assert (back.state, back.amount_minor) == ("opened", 12_50)
    world.double.dispute(payment.id, "closed", "won")
    deliver(database, world, Random(1))
    [back] = database.read_now(lambda s: p.chargebacks_of(s, payment.id))
    assert back.state == "won"
    assert p.available(database, accounts.chargebacks("EUR")) == 0
    assert p.breaches(database) == []


def test_a_merchant_is_paid_through_the_provider(database: Database, world: Any) -> None:
    payment = begin(database, world)
    buyer_pays(database, world, payment)
    deliver(database, world)
    p.complete(database, 12_50, "sor_ord_1", currency=world.currency)
    kind: Any = world.processor.name
    seal = pay.Sealer(Secret("the key of a home"))
    new = pay.NewAccount(world.currency, kind, "Bruno", world.account)
    database.write_now(lambda tx: pay.change_account(tx, p.BRUNO, new, seal, 0))
    [payout] = database.write_now(
        lambda tx: pay.request_payouts(tx, p.DANA, 1, world.processor.name, needs_account=True)
    )
    world.line.next_fault = "silent"
    for _ in range(4):
        p.drain_quietly(database, pay.tasks(pay.Processors([world.processor]), sealer=seal))
        assert isinstance(database.clock, ManualClock)
        database.clock.advance(10 * MINUTE)
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "paid"
    assert len(world.double.transfers) == 1
    assert p.breaches(database) == []
