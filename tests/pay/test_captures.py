"""Authorised money: taken part by part, each once; what is not taken is let go; crashes and races lose nothing."""

from typing import Any

import pytest

from entrepot import ledger, pay
from entrepot.kernel import Conflict, Database, Invalid, NotFound, Tx
from entrepot.pay import accounts
from tests.pay import purchases as p
from tests.pay.test_races import at_once
from tests.pay.test_tasks import Forgetful, crash
from tests.proof import count

ROUNDS = count(4, 100)
LEGS = (pay.PaymentLeg("sor_lamp", 10_00, "org_bruno"), pay.PaymentLeg("sor_mug", 2_50, "org_carla"))


def hold(database: Database, processor: pay.SandboxProcessor, ref: str = "ord_1", legs: Any = LEGS) -> pay.Payment:
    """An order whose money is set aside at the processor."""
    payment = p.start(database, ref, legs, capture="on_shipment")
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "authorised"
    return payment


def take(
    database: Database, payment: pay.Payment, amount_minor: int, seller: str = "sor_lamp", *, final: bool = False
) -> str | None:
    """A parcel leaves."""
    return database.write_now(lambda tx: pay.capture_part(tx, payment.id, seller, amount_minor, final=final))


def let_go(database: Database, payment: pay.Payment, seller: str, amount_minor: int | None = None) -> None:
    """A part is cancelled."""
    database.write_now(lambda tx: ledger.post(tx, pay.release_part(tx, payment.id, seller, amount_minor)))


def taken_at(processor: pay.SandboxProcessor, kind: str = "capture") -> int:
    return sum(act.amount_minor for act in processor.list_acts() if act.kind == kind and act.state == "done")


def test_nothing_is_taken_before_a_parcel_leaves(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    assert p.events_of(database) == [pay.PaymentAuthorised(payment.id, "ord_1")]
    assert (p.escrow(database), taken_at(processor)) == (0, 0)
    assert p.breaches(database) == []


def test_each_part_is_in_escrow_once_it_is_taken(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    take(database, payment, 4_00)
    assert p.breaches(database) == []
    p.run_tasks(database, processor)
    assert (p.escrow(database), p.escrow(database, "sor_mug")) == (4_00, 0)
    take(database, payment, 6_00)
    take(database, payment, 2_50, "sor_mug")
    p.run_tasks(database, processor)
    assert (p.escrow(database), p.escrow(database, "sor_mug")) == (10_00, 2_50)
    assert p.state_of(database, payment) == "captured"
    assert taken_at(processor) == 12_50
    assert p.breaches(database) == []


def test_what_does_not_leave_is_let_go(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    take(database, payment, 4_00, final=True)
    let_go(database, payment, "sor_mug")
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "captured"
    assert (p.escrow(database), p.escrow(database, "sor_mug")) == (4_00, 0)
    assert (taken_at(processor), taken_at(processor, "void")) == (4_00, 8_50)
    assert p.available(database, accounts.processor("sandbox", "EUR")) == -4_00
    assert p.breaches(database) == []


def test_a_part_can_be_let_go_before_the_rest_is_taken(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    let_go(database, payment, "sor_lamp", 3_00)
    with pytest.raises(Conflict):
        take(database, payment, 7_01)
    take(database, payment, 7_00)
    p.run_tasks(database, processor)
    assert p.escrow(database) == 7_00
    assert p.breaches(database) == []


def test_no_more_is_taken_than_was_set_aside(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    for wrong, refusal in ((10_01, Conflict), (0, Invalid), (-1, Invalid)):
        with pytest.raises(refusal):
            take(database, payment, wrong)
    take(database, payment, 6_00)
    with pytest.raises(Conflict):
        take(database, payment, 4_01)
    with pytest.raises(Conflict):
        let_go(database, payment, "sor_lamp", 4_01)


def test_what_is_taken_can_be_given_back_and_settled_while_the_rest_waits(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = hold(database, processor)
    take(database, payment, 10_00)
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "authorised"
    p.refund(database, payment, 3_00)
    p.run_tasks(database, processor)
    p.complete(database, 7_00)
    assert p.available(database, accounts.payable("org_bruno", "EUR")) > 0
    assert p.breaches(database) == []


def test_a_refund_of_what_was_not_taken_yet_lets_it_go(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    refund_id = p.refund(database, payment, 3_00)
    [row] = database.read_now(lambda s: pay.list_refunds(s, [payment.id]))[payment.id]
    assert (row.id, row.amount_minor, row.released_minor, row.state) == (refund_id, 0, 3_00, "paid")
    p.refund(database, payment, 2_50, "sor_mug")
    take(database, payment, 5_00)
    p.run_tasks(database, processor)
    p.refund(database, payment, 4_00)  # two of it were not taken yet
    p.run_tasks(database, processor)
    assert p.state_of(database, payment) == "captured"
    assert p.escrow(database) == 3_00
    assert (taken_at(processor), taken_at(processor, "refund"), taken_at(processor, "void")) == (5_00, 2_00, 7_50)
    with pytest.raises(Conflict):
        p.refund(database, payment, 3_01)
    assert p.breaches(database) == []


@pytest.mark.parametrize("kind", ["pay.charge", "pay.capture"])
def test_a_crash_between_the_act_and_its_record_acts_once(
    database: Database, processor: pay.SandboxProcessor, kind: str
) -> None:
    payment = p.start(database, legs=LEGS, capture="on_shipment")
    if kind == "pay.capture":
        p.run_tasks(database, processor)
        take(database, payment, 4_00)
    crash(database, processor, kind)
    p.run_tasks(database, Forgetful(processor))
    assert p.state_of(database, payment) == "authorised"
    assert taken_at(processor) == (4_00 if kind == "pay.capture" else 0)
    assert p.breaches(database) == []


def test_an_authorisation_that_comes_after_the_order_was_given_up_is_let_go(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = p.start(database, method="tok_webhook_late_reordered", capture="on_shipment")
    p.drain_quietly(database, [each for each in p.kinds_of(database, processor) if each.name == "pay.charge"])
    p.abandon(database, payment)
    p.run_days(database, processor)
    assert p.state_of(database, payment) == "abandoned"
    assert (taken_at(processor), taken_at(processor, "void")) == (0, 12_50)
    assert p.breaches(database) == []


class TakesOnce(pay.SandboxProcessor):
    """A processor that can capture an authorisation only once, as Stripe does."""

    abilities = pay.Abilities(holds=True, parts=False, payouts=True, needs_account=False)

    def __init__(self, processor: pay.SandboxProcessor) -> None:
        vars(self).update(vars(processor))


def test_where_money_can_be_taken_only_once_the_first_parcel_takes_all(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    once = TakesOnce(processor)
    payment = hold(database, once)
    let_go(database, payment, "sor_lamp", 1_00)
    take(database, payment, 4_00)
    take(database, payment, 2_50, "sor_mug")
    p.run_tasks(database, once)
    assert p.state_of(database, payment) == "captured"
    assert (p.escrow(database), p.escrow(database, "sor_mug")) == (9_00, 2_50)
    assert (taken_at(processor), taken_at(processor, "void")) == (11_50, 1_00)
    assert take(database, payment, 5_00) is None
    parts = [event for event in p.events_of(database) if isinstance(event, pay.PartCaptured)]
    assert {part.seller_order_id for part in parts} == {"sor_lamp", "sor_mug"}
    assert p.breaches(database) == []


def test_parts_taken_and_let_go_at_once_never_exceed_what_was_set_aside(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    kinds = p.kinds_of(database, processor)
    for number in range(ROUNDS):
        legs = [pay.PaymentLeg(f"sor_lamp_{number}", 10_00, "org_bruno")]
        payment = hold(database, processor, f"ord_{number}", legs)
        sor = f"sor_lamp_{number}"

        taken: list[str | None] = []

        def some(payment: pay.Payment = payment, sor: str = sor, taken: list[str | None] = taken) -> None:
            taken.append(take(database, payment, 6_00, sor))

        at_once(
            some, some, lambda payment=payment, sor=sor: let_go(database, payment, sor),
            lambda: p.drain_quietly(database, kinds, "one"), lambda: p.drain_quietly(database, kinds, "two"),
        )  # fmt: skip
        parts = [each for each in taken if each is not None]  # nothing is, once all was taken or let go
        assert len(parts) <= 1
        p.run_tasks(database, processor)
        assert p.escrow(database, sor) == 6_00 * len(parts)
    assert p.breaches(database) == []


def test_a_part_that_fails_is_told_and_can_be_asked_again(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = hold(database, processor)
    capture_id = take(database, payment, 4_00)
    assert capture_id is not None
    failed = pay.Receipt(capture_id, "ca_1", 4_00, "EUR", "failed", "The authorisation has expired")

    def tell(tx: Tx) -> None:
        pay.reports.report(tx, "sandbox", pay.CaptureTold(failed))

    database.write_now(tell)
    database.write_now(tell)
    [event] = [each for each in p.events_of(database) if isinstance(each, pay.CaptureFailed)]
    assert (event.capture_id, event.reason) == (capture_id, "The authorisation has expired")
    take(database, payment, 4_00)
    p.run_tasks(database, processor)
    assert p.escrow(database) == 4_00
    assert p.breaches(database) == []


GIFTED = pay.PaymentLeg("sor_lamp", 7_00, "org_bruno", gift_minor=2_00, subsidy_minor=1_00)


def hold_with_card(database: Database, processor: pay.SandboxProcessor, *legs: pay.PaymentLeg) -> pay.Payment:
    """The same, of which a gift card pays a part."""
    gift_minor = sum(leg.gift_minor for leg in legs)
    card, _ = database.write_now(lambda tx: pay.issue_gift_card(tx, p.DANA, pay.IssueCard("EUR", gift_minor)))
    uses = (pay.GiftUse(card.id, gift_minor),)
    wish = pay.StartPayment("ord_1", "EUR", legs, "tok_ok", p.ALICE.actor, uses, "on_shipment")

    def start(tx: Tx) -> pay.Payment:
        payment, plan = pay.start_payment(tx, wish)
        ledger.post(tx, plan)
        return payment

    payment = database.write_now(start)
    p.run_tasks(database, processor)
    return payment


def wish_back(payment: pay.Payment, amount: int, gift: int, subsidy: int, seller: str = "sor_lamp") -> pay.Refund:
    whole = amount + gift + subsidy
    return pay.Refund(payment.id, seller, amount, "Sorry", gift_minor=gift, subsidy_minor=subsidy, seller_minor=whole)


def test_what_was_not_begun_goes_back_whole_with_its_gift_cards_or_not_at_all(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = hold_with_card(database, processor, GIFTED, pay.PaymentLeg("sor_mug", 2_50, "org_carla"))
    for amount, gift, subsidy in ((3_00, 1_00, 0), (7_00, 2_00, 0), (7_00, 1_00, 1_00), (6_00, 2_00, 1_00)):
        with pytest.raises(Conflict, match="Nothing of this order is taken yet"):
            p.post_refund(database, wish_back(payment, amount, gift, subsidy))
    p.post_refund(database, wish_back(payment, 7_00, 2_00, 1_00))
    p.run_tasks(database, processor)
    [row] = database.read_now(lambda s: pay.list_refunds(s, [payment.id]))[payment.id]
    assert (row.amount_minor, row.gift_minor, row.subsidy_minor, row.released_minor) == (0, 0, 0, 10_00)
    assert p.escrow(database) == 0
    for again in ((0, 2_00, 1_00), (0, 1, 0), (1, 0, 0)):
        with pytest.raises(Conflict):
            p.post_refund(database, wish_back(payment, *again))
    let_go(database, payment, "sor_mug")
    p.run_tasks(database, processor)
    assert (taken_at(processor), taken_at(processor, "void")) == (0, 9_50)
    assert p.available(database, accounts.processor("sandbox", "EUR")) == 0
    assert p.breaches(database) == []


def test_what_was_begun_goes_back_in_part_also_from_its_gift_cards(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = hold_with_card(database, processor, GIFTED)
    take(database, payment, 4_00)
    p.run_tasks(database, processor)
    assert p.escrow(database) == 7_00
    p.post_refund(database, wish_back(payment, 4_00, 2_00, 1_00))  # three of it were not taken yet
    p.run_tasks(database, processor)
    assert (p.escrow(database), taken_at(processor), taken_at(processor, "refund")) == (3_00, 4_00, 1_00)
    with pytest.raises(Conflict):
        p.post_refund(database, wish_back(payment, 0, 1, 0))
    assert p.breaches(database) == []


def test_what_a_gift_card_pays_alone_is_there_while_other_parts_wait(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    mug = pay.PaymentLeg("sor_mug", 0, "org_carla", gift_minor=2_50)
    payment = hold_with_card(database, processor, pay.PaymentLeg("sor_lamp", 10_00, "org_bruno"), mug)
    assert (p.state_of(database, payment), p.escrow(database, "sor_mug")) == ("authorised", 2_50)
    with pytest.raises(Conflict):
        p.post_refund(database, wish_back(payment, 0, 2_51, 0, "sor_mug"))
    p.post_refund(database, wish_back(payment, 0, 1_00, 0, "sor_mug"))
    assert p.escrow(database, "sor_mug") == 1_50
    p.post_refund(database, wish_back(payment, 0, 1_50, 0, "sor_mug"))
    assert p.escrow(database, "sor_mug") == 0
    assert p.breaches(database) == []


def test_what_a_processor_says_it_took_of_a_whole_has_to_be_the_whole(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    payment = hold(database, TakesOnce(processor))
    take(database, payment, 4_00)

    def tell(amount_minor: int, currency: str = "EUR") -> None:
        receipt = pay.Receipt(payment.id, "ca_1", amount_minor, currency)
        database.write_now(lambda tx: pay.captures.report_whole(tx, receipt))

    for amount_minor, currency in ((12_49, "EUR"), (12_51, "EUR"), (12_50, "USD")):
        with pytest.raises(Conflict, match="reports"):
            tell(amount_minor, currency)
    tell(12_50)
    assert (p.escrow(database), p.escrow(database, "sor_mug")) == (10_00, 2_50)
    with pytest.raises(NotFound):
        take(database, payment, 1, "sor_none")
