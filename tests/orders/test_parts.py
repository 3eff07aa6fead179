"""Parts of legs: however a line is cut, its parts sum to it on every leg, and each keeps the invariant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from entrepot.orders import Legs, legs_of_part
from entrepot.orders.money import apportion

AMOUNTS = st.one_of(st.integers(0, 20), st.integers(0, 10**9))


@st.composite
def legs_and_cuts(draw: st.DrawFn) -> tuple[Legs, list[int]]:
    parts = [draw(AMOUNTS) for _ in range(4)]
    return Legs(*parts, draw(st.integers(0, sum(parts)))), draw(st.lists(st.integers(0, 40), min_size=1, max_size=12))


@given(legs_and_cuts())
def test_all_the_parts_sum_to_the_whole_and_none_is_below_zero(case: tuple[Legs, list[int]]) -> None:
    legs, cuts = case
    of, before, total = sum(cuts), 0, Legs(0, 0, 0, 0)
    if of == 0:
        return
    for now in cuts:
        part = legs_of_part(legs, before, now, of)
        figures = (part.seller_minor, part.commission_minor, part.carrier_minor, part.tax_minor, part.subsidy_minor)
        assert min(*figures, part.paid_minor) >= 0
        assert part.paid_minor + part.subsidy_minor == sum(figures[:4])
        before, total = before + now, total + part
    assert total == legs


@given(legs_and_cuts(), st.integers(1, 500))
def test_one_part_is_the_sum_of_its_pieces(case: tuple[Legs, list[int]], of: int) -> None:
    legs, _ = case
    pieces = [legs_of_part(legs, at, 1, of) for at in range(of)]
    for end in {1, of // 3, of // 2, of}:
        together = sum(pieces[:end], Legs(0, 0, 0, 0))
        assert together == legs_of_part(legs, 0, end, of)


@given(legs_and_cuts(), st.integers(1, 1_000), st.data())
def test_a_part_is_in_proportion(case: tuple[Legs, list[int]], of: int, data: st.DataObject) -> None:
    legs, _ = case
    taken = data.draw(st.integers(0, of))
    part = legs_of_part(legs, 0, taken, of)
    for name in ("seller_minor", "commission_minor", "carrier_minor", "tax_minor", "subsidy_minor"):
        exact = getattr(legs, name) * taken / of
        assert abs(getattr(part, name) - exact) < 5


@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.data())
def test_a_larger_total_lowers_nobodys_share(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    shares = apportion(total, weights)
    assert sum(shares) == total
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
    if total < sum(weights):
        more = apportion(total + 1, weights)
        assert all(after >= before for before, after in zip(shares, more, strict=True))
