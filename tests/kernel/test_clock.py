"""Time is microseconds in UTC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kernel import ManualClock, SystemClock, from_rfc3339, to_rfc3339
from entrepot.kernel.testing import NOON


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_time_is_read_back_as_it_was_written(at: int) -> None:
    assert from_rfc3339(to_rfc3339(at)) == at


@pytest.mark.parametrize(
    "text", ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-01-01 12:00:00.000000", "2026-01-01T12:00:00"]
)
def test_noon_however_it_is_written(text: str) -> None:
    assert from_rfc3339(text) == NOON


def test_a_manual_clock_moves_when_told_and_never_back() -> None:
    clock = ManualClock(NOON)
    assert clock.advance(5) == NOON + 5
    clock.advance_to(NOON)
    assert clock.now() == NOON + 5


def test_the_machines_clock_moves() -> None:
    clock = SystemClock()
    assert clock.now() > NOON - 10**14
    assert clock.now() <= clock.now()
