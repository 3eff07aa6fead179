"""Numbers as exporters and people write them."""

import pytest

from entrepot.catalog.gtin import gtin_fault
from entrepot.catalog.imports.amounts import parse_count, parse_price, parse_price_in, parse_weight
from entrepot.catalog.imports.known import Known
from entrepot.catalog.imports.times import parse_time
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


@pytest.mark.parametrize("text", ["1.000", "12.345", "12,5,5", "1.2.3", "1.23.456,7,8"])
def test_a_price_that_may_be_two_things_is_not_guessed(text: str) -> None:
    with pytest.raises(Invalid):
        parse_price(text, "EUR")


def test_counts_with_thousands_are_read_and_those_that_may_be_decimals_are_not() -> None:
    assert (parse_count("1,000"), parse_count("12.0000")) == (1000, 12)
    with pytest.raises(Invalid, match="write 1000, or 1"):
        parse_count("1.000")


def test_a_price_in_another_currency_is_never_taken_for_ours() -> None:
    assert parse_price_in("12,50 €", "EUR") == 1250
    for text in ("12 USD", "$12", "12 XXQ"):
        with pytest.raises(Invalid):
            parse_price_in(text, "EUR")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-02-24T13:00+0100", "2026-02-24T13:00:00+01:00"),
        ("2026-02-24 13:00:05", "2026-02-24T13:00:05Z"),
        ("24.12.2026", "2026-12-24T00:00:00Z"),
        ("1.2.2026 8:30", "2026-02-01T08:30:00Z"),
        ("24/12/2026", "2026-12-24T00:00:00Z"),
        ("12/24/2026", "2026-12-24T00:00:00Z"),
        ("2026/12/1", "2026-12-01T00:00:00Z"),
        ("2026年12月1日", "2026-12-01T00:00:00Z"),
        ("20261201", "2026-12-01T00:00:00Z"),
        ("1. Dezember 2026", "2026-12-01T00:00:00Z"),
        ("Dec 1, 2026", "2026-12-01T00:00:00Z"),
    ],
)
def test_times_are_read_in_the_orders_of_countries(text: str, time: str) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    "text", ["05/06/2026", "01-12-2026", "46357", "31.02.2026", "tomorrow", "1.12.26", "2026-13-01"]
)
def test_a_time_that_may_be_two_days_or_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_time(text)


def test_what_ends_on_a_day_ends_with_it() -> None:
    assert parse_time("24.12.2026", ends=True) == "2026-12-24T23:59:59Z"
    assert parse_time("2026-12-24T08:00Z", ends=True) == "2026-12-24T08:00:00Z"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4.00638E+12", "rounded"),
        ("4,00638e12", "rounded"),
        ("36000291452", "036000291452"),
        ("4006381333932", "would be 1"),
        ("lamp", "8, 12, 13 or 14 digits"),
    ],
)
def test_what_is_no_gtin_is_told_how_it_was_spoilt(text: str, words: str) -> None:
    assert words in gtin_fault(text)


def test_ids_are_known_again_however_many() -> None:
    known = Known()
    assert all(known.add(f"p-{number}") for number in range(20_000))
    assert not any(known.add(f"p-{number}") for number in range(20_000))
    assert "p-19999" in known
    assert "p-20000" not in known
