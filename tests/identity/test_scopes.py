"""Scopes: who passes which door."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import identity
from entrepot.identity import Address, Scope, check_address, sign, unsign
from entrepot.kernel import HOUR, Invalid, NotAllowed, NotFound, NotSignedIn, Refused, Secret
from entrepot.kernel.testing import NOON

PERSON = Scope("usr_1")
OPERATOR = Scope("usr_2", "org_1", frozenset({"operator"}))
KEY = Secret("the home's own key")


@pytest.mark.parametrize(
    ("scope", "refusal"),
    [(OPERATOR, None), (Scope.system(), None), (PERSON, NotAllowed), (Scope.public(), NotSignedIn),
     (Scope.guest("ses_1"), NotSignedIn), (Scope("usr_1", "org_2", frozenset({"merchant"})), NotAllowed)],
)  # fmt: skip
def test_only_the_operator_passes_the_operators_door(scope: Scope, refusal: type[Refused] | None) -> None:
    if refusal is None:
        identity.require_operator(scope)
    else:
        with pytest.raises(refusal):
            identity.require_operator(scope)


def test_an_organisations_door_gives_the_organisation() -> None:
    assert identity.require_organisation(Scope("key_1", "org_1")) == "org_1"
    with pytest.raises(NotAllowed):
        identity.require_organisation(PERSON)
    with pytest.raises(NotSignedIn):
        identity.require_organisation(Scope.guest("ses_1"))


def test_the_kinds_of_scope_are_told_apart() -> None:
    assert (Scope.public().is_public, Scope.system().is_system, PERSON.is_person) == (True, True, True)
    assert (Scope.guest("ses_1").is_person, Scope.public().is_operator, PERSON.is_system) == (False, False, False)


ALICE = Address(name="Alice A.", line1="1 Harbour St", city="Bremen", postal_code="28195", country="de")


def test_an_address_is_tidied() -> None:
    checked = check_address(
        Address(name=" Alice  A. ", line1="1 Harbour St ", city="Bremen", postal_code="28195", country="de")
    )
    assert (checked.name, checked.line1, checked.country) == ("Alice A.", "1 Harbour St", "DE")
    assert check_address(ALICE).postal_code == "28195"


def test_every_field_at_fault_is_named() -> None:
    wrong = Address(name="", line1="x" * 201, city="  ", region="a\x00b", country="Germany")
    with pytest.raises(Invalid) as refused:
        check_address(wrong)
    assert set(refused.value.fields) == {"name", "line1", "city", "region", "country"}


@given(st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.integers(NOON + 1, NOON + HOUR))
def test_a_signed_value_comes_back(value: str, expires_at: int | None) -> None:
    assert unsign(KEY, "order", sign(KEY, "order", value, expires_at), NOON) == value


@given(st.text(), st.integers(0, 60), st.sampled_from(["drop", "change", "add"]))
def test_a_token_that_was_touched_leads_nowhere(value: str, place: int, touch: str) -> None:
    token = sign(KEY, "order", "ord_1", NOON + HOUR)
    place %= len(token)
    other = "A" if token[place] != "A" else "B"
    touched = {
        "drop": token[:place] + token[place + 1 :],
        "change": token[:place] + other + token[place + 1 :],
        "add": token + other,
    }[touch]
    for text in (touched, value):
        with pytest.raises(NotFound):
            unsign(KEY, "order", text, NOON)


def test_a_token_is_for_one_purpose_one_key_and_its_time() -> None:
    token = sign(KEY, "order", "ord_1", NOON + HOUR)
    with pytest.raises(NotFound):
        unsign(KEY, "reset", token, NOON)
    with pytest.raises(NotFound):
        unsign(Secret("another"), "order", token, NOON)
    with pytest.raises(Invalid, match="expired"):
        unsign(KEY, "order", token, NOON + HOUR)
