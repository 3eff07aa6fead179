"""An order is shared out over the fewest locations, then the cheapest, then the nearest; nothing is made up."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from entrepot.deliver.allocation import Allocated, Source, Wanted, allocate

ITEMS = st.sampled_from(["lamp", "mug", "rug"])
WANTED = st.lists(st.builds(Wanted, st.uuids().map(str), ITEMS, st.integers(1, 6)), min_size=1, max_size=4)
SOURCES = st.lists(
    st.builds(
        Source, st.uuids().map(str), st.dictionaries(ITEMS, st.integers(0, 8)), st.integers(0, 5),
        st.none() | st.integers(0, 9),
    ),
    max_size=10,
)  # fmt: skip


@given(WANTED, SOURCES)
def test_all_that_is_there_is_sent_and_no_more(wanted: list[Wanted], sources: list[Source]) -> None:
    found = allocate(wanted, sources)
    item_of = {each.line_id: each.item for each in wanted}
    for source in sources:
        for item in ("lamp", "mug", "rug"):
            sent = sum(
                part.quantity
                for part in found.parts
                if part.location_id == source.location_id and item_of[part.line_id] == item
            )
            assert sent <= source.stock.get(item, 0)
    for each in wanted:
        sent = sum(part.quantity for part in found.parts if part.line_id == each.line_id)
        assert sent + found.missing.get(each.line_id, 0) == each.quantity
    for item in ("lamp", "mug", "rug"):
        need = sum(each.quantity for each in wanted if each.item == item)
        have = sum(source.stock.get(item, 0) for source in sources)
        missing = sum(found.missing.get(each.line_id, 0) for each in wanted if each.item == item)
        assert missing == max(need - have, 0)


@given(WANTED, SOURCES.filter(lambda sources: len(sources) <= 6))
def test_no_smaller_set_of_locations_would_do(wanted: list[Wanted], sources: list[Source]) -> None:
    found = allocate(wanted, sources)
    used = {part.location_id for part in found.parts}
    for fewer in combinations(sources, len(used) - 1) if used else ():
        assert sum(allocate(wanted, fewer).missing.values()) > sum(found.missing.values())


def test_who_has_most_of_it_is_not_always_among_the_fewest() -> None:
    wanted = [Wanted(name, name, 1) for name in "abcdef"]
    most = Source("most", dict.fromkeys("bcde", 1))
    halves = [Source("first", dict.fromkeys("abc", 1), 9), Source("second", dict.fromkeys("def", 1), 9)]
    assert {part.location_id for part in allocate(wanted, [most, *halves]).parts} == {"first", "second"}


def test_one_location_that_has_all_is_better_than_two_that_are_cheaper() -> None:
    wanted = [Wanted("1", "lamp", 2), Wanted("2", "mug", 1)]
    both = Source("both", {"lamp": 2, "mug": 1}, 900, 500)
    parts = [Source("lamps", {"lamp": 9}, 1, 1), Source("mugs", {"mug": 9}, 1, 1)]
    assert {part.location_id for part in allocate(wanted, [*parts, both]).parts} == {"both"}


def test_of_equal_sets_the_cheaper_then_the_nearer_then_the_earlier_sends() -> None:
    wanted = [Wanted("1", "lamp", 1)]

    def sender(*sources: Source) -> str:
        [part] = allocate(wanted, sources).parts
        return part.location_id

    stock = {"lamp": 1}
    assert sender(Source("a", stock, 2, 1), Source("b", stock, 1, 9)) == "b"
    assert sender(Source("a", stock, 1, 9), Source("b", stock, 1, 8)) == "b"
    assert sender(Source("a", stock, 1), Source("b", stock, 1, 8)) == "b"
    assert sender(Source("a", stock), Source("b", stock)) == "a"


def test_a_line_is_split_only_where_it_must_be() -> None:
    wanted = [Wanted("1", "lamp", 3), Wanted("2", "mug", 1)]
    sources = [Source("a", {"lamp": 2, "mug": 1}), Source("b", {"lamp": 3})]
    assert allocate(wanted, sources).parts == (Allocated("1", "b", 3), Allocated("2", "a", 1))
    short = [Source("a", {"lamp": 1}), Source("b", {"lamp": 1})]
    found = allocate(wanted, short)
    assert [part.quantity for part in found.parts] == [1, 1]
    assert found.missing == {"1": 1, "2": 1}


def test_many_locations_are_shared_out_too() -> None:
    sources = [Source(f"loc {n}", {"lamp": n + 1}, 1) for n in range(12)]
    found = allocate([Wanted("1", "lamp", 30)], sources)
    assert sorted(part.quantity for part in found.parts) == [7, 11, 12]


def test_a_border_weighs_more_than_the_price_of_a_parcel_and_less_than_a_second_one() -> None:
    wanted = [Wanted("1", "lamp", 2)]
    abroad = Source("abroad", {"lamp": 2}, 0, 1, True)
    here = Source("here", {"lamp": 2}, 9, 9)
    halves = [Source("one", {"lamp": 1}), Source("two", {"lamp": 1})]
    assert {part.location_id for part in allocate(wanted, [abroad, here]).parts} == {"here"}
    assert {part.location_id for part in allocate(wanted, [*halves, abroad]).parts} == {"abroad"}
