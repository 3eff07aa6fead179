"""Money is whole minor units; shares always sum to the whole."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kernel import Invalid, Money, decimals_of, format_money, parse_money, round_half_even, share_bps, split

amounts = st.integers(-(2**53), 2**53)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(amounts, weights)
def test_parts_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    assert sum(split(amount, weights)) == amount


@given(amounts, weights)
def test_each_part_is_within_one_unit_of_its_exact_share(amount: int, weights: list[int]) -> None:
    total = sum(weights)
    if total:
        for part, weight in zip(split(amount, weights), weights, strict=True):
            assert abs(part - Fraction(amount * weight, total)) < 1


@given(amounts, weights)
def test_a_refund_splits_as_the_charge_did(amount: int, weights: list[int]) -> None:
    assert split(-amount, weights) == [-part for part in split(amount, weights)]


@given(st.integers(0, 2**53), weights)
def test_nobody_gets_less_than_who_weighs_less(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    if sum(weights):
        ranked = sorted(zip(weights, parts, strict=True))
        assert all(one[1] <= two[1] for one, two in pairwise(ranked) if one[0] < two[0])


def test_ties_go_to_the_earlier_part_and_no_weights_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(5, [0, 0]) == [5, 0]


@given(st.integers(-(2**60), 2**60), st.integers(1, 1_000))
def test_rounding_takes_the_nearest_and_the_even_half(number: int, parts: int) -> None:
    exact = Fraction(number, parts)
    rounded = round_half_even(exact)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert rounded % 2 == 0


def test_a_share_is_rounded_once() -> None:
    assert [share_bps(amount, 1_000) for amount in (5, 15, 25, 12_345)] == [0, 2, 2, 1_234]


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (123_450, "USD", "$1,234.50"),
        (-5, "EUR", "-€0.05"),
        (980, "JPY", "¥980"),
        (12_345, "KWD", "12.345 KWD"),
        (0, "CHF", "0.00 CHF"),
    ],
)
def test_money_for_people(amount_minor: int, currency: str, text: str) -> None:
    assert format_money(amount_minor, currency) == text


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_what_is_written_is_read_back(amount_minor: int, currency: str) -> None:
    decimals = decimals_of(currency)
    whole, rest = divmod(abs(amount_minor), 10**decimals)
    text = ("-" if amount_minor < 0 else "") + (f"{whole}.{rest:0{decimals}d}" if decimals else f"{whole}")
    assert parse_money(text, currency) == amount_minor


@pytest.mark.parametrize(
    "text", ["", "abc", "1.005", "1e3", "1e999999999", "3/4", "1_000", "١٢", "nan", "inf", "1,50", "9" * 17, "1" * 500]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_money(text, "USD")


@pytest.mark.parametrize("currency", ["", "usd", "US", "USDT", "U5D", "ÜSD"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(Invalid, match="currency"):
        decimals_of(currency)


def test_different_currencies_do_not_add() -> None:
    assert Money(5, "EUR") + Money(7, "EUR") == Money(12, "EUR")
    with pytest.raises(AssertionError):
        Money(5, "EUR") + Money(7, "USD")
