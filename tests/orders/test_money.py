"""The legs of a seller order share out what the buyer pays, to the unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.orders import legs_of

AMOUNTS = st.integers(0, 10**12)


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(0, 10_000))
def test_the_legs_sum_to_what_the_buyer_pays(items: int, shipping: int, tax: int, bps: int) -> None:
    legs = legs_of(items, shipping, tax, bps)
    assert legs.seller_minor + legs.commission_minor + legs.carrier_minor + legs.tax_minor == items + shipping + tax
    assert min(legs.seller_minor, legs.commission_minor, legs.carrier_minor, legs.tax_minor) >= 0


@given(AMOUNTS, AMOUNTS, st.integers(0, 10_000))
def test_the_commission_is_the_nearest_share_of_the_goods_alone(items: int, shipping: int, bps: int) -> None:
    legs = legs_of(items, shipping, 0, bps)
    assert abs(legs.commission_minor * 10_000 - items * bps) <= 5_000
    assert legs.carrier_minor == shipping


@pytest.mark.parametrize(
    ("items", "bps", "commission"),
    [(0, 1_000, 0), (5, 1_000, 0), (15, 1_000, 2), (25, 1_000, 2), (4_999, 1_250, 625), (1, 10_000, 1), (1, 0, 0)],
)
def test_a_commission_is_rounded_once_half_to_even(items: int, bps: int, commission: int) -> None:
    legs = legs_of(items, 0, 0, bps)
    assert (legs.commission_minor, legs.seller_minor) == (commission, items - commission)
