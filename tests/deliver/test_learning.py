"""Promises follow from what parcels took, and are kept as often as wanted."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import deliver
from entrepot.deliver.learning import NEVER, Took, by_rank, learn, learn_all, wilson
from entrepot.deliver.types import Settings, Transit
from entrepot.kernel import DAY, HOUR, Database, ManualClock
from tests.deliver import parcels as p

DAYS = st.lists(st.integers(0, 30), min_size=1, max_size=120)


@given(DAYS, st.integers(50, 99))
def test_the_wanted_share_of_parcels_came_by_the_day_of_that_rank(days: list[int], target: int) -> None:
    day = by_rank(days, target)
    assert day in days
    if (len(days) + 1) * target <= 100 * len(days):
        assert sum(each <= day for each in days) * 100 >= target * len(days)
    else:
        assert day == max(days)


def test_too_few_parcels_teach_nothing() -> None:
    assert learn([Took(2, True)] * 49, None, 90, 50) is None
    assert learn([Took(2, True)] * 50, None, 90, 50) == Transit(2, 2, 50)


def test_promises_widen_when_too_few_are_kept_and_come_back_slowly() -> None:
    good, late = [Took(2, True)] * 50, [Took(3, False)] * 6
    assert learn([*good, *late], Transit(1, 2, 50), 90, 50) == Transit(2, 3, 56)
    assert learn([*good, *[Took(2, False)] * 6], Transit(1, 4, 50), 90, 50) == Transit(2, 5, 56)
    assert learn(good, Transit(1, 9, 50), 90, 50) == Transit(2, 8, 50)
    missing = learn([*good, *[Took(NEVER, False)] * 30], Transit(1, 3, 50), 90, 50)
    assert missing is not None
    assert missing.days_max == 365


@pytest.mark.parametrize("seed", range(5))
def test_simulated_parcels_are_covered_as_often_as_wanted(seed: int) -> None:
    random = Random(seed)
    known: Transit | None = None
    took: list[Took] = []
    kept = []
    for number in range(3_000):
        slow = 2 if number > 1_500 else 0  # from then on everything takes two days longer
        days = slow + min(int(random.expovariate(0.6)) + 1, 12)
        promised = known.days_max if known else 2
        took.append(Took(days, days <= promised))
        kept.append(days <= promised)
        if number % 25 == 0:
            known = learn(took[-500:], known, 90, 50)
    for part in (kept[200:1_500], kept[1_900:]):
        assert sum(part) / len(part) >= 0.87
    assert known is not None
    assert known.days_max <= 10


@given(st.integers(0, 400), st.integers(1, 400))
def test_an_interval_holds_its_share(in_time: int, parcels: int) -> None:
    in_time = min(in_time, parcels)
    low, high = wilson(in_time, parcels)
    assert 0 <= low <= in_time / parcels <= high <= 1
    assert wilson(in_time * 10, parcels * 10)[1] - wilson(in_time * 10, parcels * 10)[0] < high - low


def test_an_empty_lane_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_lane_learns_from_its_own_parcels_and_its_quotes_follow(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    settings = Settings(promise_parcels_min=10)
    p.save(database, p.WEIGHT)
    for number in range(12):
        [quote] = p.quote(database, p.ask())
        assert (quote.days_min, quote.days_max) == (1, 3)
        parcel = p.book(database, quote_id=quote.id)
        database.write_now(
            lambda tx, parcel=parcel, number=number: deliver.record_scan(
                tx, p.DANA, deliver.Scan(parcel.id, "handed_over", tx.now, "", f"out {number}")
            )
        )
    [late] = p.quote(database, p.ask())
    never = p.book(database, quote_id=late.id)
    p.record(database, deliver.Scan(never.id, "handed_over", clock.now(), "", "out"), p.DANA)
    clock.advance(7 * DAY)  # five business days
    for parcel in database.read_now(lambda s: deliver.list_parcels(s, p.BRUNO)):
        if parcel.id != never.id:
            p.record(database, deliver.Scan(parcel.id, "delivered", clock.now() - HOUR, "", "in"), p.DANA)
    [covered] = database.read_now(lambda s: deliver.coverage(s, p.BRUNO))
    assert (covered.name, covered.parcels, covered.in_time, covered.low < covered.high) == ("By weight", 13, 0, True)
    assert database.read_now(lambda s: deliver.coverage(s, p.CARLA)) == []
    assert database.read_now(lambda s: deliver.coverage(s, p.DANA)) == [covered]
    assert learn_all(database, settings) == 1
    [wider] = p.quote(database, p.ask())
    assert (wider.days_min, wider.days_max) == (5, 365)
    [elsewhere] = p.quote(database, p.ask(country="FR"))
    assert elsewhere.days_max == 3
