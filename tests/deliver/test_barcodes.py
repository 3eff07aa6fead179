"""A barcode says its text again when it is read as scanners do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.deliver.barcodes import _WIDTHS, QUIET, code128, width_of
from entrepot.kernel import Invalid


def read(bars: list[tuple[int, int]], width: int) -> str:
    """Read bars by their widths alone, and check the sum that stands before the end."""
    modules = [0] * width
    for at, wide in bars:
        for place in range(at, at + wide):
            modules[place] = 1
    inner = modules[QUIET : width - QUIET]
    values = []
    for start in range(0, len(inner) - 13, 11):
        runs, last = "", 0
        for place, module in enumerate(inner[start : start + 11]):
            if place and module != inner[start + place - 1]:
                runs += str(place - last)
                last = place
        values.append(_WIDTHS.index(runs + str(11 - last)))
    start_code, *content, check = values
    assert start_code == 104
    assert (start_code + sum(place * value for place, value in enumerate(content, 1))) % 103 == check
    return "".join(chr(value + 32) for value in content)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_a_barcode_says_its_text(text: str) -> None:
    assert read(code128(text), width_of(text)) == text


def test_every_sign_is_eleven_modules_and_one_of_its_own() -> None:
    assert len(set(_WIDTHS)) == len(_WIDTHS) == 106
    assert {sum(map(int, widths)) for widths in _WIDTHS} == {11}


@pytest.mark.parametrize("text", ["", "é", "a\n", "\x7f"])
def test_what_no_label_can_carry_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        code128(text)
