"""When goods leave and when they arrive: closing hours, working days, holidays, time zones."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from entrepot import deliver
from entrepot.deliver import Handling, Holidays
from entrepot.deliver.promises import business_days_between, calendar, day_of_leaving, end_of_business_day, promised_end
from entrepot.kernel import DAY, HOUR, SECOND, Database, Invalid, NotAllowed
from tests.deliver import parcels as p

NONE = Holidays()
SHOP = Handling(cut_off=14 * 60, days=1)


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * SECOND


def leaves(asked: str, handling: Handling = SHOP, holidays: Holidays = NONE, origin: str = "DE") -> str:
    return (
        datetime.fromtimestamp(day_of_leaving(at(asked), handling, holidays, origin) * 86_400, UTC).date().isoformat()
    )


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("2026-01-05T13:59", "2026-01-06"),  # a Monday
        ("2026-01-05T14:00", "2026-01-07"),
        ("2026-01-08T14:00", "2026-01-12"),  # Thursday, too late: counts for Friday
        ("2026-01-09T13:00", "2026-01-12"),
        ("2026-01-09T15:00", "2026-01-13"),
        ("2026-01-10T09:00", "2026-01-13"),  # a Saturday counts for Monday
        ("2026-01-10T23:00", "2026-01-13"),
    ],
)
def test_an_order_counts_for_the_day_until_the_closing_hour(asked: str, day: str) -> None:
    assert leaves(asked) == day


def test_the_closing_hour_is_that_of_the_shops_own_clock() -> None:
    shanghai = structs.replace(SHOP, timezone="Asia/Shanghai", days=0)
    assert leaves("2026-01-05T05:59", shanghai) == "2026-01-05"
    assert leaves("2026-01-05T06:00", shanghai) == "2026-01-06"
    assert leaves("2026-01-05T17:00", shanghai) == "2026-01-06"  # it is Tuesday there


def test_holidays_and_the_shops_own_days_are_not_worked() -> None:
    holidays = Holidays({"DE": ("2026-01-06", "12-25")})
    assert leaves("2026-01-05T09:00", SHOP, holidays) == "2026-01-07"
    assert leaves("2026-01-05T09:00", SHOP, holidays, "FR") == "2026-01-06"
    assert leaves("2026-12-24T09:00", SHOP, holidays) == "2026-12-28"
    assert leaves("2027-12-24T09:00", SHOP, holidays) == "2027-12-27"
    weekend = structs.replace(SHOP, weekdays=(5, 6))
    assert leaves("2026-01-05T09:00", weekend) == "2026-01-11"


def test_the_days_on_the_way_are_those_of_the_country_it_goes_to() -> None:
    holidays = Holidays({"FR": ("2026-01-07",)})
    end = promised_end(at("2026-01-05T09:00"), 2, SHOP, holidays, "DE", "FR")
    assert end == at("2026-01-09T23:59:59")
    assert promised_end(at("2026-01-05T09:00"), 2, SHOP, holidays, "DE", "DE") == at("2026-01-08T23:59:59")


@given(st.integers(0, 3_000_000_000), st.integers(0, 20))
def test_without_a_closing_hour_days_count_from_the_order(asked_s: int, days: int) -> None:
    asked = asked_s * SECOND
    assert promised_end(asked, days, Handling(), NONE, "DE", "DE") == end_of_business_day(asked, days)


@given(st.integers(0, 3_000_000_000), st.integers(0, 5), st.integers(0, 1_440), st.integers(0, 20))
def test_a_later_closing_hour_and_fewer_days_never_make_it_later(
    asked_s: int, days: int, cut_off: int, on_way: int
) -> None:
    asked = asked_s * SECOND
    early, late = Handling(cut_off=cut_off, days=days), Handling(cut_off=1_440, days=days)
    assert promised_end(asked, on_way, late, NONE, "", "") <= promised_end(asked, on_way, early, NONE, "", "")
    assert promised_end(asked, on_way, early, NONE, "", "") <= promised_end(asked, on_way + 1, early, NONE, "", "")


def test_a_calendar_full_of_holidays_has_an_end() -> None:
    days = tuple(f"{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 32))
    assert end_of_business_day(0, 3, calendar(days)) < 10_000 * DAY


def test_business_days_between_two_moments() -> None:
    monday = at("2026-01-05T09:00")
    assert business_days_between(monday, monday + HOUR) == 0
    assert business_days_between(monday, monday + 7 * DAY) == 5
    assert business_days_between(monday + DAY, monday) == 0
    assert business_days_between(monday, monday + 2 * DAY, calendar(("2026-01-06",))) == 1


def test_a_quote_promises_by_the_merchants_hours(database: Database) -> None:
    p.save(database, p.WEIGHT)
    [before] = p.quote(database, p.ask())
    database.write_now(lambda tx: deliver.save_handling(tx, p.BRUNO, Handling(cut_off=0, days=3)))
    database.write_now(lambda tx: deliver.save_holidays(tx, p.DANA, {"DE": ["12-25"]}))
    [after] = p.quote(database, p.ask())
    assert after.promised_at > before.promised_at
    assert after.counted_from > before.counted_from
    for scope in (p.BRUNO, p.ALICE):
        with pytest.raises(NotAllowed):
            database.write_now(lambda tx, scope=scope: deliver.save_holidays(tx, scope, {}))


@pytest.mark.parametrize(
    ("handling", "field"),
    [
        (Handling(cut_off=1_441), "cut_off"),
        (Handling(days=61), "days"),
        (Handling(weekdays=()), "weekdays"),
        (Handling(weekdays=(7,)), "weekdays"),
        (Handling(timezone="Mars/Olympus"), "timezone"),
        (Handling(timezone="../../etc/passwd"), "timezone"),
    ],
)
def test_hours_that_cannot_be_are_refused(database: Database, handling: Handling, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        database.write_now(lambda tx: deliver.save_handling(tx, p.BRUNO, handling))
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize("days", [{"XX": ["12-25"]}, {"DE": ["2026-02-30"]}, {"DE": ["Easter"]}, {"DE": ["02-30"]}])
def test_days_that_are_none_are_refused(database: Database, days: dict[str, list[str]]) -> None:
    with pytest.raises(Invalid):
        database.write_now(lambda tx: deliver.save_holidays(tx, p.DANA, days))
