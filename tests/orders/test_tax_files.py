"""Tax rates from a file: what is no CSV is refused in words."""

import pytest

from entrepot import pay
from entrepot.kernel import Invalid


def test_a_file_of_rates_is_read_by_its_columns() -> None:
    content = b"Percent;Country;Name;Category\n8,875%;us;Sales tax;food\n"
    [rate] = pay.read_tax_csv(content)
    assert (rate.country, rate.name, rate.percent, rate.category) == ("US", "Sales tax", "8,875", "food")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must name the columns"),
        (b"country,name\nDE,VAT\n", "percent is missing"),
        (b"\xff\xfe", "UTF-8"),
        (b"country,na\rme,percent\nDE,VAT,19\n", "no CSV"),
        (b"country,name,percent\nDE,V\rAT,19\n", "no CSV"),
        (b"country,name,percent,included\nDE,VAT,19,perhaps\n", "Line 2"),
        (b"country,name,percent,valid_from\nDE,VAT,19,today\n", "no day"),
    ],
)
def test_what_is_no_file_of_rates_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        pay.read_tax_csv(content)
