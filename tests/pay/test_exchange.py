"""Exchange rates: exact, dated, rounded once."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import pay
from entrepot.kernel import DAY, Database, Invalid, NotAllowed, Refused, decimals_of
from entrepot.pay import ExchangeRate, Rates
from tests.pay.purchases import BRUNO, DANA

NOW = {"EUR": "0.9215", "JPY": "150.5", "KWD": "0.307"}
RATES = Rates("USD", {currency: ExchangeRate(currency, rate, 0) for currency, rate in NOW.items()})
CURRENCIES = st.sampled_from(("USD", "EUR", "JPY", "KWD"))


@pytest.mark.parametrize(
    ("amount", "source", "target", "converted"),
    [
        (1_201, "USD", "JPY", 1_808),  # 1,807.505
        (1_000, "USD", "KWD", 3_070),
        (1, "JPY", "USD", 1),  # 0.66 cents
        (100, "USD", "USD", 100),
        (10_000, "EUR", "USD", 10_852),  # 108.5187…
        (50, "USD", "EUR", 46),  # 46.075
        (1, "KWD", "JPY", 0),  # 0.49
        (100, "USD", "GBP", None),
        (-1_201, "USD", "JPY", -1_808),
    ],
)
def test_an_amount_is_converted_in_one_step_half_up(
    amount: int, source: str, target: str, converted: int | None
) -> None:
    assert RATES.convert(amount, source, target) == converted


@given(st.integers(0, 10**12), CURRENCIES, CURRENCIES)
def test_a_converted_amount_is_the_nearest_to_the_exact_one(amount: int, source: str, target: str) -> None:
    rate = RATES.rate(source, target)
    found = RATES.convert(amount, source, target)
    assert rate is not None
    assert found is not None
    exact = Fraction(amount) * rate * 10 ** decimals_of(target) / 10 ** decimals_of(source)
    assert -Fraction(1, 2) < found - exact <= Fraction(1, 2)


def test_each_rate_holds_from_its_day_on(database: Database) -> None:
    now = database.clock.now()
    rates = [
        ExchangeRate("EUR", "0.9", now - DAY),
        ExchangeRate("EUR", "0.8", now + DAY),
        ExchangeRate("JPY", "150", 0),
    ]
    database.write_now(lambda tx: pay.save_rates(tx, DANA, rates))
    found = database.read_now(pay.read_rates)
    assert (found.home, found.by_currency["EUR"].rate) == ("USD", "0.9")
    assert found.currencies == ("USD", "EUR", "JPY")
    again = [ExchangeRate("EUR", "0.95", now - DAY, "ECB")]
    database.write_now(lambda tx: pay.save_rates(tx, DANA, again))
    assert database.read_now(pay.read_rates).by_currency["EUR"] == again[0]
    history = database.read_now(lambda s: pay.list_rates(s, DANA))
    assert [rate.rate for rate in history] == ["0.8", "0.95", "150"]


@pytest.mark.parametrize("rate", ["0", "-1", "1e3", "", "abc", "1.", "0.0000000000001"])
def test_what_is_no_rate_is_refused_by_currency(database: Database, rate: str) -> None:
    with pytest.raises(Invalid) as refusal:
        database.write_now(lambda tx: pay.save_rates(tx, DANA, [ExchangeRate("EUR", rate, 0)]))
    assert "EUR" in refusal.value.fields


def test_only_the_operator_sets_rates_and_not_of_the_home_currency(database: Database) -> None:
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: pay.save_rates(tx, BRUNO, [ExchangeRate("EUR", "1", 0)]))
    with pytest.raises(Refused, match="worth itself"):
        database.write_now(lambda tx: pay.save_rates(tx, DANA, [ExchangeRate("USD", "1", 0)]))
    with pytest.raises(Refused):
        database.read_now(lambda s: pay.list_rates(s, BRUNO))
