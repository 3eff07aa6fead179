"""Ids say what they are and sort by age."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from entrepot.kernel import derive_id, is_id, new_id
from entrepot.kernel.testing import NOON

moments = st.integers(0, 2**48 * 1_000 - 1)


def test_an_id_is_its_prefix_and_26_characters() -> None:
    order = new_id("ord", NOON, Random(1))
    assert len(order) == len("ord_") + 26
    assert is_id(order, "ord")
    assert not is_id(order, "sor")
    assert not is_id(order + "0", "ord")
    assert not is_id(order.lower(), "ord")
    assert not is_id("ord_" + "I" * 26, "ord")


@given(moments, moments, st.integers())
def test_ids_sort_by_the_millisecond_they_were_made_in(one: int, other: int, seed: int) -> None:
    random = Random(seed)
    first, second = new_id("ord", one, random), new_id("ord", other, random)
    assert is_id(first, "ord")
    if one // 1_000 != other // 1_000:
        assert (first < second) == (one < other)


def test_ids_of_one_moment_differ() -> None:
    random = Random(1)
    assert len({new_id("ord", NOON, random) for _ in range(10_000)}) == 10_000


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]))), st.text())
def test_a_derived_id_depends_on_its_parts_and_on_nothing_else(parts: list[str], other: str) -> None:
    derived = derive_id("trf", *parts)
    assert is_id(derived, "trf")
    assert derived == derive_id("trf", *parts)
    assert derived != derive_id("trf", *parts, "leg")
