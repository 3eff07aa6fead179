"""Postal codes are read as people write them and kept as each country's post does; nobody is refused without reason."""

from __future__ import annotations

import pytest

from entrepot.identity import COUNTRIES, Address, check_address, tidy_address
from entrepot.identity.postal import FORMATS, REGION_NEEDED, read_postal
from entrepot.kernel import Invalid


def address(country: str, postal_code: str = "", region: str = "") -> Address:
    return Address(name="Alice", line1="1 Quay", city="X", country=country, postal_code=postal_code, region=region)


@pytest.mark.parametrize(
    ("country", "written", "kept"),
    [
        ("DE", "D-10115", "10115"), ("DE", "de 10115", "10115"), ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "M1 1AE", "M1 1AE"), ("NL", "1012ab", "1012 AB"), ("CA", "m5v-2t6", "M5V 2T6"),
        ("JP", "〒１００−０００１", "100-0001"), ("CN", "１０００００", "100000"), ("US", "10118 1234", "10118-1234"),
        ("PL", "00001", "00-001"), ("SE", "SE-11120", "111 20"), ("LV", "1010", "LV-1010"), ("LV", "lv1010", "LV-1010"),
        ("AD", "100", "AD100"), ("IE", "d02af30", "D02 AF30"), ("HK", "what ever", "what ever"),
    ],
)  # fmt: skip
def test_a_code_is_read_as_people_write_it(country: str, written: str, kept: str) -> None:
    assert read_postal(country, written) == kept
    assert read_postal(country, kept) == kept


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("DE", "1011"), ("DE", "101155"), ("DE", "ABCDE"), ("GB", "10115"), ("US", "M5V 2T6"), ("NL", "1012"),
        ("DE", "١٠١١٥"), ("PT", "4050"), ("VA", "00121"), ("CN", "10000"),
    ],
)  # fmt: skip
def test_another_countrys_code_is_none(country: str, text: str) -> None:
    assert read_postal(country, text) is None


def test_every_sample_is_of_its_country_as_it_is_kept() -> None:
    assert set(FORMATS) | REGION_NEEDED <= COUNTRIES
    assert {country: read_postal(country, each.sample) for country, each in FORMATS.items()} == {
        country: each.sample for country, each in FORMATS.items()
    }


def test_a_new_address_is_as_the_post_wants_it_and_the_sentence_has_an_example() -> None:
    assert check_address(address("gb", "sw1a1aa")).postal_code == "SW1A 1AA"
    with pytest.raises(Invalid) as wrong:
        check_address(address("DE", "1011"))
    assert wrong.value.fields == {"postal_code": "This is no postal code of this country: write it such as 10115"}
    with pytest.raises(Invalid) as missing:
        check_address(address("US"))
    assert set(missing.value.fields) == {"postal_code", "region"}
    assert "10118" in missing.value.fields["postal_code"]


@pytest.mark.parametrize("country", sorted(COUNTRIES - set(FORMATS)))
def test_a_country_without_a_known_format_refuses_no_code_and_needs_none(country: str) -> None:
    assert check_address(address(country, "any thing 7")).postal_code == "any thing 7"
    assert check_address(address(country)).postal_code == ""


def test_what_was_ordered_before_is_still_sent() -> None:
    assert tidy_address(address("DE", "1011")).postal_code == "1011"
