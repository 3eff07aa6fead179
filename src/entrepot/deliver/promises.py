"""When a parcel is promised: business days, counted plainly.

Monday to Friday are business days everywhere, less a country's holidays where the operator entered them; a day ends at
midnight UTC. Without a cut-off hour a promise of n days, from any time of a day, ends with the n-th business day after
that day; of 0 days, with the day itself or the business day that follows a weekend.

With a cut-off hour the goods leave first. An order before that hour of the seller's own business day counts for this
day, any other for the next one; they leave `Handling.days` of the seller's business days later, and the n days of the
way begin there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from entrepot.kernel import DAY, SECOND

from .types import Handling, Holidays

_SATURDAY = 5
_EPOCH = date(1970, 1, 1)
_DAYS_SEARCHED_MAX = 2_000
"""A calendar full of holidays ends a search here: a promise is a day, however late."""

IsBusiness = Callable[[int], bool]


def end_of_business_day(at: int, days: int, is_business: IsBusiness | None = None) -> int:
    """The last second of the business day that is `days` business days after `at`, both in microseconds."""
    return (_business_day(at // DAY, days, is_business or is_weekday) + 1) * DAY - SECOND


def promised_end(at: int, days: int, handling: Handling, holidays: Holidays, origin: str, destination: str) -> int:
    """The last second of the day until which goods ordered at `at` arrive, after `days` on the way."""
    begins = counted_from(at, handling, holidays, origin)
    return end_of_business_day(begins, days, calendar(holidays.days.get(destination, ())))


def counted_from(at: int, handling: Handling, holidays: Holidays, origin: str) -> int:
    """When the days on the way begin, in microseconds: with the order, or with a cut-off hour on the day of leaving."""
    return at if handling.cut_off is None else day_of_leaving(at, handling, holidays, origin) * DAY


def day_of_leaving(at: int, handling: Handling, holidays: Holidays, origin: str) -> int:
    """The day, counted from 1970, on which goods ordered at `at` leave, with a cut-off hour."""
    works = calendar(holidays.days.get(origin, ()), handling.weekdays)
    local = datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone_of(handling.timezone))
    day = (local.date() - _EPOCH).days
    late = handling.cut_off is not None and local.hour * 60 + local.minute >= handling.cut_off
    if late and works(day):
        day += 1
    return _business_day(_business_day(day, 0, works), handling.days, works)


def business_days_between(first: int, last: int, is_business: IsBusiness | None = None) -> int:
    """How many business days after the day of `first` the day of `last` is; both in microseconds, 0 when not after."""
    counts = is_business or is_weekday
    return sum(1 for day in range(first // DAY + 1, last // DAY + 1) if counts(day))


@lru_cache(maxsize=1_024)
def calendar(holidays: tuple[str, ...], weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)) -> IsBusiness:
    """Which days count, with these holidays and days of the week."""
    fixed = {(date.fromisoformat(day) - _EPOCH).days for day in holidays if len(day) == 10}
    yearly = {day for day in holidays if len(day) == 5}

    def is_business(day: int) -> bool:
        if (day + 3) % 7 not in weekdays or day in fixed:
            return False
        return not yearly or (_EPOCH + timedelta(days=day)).strftime("%m-%d") not in yearly

    return is_business


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The time zone of a name; UTC for one that this machine does not know."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def is_weekday(day: int) -> bool:
    """Whether a day, counted from 1970, is none of a weekend; day 0 was a Thursday."""
    return (day + 3) % 7 < _SATURDAY


def _business_day(day: int, days: int, is_business: IsBusiness) -> int:
    """The business day that is so many business days after a day; after 0, the day itself or the next one."""
    last = day + _DAYS_SEARCHED_MAX
    while days == 0 and day < last and not is_business(day):
        day += 1
    for _ in range(days):
        day += 1
        while day < last and not is_business(day):
            day += 1
    return day
