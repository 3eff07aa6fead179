"""Taxes: tax numbers by their country's rules, and what is due between a seller and a buyer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import pay
from entrepot.kernel import Invalid
from entrepot.pay.tax_ids import _RULES

DE = pay.TaxRate("tax_1", "DE", "", "", "VAT", 190_000, 1, 0, None, 1)
DE_COMPUTE = pay.TaxRate("tax_2", "DE", "", "compute", "VAT", 70_000, 1, 0, None, 0)
BERLIN, PARIS = pay.TaxParty("DE"), pay.TaxParty("FR", tax_id="FR40303265045")


@pytest.mark.parametrize("country", sorted(_RULES))
def test_a_number_is_taken_as_its_country_writes_it_with_or_without_prefix_and_spaces(country: str) -> None:
    prefix, _, _, sample = _RULES[country]
    spaced = " ".join(sample[place : place + 3] for place in range(0, len(sample), 3)).lower()
    for text in (sample, spaced, sample.removeprefix(prefix)):
        assert pay.read_tax_id(country, text) == pay.TaxId(country, sample, True)


@pytest.mark.parametrize("country", sorted(country for country, rule in _RULES.items() if rule[2] is not None))
def test_one_digit_that_is_wrong_is_seen_where_there_are_check_digits(country: str) -> None:
    prefix, _, _, sample = _RULES[country]
    bare = sample.removeprefix(prefix)
    place = next(place for place in range(2, len(bare)) if bare[place].isdigit())
    wrong = bare[:place] + str((int(bare[place]) + 1) % 10) + bare[place + 1 :]
    with pytest.raises(Invalid, match=country):
        pay.read_tax_id(country, wrong)


@pytest.mark.parametrize(
    "text", ["", "   ", "DE13669597", "DE1366959766", "XX136695976", "DE136695976\u0660", "A" * 31]
)
def test_what_is_no_german_number_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        pay.read_tax_id("DE", text)
    assert "tax_id" in refusal.value.fields


def test_a_number_of_a_country_without_a_rule_is_kept_and_proves_nothing() -> None:
    assert pay.read_tax_id("US", "12-3456789") == pay.TaxId("US", "123456789", False)


@pytest.mark.parametrize(
    ("seller", "buyer", "expected"),
    [
        (BERLIN, pay.TaxParty("DE"), pay.TaxDue("taxed", "VAT", 190_000)),
        (PARIS, pay.TaxParty("DE"), pay.TaxDue("taxed", "VAT", 190_000)),
        (PARIS, pay.TaxParty("DE", tax_id="DE136695976"), pay.TaxDue("reverse", "VAT", 0)),
        (BERLIN, pay.TaxParty("DE", tax_id="DE136695976"), pay.TaxDue("taxed", "VAT", 190_000)),
        (pay.TaxParty(), pay.TaxParty("DE", tax_id="DE136695976"), pay.TaxDue("taxed", "VAT", 190_000)),
        (BERLIN, pay.TaxParty("US"), pay.TaxDue()),
    ],
)
def test_what_is_due_hangs_on_where_both_are_and_on_a_business(
    seller: pay.TaxParty, buyer: pay.TaxParty, expected: pay.TaxDue
) -> None:
    assert pay.tax_due([DE], seller, buyer, "compute", 1) == expected


def test_a_rate_of_the_category_goes_before_and_reverses_only_where_it_says_so() -> None:
    business = pay.TaxParty("DE", tax_id="DE136695976")
    assert pay.tax_due([DE, DE_COMPUTE], PARIS, business, "compute", 1) == pay.TaxDue("taxed", "VAT", 70_000)


@given(st.integers(0, 10**15), st.integers(0, 1_000_000))
def test_the_tax_within_what_was_paid_is_the_tax_that_was_put_on_it(net_minor: int, ppm: int) -> None:
    due = pay.TaxDue("taxed", "VAT", ppm)
    assert due.within(net_minor + due.on(net_minor)) == due.on(net_minor)
