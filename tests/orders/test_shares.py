"""Refunds by parts: they sum to the whole on every leg, in any order, and never take more than there is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kernel import Refused
from entrepot.orders.shares import NOTHING, Share, Taken, gift_part, less, take_paid, take_pieces, take_rest
from entrepot.orders.types import Legs

MINOR = st.integers(0, 10**9) | st.integers(0, 40)


@st.composite
def shares(draw: Any) -> Share:
    """A line with any legs; the platform may have paid up to all of it in the buyer's place."""
    parts = [draw(MINOR) for _ in range(4)]
    subsidy_minor = draw(st.integers(0, sum(parts)) | st.just(0) | st.just(sum(parts)))
    return Share("oln_1", draw(st.integers(1, 12)), Legs(*parts, subsidy_minor))


def legs_are_sound(legs: Legs) -> bool:
    parts = (legs.seller_minor, legs.commission_minor, legs.carrier_minor, legs.tax_minor, legs.subsidy_minor)
    return min(*parts, legs.paid_minor) >= 0


@given(shares(), st.data())
def test_refunds_in_any_order_sum_to_the_whole_and_none_takes_more_than_there_is(
    share: Share, data: st.DataObject
) -> None:
    taken: list[Taken] = []
    left = share
    for _ in range(data.draw(st.integers(0, 6))):
        if data.draw(st.booleans()) and left.left_pieces:
            each = take_pieces(left, data.draw(st.integers(1, left.left_pieces)))
        elif left.left.paid_minor:
            wanted = data.draw(st.integers(1, left.left.paid_minor))
            each = take_paid(left, wanted)
            assert each.legs.paid_minor == wanted
        else:
            continue
        assert legs_are_sound(each.legs)
        taken.append(each)
        left = less(left, each)
        assert legs_are_sound(left.left)
    taken.append(take_rest(left))
    assert sum((each.legs for each in taken), NOTHING) == share.whole
    assert sum(each.pieces for each in taken) == share.pieces


@given(shares())
def test_piece_by_piece_is_the_same_as_all_at_once(share: Share) -> None:
    left = share
    for _ in range(share.pieces):
        left = less(left, take_pieces(left, 1))
    assert left.left == NOTHING
    assert left.left_pieces == 0


@given(st.integers(1, 10**9), st.integers(0, 10_000), st.integers(1, 99), st.data())
def test_commission_comes_back_at_the_frozen_rate(goods: int, bps: int, quantity: int, data: st.DataObject) -> None:
    commission = goods * bps // 10_000
    share = Share("oln_1", quantity, Legs(goods - commission, commission, 0, 0))
    pieces = data.draw(st.integers(1, quantity))
    legs = take_pieces(share, pieces).legs
    assert abs(legs.commission_minor - legs.total_minor * commission / goods) < 1


def test_more_pieces_or_more_money_than_are_left_are_refused() -> None:
    share = less(Share("oln_1", 3, Legs(90, 10, 0, 0)), Taken("oln_1", 2, Legs(60, 6, 0, 0)))
    with pytest.raises(Refused, match="Only 1 pieces of this are left"):
        take_pieces(share, 2)
    with pytest.raises(Refused, match="more than was paid"):
        take_paid(share, 35)
    with pytest.raises(Refused, match="more than zero"):
        take_paid(share, 0)
    assert take_paid(share, 34).legs == share.left


@given(st.integers(0, 10**9), st.data())
def test_gift_cards_are_filled_in_proportion_and_first(paid_left: int, data: st.DataObject) -> None:
    gift_left = data.draw(st.integers(0, paid_left))
    whole, gift = paid_left, gift_left
    for _ in range(4):
        paid = data.draw(st.integers(0, paid_left))
        part = gift_part(paid, gift_left, paid_left)
        assert 0 <= part <= min(paid, gift_left)
        assert paid - part <= paid_left - gift_left
        paid_left, gift_left = paid_left - paid, gift_left - part
        assert gift_left * whole <= gift * paid_left + 4 * whole
    assert gift_part(paid_left, gift_left, paid_left) == gift_left
