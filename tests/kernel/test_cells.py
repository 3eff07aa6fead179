"""Cells that a spreadsheet would compute."""

import pytest

from entrepot.kernel import guarded, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "|cmd", "%0A=1", "'=1", "''@x"])
def test_what_would_be_computed_is_text_and_comes_back_as_it_was(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["", "lamp", "'quoted'", "a=1", "0012"])
def test_other_texts_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell


def test_zeros_that_somebody_kept_from_a_spreadsheet_are_kept() -> None:
    assert unguarded('="0012"') == "0012"
