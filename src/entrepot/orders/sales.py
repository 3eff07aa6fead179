"""What was sold on each of the last days, for the first page of a console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope, require_organisation
from entrepot.kernel import DAY, Prepared, Snapshot, prepare

from . import tables
from .types import SellerOrderStatus

LOOKED_AT = 20_000
"""Orders beyond the newest so many are not looked at: a large market sees fewer days, and waits no longer for them."""


class DaySales(msgspec.Struct, frozen=True):
    """What was paid for on a day in one currency, by when it was ordered; cancelled orders are left out."""

    begins_at: int
    orders: int
    amount_minor: int


class Sales(msgspec.Struct, frozen=True):
    """Days in a row of one currency, the oldest first; a day on which nothing was sold is there with zeros."""

    currency: str
    days: tuple[DaySales, ...]

    @property
    def amount_minor(self) -> int:
        """What all days come to."""
        return sum(day.amount_minor for day in self.days)

    @property
    def orders(self) -> int:
        """How many orders that was, one for each seller."""
        return sum(day.orders for day in self.days)

    @property
    def top_minor(self) -> int:
        """What the best day came to."""
        return max(day.amount_minor for day in self.days)


def list_sales(snapshot: Snapshot, scope: Scope, days: int = 14) -> list[Sales]:
    """A merchant's sales by day and currency, the largest sum first; the operator's are everybody's.

    Of at most so many `days`, today last; of fewer where the newest `LOOKED_AT` orders do not cover them whole.
    """
    query, bound = _of_all, dict[str, Any](most=LOOKED_AT, day=DAY)
    if not scope.is_operator:
        query, bound = _of_one, {**bound, "merchant_id": require_organisation(scope)}
    rows = snapshot.all(query, **bound)
    today = snapshot.now - snapshot.now % DAY
    first = max(today - (days - 1) * DAY, _first_whole(rows, today))
    sold: dict[str, dict[int, DaySales]] = {}
    for row in rows:
        if row.begins_at >= first and row.orders:
            there = DaySales(int(row.begins_at), int(row.orders), int(row.amount_minor))
            sold.setdefault(row.currency, {})[there.begins_at] = there
    found = [
        Sales(currency, tuple(there.get(at, DaySales(at, 0, 0)) for at in range(first, today + DAY, DAY)))
        for currency, there in sold.items()
    ]
    return sorted(found, key=lambda each: (-each.orders, each.currency))


def _first_whole(rows: Sequence[Any], today: int) -> int:
    """The first day of which every order was looked at."""
    if sum(row.seen for row in rows) < LOOKED_AT:
        return 0
    return min(today, min(int(row.begins_at) for row in rows) + DAY)


_s = tables.seller_orders.c


def _by_day(*where: Any) -> Prepared[Any]:
    newest = (
        select(_s.placed_at, _s.currency, _s.status, _s.seller_minor, _s.commission_minor, _s.carrier_minor)
        .add_columns(_s.tax_minor, _s.subsidy_minor)
        .where(_s.paid_at.is_not(None), *where)
        .order_by(_s.id.desc())
        .limit(bindparam("most"))
        .subquery()
    ).c
    paid = newest.seller_minor + newest.commission_minor + newest.carrier_minor + newest.tax_minor
    sold = newest.status != SellerOrderStatus.CANCELLED.value
    begins_at = newest.placed_at - newest.placed_at % bindparam("day")
    return prepare(
        select(
            begins_at.label("begins_at"),
            newest.currency,
            func.count().label("seen"),
            func.count().filter(sold).label("orders"),
            func.coalesce(func.sum(paid - newest.subsidy_minor).filter(sold), 0).label("amount_minor"),
        )
        .group_by(begins_at, newest.currency)
        .order_by(begins_at)
    )


_of_all = _by_day()
_of_one = _by_day(_s.merchant_id == bindparam("merchant_id"))
