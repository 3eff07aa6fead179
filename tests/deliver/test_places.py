"""The place that fits an address most closely counts, whatever order places stand in."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.deliver.places import Target, check_places, closest, parse_place, split_places
from entrepot.kernel import Invalid

HAMBURG = Target("DE", "Hamburg", "20457")


@pytest.mark.parametrize(
    ("place", "inside", "outside"),
    [
        ("*", [Target("JP"), HAMBURG], []),
        ("DE", [HAMBURG, Target("DE")], [Target("FR", "DE", "20457")]),
        ("DE/hamburg", [HAMBURG, Target("DE", " HAMBURG ")], [Target("DE"), Target("DE", "Bayern", "20457")]),
        ("DE:20457", [HAMBURG, Target("DE", "", "20457-12")], [Target("DE", "", "20458"), Target("DE", "", "2045")]),
        (
            "DE:20000-20457",
            [HAMBURG, Target("DE", "", "20000")],
            [Target("DE", "", "19999"), Target("DE", "", "20458"), Target("FR", "", "20100"), Target("DE")],
        ),
        ("GB:hs*", [Target("GB", "", "HS1 2AA")], [Target("GB", "", "H1 2AA"), Target("GB")]),
        ("PL:00-950", [Target("PL", "", "00950"), Target("PL", "", "00-950")], [Target("PL", "", "00-951")]),
        ("US:10001-10003", [Target("US", "NY", "10002-1234")], [Target("US", "NY", "10004-1234")]),
    ],
)
def test_a_place_holds_the_addresses_it_says(place: str, inside: list[Target], outside: list[Target]) -> None:
    assert all(closest([place], target) is not None for target in inside)
    assert all(closest([place], target) is None for target in outside)


def test_the_more_specific_place_is_the_closer_one() -> None:
    rising = ["*", "DE", "DE/Hamburg", "DE:2*", "DE:204*", "DE:20000-29999", "DE:20400-20499", "DE:20457"]
    fits = [closest([place], HAMBURG) for place in rising]
    assert None not in fits
    assert fits == sorted(fits, key=lambda fit: fit or (0, 0))
    assert len(set(fits)) == len(fits)
    for order in permutations(rising[-4:]):
        assert closest(order, HAMBURG) == fits[-1]


@pytest.mark.parametrize("text", ["", "D", "Germany", "XX", "DE:", "DE:*", "DE:2*4", "DE/", "*DE", "DE:ä"])
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match="write such as"):
        parse_place(text)


@given(st.text(max_size=30))
def test_any_text_is_a_place_or_refused(text: str) -> None:
    try:
        parse_place(text)
    except Invalid:
        return
    assert parse_place(" " + text.lower() + " ") == parse_place(text)


def test_places_are_kept_once_and_in_capitals() -> None:
    assert check_places(split_places("de, fr;de\n gb:hs*")) == ("DE", "FR", "GB:HS*")


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999))
def test_a_range_is_exact_at_its_edges(one: int, other: int, code: int) -> None:
    first, last = sorted((one, other))
    fits = closest([f"DE:{first:05d}-{last:05d}"], Target("DE", "", f"{code:05d}")) is not None
    assert fits == (first <= code <= last)
