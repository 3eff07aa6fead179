"""Sales by day on the first page of a console: what was paid for, cancelled orders left out, days that are whole."""

from __future__ import annotations

import pytest

from entrepot import orders
from entrepot.identity import Scope
from entrepot.kernel import DAY
from entrepot.orders import sales
from tests.orders.market import CUP, LAMP, Market


def sold(market: Market, scope: Scope) -> list[tuple[int, int]]:
    """Orders and amounts of the days that are shown."""
    found = market.see(orders.list_sales, scope)
    return [(day.orders, day.amount_minor) for each in found for day in each.days]


def test_days_sum_what_was_paid_for_each_merchant_and_for_the_market(market: Market) -> None:
    alice, bruno = market.cast.alice, market.merchant_of(LAMP)
    assert market.see(orders.list_sales, bruno) == []
    first = market.buy(alice, {LAMP: 2, CUP: 1})
    market.settle()
    market.clock.advance(2 * DAY)
    again = market.buy(alice, {LAMP: 1})
    dropped = market.buy(alice, {LAMP: 1})
    market.buy(alice, {LAMP: 1}, "tok_decline")
    market.settle()
    part = market.order(alice, dropped.order_id).sellers[0]
    market.do(orders.cancel, alice, part.id, "too many")
    parts = [each for placed in (first, again) for each in market.order(alice, placed.order_id).sellers]
    own = [each.total_minor for each in parts if each.merchant_id == bruno.organisation]
    assert sold(market, bruno) == [(0, 0)] * 11 + [(1, own[0]), (0, 0), (1, own[1])]
    both = sum(each.total_minor for each in parts[:2])
    assert sold(market, market.cast.dana) == [(0, 0)] * 11 + [(2, both), (0, 0), (1, own[1])]


def test_a_day_of_which_not_every_order_was_looked_at_is_not_shown(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bruno = market.cast.alice, market.merchant_of(LAMP)
    for _ in range(3):
        market.buy(alice, {LAMP: 1})
        market.settle()
        market.clock.advance(DAY)
    market.buy(alice, {LAMP: 1})
    market.settle()
    monkeypatch.setattr(sales, "LOOKED_AT", 3)
    assert [number for number, _ in sold(market, bruno)] == [1, 1]
