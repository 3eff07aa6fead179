"""Several at once, on both databases: one outcome, and every unit accounted for."""

import threading
from collections.abc import Callable, Sequence

from entrepot import ledger, pay
from entrepot.kernel import Database, Tx
from tests.pay import purchases as p
from tests.proof import count

ROUNDS = count(8, 200)


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run calls on threads that start together; returns `ok` or the kind of refusal of each, in order."""
    barrier = threading.Barrier(len(calls))
    results = [""] * len(calls)
    broken: list[BaseException] = []

    def run(place: int, call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[place] = p.refusal_of(call)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return results


def legs_of(number: int) -> Sequence[pay.PaymentLeg]:
    return [
        pay.PaymentLeg(f"sor_lamp_{number}", 10_00, "org_bruno"),
        pay.PaymentLeg(f"sor_mug_{number}", 2_50, "org_carla"),
    ]


def test_client_webhooks_task_and_expiry_at_once_leave_one_outcome(
    database: Database, processor: pay.SandboxProcessor, report_count: Callable[[str, int], None]
) -> None:
    kinds = p.kinds_of(database, processor)
    states = []
    for number in range(ROUNDS):
        payment = p.start(database, f"ord_{number}", legs_of(number), "tok_webhook_twice")
        processor.charge(
            pay.ChargeIntent(payment.id, payment.ref, "tok_webhook_twice", payment.amount_minor, payment.currency)
        )
        at_once(
            lambda payment=payment: p.tell(database, payment, "captured"),
            lambda: processor.deliver_webhooks(p.webhooks_of(database, processor)),
            lambda: processor.deliver_webhooks(p.webhooks_of(database, processor)),
            lambda: p.drain_quietly(database, kinds, "one"),
            lambda payment=payment: p.abandon(database, payment),
        )
        states.append(p.state_of(database, payment))
    p.run_days(database, processor)
    assert set(states) <= {"captured", "captured_late"}
    captured = [event for event in p.events_of(database) if isinstance(event, pay.PaymentCaptured)]
    assert len(captured) == states.count("captured")
    kept = sum(p.escrow(database, leg.seller_order_id) for number in range(ROUNDS) for leg in legs_of(number))
    assert kept == 12_50 * states.count("captured")
    acts = [act.kind for act in processor.list_acts()]
    assert (acts.count("charge"), acts.count("refund")) == (ROUNDS, states.count("captured_late"))
    assert p.breaches(database) == []
    report_count("races of five for one payment", ROUNDS)


def test_one_order_paid_many_times_at_once_has_one_payment(database: Database) -> None:
    for number in range(ROUNDS):
        results = at_once(*[lambda n=number: p.start(database, f"ord_{n}", legs_of(n))] * 6)
        assert sorted(results) == ["conflict"] * 5 + ["ok"]
    assert p.breaches(database) == []


def test_two_refunds_of_one_leg_at_once_give_back_what_was_paid_at_most(database: Database) -> None:
    for number in range(ROUNDS):
        payment = p.buy(database, f"ord_{number}", legs_of(number))
        results = at_once(*[lambda x=payment, n=number: p.refund(database, x, 6_00, f"sor_lamp_{n}")] * 3)
        assert sorted(results) == ["conflict", "conflict", "ok"]
        assert p.escrow(database, f"sor_lamp_{number}") == 4_00
    assert p.breaches(database) == []


def test_a_refund_and_a_settlement_at_once_share_no_money(database: Database) -> None:
    for number in range(ROUNDS):
        payment = p.buy(database, f"ord_{number}", legs_of(number))
        sor = f"sor_lamp_{number}"
        results = at_once(
            lambda payment=payment, sor=sor: p.refund(database, payment, 6_00, sor),
            lambda sor=sor: p.complete(database, 10_00, sor),
            lambda sor=sor: p.complete(database, 10_00, sor),
        )
        assert results in (["ok", "conflict", "conflict"], ["ok", "ok", "ok"])  # settled first: taken from the merchant
    assert p.breaches(database) == []


def test_payouts_requested_while_orders_are_settled_take_each_order_once(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    def request() -> None:
        database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))

    for number in range(ROUNDS):
        p.buy(database, f"ord_{number}", legs_of(number))
        at_once(
            lambda n=number: p.complete(database, 10_00, f"sor_lamp_{n}"),
            lambda n=number: p.complete(database, 2_50, f"sor_mug_{n}", "org_carla"),
            request,
            request,
            lambda: p.drain_quietly(database, p.kinds_of(database, processor), "one"),
        )
        assert p.breaches(database) == []
    p.run_days(database, processor)
    request()
    p.run_days(database, processor)
    payouts = database.read_now(lambda snapshot: pay.list_payouts(snapshot, p.DANA, most=500))
    lines = [
        line.ref
        for payout in payouts
        for line in database.read_now(lambda s, i=payout.id: pay.get_statement(s, p.DANA, i)).lines
    ]
    assert sorted(lines) == sorted(leg.seller_order_id for number in range(ROUNDS) for leg in legs_of(number))
    assert {payout.state for payout in payouts} == {"paid"}
    again = payouts[0].id
    assert (
        at_once(*[lambda: database.write_now(lambda tx: pay.payouts.record_payout(tx, again, "po_1"))] * 2)
        == ["ok"] * 2
    )
    assert sum(isinstance(event, pay.PayoutPaid) for event in p.events_of(database)) == len(payouts)
    assert p.breaches(database) == []


def test_a_refund_recorded_by_several_at_once_leaves_once(database: Database, processor: pay.SandboxProcessor) -> None:
    for number in range(ROUNDS):
        payment = p.buy(database, f"ord_{number}", legs_of(number))
        refund_id = p.refund(database, payment, 6_00, f"sor_lamp_{number}")

        def record(tx: Tx, refund_id: str = refund_id) -> None:
            pay.refunds.record_refund(tx, refund_id, "re_1")

        assert at_once(*[lambda record=record: database.write_now(record)] * 3) == ["ok"] * 3
    paid = [event for event in p.events_of(database) if isinstance(event, pay.RefundPaid)]
    assert len(paid) == ROUNDS
    balance = database.read_now(lambda s: ledger.balance_of(s, pay.accounts.processor("sandbox", "EUR")))
    assert balance.balance == -ROUNDS * (12_50 - 6_00)
    assert p.breaches(database) == []
