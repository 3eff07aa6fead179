"""A payment has one outcome, whoever brings it and however often; money that comes too late goes back."""

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot import ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Database, Invalid, NotFound, TaskKind
from entrepot.kernel.testing import settle
from entrepot.pay.captures import VOID_TASK, VoidTask
from entrepot.pay.payments import CASH_ON_DELIVERY, capture_mode
from tests.pay import purchases as p


def test_starting_a_payment_sets_each_legs_money_aside(database: Database) -> None:
    payment = p.start(database)
    assert (payment.state, payment.amount_minor) == ("requested", 12_50)
    source = pay.accounts.processor("sandbox", "EUR")
    held = database.read_now(lambda snapshot: ledger.balance_of(snapshot, source))
    assert (held.balance, held.pending_debits) == (0, 12_50)
    assert p.breaches(database) == []


def test_a_capture_brings_the_money_into_each_escrow_once(database: Database) -> None:
    payment = p.start(database)
    for _ in range(3):
        assert p.tell(database, payment, "captured").state == "captured"
    assert (p.escrow(database), p.escrow(database, "sor_mug")) == (10_00, 2_50)
    assert p.events_of(database) == [pay.PaymentCaptured(payment.id, "ord_1")]
    assert p.breaches(database) == []


def test_a_decline_releases_everything_and_says_why(database: Database) -> None:
    payment = p.start(database)
    for _ in range(2):
        assert p.tell(database, payment, "declined").state == "declined"
    assert p.escrow(database) == 0
    [event] = p.events_of(database)
    assert isinstance(event, pay.PaymentDeclined)
    assert "try another" in event.reason
    assert p.breaches(database) == []


def test_not_knowing_changes_nothing(database: Database) -> None:
    payment = p.start(database)
    assert p.tell(database, payment, "unknown").state == "requested"
    assert p.events_of(database) == []


def test_an_abandoned_payment_releases_everything_once(database: Database) -> None:
    payment = p.start(database)
    p.abandon(database, payment)
    p.abandon(database, payment)
    assert p.tell(database, payment, "declined").state == "abandoned"
    assert p.events_of(database) == []
    assert p.breaches(database) == []


def test_a_paid_order_cannot_be_abandoned(database: Database) -> None:
    payment = p.buy(database)
    with pytest.raises(Conflict, match="paid meanwhile"):
        p.abandon(database, payment)
    assert p.escrow(database) == 10_00


@pytest.mark.parametrize("ending", ["abandoned", "declined"])
def test_money_that_comes_after_the_end_is_kept_apart_and_given_back(
    database: Database, processor: pay.SandboxProcessor, ending: str
) -> None:
    payment = p.start(database)
    charge_at(processor, payment)
    if ending == "abandoned":
        p.abandon(database, payment)
    else:
        p.tell(database, payment, "declined")
    for _ in range(2):
        assert p.tell(database, payment, "captured").state == "captured_late"
    assert p.escrow(database) == 0
    assert p.breaches(database) == []
    p.run_tasks(database, processor)
    [refund] = database.read_now(lambda snapshot: pay.list_refunds(snapshot, [payment.id]))[payment.id]
    assert (refund.state, refund.amount_minor, refund.seller_order_id) == ("paid", 12_50, None)
    assert pay.RefundPaid(refund.id, payment.id, "ord_1", None) in p.events_of(database)
    assert p.available(database, pay.accounts.processor("sandbox", "EUR")) == 0
    assert p.breaches(database) == []


def charge_at(processor: pay.SandboxProcessor, payment: pay.Payment) -> None:
    processor.charge(pay.ChargeIntent(payment.id, payment.ref, "tok_ok", payment.amount_minor, payment.currency))


WORDS = ("captured", "declined", "unknown", "abandon")


def test_any_three_words_in_any_order_leave_one_outcome(database: Database) -> None:
    announced: list[tuple[str, str]] = []
    for number, words in enumerate(itertools.product(WORDS, repeat=3)):
        legs = (pay.PaymentLeg(f"sor_{number}", 7_00, "org_bruno"),)
        payment = p.start(database, f"ord_{number}", legs)
        for word in words:
            speak(database, payment, word)
        state, events = what_follows(words)
        assert p.state_of(database, payment) == state, words
        assert p.escrow(database, f"sor_{number}") == (7_00 if state == "captured" else 0), words
        announced += [(event, payment.id) for event in events]
    events_seen = p.events_of(database)
    assert [(type(event).__name__, getattr(event, "payment_id", "")) for event in events_seen] == announced
    assert p.breaches(database) == []


def speak(database: Database, payment: pay.Payment, word: str) -> None:
    if word == "abandon":
        p.refusal_of(lambda: p.abandon(database, payment))
    else:
        p.tell(database, payment, word)


def what_follows(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """The state after these words, and what was announced: the first that decides does, but money is never lost."""
    deciding = [word for word in words if word != "unknown"]
    first = deciding[0] if deciding else "requested"
    events = {"captured": ["PaymentCaptured"], "declined": ["PaymentDeclined"]}.get(first, [])
    if first in ("declined", "abandon") and "captured" in deciding:
        return "captured_late", events
    return {"abandon": "abandoned"}.get(first, first), events


def test_an_order_has_one_live_payment(database: Database) -> None:
    first = p.start(database)
    with pytest.raises(Conflict, match="already"):
        p.start(database)
    p.tell(database, first, "declined")
    second = p.start(database)
    found = database.read_now(lambda snapshot: pay.find_payment_by_ref(snapshot, p.ALICE, "ord_1"))
    assert found is not None
    assert found.id in (first.id, second.id)
    p.tell(database, second, "captured")
    with pytest.raises(Conflict, match="already"):
        p.start(database)
    assert p.breaches(database) == []


def test_an_order_of_nothing_is_paid_at_once(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database, legs=[pay.PaymentLeg("sor_gift", 0, "org_bruno")])
    assert payment.state == "captured"
    assert p.events_of(database) == [pay.PaymentCaptured(payment.id, "ord_1")]
    p.run_tasks(database, processor)
    assert processor.list_acts() == []
    database.write_now(
        lambda tx: ledger.post(tx, pay.settle(tx, pay.SettlementLegs("sor_gift", "org_bruno", "EUR", 0, 0, 0, 0)))
    )
    assert p.breaches(database) == []


@pytest.mark.parametrize(
    ("legs", "method", "currency"),
    [
        ((), "tok_ok", "EUR"),
        (p.TWO_SELLERS, "", "EUR"),
        (p.TWO_SELLERS, "tok\0ok", "EUR"),
        (p.TWO_SELLERS, "t" * 201, "EUR"),
        (p.TWO_SELLERS, "tok_ok", "euros"),
        ((pay.PaymentLeg("sor_a", -1, "org_bruno"),), "tok_ok", "EUR"),
        ((pay.PaymentLeg("sor_a", 1, "org_bruno"), pay.PaymentLeg("sor_a", 2, "org_bruno")), "tok_ok", "EUR"),
    ],
)
def test_what_cannot_be_paid_is_refused(
    database: Database, legs: tuple[pay.PaymentLeg, ...], method: str, currency: str
) -> None:
    with pytest.raises(Invalid):
        p.start(database, legs=legs, method=method, currency=currency)


def test_a_payment_is_seen_by_who_pays_and_by_the_operator_alone(database: Database) -> None:
    payment = p.start(database)
    for scope in (p.ALICE, p.DANA, Scope.system()):
        assert database.read_now(lambda snapshot, scope=scope: pay.get_payment(snapshot, scope, payment.id)) == payment
    for scope in (p.MALLORY, p.BRUNO, Scope.public(), Scope.guest("ses_other")):
        assert database.read_now(lambda snapshot, s=scope: pay.find_payment_by_ref(snapshot, s, "ord_1")) is None
        with pytest.raises(NotFound):
            database.read_now(lambda snapshot, s=scope: pay.get_payment(snapshot, s, payment.id))


def voids_of(database: Database) -> list[str]:
    """The payments that the processor is asked to let go of."""
    asked: list[str] = []
    settle(database, {}, [TaskKind(VOID_TASK, VoidTask, lambda run, body: asked.append(body.payment_id))])
    return asked


def hear(database: Database, payment: pay.Payment, kind: Any, ref: str | None = "ch_9") -> pay.Payment:
    return database.write_now(lambda tx: pay.record_outcome(tx, payment.id, pay.Outcome(kind, ref)))


@pytest.mark.parametrize("word", ["authorised", "unknown"])
@pytest.mark.parametrize("ending", ["abandoned", "declined"])
def test_what_is_set_aside_for_a_payment_that_has_ended_is_let_go_once(
    database: Database, ending: str, word: str
) -> None:
    payment = p.start(database)
    if ending == "abandoned":
        p.abandon(database, payment)
    else:
        hear(database, payment, "declined", None)
    assert voids_of(database) == []
    for _ in range(2):
        assert hear(database, payment, word).state == ending
    assert voids_of(database) == [payment.id]
    assert p.breaches(database) == []


def test_a_charge_that_is_open_at_the_processor_is_let_go_when_its_order_is(database: Database) -> None:
    payment = p.start(database)
    hear(database, payment, "unknown")
    p.abandon(database, payment)
    assert voids_of(database) == [payment.id]


@pytest.mark.parametrize("words", [("authorised",), ("captured",), ("declined", "captured")])
def test_a_payment_that_brought_money_cannot_be_abandoned(database: Database, words: tuple[str, ...]) -> None:
    payment = p.start(database)
    for word in words:
        hear(database, payment, word)
    with pytest.raises(Conflict, match="paid meanwhile"):
        p.abandon(database, payment)
    assert p.breaches(database) == []


@pytest.mark.parametrize("ending", ["abandoned", "declined"])
def test_what_came_to_nothing_is_no_longer_looked_at_for_the_merchant(database: Database, ending: str) -> None:
    payment = p.start(database)
    assert len(database.read_now(lambda snapshot: pay.money_on_the_way(snapshot, p.BRUNO))) == 1
    if ending == "abandoned":
        p.abandon(database, payment)
    else:
        hear(database, payment, "declined")
    assert database.read_now(lambda snapshot: pay.money_on_the_way(snapshot, p.BRUNO)) == []


@pytest.mark.parametrize("part", ["amount_minor", "gift_minor", "subsidy_minor"])
def test_no_part_of_what_is_to_be_paid_is_below_zero(database: Database, part: str) -> None:
    leg = replace(pay.PaymentLeg("sor_lamp", 10_00, "org_bruno"), **{part: -1})
    with pytest.raises(Invalid, match="below zero"):
        p.start(database, legs=[leg])


def test_what_is_paid_at_the_door_is_not_taken_before() -> None:
    legs = (pay.PaymentLeg("sor_lamp", 10_00, "org_bruno"),)
    for method, capture, wanted in (
        (CASH_ON_DELIVERY, "at_once", "on_shipment"), ("tok_ok", "at_once", "at_once"),
        ("tok_ok", "on_shipment", "on_shipment"),
    ):  # fmt: skip
        start = pay.StartPayment("ord_1", "EUR", legs, method, "usr_alice", capture=capture)  # type: ignore[arg-type]
        assert capture_mode(start) == wanted
