"""Numbers as exporters and people write them."""

import pytest

from entrepot.catalog.imports.amounts import parse_count, parse_price, parse_weight
from entrepot.kernel import Invalid


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12,50", "EUR", 1250),
        (" $1,234.50 ", "USD", 123450),
        ("1.234,50 €", "EUR", 123450),
        ("EUR 12", "EUR", 1200),
        ("1,234", "USD", 123400),
        ("1,234,567.89", "USD", 123456789),
        ("1.234.567,89", "EUR", 123456789),
        ("1 234,50", "EUR", 123450),
        ("1\u00a0234,50", "EUR", 123450),
        ("1'234.50", "CHF", 123450),
        ("0", "USD", 0),
        ("12.5000", "USD", 1250),
        ("980", "JPY", 980),
        ("1,980", "JPY", 1980),
        ("1,250", "KWD", 1250),
        ("12.345", "KWD", 12345),
    ],
)
def test_prices_are_read_with_points_and_commas(text: str, currency: str, minor: int) -> None:
    assert parse_price(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["", "-", "free", "-5", "12.345", "12,345.678", "1e5", "0x10", "NaN", "12 USD 13", "١٢", "=1+1", "1/2", "9" * 30],
)
def test_what_is_no_price_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid):
        parse_price(text, "USD")


@pytest.mark.parametrize(("text", "count"), [("7", 7), ("7.0", 7), (" 1 000 ", 1000), ("-3", 0), ("0", 0)])
def test_counts_are_whole_and_never_below_none(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize("text", ["many", "1.5", "", "1e99999999"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_count(text)


@pytest.mark.parametrize(
    ("text", "unit", "grams"),
    [("250", "g", 250), ("1,5", "kg", 1500), ("2", "LB", 907), ("1", "oz", 28), ("0.4", "g", 0)],
)
def test_weights_become_grams(text: str, unit: str, grams: int) -> None:
    assert parse_weight(text, unit) == grams


@pytest.mark.parametrize(("text", "unit"), [("1", "stone"), ("heavy", "g"), ("-1", "g")])
def test_what_is_no_weight_is_refused(text: str, unit: str) -> None:
    with pytest.raises(Invalid):
        parse_weight(text, unit)
