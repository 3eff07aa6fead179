"""Alerts: once for each threshold and period, and once when credit runs low, until there is more again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import cloud
from entrepot.cloud import alerts, budgets
from entrepot.identity import Scope, list_notices
from entrepot.kernel import DAY, Database, Invalid, ManualClock, NotAllowed, NotFound
from tests.cloud.money import BRUNO, CENT, CHEN, CURRENCY, give, receive, sell, use

OUTPUT = 600
"""Nano units of an output token."""


def tell(database: Database) -> int:
    return alerts.tell_alerts(database, CURRENCY)


def titles(database: Database) -> list[str]:
    return sorted(notice.title for notice in database.read_now(lambda s: list_notices(s, CHEN)))


def spend(database: Database, name: str, tokens: int) -> None:
    use(database, name, {"output_tokens": tokens})


def test_a_budget_tells_once_for_each_threshold_and_period(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    sell(database)
    give(database, 10**10, "g")
    database.write_now(
        lambda tx: cloud.add_budget(tx, CHEN, "tests", 1_000 * OUTPUT, "day", alert_bps=(5_000, 8_000, 10_000))
    )
    spend(database, "req_1", 499)
    assert tell(database) == 0
    spend(database, "req_2", 1)
    assert (tell(database), tell(database)) == (1, 0)
    spend(database, "req_3", 500)  # past two thresholds at once: the higher one is told
    assert (tell(database), tell(database)) == (1, 0)
    assert titles(database) == ["100 % of the budget tests is spent", "50 % of the budget tests is spent"]
    clock.advance(DAY)
    assert tell(database) == 0
    spend(database, "req_4", 600)
    assert (tell(database), tell(database)) == (1, 0)


def test_another_amount_begins_its_thresholds_anew(database: Database) -> None:
    sell(database)
    give(database, 10**10, "g")
    made = database.write_now(lambda tx: cloud.add_budget(tx, CHEN, "tests", 1_000 * OUTPUT, "month"))
    spend(database, "req_1", 900)
    assert tell(database) == 1
    database.write_now(lambda tx: cloud.change_budget(tx, CHEN, made.id, 2_000 * OUTPUT))
    assert tell(database) == 0
    spend(database, "req_2", 800)
    assert (tell(database), tell(database)) == (1, 0)
    database.write_now(lambda tx: cloud.change_budget(tx, CHEN, made.id, 2_000 * OUTPUT, (1_000,)))
    assert database.read_now(lambda s: cloud.list_budgets(s, CHEN))[0].budget.alert_bps == (1_000,)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: cloud.change_budget(tx, BRUNO, made.id, 1))


def test_credit_tells_once_until_there_is_more_again(database: Database) -> None:
    sell(database)
    receive(database, 1_00, "t1")
    database.write_now(lambda tx: cloud.set_credit_alert(tx, CHEN, 50 * CENT))
    assert tell(database) == 0
    spend(database, "req_1", 1_000_000)
    assert (tell(database), tell(database)) == (1, 0)
    assert titles(database) == ["$0.40 of compute credit is left"]
    receive(database, 1_00, "t2")
    assert tell(database) == 0
    spend(database, "req_2", 2_000_000)
    assert (tell(database), tell(database)) == (1, 0)


def test_what_two_processes_found_at_once_is_told_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sell(database)
    give(database, 10**10, "g")
    database.write_now(lambda tx: cloud.add_budget(tx, CHEN, "tests", 1_000 * OUTPUT, "day"))
    spend(database, "req_1", 900)
    found = database.read_now(alerts.find_budget_alerts)
    monkeypatch.setattr(alerts, "find_budget_alerts", lambda snapshot: found)
    assert (len(found), tell(database), tell(database)) == (1, 1, 0)


def test_two_processes_tell_once(database: Database) -> None:
    sell(database)
    receive(database, 1_00, "t1")
    database.write_now(lambda tx: cloud.set_credit_alert(tx, CHEN, 10**12))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: tell(database), range(4))) == 1


def test_a_key_does_not_change_what_bounds_it(database: Database) -> None:
    made = database.write_now(lambda tx: cloud.add_budget(tx, CHEN, "tests", 1_000))
    key = Scope("key_1", "org_chen", frozenset({"developer"}))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: cloud.change_budget(tx, key, made.id, 10**12))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: cloud.end_budget(tx, key, made.id))
    assert database.read_now(lambda s: cloud.list_budgets(s, key))[0].budget.amount == 1_000


def test_thresholds_and_amounts_out_of_bounds_are_refused(database: Database) -> None:
    for bad in ((0,), (10_001,), (1, 2, 3, 4, 5, 6)):
        with pytest.raises(Invalid):
            database.write_now(lambda tx, bad=bad: cloud.add_budget(tx, CHEN, "x", 1, alert_bps=bad))
    with pytest.raises(Invalid):
        database.write_now(lambda tx: cloud.set_credit_alert(tx, CHEN, -1))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: cloud.add_budget(tx, CHEN, "x", 1, key_id="key_of_another"))


@given(
    st.integers(0, 10**15), st.integers(0, 10**15), st.lists(st.integers(1, 10_000), max_size=5).map(tuple)
)  # fmt: skip
def test_a_threshold_is_reached_by_its_share_to_the_nano_unit(
    amount: int, spent: int, thresholds: tuple[int, ...]
) -> None:
    budget = budgets.Budget("bud_1", "org_chen", "x", None, "day", amount, thresholds, 0)
    reached = alerts.reached_of(budget, spent)
    for each in thresholds:
        passed = bool(amount) and spent * 10_000 >= each * amount
        assert (each <= reached) >= passed
    assert reached == 0 or reached in thresholds
