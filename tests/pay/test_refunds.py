"""Nothing is given back that was not paid, and everything that is owed is given back once."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import ledger, pay
from entrepot.kernel import Conflict, Database, Invalid, NotFound
from entrepot.pay.refunds import cards_to_fill, check_refund
from entrepot.pay.rows import Leg
from tests.pay import purchases as p


def test_a_refund_is_set_aside_and_then_paid(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    refund_id = p.refund(database, payment, 4_00)
    assert p.escrow(database) == 6_00
    assert p.breaches(database) == []
    p.run_tasks(database, processor)
    [row] = database.read_now(lambda snapshot: pay.list_refunds(snapshot, [payment.id, "pay_none"]))[payment.id]
    assert (row.id, row.state, row.amount_minor, row.seller_order_id) == (refund_id, "paid", 4_00, "sor_lamp")
    assert pay.RefundPaid(refund_id, payment.id, "ord_1", "sor_lamp") in p.events_of(database)
    assert p.breaches(database) == []


def test_no_more_is_given_back_than_was_paid(database: Database) -> None:
    payment = p.buy(database)
    p.refund(database, payment, 6_00)
    with pytest.raises(Conflict, match="more than was paid"):
        p.refund(database, payment, 4_01)
    p.refund(database, payment, 4_00)
    with pytest.raises(Conflict):
        p.refund(database, payment, 1)
    assert p.escrow(database, "sor_mug") == 2_50
    assert p.breaches(database) == []


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_nothing_cannot_be_given_back(database: Database, amount_minor: int) -> None:
    payment = p.buy(database)
    with pytest.raises(Invalid):
        p.refund(database, payment, amount_minor)


def test_what_was_not_paid_cannot_be_given_back(database: Database) -> None:
    payment = p.start(database)
    with pytest.raises(Conflict, match="not paid"):
        p.refund(database, payment, 1)
    with pytest.raises(NotFound):
        p.refund(database, payment, 1, "sor_other")


def test_a_refund_after_the_settlement_takes_from_the_merchant_and_more_than_was_shared_out_is_refused(
    database: Database,
) -> None:
    payment = p.buy(database)
    p.complete(database, 10_00)
    p.refund(database, payment, 4_00)
    assert p.available(database, pay.accounts.payable("org_bruno", "EUR")) == 8_50 - 3_40
    assert p.available(database, pay.accounts.commission("EUR")) == 60
    assert p.escrow(database) == 0
    with pytest.raises(Conflict, match="more than was paid"):
        p.refund(database, payment, 6_01)
    assert p.breaches(database) == []


def test_nobody_gives_back_more_than_they_got(database: Database) -> None:
    payment = p.buy(database)
    p.complete(database, 10_00)
    for parts in ({"seller_minor": 8_51}, {"commission_minor": 1_01}, {"carrier_minor": 51}, {"tax_minor": 1}):
        amount_minor = sum(parts.values())
        with pytest.raises(Conflict, match="shared out"):
            p.post_refund(database, pay.Refund(payment.id, "sor_lamp", amount_minor, "Wrong", **parts))
    assert p.breaches(database) == []


def test_an_order_given_back_whole_cannot_be_settled(database: Database) -> None:
    payment = p.buy(database)
    p.refund(database, payment, 10_00)
    with pytest.raises(Conflict, match="escrow holds"):
        p.complete(database, 10_00)


def test_what_is_left_after_a_refund_is_settled(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    p.refund(database, payment, 4_00)
    with pytest.raises(Conflict, match="escrow holds"):
        p.complete(database, 10_00)
    p.complete(database, 6_00)
    assert p.breaches(database) == []
    p.run_tasks(database, processor)
    balance = database.read_now(lambda snapshot: ledger.balance_of(snapshot, pay.accounts.escrow("sor_lamp", "EUR")))
    assert (balance.balance, balance.available) == (0, 0)
    assert p.breaches(database) == []


_LEG = st.tuples(*[st.integers(0, 20)] * 3)
_REFUND = st.tuples(*[st.integers(-1, 12)] * 3)


@given(captured=_LEG, amounts=st.lists(_REFUND, max_size=8))
def test_accepted_refunds_never_sum_to_more_of_anything_than_was_brought(
    captured: tuple[int, int, int], amounts: list[tuple[int, int, int]]
) -> None:
    """What was paid, what came from gift cards and what the platform added are limits of their own."""
    back = (0, 0, 0)
    leg = Leg("pay_1", "sor_1", "org_1", "EUR", *captured, None)
    for amount, gift, subsidy in amounts:
        refund = pay.Refund(
            "pay_1", "sor_1", amount, "", gift_minor=gift, subsidy_minor=subsidy, seller_minor=amount + gift + subsidy
        )
        sums = (back[0] + amount, back[1] + gift, back[2] + subsidy)
        fits = min(amount, gift, subsidy) >= 0 and max(amount, gift, subsidy) > 0
        fits = fits and all(one <= most for one, most in zip(sums, captured, strict=True))
        told = p.refusal_of(lambda refund=refund, back=back: check_refund(refund, leg, pay.Brought(*back)))
        assert (told == "ok") == fits
        back = sums if fits else back


@given(paid=st.lists(st.integers(1, 9), min_size=1, max_size=5), cuts=st.lists(st.integers(0, 9), max_size=6))
def test_gift_cards_are_filled_again_one_after_another_each_up_to_what_it_paid(
    paid: list[int], cuts: list[int]
) -> None:
    used = [(f"card {n}", amount) for n, amount in enumerate(paid)]
    every_unit = [card for card, amount in used for _ in range(amount)]
    before = 0
    for now in cuts:
        now = min(now, len(every_unit) - before)
        filled = Counter(every_unit[before : before + now])
        assert cards_to_fill(used, before, now) == [(card, filled[card]) for card, _ in used if filled[card]]
        before += now


def test_of_two_refunds_the_one_that_was_paid_is_paid(database: Database) -> None:
    payment = p.buy(database)
    first, second = p.refund(database, payment, 1_00), p.refund(database, payment, 2_00)
    told = pay.RefundTold(pay.Receipt(first, "re_1", 1_00, "EUR"))
    for wrong in (pay.Receipt(first, "re_1", 1_01, "EUR"), pay.Receipt(first, "re_1", 1_00, "USD")):
        with pytest.raises(Conflict, match="reports"):
            database.write_now(lambda tx, wrong=wrong: pay.reports.report(tx, "sandbox", pay.RefundTold(wrong)))
    for _ in range(2):
        database.write_now(lambda tx: pay.reports.report(tx, "sandbox", told))
    rows = database.read_now(lambda s: pay.list_refunds(s, [payment.id]))[payment.id]
    states = {row.id: (row.state, row.processor_ref) for row in rows}
    assert states == {first: ("paid", "re_1"), second: ("requested", None)}
    assert [each for each in p.events_of(database) if isinstance(each, pay.RefundPaid)] == [
        pay.RefundPaid(first, payment.id, "ord_1", "sor_lamp")
    ]
    assert p.breaches(database) == []


@pytest.mark.parametrize(
    "parts", [{"seller_minor": 99}, {"seller_minor": 1_01}, {"seller_minor": 1_00, "tax_minor": 1}]
)
def test_what_is_given_up_is_what_goes_back(database: Database, parts: dict[str, int]) -> None:
    payment = p.buy(database)
    with pytest.raises(Invalid, match="sum to what goes back"):
        p.post_refund(database, pay.Refund(payment.id, "sor_lamp", 1_00, "Wrong", **parts))
    assert p.escrow(database) == 10_00


def test_a_part_of_an_order_that_was_given_back_leaves_the_rest_on_its_way(database: Database) -> None:
    payment = p.buy(database)
    p.refund(database, payment, 4_00)
    [line] = database.read_now(lambda s: pay.money_on_the_way(s, p.BRUNO))
    assert line.escrow_minor == 6_00
