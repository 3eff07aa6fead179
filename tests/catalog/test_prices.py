"""The price now, its history and the lowest price before a reduction, over random terms and clocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalog.prices import NO_SALE, Standing, Step, Terms, follow, lowest_before, prices_now
from entrepot.kernel import DAY

MOMENTS = st.integers(0, 100)
"""Days; small, so that borders and looks often fall together."""


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    """Terms as they may be stored."""
    regular = draw(st.integers(2, 9))
    sale = draw(st.none() | st.integers(1, regular - 1))
    starts, ends = draw(st.none() | MOMENTS), draw(st.none() | MOMENTS)
    if starts is not None and ends is not None and starts >= ends:
        starts, ends = None, ends
    listed = draw(st.none() | st.integers(regular + 1, 12))
    if sale is None:
        return Terms(regular, None, None, None, listed)
    return Terms(regular, sale, _days(starts), _days(ends), listed)


def _days(at: int | None) -> int | None:
    return None if at is None else at * DAY


CHANGES = st.lists(st.tuples(st.integers(1, 100), st.none() | terms()), max_size=10, unique_by=lambda each: each[0])
"""At each moment new terms, or None: only a look."""


def _live(first: Terms, changes: list[tuple[int, Terms | None]]) -> tuple[list[Step], Standing, dict[int, Terms]]:
    """An offer's life: its history, how it stands in the end, and the terms by the moment they came."""
    standing = Standing(first.price_at(0), None, first.next_border(0))
    history, current, given_at = [(0, standing.price_minor)], first, {0: first}
    for day, new in sorted(changes, key=lambda each: each[0]):
        now = day * DAY
        standing, steps = follow(current, standing, new or current, history, now)
        history = sorted({**dict(history), **dict(steps)}.items())
        current = new or current
        given_at[now] = current
    return history, standing, given_at


def _price_at(given_at: dict[int, Terms], at: int) -> int:
    """The plain answer: the terms of the time, asked for the time."""
    return given_at[max(since for since in given_at if since <= at)].price_at(at)


@given(terms(), CHANGES)
def test_the_history_says_what_was_in_force_at_every_moment(
    first: Terms, changes: list[tuple[int, Terms | None]]
) -> None:
    history, standing, given_at = _live(first, changes)
    last = max(given_at)
    for at in range(0, last + 1, DAY // 2):
        assert [price for since, price in history if since <= at][-1] == _price_at(given_at, at)
    assert standing.price_minor == _price_at(given_at, last)


@given(terms(), CHANGES)
def test_the_next_switch_is_the_next_moment_at_which_the_price_changes_by_itself(
    first: Terms, changes: list[tuple[int, Terms | None]]
) -> None:
    _, standing, given_at = _live(first, changes)
    last = max(given_at)
    current = given_at[last]
    moves = [at for at in range(last, last + 102 * DAY, DAY) if at > last and _moves(current, at)]
    assert standing.switch_at == (moves[0] if moves else None)


def _moves(current: Terms, at: int) -> bool:
    return current.price_at(at) != current.price_at(at - 1)


@given(terms(), CHANGES)
def test_the_lowest_price_before_a_reduction_is_that_of_the_thirty_days_before_it_began(
    first: Terms, changes: list[tuple[int, Terms | None]]
) -> None:
    """Followed border by border by a plain model that knows every price of every half day."""
    _, standing, given_at = _live(first, changes)
    last, began, before = max(given_at), None, None
    for at in range(0, last + 1, DAY // 2):
        now = given_at[max(since for since in given_at if since <= at)]
        price = _price_at(given_at, at)
        if not now.is_reduced(price):
            began = None
        elif began is None or (before is not None and price > before):
            began = at
        before = price
    if began is None:
        assert standing.lowest_30d_minor is None
        return
    if began == 0:
        assert standing.lowest_30d_minor is None
        return
    looked = [_price_at(given_at, at) for at in range(max(0, began - 30 * DAY), began, DAY // 2)]
    assert standing.lowest_30d_minor == min(looked)


def test_a_sale_begins_on_its_first_moment_and_is_over_on_its_end() -> None:
    offer = Terms(1_000, 800, 10, 20)
    assert [offer.price_at(at) for at in (9, 10, 19, 20)] == [1_000, 800, 800, 1_000]
    assert [offer.next_border(at) for at in (0, 10, 20)] == [10, 20, None]


def test_a_price_that_falls_further_keeps_what_was_before_and_one_that_rises_begins_anew() -> None:
    history = [(0, 1_000)]
    standing, steps = follow(Terms(1_000), Standing(1_000, None, None), Terms(1_000, 900), history, 40 * DAY)
    assert standing.lowest_30d_minor == 1_000
    history += steps
    standing, steps = follow(Terms(1_000, 900), standing, Terms(1_000, 700), history, 45 * DAY)
    assert standing.lowest_30d_minor == 1_000
    history += steps
    standing, _ = follow(Terms(1_000, 700), standing, Terms(1_000, 950), history, 50 * DAY)
    assert standing.lowest_30d_minor == 700


def test_the_lowest_before_looks_back_thirty_days_and_not_further() -> None:
    history = [(0, 500), (5 * DAY, 1_000)]
    assert lowest_before(history, 35 * DAY) == 1_000
    assert lowest_before(history, 35 * DAY - 1) == 500
    assert lowest_before([], DAY) is None
    assert lowest_before([(DAY, 5)], DAY) is None


@given(st.integers(2, 10**12), st.data(), st.integers(1, 10**12))
def test_a_sale_reduces_other_currencies_in_proportion(regular: int, data: st.DataObject, other: int) -> None:
    price = data.draw(st.integers(1, regular))
    [now] = prices_now({"EUR": other}, Terms(regular, price if price < regular else None), price).values()
    assert 1 <= now <= other
    assert abs(now * regular - other * price) * 2 <= regular or now == 1


def test_no_sale_has_no_borders() -> None:
    assert NO_SALE.next_border(0) is None
