"""Escrow is shared out once, and to the unit."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import ledger, pay
from entrepot.kernel import Conflict, Database, Invalid, NotFound
from entrepot.kernel.money import share_bps, split
from entrepot.pay import accounts
from tests.pay import purchases as p

PARTS = st.integers(0, 10**12)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@given(st.tuples(PARTS, PARTS, PARTS, PARTS), CURRENCIES)
def test_a_plan_takes_from_escrow_what_its_parts_sum_to(parts: tuple[int, int, int, int], currency: str) -> None:
    legs = pay.SettlementLegs("sor_1", "org_bruno", currency, *parts)
    steps = [step for step in pay.settlement_plan(legs) if isinstance(step, ledger.Move)]
    assert sum(step.amount for step in steps) == legs.total_minor == sum(parts)
    assert {step.debit for step in steps} <= {accounts.escrow("sor_1", currency)}
    assert all(step.amount > 0 for step in steps)
    credited = {step.credit: step.amount for step in steps}
    targets = (
        accounts.payable("org_bruno", currency),
        accounts.commission(currency),
        accounts.carrier_payable(currency),
        accounts.tax_payable(currency),
    )
    assert [credited.get(target, 0) for target in targets] == list(parts)


@given(st.integers(1, 10**9), st.integers(0, 10_000), st.integers(0, 3_000), st.integers(0, 10_000))
def test_any_commission_and_carrier_leave_no_unit_over(total: int, bps: int, tax_bps: int, carrier_bps: int) -> None:
    tax = share_bps(total, tax_bps)
    commission, rest = split(total - tax, [bps, 10_000 - bps])
    carrier, seller = split(rest, [carrier_bps, 10_000 - carrier_bps])
    legs = pay.SettlementLegs("sor_1", "org_bruno", "EUR", seller, commission, carrier, tax)
    assert sum(step.amount for step in pay.settlement_plan(legs) if isinstance(step, ledger.Move)) == total


def test_a_part_below_zero_is_refused() -> None:
    with pytest.raises(Invalid):
        pay.settlement_plan(pay.SettlementLegs("sor_1", "org_bruno", "EUR", 11, -1, 0, 0))


def test_a_settled_order_leaves_nothing_in_escrow(database: Database) -> None:
    p.buy(database)
    legs = p.complete(database, 10_00)
    assert p.escrow(database) == 0
    assert p.available(database, accounts.payable("org_bruno", "EUR")) == legs.seller_minor == 8_50
    assert p.available(database, accounts.commission("EUR")) == 1_00
    assert p.available(database, accounts.carrier_payable("EUR")) == 50
    assert p.breaches(database) == []


def test_the_same_settlement_again_moves_nothing(database: Database) -> None:
    p.buy(database)
    p.complete(database, 10_00)
    p.complete(database, 10_00)
    assert p.available(database, accounts.payable("org_bruno", "EUR")) == 8_50
    assert p.breaches(database) == []


def test_an_order_is_settled_in_one_way(database: Database) -> None:
    p.buy(database)
    legs = p.complete(database, 10_00)
    other = msgspec.structs.replace(
        legs, seller_minor=legs.seller_minor + 1, commission_minor=legs.commission_minor - 1
    )
    with pytest.raises(Conflict, match="already"):
        database.write_now(lambda tx: ledger.post(tx, pay.settle(tx, other)))


@pytest.mark.parametrize("difference", [-1, 1])
def test_parts_that_do_not_sum_to_the_escrow_are_refused(database: Database, difference: int) -> None:
    p.buy(database)
    with pytest.raises(Conflict, match="escrow holds"):
        p.complete(database, 10_00 + difference)
    assert p.escrow(database) == 10_00


def test_an_order_is_settled_with_its_own_merchant_and_when_it_is_paid(database: Database) -> None:
    payment = p.start(database)
    with pytest.raises(NotFound):
        p.complete(database, 10_00)
    p.tell(database, payment, "captured")
    with pytest.raises(NotFound):
        p.complete(database, 10_00, merchant_id="org_carla")
    with pytest.raises(NotFound):
        p.complete(database, 10_00, currency="USD")
