"""When a parcel is promised: business days, counted plainly.

Monday to Friday are business days everywhere, holidays are not known, and a day ends at midnight UTC. A promise of n
days from any time of a day ends with the n-th business day after that day; of 0 days, with the day itself or the
business day that follows a weekend.
"""

from __future__ import annotations

from entrepot.kernel import DAY, SECOND

_SATURDAY = 5


def end_of_business_day(at: int, days: int) -> int:
    """The last second of the business day that is `days` business days after `at`, both in microseconds."""
    day = at // DAY
    while _weekday(day) >= _SATURDAY and days == 0:
        day += 1
    for _ in range(days):
        day += 1
        while _weekday(day) >= _SATURDAY:
            day += 1
    return (day + 1) * DAY - SECOND


def _weekday(day: int) -> int:
    """0 for Monday; day 0, the first of 1970, was a Thursday."""
    return (day + 3) % 7
