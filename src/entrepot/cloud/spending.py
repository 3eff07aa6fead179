"""An organisation's use of compute by day, model, key and surface: what its own pages, CSV and API show.

Every figure is a sum over usage rows. Days are UTC days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope
from entrepot.kernel import DAY, Invalid, Prepared, Snapshot, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .accounting import account_owner

DAYS_MAX = 366


class UsageWish(msgspec.Struct, frozen=True):
    """Which use: the last so many days, today last; of one model, key or surface, where they are named."""

    days: int = 30
    model: str = ""
    key: str = ""
    surface: str = ""


class UsageCell(msgspec.Struct, frozen=True):
    """The use of one model by one caller for one surface on one day (its beginning). `caller` is a key's or a person's
    id; empty for what the shop used through its standing hold. Tokens by what was done with them; `price` in nano
    units."""

    day: int
    model: str
    caller: str
    surface: str
    requests: int
    tokens_read: int
    tokens_written: int
    tokens_embedded: int
    price: int


class UsageSum(msgspec.Struct, frozen=True):
    """Cells added up under one name."""

    name: str
    requests: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    tokens_embedded: int = 0
    price: int = 0


class UnderWay(msgspec.Struct, frozen=True):
    """Calls that run now, and what is held for them, in nano units."""

    calls: int
    held: int


def usage_cells(snapshot: Snapshot, scope: Scope, wish: UsageWish) -> list[UsageCell]:
    """The caller's use, by day, model, caller and surface."""
    since, until = days_of(snapshot.now, wish)
    rows = snapshot.all(
        _cells, owner=account_owner(scope), since=since, until=until, day=DAY, model=wish.model, caller=wish.key,
        surface=wish.surface,
    )  # fmt: skip
    return [UsageCell(int(row[0]), *row[1:4], *map(int, row[4:])) for row in rows]


def days_of(now: int, wish: UsageWish) -> tuple[int, int]:
    """From the beginning of the first day up to the end of today."""
    if not 1 <= wish.days <= DAYS_MAX:
        raise Invalid(f"Choose 1 to {DAYS_MAX} days", fields={"days": f"1 to {DAYS_MAX}"})
    today = now - now % DAY
    return today - (wish.days - 1) * DAY, today + DAY


def sum_usage(cells: Iterable[UsageCell], name: Callable[[UsageCell], str]) -> list[UsageSum]:
    """Cells added up by a name each has, the largest spending first."""
    sums: dict[str, UsageSum] = {}
    for cell in cells:
        key = name(cell)
        before = asdict(sums.get(key) or UsageSum(key))
        sums[key] = UsageSum(key, *(before[field] + getattr(cell, field) for field in UsageSum.__struct_fields__[1:]))
    return sorted(sums.values(), key=lambda each: (-each.price, -each.requests, each.name))


def calls_under_way(snapshot: Snapshot, scope: Scope) -> UnderWay:
    """The caller's calls that have not been settled yet."""
    row = snapshot.one(_under_way, owner=account_owner(scope))
    assert row is not None
    return UnderWay(int(row[0]), int(row[1] or 0))


def all_under_way(snapshot: Snapshot) -> UnderWay:
    """Everybody's calls that have not been settled yet."""
    row = snapshot.one(_all_under_way)
    assert row is not None
    return UnderWay(int(row[0]), int(row[1] or 0))


def _tokens(*meters: str) -> str:
    named = ", ".join(f"'{meter}'" for meter in meters)
    return f"SUM(CASE WHEN u.meter IN ({named}) THEN u.quantity ELSE 0 END)"


_cells: Prepared[Any] = prepare_text(
    "SELECT u.at - u.at % :day AS begins, u.model, COALESCE(r.actor, '') AS caller, u.surface, "
    f"COUNT(DISTINCT u.request), {_tokens('input_tokens', 'cached_input_tokens')}, {_tokens('output_tokens')}, "
    f"{_tokens('embedding_tokens', 'rerank_tokens')}, SUM(u.price) "
    "FROM cloud_usage u LEFT JOIN cloud_requests r ON r.id = u.request AND r.attempt = u.attempt "
    "WHERE u.organisation = :owner AND u.at >= :since AND u.at < :until AND (:model = '' OR u.model = :model) "
    "AND (:caller = '' OR r.actor = :caller) AND (:surface = '' OR u.surface = :surface) "
    "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
)
_r = tables.requests.c
_open = select(func.count().label("calls"), func.sum(_r.held).label("held")).where(_r.state == "open")
_under_way: Prepared[Any] = prepare(_open.where(_r.organisation == bindparam("owner")))
_all_under_way: Prepared[Any] = prepare(_open)
