"""Shuffled, repeated and corrected scans give one state: that of what is true."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from entrepot.deliver.tracking import fold
from entrepot.deliver.types import Scan, ScanCode
from entrepot.kernel import HOUR
from entrepot.kernel.testing import NOON

CODES: tuple[ScanCode, ...] = (
    "label", "handed_over", "in_transit", "out_for_delivery", "failed", "at_pickup_point", "lost", "returning",
    "returned", "delivered",
)  # fmt: skip
SCANS = st.lists(
    st.builds(
        lambda code, at, number, corrects: Scan(
            "pcl_1", code, NOON + at * HOUR, "", str(number), None if corrects is None else str(corrects)
        ),
        st.sampled_from(CODES), st.integers(0, 5), st.integers(0, 6), st.none() | st.integers(0, 6),
    ),
    max_size=5, unique_by=lambda scan: scan.source_id,
)  # fmt: skip


def scan(code: ScanCode, at: int, source_id: str = "", corrects: str | None = None) -> Scan:
    return Scan("pcl_1", code, NOON + at * HOUR, "", source_id or f"{code} {at}", corrects)


@given(SCANS)
def test_every_order_and_every_repetition_gives_one_state(scans: list[Scan]) -> None:
    states = {fold([*order, *order[:2]]) for order in permutations(scans)}
    assert len(states) == 1


def test_a_corrected_scan_counts_nothing_and_the_other_stands() -> None:
    wrong, right = scan("delivered", 3), scan("in_transit", 3, "right", "delivered 3")
    for order in permutations([scan("handed_over", 1), wrong, right]):
        told = fold(order)
        assert (told.state, told.delivered_at) == ("in_transit", None)
    assert fold([wrong, right, scan("delivered", 5)]).delivered_at == NOON + 5 * HOUR


def test_a_correction_can_be_corrected() -> None:
    chain = [scan("delivered", 3), scan("failed", 3, "b", "delivered 3"), scan("delivered", 3, "c", "b")]
    for order in permutations(chain):
        assert (fold(order).state, fold(order).attempts) == ("delivered", 0)


def test_a_scan_that_corrects_itself_stands() -> None:
    assert fold([scan("delivered", 1, "a", "a")]).state == "delivered"


def test_attempts_are_counted_once_each() -> None:
    told = fold([scan("failed", 1), scan("failed", 1), scan("failed", 2), scan("out_for_delivery", 3)])
    assert (told.state, told.attempts) == ("out_for_delivery", 2)


def test_a_parcel_on_its_way_back_stays_so_whatever_is_seen_on_that_way() -> None:
    back = [scan("failed", 1), scan("returning", 2), scan("in_transit", 3)]
    assert fold(back).state == "returning"
    assert fold([*back, scan("lost", 9)]).state == "lost"
    assert fold([*back, scan("lost", 9), scan("in_transit", 10)]).state == "returning"
    assert fold([*back, scan("returned", 4)]).state == "returned"
    assert fold([*back, scan("delivered", 1)]).state == "delivered"
