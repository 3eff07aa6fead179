"""What compute was used for, by whom, and what each search and listing cost: sums over the rows, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from random import Random

import pytest

from entrepot import cloud, ledger
from entrepot.cloud import Meter, Usage, admission, settling
from entrepot.cloud.watching import OTHERS, TENANTS_MAX
from entrepot.identity import Scope
from entrepot.kernel import DAY, MINUTE, Database, Invalid, ManualClock, NotAllowed, NotFound, process_name
from entrepot.kernel.testing import NOON

OPERATOR = Scope("usr_dana", "org_platform", frozenset({"operator"}))
CHEN = Scope("usr_chen", "org_chen", frozenset({"customer"}))
MODEL = "a-model"
TODAY = NOON - NOON % DAY


def record_work(database: Database, meter: Meter, seed: int = 3) -> None:
    """Searches and listings of three days, drawn from a seed."""
    database.write_now(lambda tx: cloud.add_price_book(tx, MODEL, {"embedding_tokens": 3_333_333}))
    random = Random(seed)
    for number in range(60):
        surface = random.choice(["search", "indexing", "reindex"])
        items = 1 if surface == "search" else random.randrange(1, 500)
        at = NOON - random.randrange(3) * DAY
        meter.record(
            Usage(f"req_{number:03}", "embedding_tokens", random.randrange(9_000), MODEL, surface, at, items=items)
        )
    for _ in range(7):
        meter.spare(MODEL, "search")
    meter.flush()


def test_cost_by_surface_is_the_sum_of_its_rows(database: Database) -> None:
    meter = Meter(database)
    record_work(database, meter)
    meter.close()
    rows = database.read_now(lambda s: cloud.list_usage(s, OPERATOR, 0))
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        for place, value in enumerate((1, row.items, row.price)):
            expected[row.surface][place] += value
    costs = database.read_now(lambda s: cloud.cost_by_surface(s, OPERATOR, 0, TODAY + DAY))
    assert {each.surface: [each.requests, each.items, each.price] for each in costs} == expected
    assert [each.price for each in costs] == sorted((each.price for each in costs), reverse=True)
    search = next(each for each in costs if each.surface == "search")
    assert search.spared == 7
    assert search.each == Fraction(search.price, search.items + 7)
    assert sum(each.price for each in costs) == sum(row.price for row in rows) > 0


def test_costs_are_those_of_the_time_asked_for(database: Database) -> None:
    meter = Meter(database)
    record_work(database, meter)
    meter.close()
    days = [
        database.read_now(lambda s, at=at: cloud.cost_by_surface(s, OPERATOR, at, at + DAY))  # type: ignore[misc]
        for at in range(TODAY - 2 * DAY, TODAY + DAY, DAY)
    ]
    whole = database.read_now(lambda s: cloud.cost_by_surface(s, OPERATOR, TODAY - 2 * DAY, TODAY + DAY))
    assert all(days)
    assert sum(each.price for day in days for each in day) == sum(each.price for each in whole)
    assert sum(each.spared for each in days[0]) == 0
    assert sum(each.spared for each in days[2]) == 7


def call(database: Database, request: str, actor: str = "key_1", written: int = 10, *, settle: bool = True) -> None:
    """A call of Chen's: 5 tokens read, some written."""
    ask = admission.Ask(request, "org_chen", actor, MODEL, {"input_tokens": 50, "output_tokens": 100}, "api")
    database.write_now(lambda tx: admission.admit(tx, ask, "USD9", process_name(), cloud.Limits()))
    if settle:
        used = {"input_tokens": 5, "output_tokens": written}
        database.write_now(lambda tx: settling.settle(tx, request, 1, used, "USD9"))


@pytest.fixture
def priced(database: Database) -> Database:
    """A price, and credit for Chen."""
    nano = {"input_tokens": 2 * 10**6, "output_tokens": 7 * 10**6}
    database.write_now(lambda tx: cloud.add_price_book(tx, MODEL, nano))
    plan = cloud.credit_plan("org_chen", "USD9", 10**9, "top_1")
    database.write_now(lambda tx: ledger.post(tx, plan))
    return database


def test_use_is_told_by_day_model_and_key(priced: Database) -> None:
    clock = priced.clock
    assert isinstance(clock, ManualClock)
    call(priced, "req_1")
    call(priced, "req_2", "key_2")
    clock.advance(DAY)
    call(priced, "req_3", written=20)
    cells = priced.read_now(lambda s: cloud.usage_cells(s, CHEN, cloud.UsageWish(days=2)))
    assert [(c.day, c.caller, c.requests, c.tokens_read, c.tokens_written, c.price) for c in cells] == [
        (TODAY, "key_1", 1, 5, 10, 80),
        (TODAY, "key_2", 1, 5, 10, 80),
        (TODAY + DAY, "key_1", 1, 5, 20, 150),
    ]
    assert [(each.name, each.requests, each.price) for each in cloud.sum_usage(cells, lambda c: c.caller)] == [
        ("key_1", 2, 230),
        ("key_2", 1, 80),
    ]
    one = priced.read_now(lambda s: cloud.usage_cells(s, CHEN, cloud.UsageWish(days=1)))
    assert [cell.day for cell in one] == [TODAY + DAY]
    chosen = priced.read_now(lambda s: cloud.usage_cells(s, CHEN, cloud.UsageWish(days=9, key="key_2")))
    assert [cell.caller for cell in chosen] == ["key_2"]
    assert priced.read_now(lambda s: cloud.usage_cells(s, CHEN, cloud.UsageWish(model="another"))) == []
    other = Scope("usr_x", "org_other", frozenset({"customer"}))
    assert priced.read_now(lambda s: cloud.usage_cells(s, other, cloud.UsageWish(days=9))) == []
    with pytest.raises(Invalid):
        priced.read_now(lambda s: cloud.usage_cells(s, CHEN, cloud.UsageWish(days=0)))


def test_calls_under_way_are_held_for_and_stuck_ones_are_told(priced: Database) -> None:
    clock = priced.clock
    assert isinstance(clock, ManualClock)
    call(priced, "req_1", settle=False)
    under_way = priced.read_now(lambda s: cloud.calls_under_way(s, CHEN))
    assert under_way == cloud.UnderWay(1, 50 * 2 + 100 * 7)
    [row] = priced.read_now(settling.list_open_requests)

    def stuck(*mine: str) -> list[bool]:
        return [each.is_stuck for each in priced.read_now(lambda s: cloud.list_reserves(s, OPERATOR, mine))]

    assert stuck(row.holder) == [False]
    assert stuck() == [True], "a name of this process that nobody here has is one that was left"
    clock.advance(6 * MINUTE)
    assert stuck(row.holder) == [True]
    with pytest.raises((NotAllowed, NotFound)):
        priced.read_now(lambda s: cloud.list_reserves(s, CHEN, []))


def test_spending_is_told_by_organisation_and_only_to_the_operator(priced: Database) -> None:
    call(priced, "req_1")
    meter = Meter(priced)
    meter.record(Usage("req_2", "embedding_tokens", 5, "unpriced", "search", NOON))
    meter.flush()
    meter.close()
    spends = priced.read_now(lambda s: cloud.spend_by_organisation(s, OPERATOR, 0, TODAY + DAY))
    assert [(each.organisation, each.requests, each.price) for each in spends] == [
        ("org_chen", 1, 80),
        (cloud.SHOP, 1, 0),
    ]
    costs = priced.read_now(lambda s: cloud.cost_by_surface(s, OPERATOR, 0, TODAY + DAY))
    assert [each.surface for each in costs] == ["search"], "what others pay is no cost of the shop's"
    for read in (cloud.spend_by_organisation, cloud.cost_by_surface):
        with pytest.raises((NotAllowed, NotFound)):
            priced.read_now(lambda s, read=read: read(s, CHEN, 0, TODAY))  # type: ignore[misc]


def test_a_standing_hold_tells_what_of_it_was_used(database: Database) -> None:
    meter = Meter(database)
    record_work(database, meter)
    [hold] = database.read_now(lambda s: cloud.list_standing_holds(s, OPERATOR))
    rows = database.read_now(lambda s: cloud.list_usage(s, OPERATOR, 0))
    assert (hold.amount, hold.spent) == (cloud.Settings().standing_hold, sum(row.price for row in rows))
    meter.close()
    assert database.read_now(lambda s: cloud.list_standing_holds(s, OPERATOR)) == []


def test_counts_of_a_process_keep_no_more_names_than_they_may() -> None:
    watch = cloud.Watch()
    for number in range(TENANTS_MAX + 50):
        watch.waited("m", f"org_{number}", 1.0, 0.02)
    assert len(watch.work["m"]) == TENANTS_MAX + 1
    assert watch.work["m"][OTHERS] == 50
    assert watch.waits["m"].calls == TENANTS_MAX + 50
    assert watch.waits["m"].within == [0, *[TENANTS_MAX + 50] * 9]
