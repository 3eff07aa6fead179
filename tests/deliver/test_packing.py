"""Whatever is packed lies inside its boxes, in nobody else's place, and is not too heavy; nothing is left behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from entrepot.deliver import Box, Item
from entrepot.deliver.packing import Packed, Placed, pack
from entrepot.kernel import Conflict
from tests.deliver.packing_checker import packing_problems

SIDE = st.integers(1, 600)
ITEMS = st.lists(
    st.builds(Item, st.integers(0, 20_000), SIDE, SIDE, SIDE, st.integers(1, 30)), min_size=1, max_size=6
).map(tuple)
BOXES = st.lists(st.tuples(SIDE, SIDE, SIDE, st.integers(0, 900), st.integers(1, 40_000)), min_size=1, max_size=4).map(
    lambda rows: tuple(Box(f"box_{n}", "org", f"Box {n}", *row) for n, row in enumerate(rows))
)

SMALL = Box("box_small", "org", "Small", 200, 150, 100, 60, 5_000)
LARGE = Box("box_large", "org", "Large", 600, 400, 400, 300, 30_000)
MUG = Item(350, 90, 90, 100)


def parcels_of(items: tuple[Item, ...], boxes: tuple[Box, ...]) -> tuple[Packed, ...]:
    """The parcels; an order that is more than one order can be has none."""
    try:
        return pack(items, boxes)
    except Conflict:
        assert sum(item.quantity for item in items) > 50
        return ()


@given(ITEMS, BOXES)
def test_every_packing_passes_the_checker(items: tuple[Item, ...], boxes: tuple[Box, ...]) -> None:
    parcels = parcels_of(items, boxes)
    assert not parcels or packing_problems(items, boxes, parcels) == []


@given(st.builds(Item, st.integers(1, 400), *[st.integers(3, 60)] * 3, st.integers(61, 5_000)), BOXES)
def test_very_many_equal_pieces_are_packed_just_as_well(item: Item, boxes: tuple[Box, ...]) -> None:
    parcels = parcels_of((item,), boxes)
    assert not parcels or packing_problems((item,), boxes, parcels) == []


def test_all_of_it_goes_into_the_smallest_box_that_takes_it() -> None:
    [parcel] = pack((structs.replace(MUG, quantity=2),), (LARGE, SMALL))
    assert (parcel.box_id, parcel.weight_g, parcel.sides) == (SMALL.id, 760, (200, 150, 100))
    [parcel] = pack((structs.replace(MUG, quantity=5),), (LARGE, SMALL))
    assert parcel.box_id == LARGE.id


def test_a_box_is_filled_to_its_last_millimetre() -> None:
    bricks = Item(100, 100, 50, 50, quantity=8)
    box = Box("box", "org", "Exact", 200, 100, 100, 0, 800)
    assert len(pack((bricks,), (box,))) == 1
    assert len(pack((bricks,), (structs.replace(box, height_mm=99),))) > 1
    assert len(pack((bricks,), (structs.replace(box, load_g_max=799),))) == 2


def test_pieces_are_turned() -> None:
    tube = Item(500, 10, 390, 20)
    [parcel] = pack((tube,), (structs.replace(SMALL, length_mm=20, width_mm=10, height_mm=390),))
    assert parcel.box_id == SMALL.id


def test_what_fits_into_no_box_travels_by_itself() -> None:
    ladder = Item(9_000, 2_500, 400, 120)
    parcels = pack((ladder, MUG), (SMALL, LARGE))
    assert {(parcel.box_id, parcel.weight_g) for parcel in parcels} == {(None, 9_000), (SMALL.id, 410)}


def test_without_boxes_or_measures_it_is_one_parcel() -> None:
    assert pack((MUG,), ()) == (Packed(350, (100, 90, 90), 810_000),)
    assert pack((structs.replace(MUG, quantity=2),), ()) == (Packed(700, None, 1_620_000),)
    assert pack((structs.replace(MUG, height_mm=None),), (SMALL,)) == (Packed(350, None, None),)
    assert pack((structs.replace(MUG, weight_g=None), MUG), (SMALL,))[0].weight_g is None


def test_an_order_has_an_end() -> None:
    with pytest.raises(Conflict, match="make several orders"):
        pack((Item(9_000, 2_500, 400, 120, quantity=1_000_000),), (SMALL,))


def test_two_hundred_thousand_screws_are_packed_at_once() -> None:
    screws = (Item(2, 5, 5, 40, quantity=200_000),)
    assert packing_problems(screws, (LARGE,), pack(screws, (LARGE,))) == []


GOOD = Placed(0, 1, (0, 0, 0), (90, 90, 100), 350)


@pytest.mark.parametrize(
    ("contents", "weight_g", "problem"),
    [
        ((GOOD, structs.replace(GOOD, at=(89, 0, 0))), 760, "in one place"),
        ((GOOD, structs.replace(GOOD, at=(111, 0, 0))), 760, "reaching out"),
        ((GOOD, structs.replace(GOOD, at=(90, 0, -1))), 760, "reaching out"),
        ((GOOD,), 410, "is packed 1 times and there are 2"),
        ((GOOD, structs.replace(GOOD, at=(90, 0, 0), sides=(90, 90, 99))), 760, "other sides"),
        ((GOOD, structs.replace(GOOD, at=(90, 0, 0))), 700, "says 700 g"),
        ((GOOD, structs.replace(GOOD, at=(90, 0, 0), weight_g=5_000)), 5_410, "wrong weight"),
    ],
)
def test_the_checker_sees_what_is_wrong(contents: tuple[Placed, ...], weight_g: int, problem: str) -> None:
    parcel = Packed(weight_g, (200, 150, 100), 3_000_000, SMALL.id, contents)
    assert any(problem in each for each in packing_problems((structs.replace(MUG, quantity=2),), (SMALL,), [parcel]))


def test_the_checker_weighs() -> None:
    weak = structs.replace(SMALL, load_g_max=349)
    parcel = Packed(410, (200, 150, 100), 3_000_000, SMALL.id, (GOOD,))
    assert packing_problems((MUG,), (weak,), [parcel]) == ["parcel 1 carries 350 g in a box for 349 g"]
