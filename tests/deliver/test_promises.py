"""Business days: Monday to Friday, in UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.deliver.promises import end_of_business_day
from entrepot.kernel import SECOND


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("asked", "days", "promised"),
    [
        ("2026-01-05T09:00", 0, "2026-01-05"),  # a Monday
        ("2026-01-05T09:00", 1, "2026-01-06"),
        ("2026-01-05T23:59", 5, "2026-01-12"),
        ("2026-01-09T09:00", 1, "2026-01-12"),  # a Friday
        ("2026-01-10T09:00", 0, "2026-01-12"),  # a Saturday
        ("2026-01-10T09:00", 1, "2026-01-12"),
        ("2026-01-11T09:00", 2, "2026-01-13"),  # a Sunday
    ],
)
def test_weekends_do_not_count(asked: str, days: int, promised: str) -> None:
    assert end_of_business_day(at(asked), days) == at(f"{promised}T23:59:59")


@given(st.integers(0, 4_000_000_000), st.integers(0, 60))
def test_a_promise_is_a_weekday_with_that_many_weekdays_before_it(asked_s: int, days: int) -> None:
    first = datetime.fromtimestamp(asked_s, UTC).date()
    last = datetime.fromtimestamp(end_of_business_day(asked_s * SECOND, days) // SECOND, UTC).date()
    assert last.weekday() < 5
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    counted = sum(day.weekday() < 5 for day in between)
    assert counted == (days or (1 if first.weekday() >= 5 else 0))
